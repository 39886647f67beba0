"""Which milestones subjects have reached, at site, country and study; `settings.MILESTONE_FACTS` names it.

First ones are reached on the day of the first; last ones only where nobody else can come: every place below has closed
enrollment, and, for last visits, every subject has left.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from ctms.core.protocols import MilestoneFact
from ctms.integrations import registry
from ctms.integrations.registry import Domain
from ctms.studies.models import Study
from enrollment.models import MILESTONES, Subject, SubjectStatus
from enrollment.queries import LEFT, enrolled_by
from sites.filters import STAGES
from sites.models import EnrollmentStatus, Site

_OVER = (*STAGES["closing"][1], *STAGES["out"][1])
_BEFORE_DOSE = (SubjectStatus.UNKNOWN, SubjectStatus.CONSENTED, SubjectStatus.SCREENING, SubjectStatus.ENROLLED,
                SubjectStatus.RANDOMISED)  # fmt: skip

# One row for each site with subjects: its first and last days, and whether anybody is still to come.
_SITES = """
    with visits as (
        select v.subject_id, min(v.done_on) as first_on, max(v.done_on) as last_on
        from enrollment_subjectvisit v where v.study_id = %(study)s and v.done_on is not null group by 1)
    select s.site_id, min(s.consented_on), min(v.first_on), min(s.randomised_on), min(s.treated_on),
        max(v.first_on), max(s.treated_on), max(v.last_on),
        bool_and(s.status = any(%(left)s)), not bool_or(s.status = any(%(before_dose)s))
    from enrollment_subject s left join visits v on v.subject_id = s.id
    where s.study_id = %(study)s and s.status <> 'DELETED'
    group by s.site_id"""


@dataclass(frozen=True, slots=True)
class Here:
    """What is known of the subjects of one site."""

    number: str
    scope_id: int
    country_scope_id: int
    enrolls: bool  # or may yet
    consented: date | None = None
    first_visit: date | None = None
    randomised: date | None = None
    treated: date | None = None
    last_in: date | None = None
    last_treated: date | None = None
    last_visit: date | None = None
    all_left: bool = True
    all_dosed: bool = True


def facts(study: Study) -> Iterator[MilestoneFact]:
    """In four statements, and one more for each share of subjects that is reached."""
    places = _places(study)
    if all(here.consented is None and here.first_visit is None for here in places):
        return
    masters = registry.masters(study.scope)

    def told(scope: int, code: str, found: tuple[date, str] | None, words: str, domain: Domain) -> Iterator[Any]:
        if found is not None:
            yield MilestoneFact(scope, code, found[0], f"{words}, at site {found[1]}", masters[domain].label)

    countries: dict[int, list[Here]] = {}
    for here in places:
        countries.setdefault(here.country_scope_id, []).append(here)
        yield from told(here.scope_id, "S_FPS", _first([here], "consented"), "First consent", Domain.CONSENT)
    levels = [(study.scope_id, places, ""), *((key, below, "C_") for key, below in countries.items()),
              *((here.scope_id, [here], "S_") for here in places)]  # fmt: skip
    for scope, below, prefix in levels:
        yield from told(scope, f"{prefix}FPI", _first(below, "first_visit"), "First visit of the first subject",
                        Domain.VISITS)  # fmt: skip
        if any(here.enrolls for here in below):
            continue
        yield from told(scope, f"{prefix}LPI", _last(below, "last_in"), "First visit of the last subject, "
                        "enrollment being closed", Domain.VISITS)  # fmt: skip
        if all(here.all_left for here in below):
            yield from told(scope, f"{prefix}LPLV", _last(below, "last_visit"), "Last visit of the last subject, "
                            "all of them having left", Domain.VISITS)  # fmt: skip
    top = study.scope_id
    yield from told(top, "FPS", _first(places, "consented"), "First consent", Domain.CONSENT)
    yield from told(top, "FPR", _first(places, "randomised"), "First randomisation", Domain.RANDOMISATION)
    yield from told(top, "FPFD", _first(places, "treated"), "First dose of the first subject", Domain.DISPENSING)
    if all(here.all_dosed and not here.enrolls for here in places):
        yield from told(top, "LPFD", _last(places, "last_treated"), "First dose of the last subject", Domain.DISPENSING)
    yield from _shares(study, masters)


def _places(study: Study) -> list[Here]:
    """The study's sites, with what is known of their subjects."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SITES,
            {"study": study.pk, "left": [str(one) for one in LEFT], "before_dose": [str(one) for one in _BEFORE_DOSE]},
        )
        known = {site: rest for site, *rest in cursor.fetchall()}
    sites = Site.objects.filter(study=study, voided=False).order_by("number")
    rows = sites.values_list("pk", "number", "scope", "country__scope", "operational_status", "enrollment_status")
    return [
        Here(number, scope, country, not (enrolls == EnrollmentStatus.CLOSED or status in _OVER), *known.get(key, ()))
        for key, number, scope, country, status, enrolls in rows
    ]


def _first(places: Iterable[Here], field: str) -> tuple[date, str] | None:
    return min(_days(places, field), default=None)


def _last(places: Iterable[Here], field: str) -> tuple[date, str] | None:
    return max(_days(places, field), default=None)


def _days(places: Iterable[Here], field: str) -> Iterator[tuple[date, str]]:
    return ((day, here.number) for here in places if (day := getattr(here, field)) is not None)


def _shares(study: Study, masters: Any) -> Iterator[MilestoneFact]:
    """The day on which a quarter, half and three quarters of the planned subjects were enrolled."""
    planned, milestone = study.planned_enrollment, enrolled_by(study)
    if not planned:
        return
    enrolled = Subject.objects.filter(study=study, enrolled_on__isnull=False).exclude(status="DELETED")
    days = enrolled.order_by("enrolled_on", "pk").values_list("enrolled_on", flat=True)
    for share in (25, 50, 75):
        needed = max(1, -(-planned * share // 100))
        for day in days[needed - 1 : needed]:
            assert day is not None  # asked for
            words = f"{needed} of {planned} planned subjects enrolled, from {milestone.label.lower()} on"
            yield MilestoneFact(study.scope_id, f"ENR{share}", day, words, masters[MILESTONES[milestone]].label)
