"""Passwords: the trail never holds them, so that one was set is an event in the access log."""

import secrets
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from ctms.accounts import access
from ctms.accounts.models import User
from ctms.accounts.services.proving import prove
from ctms.accounts.services.sessions import end_other_sessions
from ctms.accounts.services.tokens import revoke_all_tokens
from ctms.core.refusals import BadInput
from ctms.core.use_case import use_case


@use_case
def set_password(*, user: User, password: str, by: User | None, is_temporary: bool = False) -> User:
    """Gives a person this password. Who set it, and when, is in the access log of each sponsor they work for.

    Args:
        is_temporary: the person has to choose another at their next sign-in.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.password_is_temporary = is_temporary
    user.save(update_fields=["password", "password_is_temporary"])
    access.record("PASSWORD_SET", user, by=str(by) if by else "the system", temporary="yes" if is_temporary else "")
    return user


@use_case
def change_password(
    *, password: str, code: str, new_password: str, session_key: str | None, by: User, at: datetime, address: str
) -> User:
    """A person changes their own password, proving who they are; all their other sessions end.

    Raises:
        Unproven, Locked: see `prove`.
        BadInput: the new password is too short, too common, too much like their name, or the old one.
    """
    prove(user=by, password=password, code=code, where="change of password", at=at, address=address)
    if secrets.compare_digest(password.encode(), new_password.encode()):
        raise BadInput("SAME_PASSWORD", "Choose another.", fields={"new_password": "This is the password you have."})
    try:
        validate_password(new_password, by)
    except ValidationError as error:
        said = {"new_password": " ".join(error.messages)}
        raise BadInput("WEAK_PASSWORD", "Choose another password.", fields=said) from error
    user = set_password(user=by, password=new_password, by=by)
    end_other_sessions(user, but=session_key)
    return user


@use_case
def reset_password(*, user: User, at: datetime) -> str:
    """Gives a person a password to sign in with once; ends their sessions and tokens. Nothing else keeps what it gives.

    For the operator alone, who knows how to make sure who is asking: a person may work for several sponsors, and no
    administrator of one may come to hold the way into another. Who set it is the act's actor.
    """
    password = one_time_password()
    set_password(user=user, password=password, by=None, is_temporary=True)
    end_other_sessions(user)
    revoke_all_tokens(user, at)
    return password


def one_time_password() -> str:
    """Five groups that can be read over a telephone: 100 bits."""
    return "-".join(secrets.token_hex(3)[:5] for _ in range(5))
