"""What sites know of themselves, for the report of a visit: status, people, evidence."""

from collections.abc import Iterator
from datetime import datetime

from ctms.core.metrics import LIVE
from ctms.core.protocols import SiteFact
from sites.models import PersonnelRole, Site

_NEWEST = 3


def status(site: Site, at: datetime) -> Iterator[SiteFact]:
    """Both statuses."""
    yield _fact("Status", f"{site.get_operational_status_display()} since {site.status_on:%-d %b %Y}", at)
    yield _fact("Enrollment", site.get_enrollment_status_display(), at)


def people(site: Site, at: datetime) -> Iterator[SiteFact]:
    """Who leads, and who works there."""
    crew = list(site.personnel.filter(ends_on=None).select_related("person").order_by("role", "person__name"))
    leads = [one.person.name for one in crew if one.role == PersonnelRole.PRINCIPAL_INVESTIGATOR]
    yield _fact("Principal investigator", ", ".join(leads) or "Nobody on the list", at)
    others = [f"{one.person.name} ({one.get_role_display().lower()})" for one in crew if one.person.name not in leads]
    yield _fact("Others on the list", ", ".join(others) or "Nobody", at)


def evidence(site: Site, at: datetime) -> Iterator[SiteFact]:
    """The newest facts on record."""
    newest = site.standing_evidence.order_by("-occurred_on", "-id")[:_NEWEST]
    words = "; ".join(f"{one.get_code_display()}, {one.occurred_on:%-d %b %Y}" for one in newest)
    yield _fact("Newest facts on record", words or "None", at)


def _fact(label: str, value: str, at: datetime) -> SiteFact:
    return SiteFact(label, value, LIVE.system, f"{at:%-d %b %Y %H:%M} UTC")
