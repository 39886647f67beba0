"""Proof that it is really this person: at sign-in, when signing, before their account's locks are changed.

Five wrong secrets within 15 minutes, wherever they are given and whoever gives them, lock the name for 15 minutes: for
sign-in and signing alike, and against the right secret too. The row of the name is locked while a secret is compared,
so that guesses sent at once wait for each other. A name that nobody has costs the same work and gets the same words.

The use case around `prove` may be refused, and its writes undone: what was counted is then written again (see
`Refusal.afterwards`). Guesses of one person signing in many windows at once may so come to be a few more than five.
"""

import logging
from datetime import datetime
from functools import partial
from typing import NoReturn

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.db import connection

from ctms.accounts import second_step
from ctms.accounts.models import User, WrongSecrets
from ctms.accounts.models.secrets import name_digest
from ctms.accounts.models.users import fold
from ctms.accounts.services.alarms import tell
from ctms.core import protocols
from ctms.core.refusals import Refusal

log = logging.getLogger("ctms.accounts")


class Unproven(Refusal):
    """A secret was wrong, or is missing."""

    status = 422


class Locked(Refusal):
    """Too many wrong secrets were given for this name."""

    status = 429


def prove(*, user: User, password: str, code: str = "", where: str, at: datetime, address: str = "") -> None:
    """Compares a person's secrets; returns where they are right. Inside a use case or not: failures stay counted.

    Args:
        code: of the authenticator app, or a recovery code; needed where the person has switched on the second step.
        where: what it is for, in words for the access log: "signature of visit schedule 3".
        address: the network address it came from, where that is known.

    Raises:
        Unproven: WRONG_SECRET, password or code; CODE_NEEDED, the password is right and the second step is on.
        Locked: LOCKED, whatever was given.
    """
    counted = _row(user.username, at)
    said = {"where": where, "from": address}
    if not user.is_active or not check_password(password, user.password):
        _fail(counted, user, said, at)
    if second_step.is_on(user):
        if not code:
            raise Unproven("CODE_NEEDED", "Give the code of your authenticator app too.", fields={"code": "Missing."})
        if not second_step.accept(user, code):
            _fail(counted, user, said, at)
    _clear(counted)


def prove_name(*, username: str, password: str, at: datetime, address: str) -> tuple[User, bool]:
    """For the sign-in page: whose name and password these are, and whether `prove_code` must follow.

    Raises:
        Unproven: WRONG_SECRET; nobody has this name, or the password is another.
        Locked: LOCKED.
    """
    counted = _row(username, at)
    user = User.objects.filter(username=fold(username), is_active=True).first()
    known = check_password(password, user.password if user else UNUSABLE_PASSWORD_PREFIX)  # the same work for nobody
    if user is None or not known:
        _fail(counted, user, {"from": address}, at, tried=username)
    if second_step.is_on(user):
        return user, True
    _clear(counted)
    return user, False


def prove_code(*, user: User, code: str, at: datetime, address: str) -> None:
    """The second step of the sign-in page, after `prove_name`.

    Raises:
        Unproven: WRONG_SECRET.
        Locked: LOCKED.
    """
    counted = _row(user.username, at)
    if not user.is_active or not second_step.accept(user, code):
        _fail(counted, user, {"from": address, "step": "code"}, at)
    _clear(counted)


def _row(username: str, at: datetime) -> WrongSecrets:
    """The count of this name, its row locked until the transaction ends or a use case around is refused."""
    if not connection.in_atomic_block:
        raise LookupError("A secret is compared inside a transaction: its count must be kept with the outcome.")
    digest = name_digest(username)
    WrongSecrets.objects.bulk_create([WrongSecrets(name_digest=digest, changed_at=at)], ignore_conflicts=True)
    counted = WrongSecrets.objects.select_for_update().get(name_digest=digest)
    if counted.is_locked(at):
        minutes = int(WrongSecrets.LOCKED_FOR.total_seconds() // 60)
        raise Locked("LOCKED", f"Too many wrong attempts: this name is locked for {minutes} minutes. Try again then.")
    return counted


def _fail(counted: WrongSecrets, user: User | None, said: dict[str, str], at: datetime, tried: str = "") -> NoReturn:
    """Counts and records a wrong secret, raises the alarm where it locks, and refuses.

    Args:
        tried: the name as it was typed, where nobody is known yet: then who knows the name hears of it later.
    """
    note = partial(_note, counted.name_digest, user, said, at, tried)
    note()
    if tried:
        sentence = "User name or password is not correct."
    elif "where" in said:
        sentence = "Password or code is not correct. A code counts once: if you used it already, wait for the next."
    else:
        sentence = "This code is not correct, or was used already: wait for the next."
    raise Unproven("WRONG_SECRET", sentence, afterwards=note)  # a refused use case takes the first note back


def _note(digest: str, user: User | None, said: dict[str, str], at: datetime, tried: str) -> None:
    counted = WrongSecrets.objects.select_for_update().get_or_create(name_digest=digest, defaults={"changed_at": at})[0]
    locks = counted.note(at)
    counted.changed_at = at
    if tried:
        counted.user = user
        counted.untold = [*counted.untold, said | {"when": f"{at:%-d %b %Y %H:%M:%S} UTC", "locks": locks}]
    counted.save()
    if locks:
        log.warning("Locked after %s wrong secrets: %s", WrongSecrets.LIMIT, tried or user)
    if tried:
        protocols.journal().record("SIGN_IN_FAILED", subject=tried[:150], detail=said)
    elif user is not None:
        tell(user, said | {"locks": locks}, at)


def _clear(counted: WrongSecrets) -> None:
    if counted.given_at:
        counted.given_at = []
        counted.save(update_fields=["given_at"])
