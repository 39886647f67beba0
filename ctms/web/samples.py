"""Sample data for the style guide: nobody's study, every state of every component. No database."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django import forms

from ctms.web import charts
from ctms.web.forms import DateField, StackedRadios
from ctms.web.sample_register import (
    COUNTRY_VALUES,
    HERE,
    POINTS,
    SITES,
    STATUS_CHOICES,
    empty_listing,
    filters,
    listing,
)


def style_guide(query: Mapping[str, str]) -> dict[str, Any]:
    """The whole context of the page. `query` is what the list's filters and pager asked for."""
    return {
        "shell": shell(),
        "listing": listing(query),
        "filters": filters(query),
        "empty_listing": empty_listing(),
        "maps": charts.site_maps(POINTS, countries=COUNTRY_VALUES),
        "bar": charts.bullet(412, 438, 640),
        "late_bar": charts.bullet(31, 36, 42),
        "dialog_form": EditSite(prefix="dialog"),
        "form": EditSite(
            prefix="site", initial={"name": "General Hospital", "contact": "site", "first_visit": date(2026, 11, 12)}
        ),
        "wrong_form": EditSite(
            {"wrong-contact": "x", "wrong-beds": "-4", "wrong-email": "nobody"},
            prefix="wrong",
        ),
        **STATIC,
    }


def found(query: str) -> dict[str, Any]:
    """What the palette answers: navigation and sites that have the words."""
    sites = [{"label": row["number"], "sub": row["name"], "url": f"{HERE}#list", "icon": "hospital"} for row in SITES]
    groups = [*shell()["nav"], {"heading": "Sites", "items": sites}]
    hits = [
        {**group, "items": [item for item in group["items"] if query.lower() in item["label"].lower()][:8]}
        for group in groups
    ]
    return {"groups": [group for group in hits if group["items"]], "query": query}


# --- What surrounds a page --------------------------------------------------------------------------------------------


def shell() -> dict[str, Any]:
    """The navigation of a study manager in study ABC-101."""
    return {
        "nav": [
            {"heading": "", "items": [_item("My work", "inbox", 7, hot=True), _item("Portfolio", "layout-dashboard")]},
            {
                "heading": "This study",
                "items": [
                    _item("Overview", "chart-line", current=True),
                    _item("Start-up", "list-checks", 11),
                    _item("Enrollment", "users"),
                    _item("Monitoring", "calendar-days", 4, hot=True),
                    _item("Milestones", "flag"),
                    _item("Issues and deviations", "triangle-alert", 23),
                    _item("Budget and payments", "banknote", 2),
                ],
            },
            {"heading": "Directory", "items": [_item("Sites", "hospital", 131), _item("Vendors", "receipt")]},
            {"heading": "Control", "items": [_item("Data sources", "git-branch"), _item("Audit trail", "history")]},
        ],
        "context": {
            "label": "ABC-101",
            "sub": "All countries, all sites",
            "search_url": HERE,
            "choices": [
                {"label": "ABC-101", "sub": "Phase 3", "url": HERE, "current": True, "depth": 0},
                *(
                    {
                        "label": place["name"],
                        "sub": place["sub"],
                        "url": HERE,
                        "current": False,
                        "depth": place["depth"],
                    }
                    for place in _places()
                ),
            ],
        },
        "crumbs": [{"label": "Portfolio", "url": HERE}, {"label": "ABC-101", "url": HERE}, {"label": "Style guide"}],
        "user": {
            "name": "Alex Example",
            "role": "Study manager",
            "sponsor": "Sponsor North",
            "sponsors": [
                {"name": "Sponsor North", "url": HERE, "current": True},
                {"name": "Sponsor South", "url": HERE, "current": False},
            ],
        },
        "palette": {"url": HERE},
    }


def _item(
    label: str, icon: str, count: int | None = None, *, hot: bool = False, current: bool = False
) -> dict[str, Any]:
    return {"label": label, "icon": icon, "url": HERE, "count": count, "hot": hot, "current": current}


def _places() -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = []
    for site in SITES:
        country = {"name": site["country"], "sub": "", "depth": 1}
        if country not in places:
            places.append(country)
        places.append({"name": site["number"], "sub": site["city"], "depth": 2})
    return places


# --- What single components show --------------------------------------------------------------------------------------

AT = datetime(2026, 11, 12, 14, 5, tzinfo=UTC)

STATIC: dict[str, Any] = {
    "instant": AT,
    "tabs": [
        {"label": "Overview", "url": "#", "current": True},
        {"label": "Start-up", "url": "#", "count": 3},
        {"label": "Enrollment", "url": "#"},
        {"label": "Visits", "url": "#", "count": 0},
        {"label": "People", "url": "#"},
        {"label": "History", "url": "#"},
    ],
    "facts": [
        {"label": "Status", "value": "Active"},
        {"label": "Investigator", "value": "Dr. A. Example", "url": "#"},
        {"label": "Open queries", "value": "9, oldest 31 days", "tone": "watch"},
        {"label": "First subject in", "value": "4 Jul 2026", "simulated": True},
        {"label": "Ethics approval", "value": ""},
        {"label": "Registry identifier", "value": "2026-500000-00-00"},
    ],
    "sums": [
        {"label": "IRT, system of record", "value": "412"},
        {"label": "EDC, subjects with a randomisation date", "value": "412"},
        {"label": "CTMS, status randomised", "value": "409"},
        {"label": "Not reconciled", "value": "3", "total": True, "tone": "bad"},
    ],
    "attention": [
        {
            "tone": "bad",
            "text": "Trip report overdue, US-002",
            "url": "#",
            "due": "12 d late",
            "due_tone": "bad",
            "meta": "Visit ended 6 Nov 2026, due after 5 working days",
        },
        {
            "tone": "watch",
            "text": "CTMS and IRT disagree on 3 subjects",
            "url": "#",
            "due": "2 d old",
            "meta": "ES-001: randomised in IRT, still screened here",
        },
        {"tone": "mute", "text": "Payment run waits for finance", "url": "#", "due": "Due Fri", "meta": "18 payees"},
    ],
    "timeline": [
        {
            "title": "Activated",
            "chip": {"label": "signed", "tone": "sign"},
            "who": "P. Sample",
            "at": AT,
            "text": "All items of the green-light checklist are done.",
            "now": True,
        },
        {
            "title": "Contract signed",
            "who": "A. Example",
            "at": AT.replace(day=2),
            "why": "Third redline accepted",
            "changes": [
                {"label": "Forecast", "old": "9 Nov 2026", "new": "7 Dec 2026"},
                {"label": "Owner", "old": "", "new": "Legal"},
            ],
        },
        {"title": "Selected", "on": date(2026, 5, 4), "who": "Feasibility import", "simulated": True},
    ],
    "changes": [
        {"label": "Status", "old": "In start-up", "new": "Active"},
        {"label": "Activated on", "old": "", "new": "12 Nov 2026", "reason": "Site initiation visit report signed"},
        {"label": "Institution", "old": "General Hospital", "new": "General Hospital, Department of Internal Medicine"},
    ],
    "path": [
        {"label": "Identified", "state": "done", "meta": "2 Mar 2026"},
        {"label": "Selected", "state": "done", "meta": "4 May 2026"},
        {"label": "In start-up", "state": "current", "meta": "since 30 Jun 2026"},
        {"label": "Active", "state": "next"},
        {"label": "Closed", "state": "next"},
        {"label": "Withdrawn", "state": "exit", "meta": "possible until activation"},
    ],
    "ended_path": [
        {"label": "Identified", "state": "done", "meta": "2 Mar 2026"},
        {"label": "Not selected", "state": "ended", "meta": "21 Apr 2026"},
    ],
    "country_columns": [
        {"label": "Country"},
        {"label": "Sites active", "kind": "number"},
        {"label": "Randomised", "kind": "number"},
        {"label": "Gap"},
    ],
    "countries": [
        {"name": "Germany", "active": "3 / 5", "randomised": 74, "gap": "on track", "tone": "ok"},
        {"name": "Poland", "active": "2 / 3", "randomised": 58, "gap": "watch", "tone": "watch"},
        {"name": "Spain", "active": "1 / 3", "randomised": 31, "gap": "behind", "tone": "bad"},
    ],
    "chart_legend": [
        {"kind": "plan", "label": "Plan"},
        {"kind": "actual", "label": "Actual"},
        {"kind": "forecast", "label": "Forecast, 80% range", "band": True},
    ],
    "map_legend": [
        {"kind": "steps", "label": "0 to 121 randomised"},
        {"kind": "active", "label": "active site"},
        {"kind": "bad", "label": "red flag"},
        {"kind": "open", "label": "not activated"},
    ],
    "themes": ["light", "dark"],
    "swatches": [
        "bg",
        "surface",
        "sunken",
        "ink",
        "ink-2",
        "ink-3",
        "line-ctl",
        "brand",
        "ok",
        "watch",
        "bad",
        "info",
        "sign",
    ],
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


# --- A form -----------------------------------------------------------------------------------------------------------


class EditSite(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As it stands in the contract.")
    number = forms.CharField(disabled=True, initial="DE-001", required=False)
    status = forms.ChoiceField(choices=[("", "Choose…"), *STATUS_CHOICES])
    first_visit = DateField(label="First visit planned on")
    beds = forms.IntegerField(min_value=0, required=False)
    email = forms.EmailField(label="Contact", required=False)
    contact = forms.ChoiceField(
        label="Who sends the documents",
        choices=[("site", "Site"), ("cro", "CRO"), ("n/a", "N/A")],
        widget=forms.RadioSelect,
    )
    reason = forms.ChoiceField(
        label="Why",
        required=False,
        choices=[("correction", "An entry was wrong"), ("change", "Something changed at the site")],
        widget=StackedRadios,
    )
    comment = forms.CharField(widget=forms.Textarea({"rows": 2}), required=False, help_text="Part of the audit trail.")
    notify = forms.BooleanField(label="Tell the monitor", required=False)
