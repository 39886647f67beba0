"""Where a person's day begins: the page that a role opens to. The one place that says so."""

from collections.abc import Iterable

from ctms.accounts.roles import Role

# Of somebody with several of these roles the first counts.
HOMES: tuple[tuple[Role, str], ...] = (
    (Role.CLINICAL_OPERATIONS_LEAD, "portfolio"),
    (Role.STUDY_MANAGER, "study"),
    (Role.FINANCE_APPROVER, "money"),
    (Role.FINANCE_ANALYST, "money"),
    (Role.LEAD_CRA, "my-visits"),
    (Role.CRA, "my-visits"),
)
OTHERWISE = "work"


def home_of(roles: Iterable[str]) -> str:
    """The name of the page's address: “study” means the study of whoever has one, and the portfolio for others."""
    held = set(roles)
    return next((page for role, page in HOMES if role in held), OTHERWISE)
