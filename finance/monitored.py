"""What monitoring tells that money follows from: visits of a monitor whose report is approved."""

from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from ctms.studies.models import Study
from finance.facts import FIELDS, telling
from finance.models import FactKind
from monitoring.models import MonitoringVisit, VisitStatus

_APPROVED = Func("approved_on", Value("FMDD Mon YYYY"), function="to_char", output_field=TextField())


@telling(FactKind.SITE_MILESTONE)
def of_reports(study: Study) -> QuerySet[Any]:
    """Visits with an approved report, on their last day; a fee names the kind of visit it is for: SIV, IMV, COV."""
    visits = MonitoringVisit.objects.filter(study=study, approved_on__isnull=False, ends_on__isnull=False)
    return visits.exclude(status=VisitStatus.VOIDED).order_by().values("pk").annotate(
        fact_id=Concat(Value("monitoring/"), Cast("pk", TextField()), output_field=TextField()),
        kind=Value(FactKind.SITE_MILESTONE.value), occurred_on=F("ends_on"), subject=Value(""),
        quantity=Value(Decimal(1), output_field=DecimalField()), item=F("type"), occasion=F("label"),
        source=Concat(Value("CTMS: "), "label", Value(" at "), "site__number", Value(", report approved on "),
                      _APPROVED, output_field=TextField()),
    ).values(*FIELDS)  # fmt: skip
