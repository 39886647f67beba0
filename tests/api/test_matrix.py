"""Every REST operation, as every role, at its own and another study, answers as the policy says.

Without a token and from another sponsor: tests/api/test_isolation.py.
"""

from typing import Any

import pytest
from django.db import transaction

from ctms.accounts.models import Organisation
from ctms.accounts.roles import Role
from tests.accounts import matrix, policy
from tests.api.addresses import filled, operations
from tests.api.client import Program

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1"), pytest.mark.shows("03-7")]
REACHED = {200, 201, 409, 412, 422}


def status_of(program: Program, method: str, address: str, operation: dict[str, Any]) -> int:
    """What it answers; what was written is taken back."""
    if method == "GET":
        return int(program.get(address).status_code)
    said = operation["requestBody"]["content"]["application/json"]["example"]
    with transaction.atomic():
        status = program.post(address, said, if_match="*").status_code
        transaction.set_rollback(True)
    return int(status)


def the_right_one(path: str, keys: dict[str, list[Any]]) -> list[str]:
    """The addresses of an operation, with the move that the policy speaks of."""
    move = "approve" if "/schedules/" in path else "close_out"
    kinds = {"people": keys["person"], "facilities": keys["facility"], "assignments": keys["role"],
             "organisations": keys["organisation"], "evidence": keys["pk"], "personnel": keys["pk"]}  # fmt: skip
    return list(filled(path, {**keys, **kinds, "code": keys["country"], "move": [move]}))


def test_every_operation_answers_every_role_as_the_policy_says(north, south):
    house = matrix.build(north, south)
    every = list(operations())
    assert {operation["operationId"] for _, _, operation in every} == {
        name for names in policy.OPERATIONS.values() for name in names
    }
    programs = {role: Program(user, sponsor="north") for role, user in house.users_at_study.items()}
    organisation = [Organisation.objects.values_list("pk", flat=True)[0]]
    own = {**house.own_keys, "organisation": organisation}
    found = []
    for method, path, operation in every:
        name = operation["operationId"]
        verb = policy.verb_for(name, policy.OPERATIONS)
        able = {role for role in Role if matrix.has(role, verb) and name not in policy.OPERATIONS_OF_THE_SPONSOR}
        addresses = the_right_one(path, own)
        if able and len(addresses) > 1:
            strong = programs[Role.STUDY_MANAGER if Role.STUDY_MANAGER in able else min(able)]
            reached = [one for one in addresses if status_of(strong, method, one, operation) in REACHED]
            addresses = reached or addresses
        for role, program in programs.items():
            status = status_of(program, method, addresses[0], operation)
            if status not in (REACHED if role in able else {403, 404}):
                found.append(f"{role.value}: {method} {addresses[0]}: {status}")
            for address in the_right_one(path, {**house.other_keys, "organisation": organisation})[:1]:
                if "/studies/{study}" in path and role in able:
                    status = status_of(program, method, address, operation)
                    found += [f"{role.value} of another study: {method} {address}: {status}"] if status != 404 else []
    assert not found, "\n".join(found)
