"""What views of milestones share."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.accounts.models import Scope
from ctms.core import clock, protocols
from ctms.milestones.models import Milestone
from ctms.studies.pages import InStudy
from sites.models import Site


class InMilestones(InStudy):
    """A page of the milestones of a study, or of a place in it."""

    page = "milestones"

    def may(self, verb: str, place: Any) -> bool:
        return protocols.authority().may(self.request.user, verb, place)

    def may_enter(self) -> bool:
        """Whoever sees milestones anywhere; which ones, the rows decide."""
        return access.may_somewhere(self.request.user, "milestones.view_milestone")

    @property
    def milestones(self) -> QuerySet[Milestone]:
        """All that this person may see, with what follows from their dates today."""
        rows: Any = Milestone.objects.visible_in(self.study, self.request.user).select_related("scope", "outlook")
        looked_at: QuerySet[Milestone] = rows.looked_at(clock.today())
        return looked_at

    def page_of(self, scope: Scope) -> str:
        """The page of milestones of a place."""
        if scope.kind == "COUNTRY":
            code = next((one.country for one in self.countries if one.scope_id == scope.pk), "")
            return self.to("country-milestones", code.lower()) if code else self.to("milestones")
        if scope.kind == "SITE":
            return self.to("site-milestones", scope.label)
        return self.to("milestones")

    @cached_property
    def places(self) -> list[Scope]:
        """The study, its countries and its sites, as far as this person may plan there."""
        sites = Site.objects.visible_in(self.study, self.request.user).select_related("scope").order_by("number")
        every = [self.study.scope, *(one.scope for one in self.countries), *(site.scope for site in sites)]
        return [scope for scope in every if self.may("milestones.edit_milestone", scope)]
