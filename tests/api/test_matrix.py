"""Every REST operation answers as the policy says: here to one role that may and one that may not.

All of them ask all in `make proof`.
"""

import pytest

from tests.accounts import matrix
from tests.api.matrix import complaints

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1"), pytest.mark.shows("03-7")]


def test_every_operation_answers_as_the_policy_says(north, south):
    found = list(complaints(matrix.build(north, south)))
    assert not found, "\n".join(found)
