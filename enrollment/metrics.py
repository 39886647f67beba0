"""The numbers this room declares. Each equals the count of the list it leads to."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core import clock
from ctms.core.metrics import LIVE, Metric, Source, said, share
from ctms.integrations import registry
from ctms.integrations.registry import Domain
from ctms.web.places import Place
from enrollment.models import MILESTONES, STANDING, Discrepancy
from enrollment.outlook import Outlook, facts_of
from enrollment.queries import subject_counts
from enrollment.sides import Told, told_in
from sites.models import Site

Counts = dict[str, Any]


def counts_at(places: Sequence[Place], user: Any) -> list[Counts]:
    """The counts of each place, over the sites there that this person may see, with who says them and of when."""
    scopes = {place.study.pk: place.study.scope for place in places}
    counted = subject_counts(Site.objects.visible_to(user).filter(study__in=scopes))
    by_study = {key: [row for row in counted if row["study"] == key] for key in scopes}
    masters, told, now = registry.masters_in(scopes), told_in(scopes), clock.now()
    found = []
    for place in places:
        rows = by_study[place.study.pk]
        if place.site is not None:
            rows = [row for row in rows if row["site"] == place.site.pk]
        elif place.country is not None:
            rows = [row for row in rows if row["country"] == place.country.pk]
        found.append({"rows": rows, "masters": masters[place.study.pk], "told": told[place.study.pk], "now": now})
    return found


def _pick(name: str, domain: Domain | None) -> Callable[[Counts], tuple[int | None, Source]]:
    """The sum of a count, with who is master of it; without a domain: of what counts as enrolled in the study."""

    def pick(counts: Counts) -> tuple[int | None, Source]:
        told: Told = counts["told"]
        master = counts["masters"][domain or MILESTONES[told.enrolled_by]]
        as_of = told.as_of.get(master)
        if as_of is None and not counts["rows"]:
            return None, LIVE  # nobody has said anything yet
        source = said(master.label, as_of, counts["now"], oldest=told.oldest.get(master))
        return sum(row[name] for row in counts["rows"]), source

    return pick


def _drill(name: str) -> Callable[[Place], str]:
    def address(place: Place) -> str:
        arguments = [place.sponsor.code, place.study.slug]
        query = urlencode({"counted": name, **({"site": place.site.number} if place.site is not None else {})})
        if place.country is not None and place.site is None:
            return reverse("country-subjects", args=[*arguments, place.country.country.lower()]) + f"?{query}"
        return reverse("subjects", args=arguments) + f"?{query}"

    return address


def _metric(name: str, label: str, definition: str, domain: Domain | None) -> Metric:
    return Metric(f"enrollment.{name}", label, definition, counts_at, _pick(name, domain), _drill(name), generated=True)


SUBJECTS = _metric(
    "subjects", "Subjects", "Subjects that the system of record for subjects knows, deleted ones left out.",
    Domain.SUBJECTS,
)  # fmt: skip
CONSENTED = _metric(
    "consented", "Consented", "Subjects with a day of consent, whatever became of them.", Domain.CONSENT
)
IN_SCREENING = _metric(
    "in_screening", "In screening",
    "Subjects whose status is Consented, In screening or Eligible: who neither failed, left nor was randomised.",
    Domain.SCREENING,
)  # fmt: skip
SCREEN_FAILED = _metric("screen_failed", "Screen failed", "Subjects with a day of screen failure.", Domain.SCREENING)
ENROLLED = _metric(
    "enrolled", "Enrolled", "Subjects who reached the milestone from which on this study counts them as enrolled.",
    None,
)  # fmt: skip
RANDOMISED = _metric("randomised", "Randomised", "Subjects with a day of randomisation.", Domain.RANDOMISATION)
TREATED = _metric("treated", "First dose", "Subjects with a day of their first dose.", Domain.DISPENSING)
COMPLETED = _metric("completed", "Completed", "Subjects with a day of completion.", Domain.COMPLETION)
WITHDRAWN = _metric(
    "withdrawn", "Withdrawn", "Subjects with a day of withdrawal, from treatment or from the study.", Domain.COMPLETION
)
LOST = _metric("lost", "Lost to follow-up", "Subjects with a day on which contact was given up.", Domain.COMPLETION)

SCREEN_FAILURE = share(
    "enrollment.screen_failure", "Screen failure",
    "Screen failures in percent of those whose screening was decided: screen failed or enrolled.",
    SCREEN_FAILED, SCREEN_FAILED, ENROLLED,
)  # fmt: skip
DROP_OUT = share(
    "enrollment.drop_out", "Drop-out", "Subjects withdrawn, in percent of those enrolled.", WITHDRAWN, ENROLLED
)
FUNNEL = (CONSENTED, IN_SCREENING, SCREEN_FAILED, ENROLLED, RANDOMISED, COMPLETED, WITHDRAWN)


def outlooks_at(places: Sequence[Place], user: Any) -> list[Outlook]:
    """Plan, actual and forecast of each place; a study's facts are asked once."""
    studies = {place.study.pk: place.study for place in places}
    facts = {key: facts_of(study, user, today=clock.today()) for key, study in studies.items()}
    return [facts[place.study.pk].outlook(place) for place in places]


def _curve(place: Place) -> str:
    """The page that has the curve, and below it the numbers that this one is among."""
    arguments = [place.sponsor.code, place.study.slug]
    if place.site is not None:
        return reverse("site-enrollment", args=[*arguments, place.site.number])
    if place.country is not None:
        return reverse("country-enrollment", args=[*arguments, place.country.country.lower()])
    return reverse("enrollment", args=arguments)


def _outlook(name: str, label: str, definition: str, pick: Callable[[Outlook], int | None]) -> Metric:
    def picked(outlook: Outlook) -> tuple[int | None, Source]:
        return pick(outlook), LIVE

    return Metric(f"enrollment.{name}", label, definition, outlooks_at, picked, _curve, generated=True)


def _expected(part: str) -> Callable[[Outlook], int | None]:
    def pick(outlook: Outlook) -> int | None:
        ahead = outlook.at_plan_end()
        return None if ahead is None else round(getattr(ahead[1], part))

    return pick


PLANNED_TO_DATE = _outlook(
    "planned_to_date", "Planned by today",
    "Subjects that the enrollment plan has enrolled by today, the month under way counted by its days.",
    lambda outlook: outlook.planned_to_date(),
)  # fmt: skip
PLANNED = _outlook(
    "planned", "Planned", "Subjects that the enrollment plan enrolls in all its months.",
    lambda outlook: sum(outlook.plan.values()) if outlook.plan else None,
)  # fmt: skip
TARGET = _outlook(
    "target", "Target",
    "Subjects to be enrolled in the end: the study's planned enrollment; in a part of it, the sum of its plan.",
    lambda outlook: outlook.target,
)  # fmt: skip
_UNTIL = "by the end of the plan's last month, or in twelve months where none is ahead"
FORECAST = _outlook(
    "forecast", "Forecast", f"Subjects expected to be enrolled {_UNTIL}, by the Poisson-gamma model.",
    _expected("mean"),
)  # fmt: skip
FORECAST_LOW = _outlook(
    "forecast_low", "Forecast, low", f"Subjects enrolled {_UNTIL} that are exceeded with a chance of 90 %.",
    _expected("low"),
)  # fmt: skip
FORECAST_HIGH = _outlook(
    "forecast_high", "Forecast, high", f"Subjects enrolled {_UNTIL} that are exceeded with a chance of 10 %.",
    _expected("high"),
)  # fmt: skip
PROGRESS = (PLANNED_TO_DATE, PLANNED, TARGET, FORECAST, FORECAST_LOW, FORECAST_HIGH)


def _standing_at(places: Sequence[Place], user: Any) -> list[int]:
    """Discrepancies that are not put right, at each place."""
    studies = {place.study.pk for place in places}
    rows = Discrepancy.objects.visible_to(user).filter(study__in=studies, status__in=STANDING)
    groups = list(rows.order_by().values_list("study", "site__country", "site").annotate(Count("id")))
    return [
        sum(
            number
            for study, country, site, number in groups
            if study == place.study.pk
            and (place.country is None or country == place.country.pk)
            and (place.site is None or site == place.site.pk)
        )
        for place in places
    ]


def _reconciliation(place: Place) -> str:
    query = {"state": "STANDING"}
    if place.site is not None:
        query["site"] = place.site.number
    elif place.country is not None:
        query["country"] = place.country.country
    return reverse("discrepancies", args=[place.sponsor.code, place.study.slug]) + f"?{urlencode(query)}"


DISCREPANCIES = Metric(
    "enrollment.discrepancies", "Systems disagree",
    "Discrepancies between EDC, IRT and CTMS about subjects that are not put right yet, explained ones included.",
    _standing_at, lambda number: (number, LIVE), _reconciliation, generated=True,
)  # fmt: skip
