"""People, sponsors and who may do what where."""

from ctms.accounts.models.access import Assignment, Delegation, Scope, ScopeGroupPermission, ScopeKind
from ctms.accounts.models.keys import ApiToken, EntryKey
from ctms.accounts.models.secrets import WrongSecrets
from ctms.accounts.models.sessions import Session
from ctms.accounts.models.sponsors import Membership, Organisation, OrganisationKind, Sponsor
from ctms.accounts.models.training import Curriculum, CurriculumItem, CurriculumStatus, TrainingRecord
from ctms.accounts.models.users import User

__all__ = [
    "ApiToken",
    "Assignment",
    "Curriculum",
    "CurriculumItem",
    "CurriculumStatus",
    "Delegation",
    "EntryKey",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "Scope",
    "ScopeGroupPermission",
    "ScopeKind",
    "Session",
    "Sponsor",
    "TrainingRecord",
    "User",
    "WrongSecrets",
]
