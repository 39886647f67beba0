"""The numbers this room declares."""

from typing import Any

from django.urls import reverse

from ctms.core.metrics import LIVE, Metric, Source
from ctms.studies.models import ExternalClaim, ScheduledContact, ScheduledVisit, StudyCountry, VisitSchedule
from ctms.studies.services.load_study import REGISTRY
from ctms.web.places import Place


def _planned(place: Place, user: Any) -> tuple[int | None, Source]:
    claim = (
        ExternalClaim.objects.filter(scope=place.study.scope_id, topic="planned_enrollment")
        .select_related("run")
        .first()
    )
    ours = place.study.planned_enrollment
    if claim is not None and claim.value == str(ours):
        return ours, Source(REGISTRY, claim.run.source_as_of)
    return ours, LIVE


def _countries(place: Place, user: Any) -> tuple[int, Source]:
    return StudyCountry.objects.visible_to(user).filter(study=place.study).count(), LIVE


def _visits(place: Place, user: Any) -> tuple[int | None, Source]:
    schedule = VisitSchedule.objects.visible_to(user).filter(study=place.study).order_by("-number").first()
    if schedule is None:
        return None, LIVE
    return ScheduledVisit.objects.visible_to(user).filter(schedule=schedule).count(), LIVE


def _contacts(place: Place, user: Any) -> tuple[int | None, Source]:
    schedule = VisitSchedule.objects.visible_to(user).filter(study=place.study).order_by("-number").first()
    if schedule is None:
        return None, LIVE
    return ScheduledContact.objects.visible_to(user).filter(schedule=schedule).count(), LIVE


def _address(name: str) -> Any:
    return lambda place: reverse(name, args=[place.sponsor.code, place.study.slug])


PLANNED_ENROLLMENT = Metric(
    "studies.planned_enrollment", "Planned enrollment", "Subjects to be enrolled in the whole study, as planned.",
    _planned, lambda place: "",
)  # fmt: skip
COUNTRIES = Metric(
    "studies.countries", "Countries", "Countries in which the study has, or had, at least one listed site.",
    _countries, _address("countries"),
)  # fmt: skip
VISITS = Metric(
    "studies.visits", "Visits in schedule", "Visits of the latest version of the visit schedule, approved or not.",
    _visits, _address("schedule"),
)  # fmt: skip
CONTACTS = Metric(
    "studies.contacts", "Contacts in schedule",
    "Planned contacts with a subject in the latest version of the visit schedule; several may belong to one visit.",
    _contacts, _address("schedule"),
)  # fmt: skip
