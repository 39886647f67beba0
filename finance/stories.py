"""What lies before a payable: the fact it follows from and what says so, down to the message of another system."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.urls import reverse

from ctms.core import money, protocols
from ctms.integrations.models import SourceFact
from enrollment.lineage import WORDS, said_of_milestone, said_of_visit
from enrollment.models import Milestone, Subject, SubjectVisit
from enrollment.queries import enrolled_by
from finance.models import FactKind, Payable
from monitoring.models import MonitoringVisit

_MILESTONES = {FactKind.SCREEN_FAILURE.value: Milestone.SCREEN_FAILED}


def messages_behind(payable: Payable) -> list[SourceFact]:
    """What other systems say from which the payable follows; empty where it follows from our own records."""
    return _told(payable)[1]


def origin(payable: Payable, user: Any) -> list[dict[str, Any]]:
    """What comes before the fact, as items of a timeline; nothing where the fact itself says all."""
    tell = _TELLERS.get(payable.fact_id.partition("/")[0])
    return list(tell(payable, user)) if tell else []


def _from_subject(payable: Payable, user: Any) -> Iterator[dict[str, Any]]:
    subject, messages = _told(payable)
    if subject is not None:
        may_open = protocols.authority().may(user, "enrollment.view_subject", subject)
        for message in messages:
            yield _message(message, payable, subject if may_open else None)


def _message(message: SourceFact, payable: Payable, subject: Subject | None) -> dict[str, Any]:
    """One message as an item; linked where the reader may see the subject."""
    run = message.run
    told: dict[str, Any] = {
        "title": f"{message.connection}: {WORDS.get(message.what, message.what).lower()}",
        "on": message.day,
        "text": f"Record {message.key}, version {message.version}, as of {message.as_of:%-d %b %Y %H:%M} UTC; read by "
        f"run {run.pk} under version {run.mapping.number} of the mapping.",
    }
    if message.gone_at is not None:
        told["chip"] = {"label": "No longer there", "tone": "bad"}
    elif message.state == "VOID":
        told["chip"] = {"label": "Did not happen", "tone": "bad"}
    elif run.started_at > payable.posted_at:
        told["chip"] = {"label": "Said anew since", "tone": "watch"}
    if subject is not None:
        told["url"] = _address("subject-message", payable, subject.pk, message.pk)
        told["action"] = "The message"
    return told


def _from_trip(payable: Payable, user: Any) -> Iterator[dict[str, Any]]:
    visits = MonitoringVisit.objects.visible_to(user).filter(study=payable.study_id, pk=_key(payable))
    for visit in visits.select_related("site").defer("snapshot"):
        yield {
            "title": f"{visit.title}: {visit.get_status_display().lower()}", "on": visit.ends_on,
            "url": _address("trip", payable, visit.site.number, visit.pk), "action": "The visit and its report",
        }  # fmt: skip


def _from_holdback(payable: Payable, user: Any) -> Iterator[dict[str, Any]]:
    for kept in Payable.objects.visible_to(user).filter(study=payable.study_id, pk=_key(payable)):
        yield {
            "title": "Held back", "on": kept.occurred_on, "action": f"Payable {kept.pk}",
            "text": f"{money.words(-kept.holdback, kept.currency)} of", "url": _address("payable", payable, kept.pk),
        }  # fmt: skip


_TELLERS: dict[str, Callable[[Payable, Any], Iterable[dict[str, Any]]]] = {
    "visit": _from_subject, "subject": _from_subject, "monitoring": _from_trip, "payable": _from_holdback,
}  # fmt: skip


def _told(payable: Payable) -> tuple[Subject | None, list[SourceFact]]:
    """The subject of a fact of enrollment, and what other systems say from which the fact follows."""
    kind, _, rest = payable.fact_id.partition("/")
    if kind == "visit":
        visits = SubjectVisit.objects.filter(study=payable.study_id, pk=_key(payable))
        visit = visits.select_related("subject__study__scope", "subject__site__scope").first()
        return (visit.subject, said_of_visit(visit)) if visit is not None else (None, [])
    if kind != "subject":
        return None, []
    subjects = Subject.objects.filter(study=payable.study_id, pk=_key(payable))
    subject = subjects.select_related("study__scope", "site__scope").first()
    if subject is None:
        return None, []
    which = rest.rpartition("/")[2]
    if which == FactKind.ENROLLED:
        return subject, said_of_milestone(subject, enrolled_by(subject.study))
    return subject, said_of_milestone(subject, Milestone(_MILESTONES.get(which, which)))


def _key(payable: Payable) -> int:
    """Of the record that the fact's id names."""
    return int(payable.fact_id.split("/")[1])


def _address(name: str, payable: Payable, *more: Any) -> str:
    return reverse(name, args=[payable.sponsor.code, payable.study.slug, *more])
