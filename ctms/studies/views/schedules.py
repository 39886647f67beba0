"""The visit schedule: its latest version, earlier ones, and approval."""

from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.core import protocols
from ctms.core.lifecycle import Request
from ctms.core.metrics import read_here
from ctms.studies.lifecycle import SCHEDULE
from ctms.studies.metrics import CONTACTS, VISITS
from ctms.studies.models import ScheduledContact, ScheduleStatus, VisitSchedule
from ctms.studies.pages import InStudy
from ctms.studies.picture import is_in_person, schedule_pictures
from ctms.studies.services.schedules import move_schedule
from ctms.studies.wording import day_words, window_words
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found

_COLUMNS = tuple({"label": label} for label in ("Contact", "Visit", "Day", "Window", "How"))
_LEGEND = (
    {"kind": "visit", "label": "in person"},
    {"kind": "remote", "label": "remote"},
    {"kind": "window", "label": "window"},
)
_TONES = {"DRAFT": "info", "APPROVED": "ok", "SUPERSEDED": "mute"}


class InSchedule(InStudy):
    """A page of one version of the study's schedule; without a number in the address, of the latest."""

    page = "schedule"

    @property
    def versions(self) -> QuerySet[VisitSchedule]:
        versions: QuerySet[VisitSchedule] = VisitSchedule.objects.visible_to(self.request.user)
        return versions.filter(study=self.study)

    @cached_property
    def schedule(self) -> VisitSchedule | None:
        versions = self.versions.select_related("run", "study__scope", "protocol_version")
        if "number" in self.kwargs:
            schedule: VisitSchedule = found(versions.filter(number=self.kwargs["number"]))
            return schedule
        return versions.order_by("-number").first()


class Schedule(InSchedule):
    title = "Visit schedule"
    template_name = "studies/schedule.html"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context: dict[str, Any] = self._context(self.schedule) if self.schedule else {"schedule": None}
        may_edit = protocols.authority().may(request.user, "studies.edit_study", self.study)
        context["new_url"] = reverse("schedule-new", args=[self.sponsor.code, self.study.slug]) if may_edit else ""
        if may_edit and self.schedule and self.schedule.status == ScheduleStatus.DRAFT:
            arguments = [self.sponsor.code, self.study.slug, self.schedule.number]
            context["edit_url"] = reverse("schedule-edit", args=arguments)
        return TemplateResponse(request, self.template_name, {"study": self.study, **context})

    def _context(self, schedule: VisitSchedule) -> dict[str, Any]:
        contacts = list(
            schedule.contacts.select_related("visit").prefetch_related("activities__activity").order_by("position")
        )
        versions = list(self.versions.order_by("-number"))
        arguments = [self.sponsor.code, self.study.slug]
        signatures = shown_under(schedule)
        return {
            "schedule": schedule,
            "tone": _TONES[schedule.status],
            "picture": schedule_pictures(contacts),
            "contacts": [_row(contact) for contact in contacts],
            "picture_legend": _LEGEND,
            "matrix": _matrix(contacts),
            "undated": [contact for contact in contacts if contact.day is None],
            "findings": list(schedule.run.findings.all()) if schedule.run else [],
            "offers": [
                {"offer": offer, "url": reverse("schedule-move", args=[*arguments, schedule.number, offer.move.name])}
                for offer in SCHEDULE.offers(schedule, Request(self.request.user))
            ],
            "signatures": signatures,
            "broken": any(one.is_broken for one in signatures),
            "readings": read_here((VISITS, CONTACTS), self.place, self.request.user),
            "contact_columns": _COLUMNS,
            "versions_to_choose": len(versions) > 1,
            "versions": [
                {
                    "label": f"Version {version.number}",
                    "url": reverse("schedule-version", args=[*arguments, version.number]),
                    "current": version.pk == schedule.pk,
                }
                for version in versions
            ],
        }


class Move(InSchedule, MoveView):
    """Approving a version."""

    lifecycle = SCHEDULE
    is_dated = False

    @property
    def place_title(self) -> str:
        move = SCHEDULE.move(self.kwargs["move"])
        return move.label if move else ""

    @property
    def record(self) -> Any:
        return self.schedule

    @property
    def back_url(self) -> str:
        return reverse("schedule", args=[self.sponsor.code, self.study.slug])

    def make(self, **said: Any) -> Any:
        del said["at"]
        return move_schedule(schedule=self.record, **said)


def _row(contact: ScheduledContact) -> dict[str, Any]:
    return {
        "contact": contact,
        "visit": contact.visit.label if contact.visit else "",
        "day": day_words(contact.day).removeprefix("day "),
        "window": window_words(contact.window_before, contact.window_after),
        "modes": ", ".join(contact.modes).capitalize() or "not given",
        "is_in_person": is_in_person(contact),
        "activities": ", ".join(one.activity.name for one in contact.activities.all()),
    }


def _matrix(contacts: list[ScheduledContact]) -> dict[str, Any]:
    """The schedule of activities: activity by contact."""
    done = {(one.activity.name, contact.pk) for contact in contacts for one in contact.activities.all()}
    positions = {one.activity.name: one.activity.position for contact in contacts for one in contact.activities.all()}
    return {
        "epochs": [(epoch, len(list(group))) for epoch, group in groupby(contacts, key=lambda contact: contact.epoch)],
        "heads": [contact.label for contact in contacts],
        "rows": [
            (name, [(name, contact.pk) in done for contact in contacts])
            for name in sorted(positions, key=lambda n: positions[n])
        ],
    }
