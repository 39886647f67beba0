"""The numbers this room declares."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse

from ctms.core.metrics import LIVE, Metric, Source
from ctms.studies.models import ExternalClaim, Study, StudyCountry, VisitSchedule
from ctms.studies.services.load_study import REGISTRY
from ctms.web.places import Place


def _by_study(rows: Any, places: Sequence[Place]) -> list[Any]:
    """The row of each place's study, None where it has none."""
    by_study = {row.study_id: row for row in rows}
    return [by_study.get(place.study.pk) for place in places]


def _planned(places: Sequence[Place], user: Any) -> list[tuple[Study, ExternalClaim | None]]:
    """Each place's study, and what the registry says of its planned enrollment."""
    claims = ExternalClaim.objects.visible_to(user).filter(
        scope__in=[place.study.scope_id for place in places], topic="planned_enrollment"
    )
    found = _by_study(claims.select_related("run"), places)
    return [(place.study, claim) for place, claim in zip(places, found, strict=True)]


def _pick_planned(facts: tuple[Study, ExternalClaim | None]) -> tuple[int | None, Source]:
    """Ours; and the registry's, as long as nobody has changed it here."""
    study, claim = facts
    if claim is not None and claim.value == str(study.planned_enrollment):
        return study.planned_enrollment, Source(REGISTRY, claim.run.source_as_of)
    return study.planned_enrollment, LIVE


def _countries(places: Sequence[Place], user: Any) -> list[int]:
    countries = StudyCountry.objects.visible_to(user).filter(study__in=[place.study.pk for place in places])
    numbers = dict(countries.order_by().values_list("study").annotate(Count("id")))
    return [numbers.get(place.study.pk, 0) for place in places]


def _schedules(places: Sequence[Place], user: Any) -> list[VisitSchedule | None]:
    """The latest version of each place's schedule, with the numbers of its visits and contacts."""
    visible = VisitSchedule.objects.visible_to(user)
    latest = visible.filter(study=OuterRef("study")).order_by("-number").values("number")[:1]
    schedules = visible.filter(study__in=[place.study.pk for place in places], number=Subquery(latest))
    counted = schedules.annotate(
        visit_count=Count("visits", distinct=True), contact_count=Count("contacts", distinct=True)
    )
    return _by_study(counted, places)


def _number(name: str) -> Callable[[Any], tuple[int | None, Source]]:
    return lambda schedule: (getattr(schedule, name) if schedule else None, LIVE)


def _address(name: str) -> Callable[[Place], str]:
    return lambda place: reverse(name, args=[place.sponsor.code, place.study.slug])


PLANNED_ENROLLMENT = Metric(
    "studies.planned_enrollment", "Planned enrollment", "Subjects to be enrolled in the whole study, as planned.",
    _planned, _pick_planned, lambda place: "", reach="at all sites",
)  # fmt: skip
COUNTRIES = Metric(
    "studies.countries", "Countries", "Countries in which the study has, or had, at least one listed site.",
    _countries, lambda number: (number, LIVE), _address("countries"),
)  # fmt: skip
VISITS = Metric(
    "studies.visits", "Visits in schedule", "Visits of the latest version of the visit schedule, approved or not.",
    _schedules, _number("visit_count"), _address("schedule"),
)  # fmt: skip
CONTACTS = Metric(
    "studies.contacts", "Contacts in schedule",
    "Planned contacts with a subject in the latest version of the visit schedule; several may belong to one visit.",
    _schedules, _number("contact_count"), _address("schedule"),
)  # fmt: skip
