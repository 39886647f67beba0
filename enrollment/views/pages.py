"""Enrollment at a glance, one subject, and what counts as enrolled."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import clock, protocols
from ctms.core.metrics import Reading, read
from ctms.studies.pages import InStudy
from ctms.web.places import PageRequest, Place, found
from ctms.web.posts import FormPage
from ctms.web.refusable import RefusableForm
from enrollment.charts import LEGEND, s_curve
from enrollment.columns import source_words, subject_tone, visit_tone
from enrollment.funnel import funnel_of
from enrollment.metrics import DISCREPANCIES, FUNNEL, PROGRESS, SCREEN_FAILURE, outlooks_at
from enrollment.models import EnrolledDefinition, Milestone, Subject
from enrollment.outlook import Outlook, Point
from enrollment.queries import NO_VISIT, VISIT_STATES, enrolled_by, subject_counts, visit_states
from enrollment.reconcile import SYSTEMS
from enrollment.services.definitions import define_enrolled
from enrollment.sides import told_in
from enrollment.views.plans import PLAN
from sites.metrics import sites_within
from sites.models import Site
from sites.views.tabs import SiteTabView

DEFINE = "enrollment.define_enrolled"
_SITES_SHOWN, _MOST_SITES = 12, 200  # at first, and when all are asked for


class Enrollment(InStudy):
    """Plan, actual and forecast of the study or of a country, the funnel, and the same by country and site."""

    page = "enrollment"
    title = "Enrollment"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code, slug, place, user = self.sponsor.code, self.study.slug, self.place, request.user
        countries = [] if self.country else [Place(self.sponsor, self.study, country) for country in self.countries]
        every, facts = request.GET.get("sites") == "all", dict[Any, Any]()
        sites, has_more = self._sites(_MOST_SITES if every else _SITES_SHOWN)
        rows = read(FUNNEL, [place, *countries, *sites], user, facts)[1:]
        context = {
            "study": self.study,
            "country": self.country,
            "define_url": reverse("enrolled-define", args=[code, slug]) if self._may(DEFINE) else "",
            "plan_url": _plan_url(place) if self._may(PLAN) else "",
            "columns": [{"label": "Country"}, *({"label": one.label, "kind": "number"} for one in FUNNEL)],
            "site_columns": [{"label": "Site"}, *({"label": one.label, "kind": "number"} for one in FUNNEL)],
            "countries": self._table(
                [(one.country.name, "", self._at(one)) for one in countries], rows[: len(countries)]
            ),
            "sites": self._table(
                [(one.site.number, one.site.facility.city, self._at(one)) for one in sites], rows[len(countries) :]
            ),
            "more_sites": has_more,
            "every_site": every,
            **progress_of(place, user, {ask: found[:1] for ask, found in facts.items()}),
        }
        return TemplateResponse(request, "enrollment/enrollment.html", context)

    def _may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, self.study)

    def _at(self, place: Place) -> str:
        arguments = [self.sponsor.code, self.study.slug]
        if place.site is not None:
            return reverse("site-enrollment", args=[*arguments, place.site.number])
        return reverse("country-enrollment", args=[*arguments, place.country.country.lower()])

    def _sites(self, most: int) -> tuple[list[Place], bool]:
        """Those with subjects, that enrolled most first; and whether there are more."""
        visible = sites_within(Place(self.sponsor, self.study, self.country), self.request.user)
        counts = [row for row in subject_counts(visible) if row["subjects"]]
        counts.sort(key=lambda row: (-row["enrolled"], -row["consented"], row["site"]))
        keys = [row["site"] for row in counts[:most]]
        sites = Site.objects.select_related("country", "facility").in_bulk(keys)
        return [Place(self.sponsor, self.study, sites[key].country, sites[key]) for key in keys], len(counts) > most

    def _table(self, places: list[tuple[str, str, str]], rows: list[list[Reading]]) -> list[dict[str, Any]]:
        """A row for each place that has a subject at all."""
        return [
            {"name": name, "city": city, "url": url, "readings": row}
            for (name, city, url), row in zip(places, rows, strict=True)
            if any(reading.value for reading in row)
        ]


class SiteEnrollment(SiteTabView):
    """The same of one site, as a tab of its page."""

    page = "site-enrollment"
    title = "Enrollment"
    template_name = "enrollment/site.html"

    def context(self) -> dict[str, Any]:
        may_plan = protocols.authority().may(self.request.user, PLAN, self.study)
        return {
            "study": self.study,
            "plan_url": _plan_url(self.place) if may_plan else "",
            "subjects_url": reverse("subjects", args=[self.sponsor.code, self.study.slug])
            + f"?site={self.site.number}",
            **progress_of(self.place, self.request.user),
        }


def _plan_url(place: Place) -> str:
    arguments = [place.sponsor.code, place.study.slug]
    if place.site is not None:
        return reverse("site-plan-edit", args=[*arguments, place.site.number])
    if place.country is not None:
        return reverse("country-plan-edit", args=[*arguments, place.country.country.lower()])
    return reverse("plan-edit", args=arguments)


def progress_of(place: Place, user: Any, facts: dict[Any, Any] | None = None) -> dict[str, Any]:
    """What the parts `progress` and `funnel` draw: key figures, curve, table, funnel.

    Args:
        facts: of `read`, what was asked for this place already.
    """
    outlook = outlooks_at([place], user)[0]
    found = [
        *read((*FUNNEL, SCREEN_FAILURE, DISCREPANCIES), [place], user, facts)[0],
        *(Reading(one, *one.pick(outlook), one.drill(place)) for one in PROGRESS),  # asked once for all of them
    ]
    return progress_from(outlook, {reading.metric.name.partition(".")[2]: reading for reading in found})


def progress_from(outlook: Outlook, readings: dict[str, Reading]) -> dict[str, Any]:
    """The same, from what was read already: for overviews."""
    ahead = outlook.at_plan_end()
    expected = ahead[1] if ahead else None
    return {
        "readings": readings,
        "means": outlook.means,
        "outlook": outlook,
        "chart": s_curve(outlook),
        "chart_legend": LEGEND,
        "points": [{"month": point.month, "cells": _cells(point)} for point in outlook.points()],
        "reached": _reached(outlook),
        "point_columns": _POINT_COLUMNS,
        "until": ahead[0] if ahead else None,
        "forecast_note": f"80 %: {expected.low:,} to {expected.high:,}" if expected else "",
        "plan_note": _against_plan(outlook),
        "steps": funnel_of(readings),
    }


def _cells(point: Point) -> list[str]:
    """As in `_POINT_COLUMNS`; "" for what is not known."""
    counts = (point.plan, point.planned, point.new, point.actual)
    said = point.forecast
    ahead = [f"{said.mean:,.0f}", f"{said.low:,.0f} \N{EN DASH} {said.high:,.0f}"] if said else ["", ""]
    return ["" if count is None else f"{count:,}" for count in counts] + ahead


def _reached(outlook: Outlook) -> str:
    """When the target will be reached, in words, unless that lies beyond the forecast; and whether that stops there."""
    soonest, middle, latest = outlook.reached
    words = ""
    if middle is not None:
        words = f"At the sites’ pace the target is reached in {middle:%b %Y}"
        words += f", at the soonest in {soonest:%b %Y}" if soonest else ""
        words += f", at the latest in {latest:%b %Y}. " if latest else ". "
    if outlook.is_part and outlook.target:
        words += f"The target here is {outlook.plan_words}. "
    if outlook.is_part and outlook.forecast:
        words += "Sites compete for the study’s target: a forecast for a part does not stop at its share."
    return words.strip()


def _against_plan(outlook: Outlook) -> str:
    planned = outlook.planned_to_date()
    if not planned:
        return ""
    return f"{100 * outlook.enrolled / planned:.0f} % of the plan"


_POINT_COLUMNS = [
    {"label": "Month"}, {"label": "Planned", "kind": "number"}, {"label": "Plan, by its end", "kind": "number"},
    {"label": "Enrolled", "kind": "number"}, {"label": "Actual, by its end", "kind": "number"},
    {"label": "Forecast", "kind": "number"}, {"label": "80 % band", "kind": "number"},
]  # fmt: skip


class SubjectPage(InStudy):
    """One subject: milestones with who says them, and visits."""

    page = "subject"

    @cached_property
    def subject(self) -> Subject:
        subjects = Subject.objects.visible_to(self.request.user).filter(study=self.study, pk=self.kwargs["subject"])
        subject: Subject = found(subjects.select_related("site__country", "schedule"))
        return subject

    @property
    def place_title(self) -> str:
        return str(self.subject)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one, on, told = self.subject, clock.today(), told_in([self.study.pk])[self.study.pk]
        folders = list(visit_states(one.visits.select_related("visit"), on=on).order_by("position", "code"))
        outside = [folder for folder in folders if folder.state == NO_VISIT]
        context = {
            "study": self.study,
            "subject": one,
            "tone": subject_tone(one.status),
            "site_url": reverse("site", args=[self.sponsor.code, self.study.slug, one.site.number]),
            "messages_url": reverse("subject-messages", args=[self.sponsor.code, self.study.slug, one.pk]),
            "milestones": [
                {"label": milestone.label, "day": one.day_of(milestone), "source": source_words(one, milestone)}
                for milestone in Milestone
                if one.day_of(milestone)
            ],
            "read": [(kind.label, told.as_of[kind]) for kind in SYSTEMS if kind in told.as_of],
            "means": EnrolledDefinition.CHOICES[told.enrolled_by],
            "visits": [
                {"visit": visit, "words": VISIT_STATES[visit.state], "tone": visit_tone(visit.state)}
                for visit in folders
                if visit not in outside
            ],
            "outside": outside,
            "outside_queries": sum(folder.open_queries for folder in outside),
            "columns": [
                {"label": "Visit"}, {"label": "State"}, {"label": "Due", "kind": "date"}, {"label": "Window"},
                {"label": "Took place", "kind": "date"}, {"label": "Data"}, {"label": "Open queries", "kind": "number"},
            ],
        }  # fmt: skip
        return TemplateResponse(request, "enrollment/subject.html", context)


class DefineForm(RefusableForm):
    milestone = forms.ChoiceField(label="A subject counts as enrolled from …")
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["milestone"].choices = [(code, f"{words} on") for code, words in EnrolledDefinition.CHOICES.items()]


class DefineEnrolled(InStudy, FormPage):
    """Changes what counts as enrolled; every count follows at once."""

    page = "enrollment"
    title = "What counts as enrolled"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, DEFINE, self.study)

    @property
    def subject(self) -> str:
        return str(self.study.protocol_no)

    @property
    def back_url(self) -> str:
        return reverse("enrollment", args=[self.sponsor.code, self.study.slug])

    def make_form(self, data: Any = None) -> RefusableForm:
        return DefineForm(data, initial={"milestone": enrolled_by(self.study)})

    def carry_out(self, said: dict[str, Any]) -> str:
        definition = define_enrolled(study=self.study, milestone=said["milestone"], by=self.request.user)
        return f"{definition}."
