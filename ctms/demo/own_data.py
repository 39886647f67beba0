"""What somebody has left undone: a hospital that stands twice in the directory, and running sites to be signed off."""

from contextlib import AbstractContextManager
from datetime import date, timedelta

from ctms.accounts.models import Sponsor, User
from ctms.core.acting import Act, Channel, acting, in_sponsor, on_simulated_day
from ctms.demo.calendar import noon
from ctms.studies.models import Study
from sites.models import OperationalStatus, Site, SiteStatusEvent
from sites.services.directory import add_facility
from sites.services.golive import add_line, draft_migration

_TWICE = ("Klinikum Nordstadt Hannover", "Nordstadt-Klinikum, Hannover")
_RUNNING = (
    (OperationalStatus.SELECTED, date(2022, 11, 14), "eTMF-SIM-70112"),
    (OperationalStatus.INITIATED, date(2023, 2, 6), "eTMF-SIM-70140"),
    (OperationalStatus.ACTIVATED, date(2023, 2, 20), "eTMF-SIM-70151"),
)


def leave(north: Sponsor, monitor: User, south: Sponsor, manager: User, *, until: date) -> None:
    """Carried out by the cast through the services, some days before the demo is shown."""
    at = noon(until - timedelta(days=4))
    tracker = f"Tracker of the previous CRO, export of {at - timedelta(days=6):%-d %b %Y}"
    with on_simulated_day(at), in_sponsor(north.pk), _at_work(monitor, "From a list of feasibility contacts"):
        for name in _TWICE:
            add_facility(sponsor_id=north.pk, fields={"name": name, "city": "Hannover", "country": "DE"}, by=monitor)
    with on_simulated_day(at), in_sponsor(south.pk), _at_work(manager, "Taking over what ran before"):
        batch = draft_migration(study=Study.objects.get(), source=tracker, by=manager, at=at)
        for site in Site.objects.order_by("number")[:3]:
            for status, since, proof in _RUNNING:
                add_line(
                    batch=batch, site=site, kind=SiteStatusEvent.Kind.OPERATIONAL, status=status, since=since,
                    proof=proof, by=manager, at=at,
                )  # fmt: skip


def _at_work(person: User, reason: str) -> AbstractContextManager[Act]:
    return acting(person, reason=reason, channel=Channel.WEB, by_person=True)
