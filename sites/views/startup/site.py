"""The Start-up tab of a site: what blocks, who has it, since when; and the whole checklist."""

from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import clock, protocols
from ctms.web.posts import PostOnly
from ctms.web.templatetags.ctms import day
from sites.models import Gate, StartUpItem
from sites.pages import InSite
from sites.services import startup
from sites.startup.checklist import UNDER_WAY, Blocker, Checklist, checklist_of, was_running_at_go_live
from sites.startup.lifecycle import why_not_configured
from sites.startup.opening import configuration_for
from sites.views.startup.lists import tone_of
from sites.views.tabs import SiteTabView

_COLUMNS = (
    {"label": "Item"}, {"label": "Gate"}, {"label": "Status"}, {"label": "With"},
    {"label": "Expected", "kind": "date"}, {"label": "Settled", "kind": "date"}, {"label": "Proof"},
)  # fmt: skip
_OF_OPEN = ("With", "Expected")  # of items not settled: columns that say nothing once all are
_GATES = (Gate.SIV, Gate.GREEN_LIGHT, Gate.IP_RELEASE, Gate.ACTIVATION)
_HEADINGS = {"study": "Of the study", "country": "Of the country", "site": "Of the site", "person": "Of its people"}


class StartUp(SiteTabView):
    page = "site-startup"
    title = "Start-up"
    template_name = "sites/startup/site.html"

    @cached_property
    def checklist(self) -> Checklist | None:
        return checklist_of(self.site)

    def context(self) -> dict[str, Any]:
        if self.checklist is None:
            return {"checklist": None, **self._none_yet()}
        checklist, gates = self.checklist, []
        on = self.site.today(clock.now())
        for gate in _GATES:
            blockers = checklist.blockers(gate, on)
            gates.append({"label": gate.label, "is_open": not blockers, "words": _keep(len(blockers))})
        blockers = checklist.blockers(Gate.ACTIVATION, on)
        is_open = not all(item.is_settled for item in checklist.items.values())
        return {
            "checklist": checklist,
            "gates": gates,
            "has_investigator": checklist.has_investigator,
            "people_url": self.url("site-people"),
            "activated": self.site.operational_status not in UNDER_WAY,
            "blockers": [self._blocker(one, on) for one in blockers],
            "is_open": is_open,
            "columns": [one for one in _COLUMNS if is_open or one["label"] not in _OF_OPEN],
            "groups": list(self._groups()),
        }

    def _none_yet(self) -> dict[str, Any]:
        """Why there is no checklist, and whether one can be opened."""
        site, under_way = self.site, self.site.operational_status in UNDER_WAY
        if was_running_at_go_live(site) and not under_way:
            return {"why": "The site came here running, with its dates, by a signed go-live migration."}
        objection = why_not_configured(site, configuration_for(site.study_id, site.today(clock.now())))
        if not under_way:
            return {"why": objection or "It is made when the site begins start-up, by the configuration then in force."}
        can_open = objection is None and protocols.authority().may(self.request.user, "sites.start_site", site)
        return {
            "why": objection or "The site came to start-up before there was a configuration.",
            "open_url": self.url("site-startup-open") if can_open else "",
        }

    def _blocker(self, one: Blocker, on: Any) -> dict[str, Any]:
        late = (on - one.item.expected_on).days if one.holding else 0
        words = f"late by {late} days" if late > 0 else f"expected {one.checklist.expected_words(one.item)}"
        hard = "cannot be waived" if one.item.is_hard else "can be waived by two signatures"
        return {
            "tone": "bad" if late > 0 else "watch" if one.holding else "mute",
            "text": f"{one.item.name}, {one.item.engagement.person}" if one.item.engagement else one.item.name,
            "url": self._item_url(one.item),
            "due": one.words or "open",
            "due_tone": "bad" if late > 0 else "",
            "meta": f"{words}; {hard}",
        }

    def _groups(self) -> Any:
        assert self.checklist is not None
        listed = self.checklist.in_order()
        for level, heading in _HEADINGS.items():
            rows = [self._row(item, self.checklist) for item in listed if item.level == level]
            if rows:
                yield {"heading": heading, "rows": rows}

    def _row(self, item: StartUpItem, checklist: Checklist) -> dict[str, Any]:
        holding = next(iter(item.held_now), None)  # type: ignore[attr-defined]  # prefetched
        return {
            "item": item,
            "url": self._item_url(item),
            "person": str(item.engagement.person) if item.engagement else "",
            "gate": item.get_gate_display() if item.gate else "",
            "tone": tone_of(item),
            "with": f"{holding}, since {day(holding.since)}" if holding else "",
            "expected": "" if item.is_settled else checklist.expected_words(item),
        }

    def _item_url(self, item: StartUpItem) -> str:
        return reverse("startup-item", args=[self.sponsor.code, self.study.slug, item.pk])


class OpenChecklist(InSite, PostOnly):
    page = "site-startup"
    deed = "Opening the site's start-up checklist"

    def may_enter(self) -> bool:
        return self.may("sites.start_site")

    @property
    def back_url(self) -> str:
        return self.url("site-startup")

    def carry_out(self) -> tuple[str, str]:
        startup.open_checklist(site=self.site, by=self.request.user, at=clock.now())
        return "The checklist is open.", ""


def _keep(many: int) -> str:
    if many == 0:
        return "Nothing keeps it shut"
    return "One item keeps it shut" if many == 1 else f"{many} items keep it shut"
