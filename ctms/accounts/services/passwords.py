"""Passwords: the trail never holds them, so that one was set is an event in the access log."""

from ctms.accounts import access
from ctms.accounts.models import User
from ctms.core.use_case import use_case


@use_case
def set_password(*, user: User, password: str, by: User | None) -> User:
    """Gives a person this password. Who set it, and when, is in the access log of each sponsor they work for."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.save(update_fields=["password"])
    access.record("PASSWORD_SET", user, by=str(by) if by else "the system")
    return user
