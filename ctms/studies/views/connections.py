"""Connections of a study to other systems: what was read, what went wrong, what could not be taken."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.core import clock, protocols
from ctms.core.lifecycle import Lifecycle, Request
from ctms.core.outbox import after_commit
from ctms.core.wording import counted
from ctms.integrations import wording
from ctms.integrations.formats import resources_of
from ctms.integrations.lifecycle import CONNECTION, MAPPING
from ctms.integrations.models import Connection, FeedItem, FeedRun, MappingVersion, RunStatus
from ctms.integrations.models.feeds import UNSETTLED
from ctms.integrations.services import connections as services
from ctms.studies.connection_forms import ConnectionForm, CredentialsForm, MappingForm, ReplayForm
from ctms.studies.pages import InStudy
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage, PostOnly
from ctms.web.refusable import RefusableForm

EDIT, REPLAY = "integrations.edit_connection", "integrations.replay_item"
_RUNS, _ITEMS = 20, 100


class OfStudy(InStudy):
    """What pages of a study's connections share."""

    page = "sources"

    @property
    def connections(self) -> QuerySet[Connection]:
        rows: QuerySet[Connection] = Connection.objects.visible_to(self.request.user)
        return rows.filter(scope=self.study.scope).select_related("scope", "sponsor").order_by("name")

    def may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, self.study)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])


class InConnection(OfStudy):
    """A page of one connection: /s/<study>/sources/<connection>/..."""

    @cached_property
    def connection(self) -> Connection:
        connection: Connection = found(self.connections.filter(pk=self.kwargs["connection"]))
        return connection

    @property
    def place_title(self) -> str:
        return self.connection.name

    @property
    def subject(self) -> str:
        return self.connection.name

    @property
    def back_url(self) -> str:
        return self.url("connection", self.connection.pk)


class ConnectionPage(InConnection):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        connection, at = self.connection, clock.now()
        may_edit = self.may(EDIT)
        runs = FeedRun.objects.filter(connection=connection).order_by("-pk")[:_RUNS]
        items: QuerySet[FeedItem] = FeedItem.objects.visible_to(request.user)
        items = items.filter(connection=connection, status__in=UNSETTLED)
        mappings = list(connection.mappings.order_by("-number"))
        labels = {resource.name: resource.label for resource in resources_of(connection)}
        context = {
            "study": self.study,
            "connection": connection,
            "tone": wording.CONNECTION_TONES[connection.status],
            "faults": list(wording.faults(connection, at, in_detail=may_edit)),
            "offers": [
                {"offer": offer, "url": self.url("connection-move", connection.pk, offer.move.name)}
                for offer in CONNECTION.offers(connection, Request(request.user))
            ],
            "may_edit": may_edit,
            "states": wording.reading_states(connection),
            "runs": [{"run": run, "what": labels.get(run.resource, run.resource),
                      "tone": wording.RUN_TONES[RunStatus(run.status)], "words": self._words(run, may_edit)}
                     for run in runs],
            "items": [{"item": item, "what": labels.get(item.resource, item.resource),
                       "called": wording.called(item), "tone": wording.ITEM_TONES[item.status]}
                      for item in wording.once_each(items)[:_ITEMS]],
            "item_count": wording.counts_of(items).get(connection.pk, ""),
            "most_items": _ITEMS,
            "replay_url": self.url("connection-replay", connection.pk)
            if self.may(REPLAY) and services.replayable(connection).exists() else "",
            "mappings": [
                {"mapping": mapping, "tone": wording.MAPPING_TONES[mapping.status],
                 "moves": [(offer, self.url("mapping-move", connection.pk, mapping.number, offer.move.name))
                           for offer in MAPPING.offers(mapping, Request(request.user))]}
                for mapping in mappings
            ],
            "signatures": [one for mapping in mappings for one in shown_under(mapping)],
            **_COLUMNS,
        }  # fmt: skip
        return TemplateResponse(request, "integrations/connection.html", context)

    def _words(self, run: FeedRun, in_detail: bool) -> str:
        if run.status == "QUARANTINED" and not in_detail:
            return "The delivery is being looked into."
        return run.sentence


_COLUMNS: dict[str, Any] = {
    "state_columns": [{"label": label} for label in ("What", "Read up to", "Last read", "As of, there")],
    "run_columns": [
        {"label": "Run"}, {"label": "What"}, {"label": "State"},
        *({"label": label, "kind": "number"}
          for label in ("Received", "Applied", "Unchanged", "Refused", "Dead letters", "Waiting")),
    ],
    "item_columns": [
        {"label": "Which"}, {"label": "State"}, {"label": "Why"}, {"label": "Site"},
        {"label": "Runs", "kind": "number"}, {"label": "Tried", "kind": "number"},
        {"label": "Last received", "kind": "date"},
    ],
    "mapping_columns": [{"label": "Version"}, {"label": "State"}, {"label": ""}],
}  # fmt: skip


class AddConnection(OfStudy, FormPage):
    title = "Connect a system"
    deed = "A connection to another system"
    submit = "Add"

    def may_enter(self) -> bool:
        return self.may(EDIT)

    @property
    def subject(self) -> str:
        return str(self.study.protocol_no)

    @property
    def back_url(self) -> str:
        return self.url("sources")

    def make_form(self, data: Any = None) -> RefusableForm:
        return ConnectionForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        self._made = services.add_connection(scope=self.study.scope, by=self.request.user, **said)
        return f"“{self._made}” is added. Give its credentials, look through its mapping and have that signed."

    def next_url(self) -> str:
        return self.url("connection", self._made.pk)


class _Edit(InConnection, FormPage):
    def may_enter(self) -> bool:
        return self.may(EDIT)


class Credentials(_Edit):
    title = "Credentials"
    deed = "Credentials of a connection"

    def make_form(self, data: Any = None) -> RefusableForm:
        return CredentialsForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        given = {name: value for name, value in said.items() if value}
        services.set_credentials(connection=self.connection, credentials=given, by=self.request.user, at=clock.now())
        return "The credentials are kept encrypted; nobody can read them here."


class EditMapping(_Edit):
    title = "Mapping"
    deed = "A new version of a mapping"
    submit = "Save as a draft"

    def make_form(self, data: Any = None) -> RefusableForm:
        latest = self.connection.mappings.order_by("-number").first()
        self._form = MappingForm(latest.content if latest else {}, data)
        return self._form

    def carry_out(self, said: dict[str, Any]) -> str:
        draft = services.draft_mapping(
            connection=self.connection, content=self._form.content(), by=self.request.user
        )  # fmt: skip
        return f"Version {draft.number} is a draft: it counts once it is signed."


class Replay(InConnection, FormPage):
    title = "Replay what could not be taken"
    submit = "Replay"
    template_name = "integrations/replay.html"

    def may_enter(self) -> bool:
        return self.may(REPLAY)

    def make_form(self, data: Any = None) -> RefusableForm:
        return ReplayForm(data)

    def context(self) -> dict[str, Any]:
        return {"count": wording.counts_of(services.replayable(self.connection)).get(self.connection.pk, "0 records")}

    def carry_out(self, said: dict[str, Any]) -> str:
        count = services.replay_items(connection=self.connection, reason=said["reason"], by=self.request.user)
        after_commit("ctms.integrations.tasks.read_connection", connection_id=self.connection.pk)
        return f"{counted(count, 'message is', 'messages are')} tried again now."


class ReadSoon(InConnection, PostOnly):
    deed = "Read this connection now"

    def may_enter(self) -> bool:
        return self.may(EDIT)

    def carry_out(self) -> tuple[str, str]:
        services.read_soon(connection=self.connection, by=self.request.user)
        after_commit("ctms.integrations.tasks.read_connection", connection_id=self.connection.pk)
        return f"“{self.connection}” is read now; look again in a moment.", ""


class MoveConnection(InConnection, MoveView):
    lifecycle: Lifecycle = CONNECTION
    is_dated = False

    @property
    def record(self) -> Connection:
        return self.connection

    def make(self, **said: Any) -> Any:
        return services.move_connection(
            connection=self.connection, move=said["move"], reason=said["reason"], by=said["by"]
        )


class MoveMapping(InConnection, MoveView):
    lifecycle: Lifecycle = MAPPING
    is_dated = False

    @cached_property
    def record(self) -> MappingVersion:
        mappings = self.connection.mappings.select_related("connection__scope")
        mapping: MappingVersion = found(mappings.filter(number=self.kwargs["mapping"]))
        return mapping

    def make(self, **said: Any) -> Any:
        del said["at"]
        return services.move_mapping(mapping=self.record, **said)
