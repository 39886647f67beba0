"""People, sponsors and who may do what where."""

from ctms.accounts.models.access import Assignment, Delegation, Scope, ScopeGroupPermission, ScopeKind
from ctms.accounts.models.sponsors import Membership, Organisation, OrganisationKind, Sponsor
from ctms.accounts.models.users import User

__all__ = [
    "Assignment",
    "Delegation",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "Scope",
    "ScopeGroupPermission",
    "ScopeKind",
    "Sponsor",
    "User",
]
