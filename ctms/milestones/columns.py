"""What lists of milestones and baselines show."""

from ctms.milestones.wording import state_words, tone, why
from ctms.web.columns import Column

MILESTONE_COLUMNS = (
    Column("milestone", "Milestone", lambda row: row.standard.label, "text", ("position",), phone="title",
           is_link=True),
    Column("code", "Code", lambda row: row.code, only_exported=True, machine="code"),
    Column("level", "Level", lambda row: row.get_level_display(), only_exported=True, machine="level"),
    Column("place", "Place", lambda row: row.scope.label, "text", ("scope__label",), phone="main",
           machine="scope__label"),
    Column("state", "State", state_words, "status", ("state_key",), tone=tone, phone="main", generated=True,
           machine="state"),
    Column("baseline", "Baseline", lambda row: row.baseline_on, "date", ("baseline_key",), machine="baseline_on"),
    Column("planned", "Planned", lambda row: row.planned_on, "date", ("planned_key",), machine="planned_on"),
    Column("forecast", "Forecast", lambda row: None if row.outlook.actual_on else row.outlook.forecast_on, "date",
           ("forecast_key",), generated=True, machine="outlook__forecast_on"),
    Column("actual", "Actual", lambda row: row.outlook.actual_on, "date", ("actual_key",), generated=True,
           machine="outlook__actual_on"),
    Column("slip", "Slip, days", lambda row: row.slip, "number", ("slip_key",), generated=True, machine="slip"),
    Column("why", "Source or reason", why, "text", phone="hide"),
    Column("because", "Why then", lambda row: row.outlook.because, only_exported=True, machine="outlook__because"),
    Column("system", "Says who", lambda row: row.outlook.system, only_exported=True, machine="outlook__system"),
    Column("source", "By what", lambda row: row.outlook.source, only_exported=True, machine="outlook__source"),
    Column("expected", "Own forecast", lambda row: row.expected_on, only_exported=True, machine="expected_on"),
    Column("delay_reason", "Why another day", lambda row: row.delay_reason, only_exported=True,
           machine="delay_reason"),
)  # fmt: skip
