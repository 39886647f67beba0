"""Every address, at its own and other studies and sponsors, answers as the policy says.

Here each meets one role that may and one that may not; all of them meet all in `make proof`.
"""

import pytest

from tests.accounts import matrix

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1"), pytest.mark.shows("03-7")]


def test_every_address_answers_as_the_policy_says(north, south, monkeypatch):
    house = matrix.build(north, south)
    with matrix.undrawn(monkeypatch):
        found = matrix.complaints(house)
    assert not found, "\n".join(found)
