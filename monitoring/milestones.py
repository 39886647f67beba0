"""Which milestones monitoring visits have reached; `settings.MILESTONE_FACTS` names it."""

from collections.abc import Iterator

from ctms.core.protocols import MilestoneFact
from ctms.studies.models import Study
from monitoring.models import GONE, MonitoringVisit, VisitType

_CODES = {VisitType.SIV: "SIV", VisitType.IMV: "FIRST_IMV", VisitType.COV: "COV"}


def facts(study: Study) -> Iterator[MilestoneFact]:
    """Visits that took place, on their last day; of each kind the first at a site, of close-out visits the last."""
    done = MonitoringVisit.objects.filter(study=study, type__in=list(_CODES), ends_on__isnull=False)
    rows = done.exclude(status__in=GONE).order_by("ends_on", "pk")
    found: dict[tuple[int, str], MilestoneFact] = {}
    for scope_id, kind, label, on in rows.values_list("site__scope", "type", "label", "ends_on"):
        assert on is not None  # asked for
        code = _CODES[VisitType(kind)]
        if kind == VisitType.COV or (scope_id, code) not in found:
            found[scope_id, code] = MilestoneFact(scope_id, code, on, f"{label} took place")
    yield from found.values()
