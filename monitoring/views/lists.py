"""Lists of a study: its monitoring visits, follow-up items and deviations."""

from typing import Any

from django.db.models import QuerySet

from ctms.core import clock
from ctms.studies.lists import StudyList
from ctms.web.lists import rank
from monitoring.columns import DEVIATION_COLUMNS, FOLLOW_UP_COLUMNS, VISIT_COLUMNS
from monitoring.filters import DeviationFilter, FollowUpFilter, VisitFilter
from monitoring.models import (
    Deviation,
    DeviationStatus,
    FollowUpItem,
    MonitoringVisit,
    Severity,
    VisitStatus,
    VisitType,
)
from monitoring.pages import sees_visits
from monitoring.queries import escalated


class OfStudy(StudyList):
    """A list of what happened at the study's sites."""

    def may_enter(self) -> bool:
        return sees_visits(self.request.user, self.study)

    def site_url(self, name: str, row: Any, key: Any) -> str:
        return self.to(name, row.site.number, key)


class VisitList(OfStudy):
    page = "visits"
    title = "Monitoring visits"
    noun = ("visit", "visits")
    columns = VISIT_COLUMNS
    filterset_class = VisitFilter
    default_sort = "-planned_on"

    def rows(self) -> QuerySet[MonitoringVisit]:
        visits = MonitoringVisit.objects.visible_to(self.request.user).filter(study=self.study)
        return visits.select_related("site__country", "monitor").defer("snapshot")

    def sort_keys(self) -> dict[str, Any]:
        return {"status_rank": rank("status", VisitStatus.values), "type_rank": rank("type", VisitType.values)}

    def row_url(self, row: Any) -> str:
        return self.site_url("trip", row, row.pk)

    def empty(self) -> dict[str, str]:
        text = "Visits are planned on the “Visits” tab of each site: from its cadence, or by hand."
        return {"title": "No visit planned yet", "text": text}


class FollowUpList(OfStudy):
    page = "follow-ups"
    title = "Follow-up items"
    noun = ("item", "items")
    columns = FOLLOW_UP_COLUMNS
    filterset_class = FollowUpFilter
    default_sort = "due_on"

    def rows(self) -> QuerySet[FollowUpItem]:
        items = FollowUpItem.objects.visible_to(self.request.user).filter(study=self.study)
        return escalated(items, on=clock.today()).select_related("site", "visit").defer("visit__snapshot")

    def sort_keys(self) -> dict[str, Any]:
        return {"severity_rank": rank("severity", Severity.values)}

    def row_url(self, row: Any) -> str:
        return self.site_url("follow-up", row, row.number)

    def empty(self) -> dict[str, str]:
        return {"title": "Nothing to follow up", "text": "Items are raised in visit reports and at each site's visits."}


class DeviationList(OfStudy):
    page = "deviations"
    title = "Protocol deviations"
    noun = ("deviation", "deviations")
    columns = DEVIATION_COLUMNS
    filterset_class = DeviationFilter
    default_sort = "-deviation"

    def rows(self) -> QuerySet[Deviation]:
        return Deviation.objects.visible_to(self.request.user).filter(study=self.study).select_related("site")

    def sort_keys(self) -> dict[str, Any]:
        return {
            "severity_rank": rank("severity", Severity.values),
            "status_rank": rank("status", DeviationStatus.values),
        }

    def row_url(self, row: Any) -> str:
        return self.site_url("deviation", row, row.number)

    def actions(self) -> list[dict[str, str]]:
        url = self.to("deviation-candidates")
        return [{"label": "Candidates from visit windows", "icon": "calendar-days", "url": url}]

    def empty(self) -> dict[str, str]:
        return {
            "title": "No deviation on record",
            "text": "Deviations are put down in visit reports, at a site, or by accepting a candidate.",
        }
