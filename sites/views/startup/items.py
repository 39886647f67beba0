"""One item of start-up: what it waits for, who had it, and what can be done about it."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from audit.signed import shown_under
from ctms.core import clock, protocols
from ctms.core.clock import is_simulated
from ctms.core.lifecycle import Lifecycle, Request
from ctms.studies.pages import InStudy
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, Place, found
from ctms.web.posts import FormPage
from ctms.web.templatetags.ctms import day
from sites.models import ItemWaiver, StartUpItem, WaiverStatus
from sites.services import startup, startup_waivers
from sites.services.startup import Settlement
from sites.startup.checklist import Checklist, checklist_of, shared_checklist
from sites.startup.configuration import Definition, template_of
from sites.startup.lifecycle import WAIVER
from sites.startup.parties import people_near
from sites.views.startup.forms import ExpectForm, HandOverForm, ReopenForm, SettleForm, WaiverForm
from sites.views.startup.lists import tone_of

_WAIVER_TONES = {"DRAFT": "info", "ASKED": "watch", "GRANTED": "sign", "REFUSED": "bad", "WITHDRAWN": "mute"}


class InItem(InStudy):
    """A page of one item."""

    page = "startup-item"

    @cached_property
    def item(self) -> StartUpItem:
        items = StartUpItem.objects.visible_to(self.request.user).filter(study=self.study, pk=self.kwargs["item"])
        related = ("scope", "study", "configuration", "country__scope", "site__facility", "engagement__person")
        item: StartUpItem = found(items.select_related(*related, "site__scope", "settled_by"))
        return item

    @property
    def place(self) -> Place:
        return replace(super().place, country=self.item.country, site=self.item.site)

    @property
    def place_title(self) -> str:
        return self.item.code

    @property
    def rule(self) -> Definition:
        return template_of(self.item.configuration).by_code[self.item.code]

    @property
    def subject(self) -> str:
        return str(self.item)

    @property
    def back_url(self) -> str:
        return self.url("startup-item")

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, self.item.pk, *more])

    def may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, self.item)


class Item(InItem):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        item = self.item
        around = checklist_of(item.site) if item.site else shared_checklist(item)
        assert around is not None
        return TemplateResponse(request, "sites/startup/item.html", {
            "item": item,
            "tone": tone_of(item),
            "facts": self._facts(around),
            "waits": self._waits(around),
            "holders": self._holders(),
            "waivers": [self._waiver(one) for one in item.waivers.select_related("made_by", "item")],
            "site_url": self._site_url(),
            "urls": self._urls(),
        })  # fmt: skip

    def _facts(self, around: Checklist) -> list[dict[str, Any]]:
        item, rule = self.item, self.rule
        by = f", by {item.settled_by}" if item.settled_by else ""
        listed = None if item.is_settled else around.items.get(item.pk)
        expected = around.expected_words(listed) if listed else day(item.expected_on)
        return [
            {"label": "Asked of", "value": item.whose},
            {"label": "Gate", "value": item.get_gate_display() if item.gate else "None"},
            {"label": "Kind", "value": item.get_kind_display()},
            {"label": "Can be waived", "value": "No, by nobody" if item.is_hard else "By two signatures"},
            {"label": "Planned", "value": day(item.planned_on), "simulated": is_simulated()},
            {"label": "Expected", "value": capfirst(expected)},
            {"label": "Settled", "value": f"{day(item.actual_on)}{by}" if item.actual_on else "Not yet"},
            {"label": "Valid until", "value": day(item.expires_on) if item.expires_on else
             ("Does not run out" if not rule.expires else "")},
            {"label": "Proof", "value": item.reference or "None yet"},
            {"label": "By", "value": str(item.configuration)},
        ]  # fmt: skip

    def _waits(self, around: Checklist) -> list[dict[str, Any]]:
        if self.item.is_settled or self.item.pk not in around.items:
            return []
        return [
            {
                "tone": "watch", "text": str(one.item), "url": self._other(one.item), "due": one.words,
                "meta": f"expected {around.expected_words(one.item)}",
            }
            for one in around.waited_for(self.item, around.today)
        ]  # fmt: skip

    def _holders(self) -> list[dict[str, Any]]:
        return [
            {
                "title": str(one),
                "text": f"{day(one.since)} to {day(one.until)}" if one.until else f"since {day(one.since)}",
                "why": one.note, "now": one.until is None, "simulated": is_simulated(),
            }
            for one in self.item.holdings.select_related("person").order_by("-since", "-id")
        ]  # fmt: skip

    def _waiver(self, waiver: ItemWaiver) -> dict[str, Any]:
        waiver.item = self.item
        return {
            "waiver": waiver,
            "tone": _WAIVER_TONES[waiver.status],
            "signatures": shown_under(waiver),
            "offers": [
                {"offer": offer, "url": self.url("startup-waiver-move", waiver.pk, offer.move.name)}
                for offer in WAIVER.offers(waiver, Request(self.request.user))
            ],
        }

    def _urls(self) -> dict[str, str]:
        """What this person can do with it, by name; "" for what they cannot."""
        item = self.item
        works, asks = self.may("sites.edit_startup"), self.may("sites.ask_waiver")
        is_open, by_hand = not item.is_settled, not self.rule.fact
        pending = item.waivers.filter(status__in=(WaiverStatus.DRAFT, WaiverStatus.ASKED)).exists()
        site = item.site
        return {
            "settle": self.url("startup-item-settle") if works and is_open and by_hand else "",
            "hand_over": self.url("startup-item-hand-over") if works and is_open else "",
            "expect": self.url("startup-item-expect") if works and is_open else "",
            "reopen": self.url("startup-item-reopen") if works and item.status == "DONE" and by_hand else "",
            "waive": self.url("startup-item-waive") if asks and is_open and not item.is_hard and not pending else "",
            "evidence": reverse("site-evidence", args=[self.sponsor.code, self.study.slug, site.number])
            + f"?code={self.rule.fact[0]}#record" if site and is_open and not by_hand else "",
        }  # fmt: skip

    def _site_url(self) -> str:
        if self.item.site is None:
            return ""
        return reverse("site-startup", args=[self.sponsor.code, self.study.slug, self.item.site.number])

    def _other(self, item: StartUpItem) -> str:
        return reverse("startup-item", args=[self.sponsor.code, self.study.slug, item.pk])


class ItemForm(InItem, FormPage):
    """A form about one item."""

    verb = "sites.edit_startup"

    def may_enter(self) -> bool:
        return self.may(self.verb)


class Settle(ItemForm):
    title = "Settle the item"
    deed = "Settling a start-up item"
    submit = "Settle"

    def make_form(self, data: Any = None) -> SettleForm:
        return SettleForm(data, expires=self.rule.expires, initial={"on": clock.today()})

    def carry_out(self, said: dict[str, Any]) -> str:
        item = startup.complete_item(
            item=self.item, settlement=Settlement(**said), by=self.request.user, at=clock.now()
        )  # fmt: skip
        return f"{item.name}: settled."


class HandOver(ItemForm):
    title = "Who has it"
    deed = "Handing a start-up item over"
    submit = "Hand over"

    def make_form(self, data: Any = None) -> HandOverForm:
        return HandOverForm(data, people=people_near(self.item), initial={"on": clock.today()})

    def carry_out(self, said: dict[str, Any]) -> str:
        now = startup.hand_over(item=self.item, by=self.request.user, at=clock.now(), **said)
        return f"{self.item.name}: with {now}."


class Expect(ItemForm):
    title = "Expected day"
    deed = "Another expected day"

    def make_form(self, data: Any = None) -> ExpectForm:
        return ExpectForm(data, initial={"expected_on": self.item.expected_on})

    def carry_out(self, said: dict[str, Any]) -> str:
        item = startup.expect_item(item=self.item, by=self.request.user, at=clock.now(), **said)
        return f"{item.name}: expected on {day(item.expected_on)}."


class Reopen(ItemForm):
    title = "Reopen the item"
    deed = "Reopening a start-up item"
    submit = "Reopen"

    def make_form(self, data: Any = None) -> ReopenForm:
        return ReopenForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        item = startup.reopen_item(item=self.item, by=self.request.user, at=clock.now(), **said)
        return f"{item.name}: open again."


class Waive(ItemForm):
    title = "Waive the item"
    deed = "Writing the grounds of a waiver"
    submit = "Write the grounds"
    verb = "sites.ask_waiver"

    def make_form(self, data: Any = None) -> WaiverForm:
        return WaiverForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        startup_waivers.draft_waiver(item=self.item, by=self.request.user, at=clock.now(), **said)
        return "Drafted. It counts once you have signed that you ask for it, and another person has granted it."


class WaiverMove(InItem, MoveView):
    """Asking for a waiver, granting, refusing or withdrawing it."""

    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return WAIVER

    @cached_property
    def record(self) -> ItemWaiver:
        waivers = ItemWaiver.objects.visible_to(self.request.user).filter(item=self.item)
        waiver: ItemWaiver = found(waivers.filter(pk=self.kwargs["waiver"]).select_related("study"))
        waiver.item = self.item
        return waiver

    def make(self, **said: Any) -> Any:
        return startup_waivers.move_waiver(waiver=self.record, **said)
