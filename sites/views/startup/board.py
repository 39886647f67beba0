"""The start-up board of a study: sites on their way, and where each stands item by item."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core import clock, protocols
from ctms.core.metrics import read_here
from ctms.studies.pages import InStudy
from ctms.web.places import PageRequest
from ctms.web.templatetags.ctms import day
from sites import metrics
from sites.startup import board
from sites.startup.board import Cell, Row

_PAGE = 30
_SHOWN = (
    metrics.STARTING, metrics.ACTIVATED, metrics.OPEN_ITEMS, metrics.LATE_ITEMS, metrics.ITEMS_WITH_US,
    metrics.ITEMS_WITH_OTHERS,
)  # fmt: skip
_LEGEND = tuple((tone, board.STATES[tone]) for tone in ("ok", "info", "open", "bad"))


class Board(InStudy):
    page = "startup"
    title = "Start-up"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("view", "")
        view = asked if asked in board.VIEWS else ""
        country = request.GET.get("country", "").lower()
        begins = request.GET.get("from", "")
        start = int(begins) if begins.isdecimal() and len(begins) < 6 else 0
        found = board.Board(
            self.study, request.user, clock.today(), country=country, view=view, start=start, size=_PAGE
        )  # fmt: skip
        return TemplateResponse(request, "sites/startup/board.html", {
            "study": self.study,
            "readings": read_here(_SHOWN, self.place, request.user),
            "views": [
                {"label": label, "url": self._address(view=name, country=country), "current": name == view}
                for name, label in board.VIEWS.items()
            ],
            "countries": list(self._countries(view, country)),
            "columns": found.columns,
            "groups": [
                {"heading": name, "rows": [self._drawn(row, found.columns) for row in group]}
                for name, group in groupby(found.rows, key=lambda row: row.site.country.name)
            ],
            "legend": _LEGEND,
            "previous_url": self._address(view=view, country=country, start=max(0, start - _PAGE)) if start else "",
            "next_url": self._address(view=view, country=country, start=start + _PAGE)
            if found.has_more else "",
            "items_url": self._url("startup-items") + "?state=open",
            "configuration_url": self._url("startup-configurations"),
            "add_url": self._url("site-add") if protocols.authority().may(request.user, "sites.edit_site", self.study)
            else "",
        })  # fmt: skip

    def _countries(self, view: str, country: str) -> Any:
        """A chip for each country; of the one that is asked for, what takes that back."""
        for one in self.countries:
            code = one.country.lower()
            if country in ("", code):
                url = self._address(view=view, country="" if country else code)
                yield {"label": one.name, "url": url, "current": bool(country)}

    def _drawn(self, row: Row, columns: Sequence[str]) -> dict[str, Any]:
        site_url = reverse("site-startup", args=[self.sponsor.code, self.study.slug, row.site.number])
        return {
            "site": row.site,
            "url": site_url,
            "status": row.site.get_operational_status_display(),
            "cells": [self._cell(cell, site_url) for cell in row.cells(columns)],
            "expected": day(row.expected_on),
            "late": _late(row),
        }

    def _cell(self, cell: Cell, site_url: str) -> dict[str, str]:
        url = site_url if cell.items else ""
        if len(cell.items) == 1:
            url = reverse("startup-item", args=[self.sponsor.code, self.study.slug, cell.items[0].pk])
        return {"label": cell.column, "tone": cell.tone, "text": cell.text, "words": cell.words, "url": url}

    def _address(self, *, view: str, country: str, start: int = 0) -> str:
        asked = {"view": view, "country": country, "from": start or ""}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self._url('startup')}?{query}" if query else self._url("startup")

    def _url(self, name: str) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug])


def _late(row: Row) -> str:
    if row.late:
        return f"late by {row.late_by} d"
    return f"+{row.slip} d" if row.slip > 0 else ""
