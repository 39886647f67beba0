"""The access matrix in full: every address and operation x every role x own, other study, other sponsor, nobody."""

import pytest

from tests.accounts import matrix
from tests.api import matrix as api_matrix
from tests.api.addresses import operations

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-7")]


def test_every_address_and_operation_answers_every_role_as_the_policy_says(north, south, monkeypatch, measured):
    house = matrix.build(north, south)
    with matrix.undrawn(monkeypatch):
        found = matrix.complaints(house, every=True)
    measured(f"{len(house.own)} addresses x {len(house.at_study)} roles: complaints", found, [], not found)
    found = list(api_matrix.complaints(house, every=True))
    measured(f"{len(list(operations()))} operations x {len(house.at_study)} roles: complaints", found, [], not found)
