"""What lists of visits, follow-up items and deviations show, and the tones of their statuses."""

from ctms.web.columns import Column
from monitoring.models import SETTLED, CandidateStatus, FollowUpStatus, Severity, VisitStatus
from monitoring.rules import escalation

V = VisitStatus

_VISIT_TONES = {
    V.PLANNED: "open", V.CONFIRMED: "info", V.IN_PROGRESS: "info", V.DRAFT: "watch", V.SUBMITTED: "info",
    V.RETURNED: "watch", V.REVIEWED: "info", V.APPROVED: "ok", V.CLOSED: "mute", V.CANCELLED: "mute", V.VOIDED: "bad",
}  # fmt: skip
_SEVERITY_TONES = {Severity.CRITICAL: "bad", Severity.MAJOR: "watch", Severity.MINOR: "info"}
_FOLLOW_UP_TONES = {FollowUpStatus.OPEN: "info", FollowUpStatus.CLOSED: "ok", FollowUpStatus.WITHDRAWN: "mute"}


def visit_tone(status: str) -> str:
    return _VISIT_TONES[VisitStatus(status)]


def severity_tone(severity: str) -> str:
    return _SEVERITY_TONES[Severity(severity)]


def follow_up_tone(status: str) -> str:
    return _FOLLOW_UP_TONES[FollowUpStatus(status)]


def deviation_tone(status: str) -> str:
    if status in SETTLED:
        return "mute"
    return {"CONFIRMED": "watch", "RESOLVED": "ok"}.get(status, "info")


def candidate_tone(status: str) -> str:
    return {"OPEN": "watch", "ACCEPTED": "info", "DISMISSED": "mute"}.get(CandidateStatus(status), "ok")


_SITE = Column("site", "Site", lambda row: row.site.number, "id", ("site__number",), machine="site__number")

VISIT_COLUMNS = (
    Column("visit", "Visit", lambda visit: visit.label, "id", ("type_rank", "number"), phone="title", is_link=True,
           machine="label", generated=True),
    _SITE,
    Column("country", "Country", lambda visit: visit.site.country.name, machine="site__country__country"),
    Column("status", "Status", lambda visit: visit.get_status_display(), "status", ("status_rank",),
           tone=lambda visit: visit_tone(visit.status), phone="main", machine="status", generated=True),
    Column("mode", "How", lambda visit: visit.get_mode_display(), phone="hide", machine="mode"),
    Column("planned_on", "Planned", lambda visit: visit.planned_on, "date", ("planned_on",), machine="planned_on"),
    Column("starts_on", "First day", lambda visit: visit.starts_on, "date", phone="hide", machine="starts_on"),
    Column("ends_on", "Last day", lambda visit: visit.ends_on, "date", machine="ends_on"),
    Column("report_due_on", "Report due", lambda visit: visit.report_due_on, "date", machine="report_due_on"),
    Column("approved_on", "Approved", lambda visit: visit.approved_on, "date", machine="approved_on"),
    Column("monitor", "Monitor", lambda visit: visit.monitor.full_name, "text", ("monitor__full_name",),
           machine="monitor__username"),
    Column("trigger", "Reason for it", lambda visit: visit.trigger, only_exported=True, machine="trigger"),
)  # fmt: skip

FOLLOW_UP_COLUMNS = (
    Column("item", "Item", str, "id", ("number",), phone="title", is_link=True),
    Column("number", "Number", lambda item: item.number, "number", only_exported=True, machine="number"),
    _SITE,
    Column("text", "What is to be done", lambda item: item.text, phone="main", machine="text", generated=True),
    Column("severity", "Severity", lambda item: item.get_severity_display(), "status", ("severity_rank",),
           tone=lambda item: severity_tone(item.severity), machine="severity"),
    Column("status", "Status", lambda item: item.get_status_display(), "status", ("status",),
           tone=lambda item: follow_up_tone(item.status), phone="main", machine="status", generated=True),
    Column("owner", "Who", lambda item: item.get_owner_display(), "text", ("owner",), machine="owner"),
    Column("due_on", "Due", lambda item: item.due_on, "date", ("due_on",), machine="due_on"),
    Column("escalated_to", "Escalated to",
           lambda item: escalation()[item.escalation - 1].to if item.escalation else ""),
    Column("escalation", "Steps of escalation", lambda item: item.escalation, "number", only_exported=True,
           machine="escalation"),
    Column("visit", "Raised at", lambda item: item.visit.label if item.visit else "", machine="visit__label"),
)  # fmt: skip

DEVIATION_COLUMNS = (
    Column("deviation", "Deviation", str, "id", ("number",), phone="title", is_link=True),
    Column("number", "Number", lambda one: one.number, "number", only_exported=True, machine="number"),
    _SITE,
    Column("description", "What happened", lambda one: one.description, phone="main", machine="description",
           generated=True),
    Column("category", "Category", lambda one: one.get_category_display(), "text", ("category",), machine="category"),
    Column("severity", "Severity", lambda one: one.get_severity_display(), "status", ("severity_rank",),
           tone=lambda one: severity_tone(one.severity), machine="severity"),
    Column("important", "Important", lambda one: {True: "Yes", False: "No"}.get(one.is_important, ""),
           machine="is_important"),
    Column("status", "Status", lambda one: one.get_status_display(), "status", ("status_rank",),
           tone=lambda one: deviation_tone(one.status), phone="main", machine="status", generated=True),
    Column("subject", "Subject", lambda one: one.subject, "id", phone="hide", machine="subject"),
    Column("occurred_on", "Happened", lambda one: one.occurred_on, "date", ("occurred_on",), machine="occurred_on"),
    Column("discovered_on", "Found", lambda one: one.discovered_on, "date", ("discovered_on",),
           machine="discovered_on"),
    Column("source", "What says so", lambda one: one.source, only_exported=True, machine="source"),
)  # fmt: skip

CANDIDATE_COLUMNS = (
    Column("subject", "Subject", lambda one: one.number, "id", ("number", "code"), phone="title", is_link=True,
           machine="number", generated=True),
    _SITE,
    Column("visit", "Visit", lambda one: one.visit_label, phone="main", machine="code", generated=True),
    Column("kind", "What", lambda one: one.get_kind_display(), "text", ("kind",), phone="main", machine="kind",
           generated=True),
    Column("occurred_on", "Happened", lambda one: one.occurred_on, "date", ("occurred_on",), machine="occurred_on",
           generated=True),
    Column("window_from", "Window from", lambda one: one.window_from, "date", machine="window_from"),
    Column("window_to", "Window until", lambda one: one.window_to, "date", machine="window_to"),
    Column("status", "State", lambda one: one.get_status_display(), "status", ("status_rank", "found_at"),
           tone=lambda one: candidate_tone(one.status), phone="main", machine="status", generated=True),
    Column("source", "Source", lambda one: one.source, phone="hide", machine="source"),
    Column("deviation", "Deviation", lambda one: str(one.deviation) if one.deviation else "",
           machine="deviation__number"),
    Column("reason", "Why dismissed", lambda one: one.reason, only_exported=True, machine="reason"),
    Column("found_at", "Found", lambda one: one.found_at.date(), "date", ("found_at",), machine="found_at"),
    Column("closed_at", "Put right", lambda one: one.closed_at.date() if one.closed_at else None, "date",
           only_exported=True, machine="closed_at"),
)  # fmt: skip
