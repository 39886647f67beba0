"""Start-up: items, settling them and handing them over, and what keeps a site's gates shut."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from ctms.api.base import ApiView
from ctms.api.fields import Schema, a_list, an_object
from ctms.api.lists import ListEndpoint
from ctms.api.records import RecordEndpoint, Shown
from ctms.api.writes import Body, Text, Write
from ctms.core import clock
from ctms.core.refusals import BadInput
from ctms.studies.pages import InStudy
from ctms.web.rest.answers import answer
from ctms.web.rest.errors import BadQuery
from sites.models import Gate, Party, Site, StartUpItem
from sites.pages import InSite
from sites.services import startup
from sites.services.startup import Settlement
from sites.startup import board
from sites.startup.checklist import Blocker, checklist_of
from sites.startup.parties import people_near
from sites.views.startup.lists import ItemList

_ITEM = {"item": ("Key of the item.", 1)}
_DAY: Schema = {"type": ["string", "null"], "format": "date"}
_GATES = (Gate.SIV, Gate.GREEN_LIGHT, Gate.IP_RELEASE, Gate.ACTIVATION)


_STATES = {"ok": "DONE", "info": "IN_PROGRESS", "open": "WAITING", "bad": "LATE", "none": "NOT_ASKED"}


class StartUpItems(ListEndpoint):
    """The items of a study's start-up

    Those of the whole study, of countries, of sites and of people at sites. `expected` is null while an item waits for
    others; the start-up of its site says before which day it cannot be.
    """

    tag = "Start-up"
    operations = {"GET": "list_startup_items"}
    lists = ItemList


class ShownItem(Shown):
    lists = ItemList
    key = ("item", "pk")


class OneStartUpItem(ShownItem, RecordEndpoint):
    """One item of start-up"""

    tag = "Start-up"
    operations = {"GET": "read_startup_item"}
    said = _ITEM


class ItemWrite(ShownItem, Write):
    """A POST about one item; the answer is the item as it is then."""

    tag = "Start-up"
    said = _ITEM
    made = 200
    needs_version = True

    def target(self) -> StartUpItem:
        item: StartUpItem = self.record()
        return item

    def lock(self, target: StartUpItem) -> Any:
        return startup.locked_item(target)

    def shown(self, result: Any) -> tuple[dict[str, Any], Any]:
        item = self.record()
        return self.as_json(item), item

    def answers(self, method: str) -> Schema:
        return self.record_schema()


class SettleBody(Body):
    on = serializers.DateField(help_text="The day it was settled.")
    reference = Text(max_length=500, help_text="Where the proof is: an eTMF number.")
    expires_on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="Until when it is valid, where it runs out."
    )


class SettleItem(ItemWrite):
    operations = {"POST": "settle_startup_item"}
    body = SettleBody
    body_example: ClassVar[dict[str, Any]] = {"on": "2024-03-08", "reference": "eTMF 05.02.11"}

    def reason(self, said: dict[str, Any]) -> tuple[str, bool]:
        return "Settling a start-up item", True

    def carry_out(self, target: StartUpItem, said: dict[str, Any]) -> StartUpItem:
        """Settles an item of start-up

        Refused while something that comes before it is open. What a dated fact settles is settled by the fact.
        """
        return startup.complete_item(item=target, settlement=Settlement(**said), by=self.user, at=clock.now())


class HandOverBody(Body):
    party = serializers.ChoiceField(Party.choices, help_text="Who has it now.")
    person = Text(required=False, default="", allow_blank=True, max_length=150, help_text="User name of who does.")
    on = serializers.DateField(help_text="Since when.")
    note = Text(required=False, default="", allow_blank=True, max_length=500)


class HandOverItem(ItemWrite):
    operations = {"POST": "hand_over_startup_item"}
    body = HandOverBody
    body_example: ClassVar[dict[str, Any]] = {"party": "SITE", "on": "2024-03-08", "note": "Second redlines"}

    def reason(self, said: dict[str, Any]) -> tuple[str, bool]:
        return "Handing a start-up item over", True

    def carry_out(self, target: StartUpItem, said: dict[str, Any]) -> Any:
        """Says who has an item of start-up from a day on"""
        name = said.pop("person")
        person = people_near(target).filter(username=name).first() if name else None
        if name and person is None:
            sentence = "Nobody of this user name has a role here."
            raise BadInput("PERSON", sentence, fields={"person": sentence})
        return startup.hand_over(item=target, person=person, by=self.user, at=clock.now(), **said)


class SiteStartUp(ApiView):
    """What keeps a site's gates shut, who has it, and since when"""

    tag = "Start-up"
    operations = {"GET": "read_site_startup"}
    said = {"number": ("The sponsor's number of the site.", "DE-004")}

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        here = InSite()
        here.setup(request._request, **kwargs)
        site: Site = here.site
        checklist = checklist_of(site)
        on = site.today(clock.now())
        gates = [
            {"gate": str(gate), "blocking": [_blocking(one) for one in checklist.blockers(gate, on)]}
            for gate in _GATES
        ] if checklist else []  # fmt: skip
        return answer({"has_checklist": checklist is not None, "gates": gates})

    def answers(self, method: str) -> Schema:
        blocking = an_object({
            "item": {"type": "integer", "description": "Key of the item."},
            "code": {"type": "string"},
            "name": {"type": "string"},
            "is_hard": {"type": "boolean", "description": "Nobody can waive it."},
            "with": {"type": ["string", "null"], "description": "Who has it; null while it waits for other items."},
            "since": _DAY,
            "expected_on": {**_DAY, "description": "While it waits for other items: not before this day."},
        })  # fmt: skip
        gate = an_object({"gate": {"type": "string", "enum": [str(one) for one in _GATES]},
                          "blocking": a_list(blocking, description="Empty: the gate is open.")})  # fmt: skip
        return an_object({"has_checklist": {"type": "boolean"}, "gates": a_list(gate)})


def _blocking(one: Blocker) -> dict[str, Any]:
    holding = one.holding
    return {
        "item": one.item.pk, "code": one.item.code, "name": one.item.name, "is_hard": one.item.is_hard,
        "with": str(holding) if holding else None, "since": holding.since if holding else None,
        "expected_on": one.checklist.expected_on(one.item),
    }  # fmt: skip


class StartUpBoard(ApiView):
    """The start-up board: sites on their way, and how far each is, column by column"""

    tag = "Start-up"
    operations = {"GET": "read_startup_board"}

    def parameters(self) -> dict[str, Schema]:
        return {
            "country": {"type": "string", "pattern": "^[A-Za-z]{2}$", "examples": ["DE"],
                        "description": "ISO 3166-1 alpha-2: only sites there."},
            "view": {"type": "string", "enum": [name for name in board.VIEWS if name],
                     "description": "Only sites with late items, or with items that wait for us or for others."},
        }  # fmt: skip

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        here, query = InStudy(), request.query_params
        here.setup(request._request, **kwargs)
        view, country = query.get("view", ""), query.get("country", "").upper()
        wrong = {}
        if view not in board.VIEWS:
            wrong["view"] = "Choose one of those that there are."
        if country and country not in [one.country for one in here.countries]:
            wrong["country"] = "Choose a country of the study."
        if wrong:
            raise BadQuery("Some parameters cannot be used.", wrong)
        found = board.Board(here.study, self.user, clock.today(), country=country, view=view)
        return answer({"columns": found.columns, "sites": [_standing(row, found.columns) for row in found.rows]})

    def answers(self, method: str) -> Schema:
        cell = an_object({
            "column": {"type": "string"},
            "state": {"type": "string", "enum": [*_STATES.values()]},
            "settled": {"type": "integer", "description": "So many of its items are settled."},
            "asked": {"type": "integer", "description": "So many are asked for."},
            "items": a_list({"type": "integer"}, description="Their keys."),
        })  # fmt: skip
        site = an_object({
            "number": {"type": "string"},
            "country": {"type": "string"},
            "status": {"type": "string"},
            "activation_expected_on": {**_DAY, "description": "When the last of its open items is expected."},
            "late_by": {"type": "integer", "description": "Days by which its latest item is late."},
            "cells": a_list(cell),
        })  # fmt: skip
        return an_object({"columns": a_list({"type": "string"}), "sites": a_list(site)})


def _standing(row: board.Row, columns: list[str]) -> dict[str, Any]:
    return {
        "number": row.site.number,
        "country": row.site.country.country,
        "status": row.site.operational_status,
        "activation_expected_on": row.expected_on,
        "late_by": row.late_by,
        "cells": [
            {
                "column": cell.column, "state": _STATES[cell.tone], "asked": len(cell.items),
                "settled": sum(item.is_settled for item in cell.items), "items": [item.pk for item in cell.items],
            }
            for cell in row.cells(columns)
        ],
    }  # fmt: skip
