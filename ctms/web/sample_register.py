"""A register of 131 invented sites for the style guide: filtered, sorted and paged as a real one."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms

from ctms.core.wording import counted
from ctms.web import charts
from ctms.web.templatetags.ctms import day

HERE = "/style-guide/"
PAGE_SIZE = 50

_CITIES = (
    ("Germany", "DE", "276", (("Kiel", 54.3, 10.1), ("Jena", 50.9, 11.6), ("Ulm", 48.4, 10.0), ("Köln", 50.9, 6.9))),
    ("Poland", "PL", "616", (("Łódź", 51.8, 19.5), ("Gdańsk", 54.3, 18.6))),
    ("Spain", "ES", "724", (("Madrid", 40.4, -3.7), ("Sevilla", 37.4, -6.0), ("Vigo", 42.2, -8.7))),
    ("United States", "US", "840", (("Boston", 42.3, -71.1), ("Denver", 39.7, -105.0), ("Houston", 29.7, -95.4))),
    ("Japan", "JP", "392", (("Osaka", 34.7, 135.5), ("Sapporo", 43.1, 141.3))),
    ("Australia", "AU", "036", (("Adelaide", -34.9, 138.6),)),
)
_STATUSES = (("Active", "ok"), ("Active", "ok"), ("In start-up", "info"), ("On hold", "watch"), ("Closed", "mute"))
STATUS_CHOICES = [(status, status) for status in dict.fromkeys(status for status, _ in _STATUSES)]
_ALL_CITIES = [(country, code, *city) for country, code, _, cities in _CITIES for city in cities]


def _site(index: int) -> dict[str, Any]:
    country, code, city, latitude, longitude = _ALL_CITIES[index % len(_ALL_CITIES)]
    status, tone = _STATUSES[index * 7 // 3 % len(_STATUSES)]
    started = tone in ("ok", "watch", "mute")
    return {
        "number": f"{code}-{index + 1:03}",
        "name": f"{city} General Hospital",
        "city": city,
        "country": country,
        "status": status,
        "tone": tone,
        "activated": date(2026, 1, 12) + timedelta(days=index * 3 % 290) if started else None,
        "randomised": index * 5 % 35 if started else None,
        "issues": index * 3 % 7 if started else 0,
        "latitude": latitude,
        "longitude": longitude,
    }


SITES = sorted((_site(index) for index in range(131)), key=lambda site: site["number"])

COLUMNS = (
    ("number", "Site", "id", "title"),
    ("name", "Institution", "text", "meta"),
    ("country", "Country", "text", "hide"),
    ("status", "Status", "status", "main"),
    ("activated", "Activated", "date", "main"),
    ("randomised", "Randomised", "number", "main"),
    ("issues", "Open issues", "number", "hide"),
)


class SiteFilter(forms.Form):
    """The filters above the list."""

    q = forms.CharField(
        label="Search", required=False, widget=forms.TextInput({"placeholder": "Number or name", "type": "search"})
    )
    country = forms.ChoiceField(required=False, choices=[("", "All countries"), *((c[0], c[0]) for c in _CITIES)])
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *STATUS_CHOICES])


def filters(query: Mapping[str, str]) -> dict[str, Any]:
    """What components/filters.html needs."""
    form = SiteFilter(query or None)
    applied = [
        {
            "label": form.fields[name].label or name.capitalize(),
            "value": query[name],
            "remove_url": _url(query, **{name: ""}),
        }
        for name in form.fields
        if query.get(name)
    ]
    return {
        "action": HERE,
        "form": form,
        "applied": applied,
        "reset_url": f"{HERE}#list",
        "hidden": [("sort", query["sort"])] if query.get("sort") else [],
        "chips": [
            {"label": "All", "count": len(SITES), "url": HERE, "current": not query.get("status")},
            {"label": "On hold", "count": 26, "url": _url(query, status="On hold"), "current": False},
        ],
    }


def listing(query: Mapping[str, str]) -> dict[str, Any]:
    """What components/list.html needs: filtered, sorted and cut as asked."""
    rows = [
        site
        for site in SITES
        if query.get("q", "").lower() in f"{site['number']} {site['name']}".lower()
        and query.get("country", "") in ("", site["country"])
        and query.get("status", "") in ("", site["status"])
    ]
    sort = query.get("sort") or "number"
    name = sort.removeprefix("-")
    rows.sort(key=lambda site: (site[name] is None, site[name]), reverse=sort.startswith("-"))
    start = int(query.get("start") or 0)
    return {
        "title": "Sites",
        "caption": "Sites of the study, with status and enrollment",
        "columns": [
            {
                "name": column,
                "label": label,
                "kind": kind,
                "phone": phone,
                "sort_url": _url(query, sort=f"-{column}" if sort == column else column, start=""),
                "sorted": "asc" if sort == column else "desc" if sort == f"-{column}" else "",
            }
            for column, label, kind, phone in COLUMNS
        ],
        "rows": [
            {"url": f"{HERE}#{site['number']}", "cells": _cells(site)} for site in rows[start : start + PAGE_SIZE]
        ],
        "count_label": counted(len(rows), "site"),
        "is_capped": False,
        "first_url": _url(query, start="") if start else "",
        "previous_url": _url(query, start=max(0, start - PAGE_SIZE) or "") if start else "",
        "next_url": _url(query, start=start + PAGE_SIZE) if start + PAGE_SIZE < len(rows) else "",
        "csv_url": "#",
        "xlsx_url": "#",
        "empty": {
            "title": "No site fits these filters",
            "text": "Take one off, or reset them.",
            "url": HERE,
            "action": "Reset",
        },
    }


def _cells(site: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown = {
        **site,
        "activated": day(site["activated"]),
        "randomised": _text(site["randomised"]),
        "issues": _text(site["issues"]),
    }
    return [
        {
            "text": shown[name],
            "sub": site["city"] if name == "name" else "",
            "tone": site["tone"] if name == "status" else "bad" if name == "issues" and site["issues"] > 5 else "",
            "url": "",
            "kind": kind,
            "phone": phone,
        }
        for name, _, kind, phone in COLUMNS
    ]


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _url(query: Mapping[str, str], **changes: object) -> str:
    wanted = {name: value for name, value in {**query, **changes}.items() if value}
    return f"{HERE}?{urlencode(wanted)}" if wanted else HERE


def empty_listing() -> dict[str, Any]:
    """A register before its first record."""
    return {
        "title": "Monitoring visits",
        "rows": [],
        "columns": [],
        "count_label": "No visits",
        "empty": {
            "title": "No visits planned",
            "text": "Visits follow the monitoring plan. Plan the first one, or import the plan from a spreadsheet.",
            "url": "#",
            "action": "Plan a visit…",
        },
    }


# --- Maps -------------------------------------------------------------------------------------------------------------

_STATES = {"ok": "active", "watch": "bad", "info": "open", "mute": "active"}
POINTS = [
    charts.MapPoint(
        f"{s['number']} {s['city']}", s["latitude"], s["longitude"], s["randomised"] or 0, _STATES[s["tone"]]
    )
    for s in SITES[::5]
]
COUNTRY_VALUES = {
    code: charts.Country(name, value, f"{value} randomised")
    for (name, _, code, _), value in zip(_CITIES, (74, 58, 62, 121, 9, 0), strict=True)
}
