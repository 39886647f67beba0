"""What other systems say of subjects, made into records: set by set, and only what its system of record says.

A subject's record is worked out anew from all facts that are known of it, whichever came first. So it is the same
however often, late or out of order the facts arrived.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from ctms.core.refusals import Refusal
from ctms.integrations import registry
from ctms.integrations.models import Connection, Format
from ctms.integrations.registry import Domain
from ctms.studies.models import ScheduledVisit, ScheduleStatus, Study, VisitSchedule
from enrollment import derive
from enrollment.models import MILESTONES, Milestone, SubjectStatus
from enrollment.queries import enrolled_by
from enrollment.reconcile import SYSTEMS
from enrollment.services.reconciliation import reconcile_study
from enrollment.sides import said_in
from sites.models import Site

_SECTIONS: dict[str, Any] = {"days": Milestone, "statuses": SubjectStatus}
_PROPOSALS: dict[str, dict[str, Any]] = {
    Format.RWS: {
        "days": {
            "DM.ICFDT": "CONSENTED", "IE.ELIGDT": "ELIGIBLE", "IE.SFDT": "SCREEN_FAILED", "EX.FDOSDT": "TREATED",
            "DS.EOTDT": "TREATMENT_ENDED", "DS.COMPDT": "COMPLETED", "DS.WDDT": "WITHDRAWN", "DS.LTFUDT": "LOST",
        },
        "visit_item": "SV.SVSTDT",
        "statuses": {
            "Screening": "SCREENING", "Screen Failure": "SCREEN_FAILED", "Enrolled": "ENROLLED",
            "On Study": "ON_TREATMENT", "Completed": "COMPLETED", "Discontinued": "WITHDRAWN",
            "Lost to Follow-Up": "LOST",
        },
        "visits": {},
        "sites": {},
    },
    Format.CTMS_IRT_1: {
        "days": {
            "subject_screened": "CONSENTED", "subject_screen_failed": "SCREEN_FAILED",
            "subject_randomised": "RANDOMISED", "subject_discontinued": "WITHDRAWN", "subject_completed": "COMPLETED",
        },
        "visits": {},
        "sites": {},
    },
    Format.VAULT: {
        "documents": {
            "Planned": "PLACEHOLDER", "In Progress": "RECEIVED", "In QC Review": "IN_QC", "Approved": "APPROVED",
            "Effective": "FILED", "Expired": "EXPIRED", "Superseded": "SUPERSEDED",
        },
        "fields": {},
        "sites": {},
    },
}  # fmt: skip
DOCUMENT_STATES = {
    "PLACEHOLDER": "Expected", "RECEIVED": "Received", "IN_QC": "In quality control", "APPROVED": "Approved",
    "FILED": "Filed", "EXPIRED": "Expired", "SUPERSEDED": "Superseded",
}  # fmt: skip


class Receiver:
    """Answers `ctms.integrations.ports.Receiver`."""

    def proposal(self, format: str) -> dict[str, Any]:
        return {section: dict(value) if isinstance(value, dict) else value
                for section, value in _PROPOSALS[format].items()}  # fmt: skip

    def words(self, section: str) -> Mapping[str, str]:
        if section == "documents":
            return DOCUMENT_STATES
        return dict(_SECTIONS[section].choices) if section in _SECTIONS else {}

    def objections(self, content: Mapping[str, Any]) -> list[str]:
        found = []
        for section, words in _SECTIONS.items():
            for theirs, ours in content.get(section, {}).items():
                if ours not in words.values:
                    found.append(f"“{theirs}” is mapped to “{ours}”, which means nothing here.")
        for theirs, ours in content.get("documents", {}).items():
            if ours not in DOCUMENT_STATES:
                found.append(f"“{theirs}” is mapped to “{ours}”, which is no status of a document.")
        return found

    def screen(self, cursor: Any, table: str, connection: Any, content: Mapping[str, Any]) -> int:
        study = _study(connection)
        numbers = dict(Site.objects.filter(study=study).values_list("number", "pk"))
        known = sorted({theirs for theirs, ours in content.get("sites", {}).items() if ours in numbers} | set(numbers))
        nowhere = "place = '' and what in ('SITE', 'SUBJECT')"
        cursor.execute(
            f"""update {table} set outcome = case when {nowhere} then 'REFUSED' else 'PENDING' end,
                    reason = case when {nowhere} then 'It names no site.'
                        else format('The study has no site %%s.', left(place, 40)) end
                where outcome is null and ({nowhere} or place <> '' and not place = any(%s))""",  # noqa: S608
            [known],
        )
        return int(cursor.rowcount)

    def basis(self, connection: Any) -> str:
        case = _case(_study(connection))
        return sha256(repr(case).encode()).hexdigest()

    def apply_all(self, cursor: Any, connection: Any) -> None:
        case = _case(_study(connection))
        cursor.execute(
            """create temporary table if not exists feed_changed (subject text, what text, key text) on commit drop;
               delete from feed_changed"""
        )
        cursor.execute(
            """insert into feed_changed select distinct subject, 'SUBJECT', '' from integrations_sourcefact
               where connection_id = any(%s) and subject <> ''""",
            [case.tellers],
        )
        derive.derive(cursor, case)

    def apply(self, cursor: Any, connection: Any, content: Mapping[str, Any]) -> None:
        if connection.format == Format.VAULT:
            return  # documents are read from the facts themselves
        derive.derive(cursor, _case(_study(connection)))

    def settle(self, connection: Any, at: datetime) -> None:
        if connection.kind in SYSTEMS:
            reconcile_study(study=_study(connection), at=at)


def _study(connection: Connection) -> Study:
    try:
        return Study.objects.select_related("scope").get(scope=connection.scope_id)
    except Study.DoesNotExist:
        raise Refusal("NO_STUDY", "This connection is not at a study.") from None


def _case(study: Study) -> derive.Case:
    """What the rule needs to know of the study: who says what, in whose words, and by which plan."""
    masters = registry.masters(study.scope)
    said = said_in(study)
    schedule = VisitSchedule.objects.filter(study=study, status=ScheduleStatus.APPROVED).first()
    codes = set(ScheduledVisit.objects.filter(schedule=schedule).values_list("code", flat=True)) if schedule else set()
    return derive.Case(
        sponsor=study.sponsor_id,
        study=study.pk,
        schedule=schedule.pk if schedule else None,
        enrolled=enrolled_by(study),
        tellers=[one.pk for one, _ in said if one.kind == masters[Domain.SUBJECTS]],
        visitors=[one.pk for one, _ in said if one.kind == masters[Domain.VISITS]],
        places=[(one.pk, theirs, ours) for one, words in said for theirs, ours in words.get("sites", {}).items()],
        days=[
            (one.pk, theirs, ours, one.kind.value)
            for one, words in said
            for theirs, ours in words.get("days", {}).items()
            if one.kind == masters[MILESTONES[Milestone(ours)]]
        ],
        statuses=[
            (one.pk, theirs, ours) for one, words in said for theirs, ours in words.get("statuses", {}).items()
        ],
        worded=[one.pk for one, words in said if "statuses" in words],
        events=[
            (one.pk, theirs, ours)
            for one, words in said
            for theirs, ours in {**{code: code for code in sorted(codes)}, **words.get("visits", {})}.items()
        ],
    )  # fmt: skip
