"""What a visit says of its site: the dated facts that the site's own moves depend on."""

from datetime import date, datetime

from ctms.accounts.models import User
from ctms.core.refusals import Conflict
from monitoring.models import MonitoringVisit
from monitoring.queries import WRITES, reference_of
from sites.services.evidence import record_evidence


def write_fact(visit: MonitoringVisit, on: date, *, by: User, at: datetime) -> None:
    """Puts the fact that this kind of visit proves on the site's record; the visit is where its proof is."""
    code = next(code for code, kind in WRITES.items() if kind == visit.type)
    try:
        record_evidence(
            site=visit.site, code=code, occurred_on=on, reference=reference_of(visit), by=by, at=at, from_room=True
        )  # fmt: skip
    except Conflict as conflict:
        if conflict.code != "RECORDED_ALREADY":
            raise
