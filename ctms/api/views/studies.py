"""Studies, their countries and their visit schedules."""

from typing import Any

from django.db.models import Prefetch
from django.http import Http404

from ctms.api.fields import Schema, a_list, an_object, schema_of
from ctms.api.listings import ScheduleList, StudyList
from ctms.api.lists import ListEndpoint
from ctms.api.records import RecordEndpoint, Shown
from ctms.api.writes import ALLOWED_MOVES, MoveWrite, moves_of
from ctms.core.lifecycle import Lifecycle
from ctms.reporting.views.countries import CountryList
from ctms.studies.lifecycle import SCHEDULE
from ctms.studies.models import ScheduledContact, ScheduledVisit, Study, VisitSchedule
from ctms.studies.services.schedules import move_schedule
from ctms.web.places import found

_STUDY = {"study": ("The study's protocol number, as it stands in addresses.", "D3460C00002")}
_VERSION = {**_STUDY, "number": ("The version's number.", 1)}
_VISIT = ("id", "position", "code", "label", "epoch")
_CONTACT = (
    "id", "position", "code", "label", "epoch", "modes", "day", "offset", "offset_text", "window_before",
    "window_after", "repeat_every", "repeat_condition",
)  # fmt: skip


class Studies(ListEndpoint):
    """The studies you have a part in"""

    tag = "Studies"
    operations = {"GET": "list_studies"}
    lists = StudyList


class OneStudy(RecordEndpoint):
    """One study"""

    tag = "Studies"
    operations = {"GET": "read_study"}
    said = _STUDY
    lists = StudyList
    key = ("study", "slug")


class Countries(ListEndpoint):
    """The countries of a study, with their sites by stage"""

    tag = "Studies"
    operations = {"GET": "list_countries"}
    said = _STUDY
    lists = CountryList


class OneCountry(RecordEndpoint):
    """A study in one country"""

    tag = "Studies"
    operations = {"GET": "read_country"}
    said = _STUDY
    lists = CountryList
    key = ("code", "country")

    def record(self) -> Any:
        self.kwargs["code"] = self.kwargs["code"].upper()
        return super().record()


class Schedules(ListEndpoint):
    """The versions of a study's visit schedule"""

    tag = "Visit schedules"
    operations = {"GET": "list_schedules"}
    said = _STUDY
    lists = ScheduleList


def _of(model: Any, names: tuple[str, ...]) -> Schema:
    return {name: schema_of(model._meta.get_field(name)) for name in names}


_KEY: Schema = {"type": ["integer", "null"]}
_VISIT_SCHEMA = an_object(_of(ScheduledVisit, _VISIT))
_CONTACT_SCHEMA = an_object({
    **_of(ScheduledContact, _CONTACT),
    "modes": a_list({"type": "string"}, description="How it takes place."),
    "visit": {**_KEY, "description": "Key of the visit it belongs to."},
    "anchor": {**_KEY, "description": "Key of the contact it is measured from."},
    "activities": a_list({"type": "string"}, description="What is done, by name."),
})  # fmt: skip


class ShownSchedule(Shown):
    lists = ScheduleList
    key = ("number", "number")
    more_schema = {
        "visits": a_list(_VISIT_SCHEMA, description="Visits, in order."),
        "contacts": a_list(_CONTACT_SCHEMA, description="Planned moments, in order; days count from day 0."),
        "allowed_moves": ALLOWED_MOVES,
    }

    def more(self, record: VisitSchedule) -> dict[str, Any]:
        activities = Prefetch("activities__activity")
        contacts = record.contacts.prefetch_related(activities).order_by("position")
        return {
            "visits": list(record.visits.order_by("position").values(*_VISIT)),
            "contacts": [_contact(contact) for contact in contacts],
            "allowed_moves": moves_of(SCHEDULE, record, self.user),
        }


def _contact(contact: ScheduledContact) -> dict[str, Any]:
    done = sorted(contact.activities.all(), key=lambda one: one.position)
    return {
        **{name: getattr(contact, name) for name in _CONTACT},
        "visit": contact.visit_id,
        "anchor": contact.anchor_id,
        "activities": [one.activity.name for one in done],
    }


class OneSchedule(ShownSchedule, RecordEndpoint):
    """One version of a visit schedule, with its visits and contacts"""

    tag = "Visit schedules"
    operations = {"GET": "read_schedule"}
    said = _VERSION


class ScheduleMove(ShownSchedule, MoveWrite):
    tag = "Visit schedules"
    operations = {"POST": "move_schedule"}
    said = _VERSION
    body_example = {"reason": "Superseded by amendment 2"}

    def choices(self) -> dict[str, list[str]]:
        return {"move": [move.name for move in SCHEDULE.moves]}

    def lifecycle(self) -> Lifecycle:
        return SCHEDULE

    def target(self) -> VisitSchedule:
        if SCHEDULE.move(self.kwargs["move"]) is None:
            raise Http404
        schedule: VisitSchedule = self.record()
        return schedule

    def lock(self, target: VisitSchedule) -> Any:
        Study.objects.locked(target.study_id)
        return VisitSchedule.objects.locked(target.pk)

    def carry_out(self, target: VisitSchedule, said: dict[str, Any]) -> VisitSchedule:
        """Makes a move of a version of the visit schedule"""
        return move_schedule(schedule=target, move=self.kwargs["move"], reason=said["reason"], by=self.user)

    def shown(self, result: VisitSchedule) -> tuple[dict[str, Any], Any]:
        schedule = found(VisitSchedule.objects.filter(pk=result.pk).select_related("study", "protocol_version"))
        return self.as_json(schedule), schedule

    def answers(self, method: str) -> Schema:
        return self.record_schema()
