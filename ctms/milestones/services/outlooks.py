"""Taking stock: what the rooms know is put beside what was planned, and forecasts follow."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import connection

from ctms.accounts.access import within
from ctms.accounts.models import Scope
from ctms.core import protocols
from ctms.core.use_case import use_case
from ctms.milestones.forecasting import Known, Planned, Reached, View
from ctms.milestones.models import Milestone, Outlook
from ctms.studies.models import Study

_FIELDS = ("standing", "forecast_on", "because", "actual_on", "system", "source")
_UPDATE = (
    "update milestones_outlook o set standing = v.standing, forecast_on = v.forecast_on, because = v.because, "
    "actual_on = v.actual_on, system = v.system, source = v.source "
    "from unnest(%s::bigint[], %s::text[], %s::date[], %s::text[], %s::date[], %s::text[], %s::text[]) "
    "as v(id, standing, forecast_on, because, actual_on, system, source) where o.id = v.id"
)


@use_case
def take_stock(*, study: Study, at: datetime) -> int:
    """Brings the outlook of every milestone of the study up to date; returns how many changed.

    Facts of days that have not come yet are not facts yet. In a fixed number of statements.
    """
    Study.objects.locked(study.pk)  # two at once wait for each other here
    rows = Milestone.objects.filter(study=study).select_related("scope", "outlook")
    milestones = {row.pk: row for row in rows.order_by("pk")}
    if not milestones:
        return 0
    views = _known(study, milestones.values(), at.date()).views()
    new, changed = [], []
    for key, milestone in milestones.items():
        outlook, view = getattr(milestone, "outlook", None), views[key]
        if outlook is None:
            values = {name: getattr(view, name) for name in _FIELDS}
            new.append(
                Outlook(sponsor_id=milestone.sponsor_id, study_id=milestone.study_id, milestone=milestone, **values)
            )
        elif any(getattr(outlook, name) != getattr(view, name) for name in _FIELDS):
            changed.append((outlook.pk, view))
    Outlook.objects.bulk_create(new, batch_size=1000)
    _write(changed)
    return len(new) + len(changed)


def _known(study: Study, milestones: Iterable[Milestone], today: date) -> Known:
    scopes = Scope.objects.filter(within({study.scope.path}, "path"))
    paths, names = {}, {}
    for key, path, label in scopes.values_list("pk", "path", "label"):
        paths[key], names[path] = path, label
    facts: dict[tuple[str, str], Reached] = {}
    left: dict[str, str] = {}
    forecasts: dict[tuple[str, str], tuple[date, str]] = {}
    for ask in protocols.milestone_facts():
        for fact in ask(study):
            if fact.scope_id not in paths or (fact.on > today and not fact.is_forecast):
                continue
            place = paths[fact.scope_id]
            if fact.is_forecast:
                forecasts.setdefault((place, fact.code), (fact.on, fact.source))
            elif fact.code == protocols.LEFT:
                left.setdefault(place, fact.source)
            else:  # the first room that knows the day is the one asked first
                facts.setdefault((place, fact.code), Reached(fact.on, fact.system, fact.source))
    return Known([_planned(one) for one in milestones], facts, left, names, forecasts)


def _planned(milestone: Milestone) -> Planned:
    return Planned(
        milestone.pk, milestone.scope.path, milestone.scope.label, milestone.code, milestone.planned_on,
        milestone.expected_on, milestone.delay_reason, milestone.entered_on, milestone.reference,
        applies=not milestone.not_applicable,
    )  # fmt: skip


def _write(changed: list[tuple[int, View]]) -> None:
    if changed:
        columns = [[getattr(view, name) for _, view in changed] for name in _FIELDS]
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [[key for key, _ in changed], *columns])
