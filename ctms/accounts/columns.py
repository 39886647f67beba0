"""What lists of roles held, members and delegations show."""

from typing import Any

from ctms.accounts.models import Scope, ScopeKind
from ctms.accounts.roles import Role
from ctms.web.columns import Column

_TONES = {
    "In force": "ok",
    "Active": "ok",
    "Not begun": "info",
    "Without effect": "watch",
    "Waits for training": "watch",
    "Deactivated": "bad",
}


def place_words(scope: Scope) -> str:
    """Where a role is held, from the study down: “D3460C00002 · Germany · DE-001”."""
    if scope.kind == ScopeKind.SPONSOR:
        return f"{scope.label}, all studies"
    labels = []
    here: Scope | None = scope
    while here is not None and here.kind != ScopeKind.SPONSOR:
        labels.append(here.label)
        here = here.parent
    return " · ".join(reversed(labels))


def standing(row: Any) -> str:
    """How an assignment stands on the day that the list is about. Rows come from `ctms.accounts.held.shown`."""
    if row.counts:
        return "Waits for training" if row.waits else "In force"
    if row.starts_on > row.on_day:
        return "Not begun"
    if row.ended_at or (row.ends_on is not None and row.ends_on < row.on_day):
        return "Ended"
    return "Without effect"  # a deactivated person, an ended membership, no delegation


def dated(row: Any) -> str:
    """How a membership or delegation, with `on_day`, stands."""
    if row.starts_on > row.on_day:
        return "Not begun"
    return "Ended" if row.ends_on is not None and row.ends_on < row.on_day else "In force"


def member_standing(row: Any) -> str:
    if not row.is_open:
        return "Deactivated"
    words = dated(row)
    return "Active" if words == "In force" else words


def tone(words: str) -> str:
    return _TONES.get(words, "mute")


def role_words(roles: Any) -> str:
    return ", ".join(sorted(Role(role).label for role in roles))


_FROM = Column("from", "From", lambda row: row.starts_on, "date", ("starts_on",))
_UNTIL = Column("until", "Until", lambda row: row.ends_on, "date")

ASSIGNMENT_COLUMNS = (
    Column("person", "Person", lambda row: row.user.full_name, "text", ("user__full_name",), phone="title",
           is_link=True, generated=True),
    Column("user_name", "User name", lambda row: row.user.username, only_exported=True),
    Column("role", "Role", lambda row: row.get_role_display(), "text", ("role_rank",), phone="main"),
    Column("place", "Where", lambda row: place_words(row.scope), "text", ("scope__path",), phone="main"),
    Column("employer", "Employer", lambda row: row.employer or "", "text"),
    _FROM, _UNTIL,
    Column("granted_by", "Granted by", lambda row: row.granted_by.full_name if row.granted_by else "Set-up", "text"),
    Column("standing", "Status", standing, "status", tone=lambda row: tone(standing(row)), phone="main"),
)  # fmt: skip

MEMBER_COLUMNS = (
    Column("person", "Person", lambda row: row.user.full_name, "text", ("user__full_name",), phone="title",
           is_link=True, generated=True),
    Column("user_name", "User name", lambda row: row.user.username, "text", ("user__username",)),
    Column("employer", "Employer", lambda row: row.organisation.name, "text", ("organisation__name",), phone="main"),
    _FROM, _UNTIL,
    Column("standing", "Status", member_standing, "status", tone=lambda row: tone(member_standing(row)), phone="main"),
)  # fmt: skip

DELEGATION_COLUMNS = (
    Column("organisation", "CRO", lambda row: row.organisation.name, "text", ("organisation__name",), phone="title",
           is_link=True, generated=True),
    Column("place", "Where", lambda row: place_words(row.scope), "text", ("scope__path",), phone="main"),
    Column("roles", "Roles", lambda row: role_words(row.roles), "text", phone="main"),
    _FROM, _UNTIL,
    Column("document", "Agreement", lambda row: row.document, "text", phone="hide"),
    Column("standing", "Status", dated, "status", tone=lambda row: tone(dated(row)), phone="main"),
)  # fmt: skip
