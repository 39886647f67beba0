"""Every declared number in SQL of its own, written by hand from the metric's words and nothing else.

Each statement counts what somebody who sees the whole study sees, at the study or, where `country` is given, there.
"""

from typing import Any

from django.db import connection

from ctms.web.places import Place

_SITES = """from sites_site i join studies_studycountry c on c.id = i.country_id
    where i.study_id = %(study)s and not i.voided and (%(country)s = '' or c.country = %(country)s)"""
_CANDIDATES = """('IDENTIFIED', 'CONTACTED', 'CDA_PENDING', 'CDA_EXECUTED', 'FEASIBILITY_SENT', 'FEASIBILITY_RECEIVED',
    'SQV_PLANNED', 'SQV_DONE')"""
_SUBJECTS = """from enrollment_subject s join sites_site i on i.id = s.site_id
    join studies_studycountry c on c.id = i.country_id
    where s.study_id = %(study)s and s.status <> 'DELETED' and (%(country)s = '' or c.country = %(country)s)"""
_AT_SITE = """ x join sites_site i on i.id = x.site_id join studies_studycountry c on c.id = i.country_id
    where x.study_id = %(study)s and (%(country)s = '' or c.country = %(country)s)"""
_ITEMS = """from sites_startupitem t left join sites_site i on i.id = t.site_id
    left join studies_studycountry c on c.id = t.country_id
    left join sites_sitepersonnel p on p.id = t.engagement_id
    left join sites_itemholding h on h.item_id = t.id and h.until is null
    where t.study_id = %(study)s and (%(country)s = '' or c.country = %(country)s)
        and t.status in ('OPEN', 'IN_PROGRESS')
        and (t.site_id is null or i.operational_status in ('START_UP', 'SIV_READY', 'INITIATED'))
        and not coalesce(p.voided or p.ends_on < %(today)s, false)"""
_MILESTONES = """from milestones_milestone m join milestones_outlook o on o.milestone_id = m.id
    join accounts_scope p on p.id = m.scope_id
    where m.study_id = %(study)s and p.path like %(path)s || '%%'"""
_AHEAD = "and o.actual_on is null and o.standing = 'EXPECTED'"
_LATE = "o.forecast_on - coalesce(m.baseline_on, m.planned_on) > 7"
_OPEN_DEVIATION = "and x.status in ('OPEN', 'UNDER_REVIEW', 'CONFIRMED')"
_DUE = "and x.status not in ('CANCELLED', 'VOIDED') and x.report_due_on between %(today)s - 364 and %(today)s"
_IN_TIME = """and exists (select from monitoring_visitevent e where e.visit_id = x.id and e.move = 'submit'
    and e.effective_on <= x.report_due_on)"""
_VISITS = f"from monitoring_monitoringvisit{_AT_SITE}"
_AHEAD_VISIT = "and x.status in ('PLANNED', 'CONFIRMED')"
_SOON = f"{_AHEAD_VISIT} and x.planned_on between %(today)s and %(today)s + 30"
_WRITING = "and x.status in ('IN_PROGRESS', 'DRAFT', 'RETURNED')"
_REPORT_LATE = """and (x.status in ('IN_PROGRESS', 'DRAFT', 'RETURNED') and x.report_due_on < %(today)s
    or x.status in ('SUBMITTED', 'REVIEWED') and x.approval_due_on < %(today)s)"""
_MINE = "and x.monitor_id = %(user)s"
_RUNS = "select count(*) from finance_paymentrun r where r.study_id = %(study)s"
_LINE = "from finance_paymentline l where l.payable_id = x.id and not l.removed"
_CONFIRMED = """from finance_paymentline l join finance_paymentconfirmation f on f.request_id = l.request_id
    where l.payable_id = x.id and not l.removed"""
_PAYABLES = f"from finance_payable{_AT_SITE}"
_MONTHS = """from enrollment_enrollmentplan p join accounts_scope a on a.id = p.scope_id and a.path = %(path)s
    cross join lateral jsonb_array_elements_text(p.subjects) with ordinality as m (n, turn)
    cross join lateral (select (p.first_month + (turn - 1) * interval '1 month')::date as month) d"""
_TO_DATE = f"""select floor(sum(case when month < date_trunc('month', %(today)s::date) then n::int
    when month = date_trunc('month', %(today)s::date) then n::int * extract(day from %(today)s::date)
        / extract(day from month + interval '1 month' - interval '1 day') else 0 end)) {_MONTHS}"""


def _count(source: str, more: str = "") -> str:
    return f"select count(*) {source} {more}"


def _percent(part: str, whole: str) -> str:
    return f"select round(100.0 * ({part}) / nullif(({whole}), 0))"


_FAILED = _count(_SUBJECTS, "and s.screen_failed_on is not null")
_ENROLLED = _count(_SUBJECTS, "and s.enrolled_on is not null")
_WITHDRAWN = _count(_SUBJECTS, "and s.withdrawn_on is not null")
_REPORTS_DUE = _count(_VISITS, _DUE)
_REPORTS_IN_TIME = _count(_VISITS, f"{_DUE} {_IN_TIME}")
_SCHEDULE = """join studies_visitschedule v on v.id = x.schedule_id where v.study_id = %(study)s and v.number =
    (select max(number) from studies_visitschedule where study_id = %(study)s)"""

SUMS: dict[str, str] = {
    "sites.total": _count(_SITES),
    "sites.candidate": _count(_SITES, f"and i.operational_status in {_CANDIDATES}"),
    "sites.starting": _count(_SITES, "and i.operational_status in ('SELECTED', 'START_UP', 'SIV_READY', 'INITIATED')"),
    "sites.active": _count(_SITES, "and i.operational_status = 'ACTIVATED'"),
    "sites.closing": _count(_SITES, "and i.operational_status in ('CLOSE_OUT', 'CLOSED', 'ARCHIVED')"),
    "sites.out": _count(_SITES, "and i.operational_status in ('DECLINED', 'NOT_SELECTED', 'DO_NOT_USE', 'BACKUP',"
                                " 'DROPPED', 'TERMINATED')"),
    "sites.enrolling": _count(_SITES, "and i.enrollment_status = 'OPEN'"),
    "sites.startup_open": _count(_ITEMS),
    "sites.startup_late": _count(_ITEMS, "and h.id is not null and t.expected_on < %(today)s"),
    "sites.startup_with_us": _count(_ITEMS, "and h.party in ('SPONSOR', 'CRO', 'VENDOR')"),
    "sites.startup_with_others": _count(_ITEMS, "and h.party not in ('SPONSOR', 'CRO', 'VENDOR')"),
    "enrollment.subjects": _count(_SUBJECTS),
    "enrollment.consented": _count(_SUBJECTS, "and s.consented_on is not null"),
    "enrollment.in_screening": _count(_SUBJECTS, "and s.status in ('CONSENTED', 'SCREENING', 'ENROLLED')"),
    "enrollment.screen_failed": _FAILED,
    "enrollment.enrolled": _ENROLLED,
    "enrollment.randomised": _count(_SUBJECTS, "and s.randomised_on is not null"),
    "enrollment.treated": _count(_SUBJECTS, "and s.treated_on is not null"),
    "enrollment.completed": _count(_SUBJECTS, "and s.completed_on is not null"),
    "enrollment.withdrawn": _WITHDRAWN,
    "enrollment.lost": _count(_SUBJECTS, "and s.lost_on is not null"),
    "enrollment.screen_failure": _percent(_FAILED, f"({_FAILED}) + ({_ENROLLED})"),
    "enrollment.drop_out": _percent(_WITHDRAWN, _ENROLLED),
    "enrollment.discrepancies": _count(f"from enrollment_discrepancy{_AT_SITE}", "and x.status <> 'CLOSED'"),
    "enrollment.planned_to_date": _TO_DATE,
    "enrollment.planned": f"select sum(n::int) {_MONTHS}",
    "enrollment.target": f"""select coalesce((select planned_enrollment from studies_study
        where id = %(study)s and %(country)s = ''), (select sum(n::int) {_MONTHS}))""",
    "monitoring.visits": _count(_VISITS),
    "monitoring.visits_soon": _count(_VISITS, _SOON),
    "monitoring.visits_late": _count(_VISITS, f"{_AHEAD_VISIT} and x.planned_on < %(today)s"),
    "monitoring.reports_writing": _count(_VISITS, _WRITING),
    "monitoring.reports_signing": _count(_VISITS, "and x.status in ('SUBMITTED', 'REVIEWED')"),
    "monitoring.reports_approved": _count(_VISITS, "and x.status in ('APPROVED', 'CLOSED')"),
    "monitoring.reports_late": _count(_VISITS, _REPORT_LATE),
    "monitoring.my_visits_soon": _count(_VISITS, f"{_SOON} {_MINE}"),
    "monitoring.my_drafts": _count(_VISITS, f"{_WRITING} {_MINE}"),
    "monitoring.my_reports_late": _count(_VISITS, f"{_REPORT_LATE} {_MINE}"),
    "monitoring.reports_due": _REPORTS_DUE,
    "monitoring.reports_in_time": _REPORTS_IN_TIME,
    "monitoring.reports_on_time": _percent(_REPORTS_IN_TIME, _REPORTS_DUE),
    "monitoring.deviations_open": _count(f"from monitoring_deviation{_AT_SITE}", _OPEN_DEVIATION),
    "monitoring.deviations_serious": _count(
        f"from monitoring_deviation{_AT_SITE}", f"{_OPEN_DEVIATION} and x.severity in ('CRITICAL', 'MAJOR')"
    ),
    "monitoring.deviations_critical": _count(
        f"from monitoring_deviation{_AT_SITE}", f"{_OPEN_DEVIATION} and x.severity = 'CRITICAL'"
    ),
    "monitoring.follow_ups_open": _count(f"from monitoring_followupitem{_AT_SITE}", "and x.status = 'OPEN'"),
    "monitoring.follow_ups_late": _count(
        f"from monitoring_followupitem{_AT_SITE}", "and x.status = 'OPEN' and x.due_on < %(today)s"
    ),
    "milestones.planned": _count(_MILESTONES),
    "milestones.reached": _count(_MILESTONES, "and o.actual_on is not null"),
    "milestones.overdue": _count(_MILESTONES, f"{_AHEAD} and o.forecast_on < %(today)s"),
    "milestones.late": _count(_MILESTONES, f"{_AHEAD} and o.forecast_on >= %(today)s and {_LATE}"),
    "milestones.on_track": _count(
        _MILESTONES, f"{_AHEAD} and o.forecast_on >= %(today)s and ({_LATE}) is not true"
    ),
    "milestones.without_day": _count(
        _MILESTONES, "and o.actual_on is null and (o.standing <> 'EXPECTED' or o.forecast_on is null)"
    ),
    "finance.runs_open": f"{_RUNS} and r.status not in ('PAID', 'CANCELLED')",
    "finance.runs_late": f"""{_RUNS} and r.status not in ('PAID', 'CANCELLED') and exists (
        select from finance_paymentrequest q left join finance_paymentconfirmation f on f.request_id = q.id
        where q.run_id = r.id and not q.removed and not q.rolls_forward and q.due_on < %(today)s and f.id is null)""",
    "finance.runs_to_confirm": f"{_RUNS} and r.status = 'CALCULATED'",
    "finance.runs_to_approve": f"{_RUNS} and r.status = 'CONFIRMED'",
    "finance.runs_to_release": f"{_RUNS} and r.status = 'APPROVED'",
    "finance.runs_at_erp": f"{_RUNS} and r.status = 'RELEASED'",
    "finance.payables_next": _count(_PAYABLES, f"and not exists (select {_LINE})"),
    "finance.payables_paid": _count(_PAYABLES, f"and exists (select {_CONFIRMED})"),
    "finance.amount_next": f"select x.currency, sum(x.net) {_PAYABLES} and not exists (select {_LINE}) group by 1",
    "finance.amount_run": f"""select x.currency, sum(x.net) {_PAYABLES} and exists (select {_LINE})
        and not exists (select {_CONFIRMED}) group by 1""",
    "finance.amount_paid": f"select x.currency, sum(x.net) {_PAYABLES} and exists (select {_CONFIRMED}) group by 1",
    "finance.amount_held": f"select x.currency, -sum(x.holdback) {_PAYABLES} group by 1",
    "studies.planned_enrollment": "select planned_enrollment from studies_study where id = %(study)s",
    "studies.countries": "select count(*) from studies_studycountry where study_id = %(study)s",
    "studies.visits": f"select count(*) from studies_scheduledvisit x {_SCHEDULE}",
    "studies.contacts": f"select count(*) from studies_scheduledcontact x {_SCHEDULE}",
}  # fmt: skip
# What the Poisson-gamma model says is worked out by hand in tests/enrollment/test_forecast.py instead.
MODELLED = {"enrollment.forecast", "enrollment.forecast_low", "enrollment.forecast_high"}


def summed(name: str, place: Place, user: Any, today: Any) -> Any:
    """The number, by hand; or the amounts, currency by currency."""
    said = {
        "study": place.study.pk,
        "country": place.country.country if place.country else "",
        "path": (place.country or place.study).scope.path,
        "user": user.pk,
        "today": today,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUMS[name], said)
        rows = cursor.fetchall()
    if name.startswith("finance.amount"):
        return {currency: amount for currency, amount in rows if amount}
    return None if rows[0][0] is None else int(rows[0][0])
