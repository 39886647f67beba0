"""What lists of subjects and visits show."""

from datetime import date

from ctms.core.wording import days_written_out, iso_day
from ctms.integrations.registry import Kind
from ctms.web.columns import Column
from enrollment.lineage import about
from enrollment.models import Milestone, Subject, SubjectStatus
from enrollment.models.subjects import day_field
from enrollment.queries import VISIT_STATES

_TONES = {
    SubjectStatus.SCREEN_FAILED: "mute",
    SubjectStatus.COMPLETED: "ok",
    SubjectStatus.WITHDRAWN: "watch",
    SubjectStatus.LOST: "watch",
    SubjectStatus.DELETED: "bad",
    SubjectStatus.UNKNOWN: "bad",
}
_VISIT_TONES = {
    "DONE": "ok", "OUT_OF_WINDOW": "watch", "MISSED": "bad", "DUE": "info", "PLANNED": "mute",
    "NOT_IN_SCHEDULE": "watch", "NOT_EXPECTED": "mute",
}  # fmt: skip


def subject_tone(status: str) -> str:
    """The tone of a subject's status chip."""
    return _TONES.get(SubjectStatus(status), "info")


def _spoken(state: str) -> str:
    """A code of ours in words; what another system calls a state stays as it is."""
    return state.replace("_", " ").capitalize() if state.isupper() else state


def visit_tone(state: str) -> str:
    return _VISIT_TONES[state]


def source_words(subject: Subject, milestone: Milestone) -> str:
    """Which system says this day; "" where nobody says one."""
    kind = subject.sources.get(milestone.value, "")
    return str(Kind(kind).label) if kind else ""


def _day(milestone: Milestone, label: str, *, on_page: bool = False) -> Column:
    name = day_field(milestone)
    return Column(
        name, label, lambda one: getattr(one, name), "date", phone="meta" if on_page else "hide",
        sub=lambda one: source_words(one, milestone), only_exported=not on_page, generated=True, machine=name,
    )  # fmt: skip


SUBJECT_COLUMNS = (
    Column("number", "Subject", lambda one: one.number, "id", ("number",), phone="title", is_link=True,
           generated=True, machine="number"),
    Column("site", "Site", lambda one: one.site.number, "id", ("site__number",), phone="main", machine="site__number"),
    Column("country", "Country", lambda one: one.site.country.name, "text", phone="hide",
           machine="site__country__country"),
    Column("status", "Status", lambda one: one.get_status_display(), "status", ("status_rank",),
           tone=lambda one: subject_tone(one.status), phone="main", generated=True, machine="status"),
    _day(Milestone.CONSENTED, "Consented", on_page=True),
    _day(Milestone.ELIGIBLE, "Eligible"),
    _day(Milestone.SCREEN_FAILED, "Screen failed", on_page=True),
    _day(Milestone.RANDOMISED, "Randomised", on_page=True),
    _day(Milestone.TREATED, "First dose", on_page=True),
    _day(Milestone.TREATMENT_ENDED, "End of treatment"),
    _day(Milestone.COMPLETED, "Completed"),
    _day(Milestone.WITHDRAWN, "Withdrawn"),
    _day(Milestone.LOST, "Lost to follow-up"),
    Column("enrolled_on", "Enrolled", lambda one: one.enrolled_on, "date", only_exported=True, generated=True,
           machine="enrolled_on"),
    Column("source_as_of", "Source as of", lambda one: one.source_as_of, "date", ("source_as_of",),
           only_exported=True, machine="source_as_of"),
)  # fmt: skip

VISIT_COLUMNS = (
    Column("subject", "Subject", lambda one: one.subject.number, "id", ("subject__number", "position", "code"),
           phone="title", is_link=True, generated=True, machine="subject__number"),
    Column("site", "Site", lambda one: one.subject.site.number, "id", phone="main", machine="subject__site__number"),
    Column("visit", "Visit", lambda one: one.visit.label if one.visit else one.code, "text", phone="main",
           machine="code"),
    Column("state", "State", lambda one: VISIT_STATES[one.state], "status", tone=lambda one: visit_tone(one.state),
           phone="main", generated=True, machine="state"),
    Column("due_on", "Due", lambda one: one.due_on, "date", ("due_rank",), generated=True, machine="due_on"),
    Column("window_from", "Window from", lambda one: one.window_from, "date", phone="hide", machine="window_from"),
    Column("window_to", "Window until", lambda one: one.window_to, "date", phone="hide", machine="window_to"),
    Column("done_on", "Took place", lambda one: one.done_on, "date", generated=True, machine="done_on"),
    Column("entered", "Data entered", lambda one: "yes" if one.entered else "no", "text", phone="hide", generated=True,
           machine="entered"),
    Column("verified", "Data verified", lambda one: "yes" if one.verified else "no", "text", phone="hide",
           generated=True, machine="verified"),
    Column("open_queries", "Open queries", lambda one: one.open_queries, "number", ("open_queries",),
           generated=True, machine="open_queries"),
)  # fmt: skip

MESSAGE_COLUMNS = (
    Column("what", "About", about, sub=lambda one: one.key, phone="title", is_link=True, generated=True,
           machine="what"),
    Column("key", "Record there", lambda one: one.key, only_exported=True, generated=True, machine="key"),
    Column("system", "System", lambda one: one.connection.name, phone="main", machine="connection__name"),
    Column("event", "Called there", lambda one: one.event, phone="named", generated=True, machine="event"),
    Column("day", "Day", lambda one: one.day, "date", generated=True, machine="day"),
    Column("state", "State", lambda one: "No longer there" if one.gone_at else _spoken(one.state), phone="hide",
           generated=True, machine="state"),
    Column("as_of", "As of, there", lambda one: one.as_of, "date", ("as_of", "id"), machine="as_of"),
    Column("version", "Version there", lambda one: one.version, only_exported=True, machine="version"),
    Column("resource", "Read as", lambda one: one.resource, only_exported=True, machine="resource"),
    Column("run", "Run", lambda one: one.run_id, "number", phone="hide", machine="run_id"),
    Column("mapping", "Mapping", lambda one: one.run.mapping.number, "number", phone="hide",
           machine="run__mapping__number"),
    Column("gone_at", "Gone since", lambda one: one.gone_at, "date", only_exported=True, machine="gone_at"),
)  # fmt: skip

_DISCREPANCY_TONES = {"OPEN": "bad", "TAKEN": "watch", "EXPLAINED": "info", "CLOSED": "ok"}


def discrepancy_tone(status: str) -> str:
    return _DISCREPANCY_TONES[status]


def _says(name: str, label: str) -> Column:
    """What a system says: a day, or the numbers of sites."""
    return Column(name, label, lambda one: _said(getattr(one, name)), phone="named", generated=True, machine=name)


def _said(words: str) -> date | str:
    return iso_day(words) or days_written_out(words)


DISCREPANCY_COLUMNS = (
    Column("number", "Subject", lambda one: one.number, "id", ("number",), phone="title", is_link=True,
           generated=True, machine="number"),
    Column("site", "Site", lambda one: one.site.number, "id", ("site__number",), phone="main", machine="site__number"),
    Column("difference", "Discrepancy", lambda one: one.get_difference_display(), "text", ("difference_rank",),
           sub=lambda one: one.get_milestone_display() if one.milestone else "", phone="main", generated=True,
           machine="difference"),
    Column("milestone", "Milestone", lambda one: one.get_milestone_display(), only_exported=True, generated=True,
           machine="milestone"),
    _says("edc_says", "EDC"),
    _says("irt_says", "IRT"),
    _says("ctms_says", "CTMS"),
    Column("status", "State", lambda one: one.get_status_display(), "status", ("status_rank", "found_at"),
           tone=lambda one: discrepancy_tone(one.status), phone="main", generated=True, machine="status"),
    Column("taken_by", "Looked into by", lambda one: one.taken_by.full_name if one.taken_by else "", phone="meta",
           machine="taken_by__username"),
    Column("found_at", "Found", lambda one: one.found_at.date(), "date", ("found_at",), generated=True,
           machine="found_at"),
    Column("closed_at", "Put right", lambda one: one.closed_at.date() if one.closed_at else None, "date",
           only_exported=True, generated=True, machine="closed_at"),
    Column("explanation", "Explanation", lambda one: one.explanation, only_exported=True, machine="explanation"),
)  # fmt: skip
