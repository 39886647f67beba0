"""Follow-up items and deviations: raised, looked after, closed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from ctms.accounts.models import User
from ctms.core.acting import says_why
from ctms.core.editing import refuse_without, revise
from ctms.core.lifecycle import Request
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from monitoring.lifecycle import DEVIATION, EDITABLE, FOLLOW_UP
from monitoring.models import Deviation, FollowUpEvent, FollowUpItem, FollowUpStatus, MonitoringVisit, Severity
from monitoring.rules import due
from sites.models import Site

_DOING = "keeping follow-up items and deviations of this site"
_VERB = "monitoring.edit_issue"


@use_case
def raise_follow_up(
    *, site: Site, text: str, severity: str, owner: str, by: User, at: datetime, visit: MonitoringVisit | None = None,
    question: str = "", due_on: date | None = None,
) -> FollowUpItem:  # fmt: skip
    """Puts down what has to be done at the site.

    Args:
        visit: the visit that brought it up, whose report is still written.
        due_on: by default so many working days of the site's country after today as its severity allows.
    """
    visit = _locked_visit(visit, site)
    site = Site.objects.select_related("scope", "facility", "country").get(pk=site.pk)
    refuse_without(by, _VERB, site, _DOING)
    today = site.today(at)
    if due_on is not None and due_on < today:
        raise BadInput("DAY", "Choose a day to come.", fields={"due_on": "This day is over at the site."})
    if severity not in Severity.values:
        raise BadInput("SEVERITY", "Choose a severity.", fields={"severity": "Choose a severity."})
    item = FollowUpItem(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, visit=visit, question=question,
        number=_next_number(FollowUpItem, site), text=text.strip(), severity=severity, owner=owner,
        due_on=due_on or due("follow_up", today, site.country.country, kind=severity), raised_at=at, raised_by=by,
    )  # fmt: skip
    item.full_clean()
    item.save(force_insert=True)
    return item


@use_case
def note_progress(
    *, item: FollowUpItem, note: str, by: User, at: datetime, visit: MonitoringVisit | None = None
) -> FollowUpEvent:
    """Puts down how far an open item is; with a visit, that this is what was found at it."""
    visit = _locked_visit(visit, item.site)
    item = FollowUpItem.objects.select_related("site__scope").locked(item.pk)
    refuse_without(by, _VERB, item, _DOING)
    if item.status != FollowUpStatus.OPEN:
        raise Refusal("NOT_OPEN", f"{item} is {item.get_status_display().lower()}.")
    if not says_why(note):
        raise BadInput("NOTE", "Say how far it is.", fields={"note": "Say how far it is."})
    return _add_event(item, "note", note, by, at, visit)


@use_case
def move_follow_up(
    *, item: FollowUpItem, move: str, reason: str, by: User, at: datetime, visit: MonitoringVisit | None = None
) -> FollowUpEvent:
    """Closes, reopens or withdraws an item; with a visit, as what was found at it."""
    visit = _locked_visit(visit, item.site)
    item = FollowUpItem.objects.select_related("site__scope", "site__facility").locked(item.pk)
    FOLLOW_UP.advance(item, move, Request(by, item.site.today(at), reason))
    item.save(update_fields=["status"])
    return _add_event(item, move, reason, by, at, visit)


@use_case
def raise_deviation(
    *, site: Site, said: Mapping[str, Any], by: User, at: datetime, visit: MonitoringVisit | None = None,
    source: str = "",
) -> Deviation:  # fmt: skip
    """Puts down a departure from the protocol.

    Args:
        said: subject, occurred_on, discovered_on, discovered_by, category, severity, is_important, description.
        source: what says so, where it is not a person's own finding.
    """
    visit = _locked_visit(visit, site)
    site = Site.objects.select_related("scope", "facility").get(pk=site.pk)
    refuse_without(by, _VERB, site, _DOING)
    _refuse_days_to_come(site, said, at)
    deviation = Deviation(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, visit=visit,
        number=_next_number(Deviation, site), raised_at=at, raised_by=by, source=source, **said,
    )  # fmt: skip
    deviation.full_clean()
    deviation.save(force_insert=True)
    return deviation


@use_case
def edit_deviation(
    *, deviation: Deviation, changes: Mapping[str, Any], version: int | None, by: User, at: datetime
) -> Deviation:
    """Changes what was put down of a deviation, with a reason in the open act."""
    deviation = Deviation.objects.select_related("site__scope", "site__facility").locked(deviation.pk)
    refuse_without(by, _VERB, deviation, _DOING)
    if deviation.is_settled:
        words = deviation.get_status_display().lower()
        raise Refusal("SETTLED", f"{deviation} is settled ({words}): what was put down of it stands as it is.")
    _refuse_days_to_come(deviation.site, changes, at)
    revise(deviation, changes, version)
    return deviation


@use_case
def move_deviation(*, deviation: Deviation, move: str, reason: str, by: User, at: datetime) -> Deviation:
    """Makes one move of a deviation's lifecycle."""
    deviation = Deviation.objects.select_related("site__scope", "site__facility").locked(deviation.pk)
    DEVIATION.advance(deviation, move, Request(by, deviation.site.today(at), reason))
    deviation.save(update_fields=["status"])
    return deviation


def _locked_visit(visit: MonitoringVisit | None, site: Site) -> MonitoringVisit | None:
    """The visit whose report will list it: locked, so that nobody signs that report meanwhile."""
    if visit is None:
        return None
    visit = MonitoringVisit.objects.locked(visit.pk)
    if visit.site_id != site.pk or visit.status not in EDITABLE:
        raise Refusal("READ_ONLY", f"The report of {visit.label} is not written any more: leave the visit out.")
    return visit


def _next_number(model: Any, site: Site) -> int:
    """The next number in the study. Who asks holds the study's number sequence until the end."""
    Study.objects.locked(site.study_id)
    last = model.objects.filter(study=site.study_id).aggregate(last=Max("number"))["last"] or 0
    return int(last) + 1


def _add_event(
    item: FollowUpItem, move: str, note: str, by: User, at: datetime, visit: MonitoringVisit | None
) -> FollowUpEvent:
    return FollowUpEvent.objects.create(
        sponsor_id=item.sponsor_id, study_id=item.study_id, site_id=item.site_id, item=item, visit=visit, move=move,
        to_status=item.status, note=note.strip(), recorded_at=at, recorded_by=by,
    )  # fmt: skip


def _refuse_days_to_come(site: Site, said: Mapping[str, Any], at: datetime) -> None:
    today = site.today(at)
    late = {name: "This day has not come yet at the site." for name in ("occurred_on", "discovered_on")
            if said.get(name) and said[name] > today}  # fmt: skip
    if late:
        raise BadInput("DAY", "This cannot have happened yet.", fields=late)
