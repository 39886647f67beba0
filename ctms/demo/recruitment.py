"""The demo's enrollment plan: the registered number of subjects along an S-curve, by the study and by its countries."""

from collections import Counter
from datetime import date

from ctms.accounts.models import User
from ctms.core.acting import Channel, acting, on_simulated_day
from ctms.demo.calendar import BEGINS, noon
from ctms.studies.models import Study, StudyCountry
from enrollment.services.plans import set_plan
from sites.models import Site

_FIRST = date(2024, 1, 1)
_SHAPE = (1, 2, 4, 6, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1)  # shares of the whole, month by month


def plan(mara: User) -> None:
    """Sets the plan of the open sponsor's study and of each of its countries, as its study manager."""
    study = Study.objects.select_related("scope").get()
    sites = Counter(Site.objects.values_list("country", flat=True))
    total = study.planned_enrollment or 0
    reason = "Enrollment plan of the study's set-up"
    with on_simulated_day(noon(BEGINS)), acting(mara, reason=reason, channel=Channel.WEB, by_person=True):
        set_plan(study=study, scope=study.scope, first_month=_FIRST, subjects=_spread(total), by=mara)
        for country in StudyCountry.objects.select_related("scope").order_by("country"):
            share = total * sites[country.pk] // sites.total()
            if share:
                set_plan(study=study, scope=country.scope, first_month=_FIRST, subjects=_spread(share), by=mara)


def _spread(total: int) -> list[int]:
    """`total` along the shape; what rounding leaves goes to where it is missing most."""
    sums = [sum(_SHAPE[: month + 1]) for month in range(len(_SHAPE))]
    reached = [round(total * part / sums[-1]) for part in sums]
    return [now - before for before, now in zip([0, *reached], reached, strict=False)]
