"""Asks every REST operation as roles at their own study and at another one, and compares with the policy.

Without a token and from another sponsor: tests/api/test_isolation.py.
"""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from ctms.accounts.models import Organisation
from ctms.accounts.roles import Role
from tests.accounts import matrix, policy
from tests.api.addresses import filled, operations
from tests.api.client import Program

REACHED = {200, 201, 409, 412, 422}


def complaints(house: matrix.House, *, every: bool = False) -> Iterator[str]:
    """Where somebody gets further, or less far, than the policy says. `every`: as in `tests.accounts.matrix`."""
    organisation = [Organisation.objects.values_list("pk", flat=True)[0]]
    own, other = ({**keys, "organisation": organisation} for keys in (house.own_keys, house.other_keys))
    programs: dict[Role, Program] = {}

    def program(role: Role) -> Program:
        if role not in programs:
            programs[role] = Program(house.users_at_study[role], sponsor="north")
        return programs[role]

    for method, path, operation in operations():
        name = operation["operationId"]
        verb = policy.verb_for(name, policy.OPERATIONS)
        able = {role for role in Role if matrix.has(role, verb) and name not in policy.OPERATIONS_OF_THE_SPONSOR}
        addresses = _the_right_one(path, own)
        if able and len(addresses) > 1:
            strong = program(Role.STUDY_MANAGER if Role.STUDY_MANAGER in able else min(able))
            addresses = [one for one in addresses if _asked(strong, method, one, operation) in REACHED] or addresses
        for role in Role if every else matrix.two_of(Role, able, name):
            status = _asked(program(role), method, addresses[0], operation)
            if status not in (REACHED if role in able else {403, 404}):
                yield f"{role.value}: {method} {addresses[0]}: {status}"
            if "/studies/{study}" in path and role in able:
                address = _the_right_one(path, other)[0]
                if (status := _asked(program(role), method, address, operation)) != 404:
                    yield f"{role.value} of another study: {method} {address}: {status}"


def _asked(program: Program, method: str, address: str, operation: dict[str, Any]) -> int:
    """What it answers; what was written is taken back."""
    if method == "GET":
        return int(program.get(address).status_code)
    said = operation["requestBody"]["content"]["application/json"]["example"]
    with transaction.atomic():
        status = program.post(address, said, if_match="*").status_code
        transaction.set_rollback(True)
    return int(status)


def _the_right_one(path: str, keys: dict[str, list[Any]]) -> list[str]:
    """The addresses of an operation, with the move that the policy speaks of."""
    move = "approve" if "/schedules/" in path else "close_out"
    kinds = {"people": keys["person"], "facilities": keys["facility"], "assignments": keys["role"],
             "organisations": keys["organisation"], "evidence": keys["pk"], "personnel": keys["pk"],
             "milestones": keys["milestone"],
             "baselines": keys["baseline"],
             "subjects": keys["subject"], "payables": keys["payable"],
             "discrepancies": keys["discrepancy"]}  # fmt: skip
    return list(filled(path, {**keys, **kinds, "code": keys["country"], "move": [move]}))
