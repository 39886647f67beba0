from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """User, Sponsor (the tenant), Membership, Organisation, Scope (the access tree), Assignment, Delegation, roles."""

    name = "ctms.accounts"
    label = "accounts"
