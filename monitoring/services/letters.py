"""Letters: made of the plan or of a frozen report, replaced before they are sent, corrected after."""

import json
from datetime import date, datetime

from ctms.accounts.models import User
from ctms.core import signables
from ctms.core.editing import refuse_without
from ctms.core.refusals import BadInput, Refusal
from ctms.core.signables import Content
from ctms.core.use_case import use_case
from ctms.core.workdays import add_workdays
from monitoring.letters import confirmation, follow_up
from monitoring.models import Letter, LetterKind, MonitoringVisit, ReportVersion, VisitStatus
from monitoring.rules import due, rules

_ABOUT_THE_REPORT = (LetterKind.FOLLOW_UP, LetterKind.CORRECTED)


def make_confirmation(visit: MonitoringVisit, *, on: date, at: datetime) -> Letter:
    """The confirmation of a visit, due its working days before."""
    due_on = add_workdays(visit.planned_on, -rules()["confirmation_before"], visit.site.country.country)
    return _make(visit, LetterKind.CONFIRMATION, confirmation(visit, on=on), max(due_on, on), at)


def replace_confirmation(visit: MonitoringVisit, *, at: datetime) -> None:
    """Another confirmation for a visit that was confirmed for another day."""
    if visit.status == VisitStatus.CONFIRMED:
        make_confirmation(visit, on=visit.site.today(at), at=at)


def make_follow_up(version: ReportVersion, visit: MonitoringVisit, *, at: datetime) -> Letter | None:
    """The follow-up letter of a frozen report; None where one was sent, which only an approval corrects."""
    if visit.letters.filter(kind__in=_ABOUT_THE_REPORT).exclude(sent_on=None).exists():
        return None
    due_on = due("letter_after", visit.ends_on or visit.site.today(at), visit.site.country.country)
    return _make(visit, LetterKind.FOLLOW_UP, _content_of(version, visit), due_on, at, version=version)


def correct_if_needed(visit: MonitoringVisit, *, at: datetime) -> Letter | None:
    """A corrected letter, due where the approved report says something else than the letter that was sent."""
    version = visit.versions.order_by("-number").first()
    sent = visit.letters.filter(kind__in=_ABOUT_THE_REPORT).exclude(sent_on=None).order_by("id").last()
    if version is None or sent is None or sent.version_id == version.pk:
        return None
    content = _content_of(version, visit)
    if _without_address(content) == _without_address(json.loads(sent.content)):
        return None
    due_on = due("corrected_after", visit.site.today(at), visit.site.country.country)
    return _make(visit, LetterKind.CORRECTED, content, due_on, at, version=version)


@use_case
def mark_sent(*, letter: Letter, sent_on: date, reference: str, by: User, at: datetime) -> Letter:
    """Puts on record that a letter went to the site, and where it is filed."""
    visit = MonitoringVisit.objects.select_related("site__scope", "site__facility").locked(letter.visit_id)
    letter = Letter.objects.select_related("visit").locked(letter.pk)
    refuse_without(by, "monitoring.plan_visit", visit, "sending letters to this site")
    if letter.sent_on or letter.replaced:
        raise Refusal("LETTER_OVER", "This letter was sent or replaced already.")
    fields = {}
    if sent_on > visit.site.today(at):
        fields["sent_on"] = "This day has not come yet at the site."
    if sent_on < letter.made_at.date():
        fields["sent_on"] = f"The letter was made on {letter.made_at:%-d %b %Y}."
    if not reference.strip():
        fields["reference"] = "Say where it is filed."
    if fields:
        raise BadInput("SENT", "This cannot be recorded as it is.", fields=fields)
    letter.sent_on, letter.sent_by, letter.reference = sent_on, by, reference.strip()
    letter.save(update_fields=["sent_on", "sent_by", "reference"])
    return letter


def _make(
    visit: MonitoringVisit, kind: LetterKind, content: Content, due_on: date, at: datetime,
    version: ReportVersion | None = None,
) -> Letter:  # fmt: skip
    """Makes a letter; one of its kind that waits to be sent gives way to it."""
    visit.letters.filter(kind=kind, sent_on=None, replaced=False).update(replaced=True)
    return Letter.objects.create(
        sponsor_id=visit.sponsor_id, study_id=visit.study_id, site_id=visit.site_id, visit=visit, version=version,
        kind=kind, content=json.dumps(content, ensure_ascii=False), content_sha256=signables.sha256(content),
        made_at=at, due_on=due_on,
    )  # fmt: skip


def _content_of(version: ReportVersion, visit: MonitoringVisit) -> Content:
    return follow_up(visit, json.loads(version.content))


def _without_address(content: Content) -> dict[str, object]:
    return {name: value for name, value in content.items() if name != "To"}
