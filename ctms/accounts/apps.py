from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Error, register


class AccountsConfig(AppConfig):
    """User, Sponsor (the tenant), Membership, Organisation, Scope (the access tree), Assignment, Delegation, roles."""

    name = "ctms.accounts"
    label = "accounts"

    def ready(self) -> None:
        register(two_step_roles_exist)


def two_step_roles_exist(**_: Any) -> list[Error]:
    """A misspelt role would silently demand nothing."""
    from ctms.accounts.roles import Role

    unknown = [role for role in settings.TWO_STEP_ROLES if role not in Role.values]
    known = ", ".join(Role.values)
    return [Error(f"CTMS_TWO_STEP_ROLES names no role of ours: {role}.", hint=f"One of {known}.") for role in unknown]
