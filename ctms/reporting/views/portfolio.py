"""All studies of a sponsor, room by room; what slipped this week; what waits for this person's approval."""

from dataclasses import replace
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ctms.core import clock
from ctms.core.metrics import read
from ctms.desk.queries import drawn, to_approve
from ctms.milestones.filters import WEEK
from ctms.milestones.models import Level, Milestone
from ctms.reporting.shell import sees_money
from ctms.reporting.standing import METRICS, ROOMS, cells_of, key
from ctms.studies.models import Study
from ctms.studies.views.setup import may_create_studies
from ctms.web.lists import rank
from ctms.web.places import InSponsor, PageRequest, Place
from enrollment.metrics import outlooks_at
from enrollment.outlook import plans_at
from monitoring.pages import sees_visits

_SLIPS_SHOWN = 8


class Portfolio(InSponsor):
    """The studies that this person has a part in."""

    page = "portfolio"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with clock.one_moment():
            context = self.context()
        return TemplateResponse(request, "reporting/portfolio.html", context)

    def context(self) -> dict[str, Any]:
        user, code = self.request.user, self.sponsor.code
        may_create = may_create_studies(user, self.sponsor)
        studies = list(self._studies())
        self.request.place = replace(self.place, studies=studies)
        places = [Place(self.sponsor, study) for study in studies]
        facts: dict[Any, Any] = {outlooks_at: plans_at(places, user)} if places else {}
        rows = read(METRICS, places, user, facts) if places else []
        return {
            "rows": [self._row(place, row) for place, row in zip(places, rows, strict=True)],
            "columns": [{"label": "Study"}, *({"label": room} for room in ROOMS)],
            "key": key(),
            "new_url": reverse("study-new", args=[code]) if may_create else "",
            "slips": self._slips(),
            "slipped": [
                (place.study, reverse("milestone-list", args=[code, place.study.slug]) + "?slipped=week")
                for place in places
            ],
            "approvals": [drawn(item, clock.today()) for item in to_approve(user, self.sponsor, clock.now())],
            "work_url": reverse("work", args=[code]),
        }

    def _studies(self) -> Any:
        return Study.objects.visible_to(self.request.user).select_related("scope").order_by("protocol_no")

    def _row(self, place: Place, readings: list[Any]) -> dict[str, Any]:
        user, study = self.request.user, place.study
        named = {reading.metric.name: reading for reading in readings}
        return {
            "study": study,
            "url": reverse("study", args=[self.sponsor.code, study.slug]),
            "cells": cells_of(named, sees_visits=sees_visits(user, study), sees_money=sees_money(user, study)),
        }

    def _slips(self) -> list[dict[str, str]]:
        """Milestones that slipped in the last seven days: the studies' own, then the countries', the farthest first."""
        rows: Any = Milestone.objects.visible_to(self.request.user)
        ordered = (
            rows.slipped(clock.now() - WEEK)
            .select_related("scope", "study", "outlook")
            .order_by(rank("level", Level.values), F("before_on") - F("outlook__forecast_on"), "pk")
        )
        return [self._slip(one) for one in ordered[:_SLIPS_SHOWN]]

    def _slip(self, one: Any) -> dict[str, str]:
        days = (one.outlook.forecast_on - one.before_on).days
        of_study = "" if one.level == Level.STUDY else f"{one.study}, "
        return {
            "tone": "bad" if days > 28 else "watch",
            "text": f"{one.scope}: {one}",
            "url": reverse("milestone", args=[self.sponsor.code, one.study.slug, one.pk]),
            "due": f"+{days} d",
            "due_tone": "bad" if days > 28 else "watch",
            "meta": f"{of_study}from {one.before_on:%-d %b %Y} to {one.outlook.forecast_on:%-d %b %Y}",
        }
