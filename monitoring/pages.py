"""What views of one visit, follow-up item or deviation share."""

from typing import Any

from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.studies.models import Study
from ctms.web.places import found, key_in
from monitoring.models import Deviation, FollowUpItem, MonitoringVisit
from monitoring.queries import may_read_report
from sites.pages import InSite


def sees_visits(user: Any, study: Study) -> bool:
    """Whether a role of this person, at the study, above it or at one of its places, shows monitoring visits."""
    return access.held_near(user, "monitoring.view_visit", study.scope)


class InVisit(InSite):
    """A page of one visit: .../site/<number>/visits/<trip>/..."""

    page = "site-visits"

    @cached_property
    def visit(self) -> MonitoringVisit:
        """The visit of the address; 404 for one that is not there, or not for this person."""
        visits = MonitoringVisit.objects.visible_to(self.request.user).filter(site=self.site)
        related = ("study", "site__scope", "site__facility", "site__country", "site__study", "monitor", "template")
        visit: MonitoringVisit = found(visits.filter(pk=self.kwargs["trip"]).select_related(*related))
        return visit

    @property
    def place_title(self) -> str:
        return self.visit.label

    @property
    def back_url(self) -> str:
        return self.url("trip", self.visit.pk)

    def may_read_report(self) -> bool:
        return may_read_report(self.request.user, self.visit)

    def report_url(self) -> str:
        return self.url("trip-report", self.visit.pk)


class InItem(InSite):
    """A page of one follow-up item."""

    page = "follow-ups"

    @cached_property
    def item(self) -> FollowUpItem:
        items = FollowUpItem.objects.visible_to(self.request.user).filter(site=self.site)
        related = ("site__scope", "site__facility", "visit__template", "raised_by", "study")
        item: FollowUpItem = found(items.filter(number=self.kwargs["follow_up"]).select_related(*related))
        return item

    @property
    def place_title(self) -> str:
        return str(self.item)

    @property
    def back_url(self) -> str:
        """The item; the report, where its links led here."""
        visit = self.visit_asked()
        return self.url("trip-report", visit.pk) if visit else self.url("follow-up", self.item.number)

    def visit_asked(self) -> MonitoringVisit | None:
        """The visit at which this is done, as the address of the report's links says; None without one."""
        return visit_of(self)


class InDeviation(InSite):
    """A page of one deviation."""

    page = "deviations"

    @cached_property
    def deviation(self) -> Deviation:
        deviations = Deviation.objects.visible_to(self.request.user).filter(site=self.site)
        related = ("site__scope", "site__facility", "visit", "raised_by", "study")
        deviation: Deviation = found(deviations.filter(number=self.kwargs["deviation"]).select_related(*related))
        return deviation

    @property
    def place_title(self) -> str:
        return str(self.deviation)

    @property
    def back_url(self) -> str:
        return self.url("deviation", self.deviation.number)


def visit_of(view: Any) -> MonitoringVisit | None:
    """The visit of the site that `?visit=` names, if any."""
    wanted = key_in(view.request.GET.get("visit", ""))
    if wanted is None:
        return None
    visits = MonitoringVisit.objects.visible_to(view.request.user).filter(site=view.site, pk=wanted)
    visit: MonitoringVisit | None = visits.first()
    return visit
