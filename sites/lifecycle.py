"""What may happen to a site next. Guards look at evidence, which people record, and at its start-up checklist."""

from ctms.core.lifecycle import Guard, Lifecycle, Move, Request
from sites.models import (
    BatchStatus,
    EnrollmentStatus,
    EvidenceCode,
    MigrationBatch,
    MigrationLine,
    OperationalStatus,
    Site,
    SiteStatusEvent,
)
from sites.models import Gate as G
from sites.startup.checklist import RAN, open_shared_stop
from sites.startup.lifecycle import CONFIGURATION, ITEM, WAIVER, Shut, no_configuration

__all__ = ["CONFIGURATION", "ENROLLMENT", "ITEM", "MIGRATION", "SITE", "WAIVER"]  # declared here or in start-up

IDENTIFY, OPENING = "identify", "OPENING"  # moves that no lifecycle makes: a site's first event, and what it brings

S = OperationalStatus
E = EnrollmentStatus

_QUALIFY, _SELECT, _START = "sites.qualify_site", "sites.select_site", "sites.start_site"
_ACTIVATE, _CLOSE, _ENROL = "sites.activate_site", "sites.close_site", "sites.set_enrollment"

DECLINE_REASONS = (
    ("NO_INTEREST", "Not interested"),
    ("NO_CAPACITY", "No capacity"),
    ("COMPETING", "Competing trial"),
    ("POPULATION", "Too few eligible patients"),
    ("TERMS", "Contract or budget terms"),
    ("OTHER", "Other"),
)
DESELECT_REASONS = (
    ("FEASIBILITY", "Feasibility score"),
    ("QUALIFICATION", "Qualification visit findings"),
    ("TIMELINE", "Start-up timeline too long"),
    ("ENOUGH", "Enough sites in the country"),
    ("STRATEGY", "Country or study strategy changed"),
    ("OTHER", "Other"),
)
TERMINATION_REASONS = (
    ("NON_COMPLIANCE", "Non-compliance"),
    ("NO_ENROLLMENT", "No enrollment"),
    ("INVESTIGATOR", "Investigator withdrew"),
    ("SAFETY", "Safety"),
    ("STUDY_ENDED", "Study ended early"),
    ("OTHER", "Other"),
)


class Lacks:
    """Objects unless one of these facts is on record, not later than the day of the move."""

    def __init__(self, *codes: EvidenceCode) -> None:
        self.codes = codes
        self.words = " or ".join(f"“{code.label}”" for code in codes)
        self.__doc__ = f"Evidence of {self.words}."
        self.none_yet = f"There is no evidence yet for {self.words}."

    def __call__(self, site: Site, request: Request) -> str | None:
        days, words = [site.facts[code] for code in self.codes if code in site.facts], self.words
        if not days:
            return self.none_yet
        if request.effective_on and min(days) > request.effective_on:
            return f"The evidence for {words} is of {min(days):%-d %b %Y}, later than the day given for this move."
        return None


def lacks_each(*codes: EvidenceCode) -> tuple[Guard, ...]:
    return tuple(map(Lacks, codes))


def missing_facts(move: Move, site: Site) -> dict[str, EvidenceCode]:
    """The facts whose evidence this move still waits for, by the sentence that says so."""
    return {
        guard.none_yet: guard.codes[0]
        for guard in move.unless
        if isinstance(guard, Lacks) and not any(code in site.facts for code in guard.codes)
    }


def still_enrols(site: Site, request: Request) -> str | None:
    """Enrollment at the site closed, or never opened."""
    if site.enrollment_status in (E.OPEN, E.ON_HOLD):
        return "Enrollment at the site is not closed yet."
    return None


def is_not_activated(site: Site, request: Request) -> str | None:
    """The site activated."""
    if site.operational_status != S.ACTIVATED:
        return "The site is not activated."
    return None


_CANDIDATE = (S.CONTACTED, S.CDA_PENDING, S.CDA_EXECUTED, S.FEASIBILITY_SENT, S.FEASIBILITY_RECEIVED)
_JUDGED = (S.FEASIBILITY_RECEIVED, S.SQV_DONE)
_STARTING = (S.SELECTED, S.START_UP, S.SIV_READY, S.INITIATED)

SITE = Lifecycle(
    "Site",
    start=S.IDENTIFIED,
    field="operational_status",
    statuses=OperationalStatus,
    moves=(
        Move("contact", (S.IDENTIFIED, S.BACKUP), S.CONTACTED, _QUALIFY, "Log first contact"),
        Move("send_cda", (S.CONTACTED,), S.CDA_PENDING, _QUALIFY, "Send CDA"),
        Move("execute_cda", (S.CDA_PENDING,), S.CDA_EXECUTED, _QUALIFY, "Record executed CDA",
             unless=(Lacks(EvidenceCode.CDA_EXE),)),
        Move("send_feasibility", (S.CDA_EXECUTED,), S.FEASIBILITY_SENT, _QUALIFY, "Send feasibility questionnaire"),
        Move("receive_feasibility", (S.FEASIBILITY_SENT,), S.FEASIBILITY_RECEIVED, _QUALIFY,
             "Record feasibility answer", unless=(Lacks(EvidenceCode.FEAS_IN),)),
        Move("plan_sqv", (S.FEASIBILITY_RECEIVED, S.BACKUP), S.SQV_PLANNED, _QUALIFY, "Plan qualification visit"),
        Move("complete_sqv", (S.SQV_PLANNED,), S.SQV_DONE, _QUALIFY, "Complete qualification",
             unless=(Lacks(EvidenceCode.SQV_APPROVED, EvidenceCode.SQV_WAIVED),)),
        Move("select", (S.SQV_DONE, S.BACKUP), S.SELECTED, _SELECT, "Select site", reason=True,
             unless=(Lacks(EvidenceCode.SQV_APPROVED, EvidenceCode.SQV_WAIVED),), signature="approval"),
        Move("start_up", (S.SELECTED,), S.START_UP, _START, "Begin start-up", unless=(no_configuration,)),
        Move("pass_siv_gate", (S.START_UP,), S.SIV_READY, _START, "Pass initiation gate",
             unless=(Shut(G.SIV),)),
        Move("initiate", (S.SIV_READY,), S.INITIATED, _START, "Record initiation",
             unless=(Shut(G.SIV), Lacks(EvidenceCode.SIV))),
        Move("activate", (S.INITIATED,), S.ACTIVATED, _ACTIVATE, "Activate site",
             unless=(Shut(G.ACTIVATION),)),
        Move("close_out", (S.ACTIVATED,), S.CLOSE_OUT, _CLOSE, "Begin close-out",
             unless=(Lacks(EvidenceCode.S_LPLV, EvidenceCode.NO_SUBJECTS), still_enrols)),
        Move("close", (S.CLOSE_OUT, S.TERMINATED), S.CLOSED, _CLOSE, "Close site",
             unless=(still_enrols, *lacks_each(EvidenceCode.COV_APPROVED, EvidenceCode.QUERIES_ANSWERED,
                     EvidenceCode.IP_RECONCILED, EvidenceCode.EC_NOTIFIED, EvidenceCode.ARCHIVE_PLACE))),
        Move("archive", (S.CLOSED,), S.ARCHIVED, _CLOSE, "Archive site", unless=(Lacks(EvidenceCode.RETENTION),)),
        Move("decline", (*_CANDIDATE, S.SQV_PLANNED, S.SQV_DONE), S.DECLINED, _QUALIFY, "Site declined",
             reason_codes=DECLINE_REASONS, is_exit=True),
        Move("do_not_use", (S.IDENTIFIED, S.CONTACTED), S.DO_NOT_USE, _SELECT, "Mark as do not use",
             reason=True, is_exit=True),
        Move("keep_as_backup", _JUDGED, S.BACKUP, _SELECT, "Keep as backup", reason=True, is_exit=True),
        Move("not_select", (*_JUDGED, S.BACKUP), S.NOT_SELECTED, _SELECT, "Do not select",
             reason_codes=DESELECT_REASONS, is_exit=True),
        Move("drop", _STARTING, S.DROPPED, _SELECT, "Drop site", reason=True,
             reason_codes=DESELECT_REASONS, is_exit=True),
        Move("terminate", (S.ACTIVATED, S.CLOSE_OUT), S.TERMINATED, _CLOSE, "Terminate site", reason=True,
             reason_codes=TERMINATION_REASONS, unless=(Lacks(EvidenceCode.TRANSFER_PLAN),), is_exit=True),
    ),
)  # fmt: skip

HOLD_SCOPES = (("SCREENING", "Screening only"), ("ALL", "All activities"))

ENROLLMENT = Lifecycle(
    "Site enrollment",
    start=E.NOT_OPEN,
    field="enrollment_status",
    statuses=EnrollmentStatus,
    moves=(
        Move("open_enrollment", (E.NOT_OPEN,), E.OPEN, _ENROL, "Open enrollment", unless=(is_not_activated,)),
        Move("hold_enrollment", (E.OPEN,), E.ON_HOLD, _ENROL, "Put on hold", reason=True, reason_codes=HOLD_SCOPES),
        Move("resume_enrollment", (E.ON_HOLD,), E.OPEN, _ENROL, "Resume enrollment", reason=True),
        Move("close_enrollment", (E.OPEN, E.ON_HOLD), E.CLOSED, _ENROL, "Close enrollment"),
        Move("reopen_enrollment", (E.CLOSED,), E.OPEN, _ENROL, "Reopen enrollment", reason=True,
             unless=(is_not_activated,)),
    ),
)  # fmt: skip


def has_no_lines(batch: MigrationBatch, request: Request) -> str | None:
    """At least one status of a site."""
    return None if batch.lines.exists() else "No status of any site is in it yet."


def has_moved_sites(batch: MigrationBatch, request: Request) -> str | None:
    """No site in it with a history here already."""
    moved = SiteStatusEvent.objects.filter(site__in=batch.lines.order_by().values("site")).exclude(move=IDENTIFY)
    first = moved.select_related("site").order_by("site__number").first()
    return f"Site {first.site} has a history here already: its lines have to go." if first else None


def lacks_a_status(batch: MigrationBatch, request: Request) -> str | None:
    """A status, not enrollment alone, for each site."""
    with_status = batch.lines.order_by().filter(kind=SiteStatusEvent.Kind.OPERATIONAL).values("site")
    first = batch.lines.exclude(site__in=with_status).select_related("site").first()
    return f"Site {first.site} has an enrollment status and no status yet." if first else None


def has_open_stops(batch: MigrationBatch, request: Request) -> str | None:
    """No site that it brings activated while start-up knows an approval for its country to be open."""
    ran = batch.lines.filter(kind=SiteStatusEvent.Kind.OPERATIONAL, status__in=RAN)
    for line in ran.select_related("site__country").order_by("site__number", "since"):
        if stop := open_shared_stop(line.site, line.since):
            return f"Site {line.site} cannot have been activated on {line.since:%-d %b %Y}: {stop} was not there yet."
    return None


def was_gathered_by_them(batch: MigrationBatch, request: Request) -> str | None:
    """Somebody else than who gathered any of it."""
    lines = MigrationLine.everything.filter(batch=batch).values("pk")
    theirs = MigrationLine.history.filter(id__in=lines, history_user_id=request.by.pk)
    if batch.made_by_id == request.by.pk or theirs.exists():
        return "Who gathered a migration does not sign it off."
    return None


MIGRATION = Lifecycle(
    "Go-live migration",
    start=BatchStatus.DRAFT,
    statuses=BatchStatus,
    moves=(
        Move("sign_off", (BatchStatus.DRAFT,), BatchStatus.SIGNED_OFF, "sites.sign_migration", "Sign off", reason=True,
             unless=(was_gathered_by_them, has_no_lines, has_moved_sites, lacks_a_status, has_open_stops),
             signature="approval"),
    ),
)  # fmt: skip

MAIN_PATH: tuple[str, ...] = (
    S.IDENTIFIED, S.CONTACTED, S.CDA_PENDING, S.CDA_EXECUTED, S.FEASIBILITY_SENT, S.FEASIBILITY_RECEIVED, S.SQV_PLANNED,
    S.SQV_DONE, S.SELECTED, S.START_UP, S.SIV_READY, S.INITIATED, S.ACTIVATED, S.CLOSE_OUT, S.CLOSED, S.ARCHIVED,
)  # fmt: skip
