"""What letters say: the confirmation from the plan, the follow-up letter from the frozen report; no internal notes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ctms.core.signables import Content, iso
from monitoring.models import MonitoringVisit, VisitMode
from monitoring.rules import questions, sections, shipped_template
from sites.models import PersonnelRole

_PREPARE = {
    "SQV": ("Curricula vitae and training certificates of the team", "A tour of the facilities"),
    "SIV": ("The whole team for the training", "Investigator site file", "Study supplies received so far"),
    "IMV": ("Source records of the subjects on the monitoring plan", "Investigator site file",
            "Delegation and training logs", "Product accountability records"),
    "COV": ("Investigator site file, complete", "Product accountability, reconciled", "List of open queries",
            "List of outstanding payments"),
}  # fmt: skip


def confirmation(visit: MonitoringVisit, *, on: date) -> Content:
    """Day, participants, agenda, and what to have ready."""
    agenda = [section.title for section in sections(shipped_template(), visit.type)]
    return {
        "Date": _day(iso(on)),
        "To": investigator(visit),
        "Study": visit.study.protocol_no,
        "Site": _place(visit),
        "Visit": visit.title,
        "How": visit.get_mode_display(),
        "Planned for": _day(iso(visit.planned_on)),
        "Monitor": visit.monitor.full_name,
        "Agenda": agenda,
        "Please have ready": list(_PREPARE[visit.type]),
    }


def follow_up(visit: MonitoringVisit, report: Mapping[str, Any]) -> Content:
    """What was reviewed, what was found, and what is to be done by whom and when, of one frozen report."""
    assert visit.template is not None
    findings = []
    for code, question in questions(visit.template.content, visit.type).items():
        row = _row(report, code)
        if row and question.finding and row["Answer"] == question.options.get("N"):
            findings.append({"Finding": question.finding, "Question": row["Question"], "What": row["Comment"]})
    return {
        "To": investigator(visit),
        "Study": report["Study"],
        "Site": _place(visit),
        "Visit": report["Visit"],
        "How": report["How"],
        "First day": _day(report["First day"]),
        "Last day": _day(report["Last day"]),
        "Monitor": report["Monitor"],
        "Reviewed": _said(report, "1.3"),
        "Findings": findings,
        "Deviations": [{**row, "On": _day(row["On"])} for row in report["Deviations"]],
        "Actions": [{**row, "Due": _day(row["Due"])} for row in report["Follow-up items"]],
        "Earlier actions": [
            {name: row[name] for name in ("Item", "What", "Outcome", "Note")}
            for row in report["Earlier follow-up items"]
        ],
    }


def intro(visit: MonitoringVisit, kind: str) -> list[str]:
    """The sentences a letter begins with."""
    if kind == "CONFIRMATION":
        how = "at your site" if visit.mode == VisitMode.ON_SITE else "from a distance"
        return [f"This letter confirms our next visit {how}. Please tell us soon if the day does not suit you."]
    first = ["Thank you for the time you and your team gave us. This letter sums up what was found and agreed."]
    if kind == "CORRECTED":
        first.append("It takes the place of our earlier follow-up letter about this visit, which it corrects.")
    return first


def investigator(visit: MonitoringVisit) -> str | None:
    """The principal investigator's name, if one is on the list."""
    role = PersonnelRole.PRINCIPAL_INVESTIGATOR
    found = visit.site.personnel.filter(role=role, ends_on=None).select_related("person").order_by("id").first()
    return found.person.name if found else None


def _day(text: str | None) -> str | None:
    """A day as letters write it: 12 Nov 2026."""
    return f"{date.fromisoformat(text):%-d %b %Y}" if text else None


def _place(visit: MonitoringVisit) -> str:
    facility = visit.site.facility
    return f"{visit.site.number}, {facility.name or facility.place}"


def _row(report: Mapping[str, Any], code: str) -> Mapping[str, Any] | None:
    for part in report.values():
        if isinstance(part, list):
            for row in part:
                if isinstance(row, Mapping) and str(row.get("Question", "")).startswith(f"{code} "):
                    return row
    return None


def _said(report: Mapping[str, Any], code: str) -> str | None:
    row = _row(report, code)
    return row["Comment"] if row else None
