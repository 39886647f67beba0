"""What is signed of a visit: its whole report. Author, reviewer and approver sign the same content."""

import json
from collections.abc import Iterator
from typing import Any

from ctms.core.signables import Content, Signable, iso
from monitoring.lifecycle import EDITABLE, carried_over
from monitoring.models import FollowUpEvent, MonitoringVisit
from monitoring.queries import may_read_report
from monitoring.rules import sections

# What is listed from other records while the report is written, and stays as it was then once it is submitted.
LISTED = ("Earlier follow-up items", "Follow-up items", "Deviations")

KNOWN = ("Fact", "Value", "Source", "As of")


def report_content(visit: MonitoringVisit) -> Content:
    """The report: the visit, what was known of the site, every answer, and what the visit brought up."""
    head = {
        "Study": visit.study.protocol_no,
        "Site": visit.site.number,
        "Facility": visit.site.facility.name or visit.site.facility.place,
        "Visit": visit.title,
        "How": visit.get_mode_display(),
        "First day": iso(visit.starts_on),
        "Last day": iso(visit.ends_on),
        "Monitor": visit.monitor.full_name,
        "Questions": str(visit.template) if visit.template else None,
        "Status at the site": [{name: fact.get(name) for name in KNOWN} for fact in visit.snapshot],
    }
    listed = _listed(visit) if visit.status in EDITABLE else frozen_lists(visit)
    return {**head, LISTED[0]: listed[LISTED[0]], **_answers(visit), **{name: listed[name] for name in LISTED[1:]}}


def frozen_lists(visit: MonitoringVisit) -> dict[str, Any]:
    """The lists of the version that was submitted last; none of a report that never was."""
    version = visit.versions.order_by("-number").first()
    content = json.loads(version.content) if version else {}
    return {name: content.get(name, []) for name in LISTED}


def _answers(visit: MonitoringVisit) -> dict[str, Any]:
    """Section by section, question by question."""
    if visit.template is None:
        return {}
    given = {one.code: one for one in visit.answers.all()}
    return {
        f"{section.code}. {section.title}": [
            {
                "Question": f"{question.code} {question.text}",
                "Answer": question.options.get(given[question.code].answer) or given[question.code].answer or None,
                "Comment": given[question.code].comment or None,
                "Internal note": given[question.code].note or None,
            }
            for question in section.questions
            if question.code in given
        ]
        for section in sections(visit.template.content, visit.type)
    }


def _listed(visit: MonitoringVisit) -> dict[str, Any]:
    earlier = list(carried_over(visit))
    outcomes: dict[int, FollowUpEvent] = {
        event.item_id: event for event in FollowUpEvent.objects.filter(visit=visit, item__in=earlier).order_by("id")
    }
    return {
        LISTED[0]: [
            {"Item": str(item), "What": item.text, "Due": iso(item.due_on), **_outcome(outcomes.get(item.pk))}
            for item in earlier
        ],
        LISTED[1]: [
            {
                "Item": str(item), "What": item.text, "Severity": item.get_severity_display(),
                "Who": item.get_owner_display(), "Due": iso(item.due_on),
            }
            for item in visit.follow_ups.exclude(status="WITHDRAWN").order_by("number")
        ],
        LISTED[2]: list(_deviations(visit)),
    }  # fmt: skip


def _outcome(event: FollowUpEvent | None) -> dict[str, Any]:
    return {
        "Outcome": event.get_to_status_display() if event else None,
        "Note": event.note if event else None,
    }


def _deviations(visit: MonitoringVisit) -> Iterator[dict[str, Any]]:
    for one in visit.deviations.exclude(status__in=("NOT_A_DEVIATION", "DUPLICATE")).order_by("number"):
        yield {
            "Deviation": str(one), "Subject": one.subject or None, "On": iso(one.occurred_on),
            "Category": one.get_category_display(), "Severity": one.get_severity_display(), "What": one.description,
        }  # fmt: skip


REPORT = Signable(
    MonitoringVisit, report_content,
    outside="Its status, its deadlines, and what became of follow-up items and deviations after it was submitted.",
    may_read=may_read_report,
)  # fmt: skip
