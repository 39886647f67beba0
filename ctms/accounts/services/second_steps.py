"""Switching the second step on and off, and making recovery codes: each proved with the password first."""

from datetime import datetime

from ctms.accounts import access, second_step
from ctms.accounts.models import User
from ctms.accounts.services.proving import prove
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case


@use_case
def switch_on(*, secret: str, password: str, code: str, by: User, at: datetime, address: str) -> list[str]:
    """Begins to ask this person for a code of their app, once it has given a right one; returns recovery codes.

    Args:
        secret: what the app was given.

    Raises:
        Refusal: it is on already.
        BadInput: WRONG_CODE, the app shows other codes than this secret gives.
        Unproven, Locked: see `prove`.
    """
    User.objects.select_for_update().get(pk=by.pk)
    if second_step.is_on(by):
        raise Refusal("ON_ALREADY", "The second step is on already.")
    prove(user=by, password=password, where="switching on the second step", at=at, address=address)
    codes = second_step.begin(by, secret, code)
    if codes is None:
        words = "This is not the code the app should show now. Is its clock right?"
        raise BadInput("WRONG_CODE", words, fields={"code": words})
    access.record("TWO_STEP_ON", by)
    return codes


@use_case
def switch_off(*, password: str, code: str, by: User, at: datetime, address: str) -> None:
    """Asks this person for their password alone from now on; app and recovery codes are forgotten.

    Raises:
        Refusal: a role of theirs demands the second step.
        Unproven, Locked: see `prove`.
    """
    prove(user=by, password=password, code=code, where="switching off the second step", at=at, address=address)
    if second_step.is_demanded(by):
        raise Refusal("DEMANDED", "A role of yours demands the second step.", recorded=True)
    second_step.end(by)
    access.record("TWO_STEP_OFF", by)


@use_case
def renew_recovery_codes(*, password: str, code: str, by: User, at: datetime, address: str) -> list[str]:
    """Makes ten new recovery codes, which replace all earlier ones. Nobody sees them a second time.

    Raises:
        Refusal: the second step is off.
        Unproven, Locked: see `prove`.
    """
    prove(user=by, password=password, code=code, where="new recovery codes", at=at, address=address)
    if not second_step.is_on(by):
        raise Refusal("OFF", "There are recovery codes for the second step only, and it is off.")
    access.record("RECOVERY_CODES_MADE", by)
    return second_step.new_codes(by)


@use_case
def reset_second_step(*, user: User) -> None:
    """Switches the second step of a person off who lost app and codes. For the operator, as `reset_password` is."""
    second_step.end(user)
    access.record("TWO_STEP_OFF", user, by="the system")
