"""A site's visits: the tab, planning by hand and from the cadence, the cadence itself."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from ctms.accounts.held import shown
from ctms.accounts.models import Assignment, Scope, User
from ctms.accounts.roles import VERBS
from ctms.core import clock
from ctms.web.edits import EditView
from ctms.web.posts import FormPage
from monitoring.columns import follow_up_tone, severity_tone, visit_tone
from monitoring.forms import CadenceForm, PlanDueForm, PlanForm
from monitoring.models import Cadence, Deviation, FollowUpItem, FollowUpStatus, MonitoringVisit, RiskTier
from monitoring.rules import rules
from monitoring.services import visits
from sites.models import Site
from sites.pages import InSite
from sites.views.tabs import SiteTabView

_AUTHORS = [role for role, verbs in VERBS.items() if "monitoring.author_tripreport" in verbs]
_COLUMNS = (
    {"label": "Visit"}, {"label": "Status"}, {"label": "How"}, {"label": "Planned", "kind": "date"},
    {"label": "Last day", "kind": "date"}, {"label": "Report due", "kind": "date"}, {"label": "Monitor"},
)  # fmt: skip
_ITEM_COLUMNS = ({"label": "Item"}, {"label": "What"}, {"label": "Severity"}, {"label": "Due", "kind": "date"})
_SHOWN = 20


def monitors_at(site: Site) -> QuerySet[User]:
    """The people whose role lets them visit this site and report on it."""
    tokens = site.scope.path.strip("/").split("/")
    above = ["/" + "".join(f"{token}/" for token in tokens[:depth]) for depth in range(len(tokens) + 1)]
    assigned = Assignment.objects.filter(role__in=_AUTHORS, scope__in=Scope.objects.filter(path__in=above))
    counted = shown(assigned, on=clock.today()).filter(counts=True, waits=False)
    return User.objects.filter(pk__in=counted.values("user"), is_active=True).order_by("full_name")


class SiteVisits(SiteTabView):
    page = "site-visits"
    title = "Visits"
    template_name = "monitoring/site_visits.html"

    def may_enter(self) -> bool:
        return self.may("monitoring.view_visit")

    def context(self) -> dict[str, Any]:
        user, may_plan = self.request.user, self.may("monitoring.plan_visit")
        rows = MonitoringVisit.objects.visible_to(user).filter(site=self.site).select_related("monitor")
        items = FollowUpItem.objects.visible_to(user).filter(site=self.site, status=FollowUpStatus.OPEN)
        deviations = Deviation.objects.visible_to(user).filter(site=self.site)
        today = self.site.today(clock.now())
        may_raise = self.may("monitoring.edit_issue")
        return {
            "columns": _COLUMNS,
            "item_columns": _ITEM_COLUMNS,
            "rows": [
                {"visit": one, "tone": visit_tone(one.status), "url": self.url("trip", one.pk)}
                for one in rows.defer("snapshot")
            ],
            "items": [
                {
                    "item": one, "url": self.url("follow-up", one.number), "tone": severity_tone(one.severity),
                    "late": one.due_on < today,
                }
                for one in items[:_SHOWN]
            ],
            "deviations": [
                {"deviation": one, "url": self.url("deviation", one.number), "tone": severity_tone(one.severity)}
                for one in deviations[:_SHOWN]
            ],
            "cadence": self.site.cadences.first(),
            "plan_url": self.url("visit-plan") if may_plan else "",
            "plan_due_url": self.url("visits-plan-due") if may_plan else "",
            "cadence_url": self.url("cadence") if may_plan else "",
            "item_url": self.url("follow-up-add") if may_raise else "",
            "deviation_url": self.url("deviation-add") if may_raise else "",
            "follow_up_tone": follow_up_tone,
        }  # fmt: skip


class InPlanning(InSite, FormPage):
    page = "site-visits"

    def may_enter(self) -> bool:
        return self.may("monitoring.plan_visit")

    @property
    def subject(self) -> str:
        return self.site.name

    @property
    def back_url(self) -> str:
        return self.url("site-visits")


class PlanVisit(InPlanning):
    title = "Plan a visit"
    deed = "Planning a visit"
    submit = "Plan"

    made: MonitoringVisit

    def make_form(self, data: Any = None) -> PlanForm:
        return PlanForm(data, monitors=monitors_at(self.site), initial=self.request.GET.dict())

    def carry_out(self, said: dict[str, Any]) -> str:
        self.made = visits.plan_visit(site=self.site, by=self.request.user, at=clock.now(), **said)
        return f"{self.made}: planned."

    def next_url(self) -> str:
        return self.url("trip", self.made.pk)


class PlanDue(InPlanning):
    """What status and cadence ask for, planned for one monitor."""

    title = "Plan what is due"
    deed = "Planning the visits that are due"
    submit = "Plan"

    def make_form(self, data: Any = None) -> PlanDueForm:
        return PlanDueForm(data, monitors=monitors_at(self.site))

    def carry_out(self, said: dict[str, Any]) -> str:
        made = visits.plan_due_visits(site=self.site, by=self.request.user, at=clock.now(), **said)
        if not made:
            return "Nothing is due that is not planned already."
        return "Planned: " + ", ".join(f"{one.label} on {one.planned_on:%-d %b %Y}" for one in made) + "."


class EditCadence(InSite, EditView):
    """How often the site is visited."""

    page = "site-visits"
    title = "Visit cadence"
    form_class = CadenceForm
    deed = "Setting how often the site is visited"

    def may_enter(self) -> bool:
        return self.may("monitoring.plan_visit")

    @cached_property
    def record(self) -> Cadence | None:
        return self.site.cadences.first()

    @property
    def subject(self) -> str:
        return self.site.name

    @property
    def back_url(self) -> str:
        return self.url("site-visits")

    def initial(self) -> dict[str, Any]:
        return {} if self.record else {"tier": RiskTier.STANDARD, **rules()["cadence"][RiskTier.STANDARD]}

    def save(self, said: dict[str, Any], version: int | None) -> Cadence:
        return visits.set_cadence(site=self.site, changes=said, version=version, by=self.request.user, at=clock.now())
