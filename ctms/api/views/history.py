"""The trail: of one record, of a study, of everything; in pages, or as a file as fast as PostgreSQL writes it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.dateparse import parse_date
from rest_framework.request import Request

from audit import copying, reading
from audit.naming import key_column
from audit.queries import cursor_of, place_of
from audit.reading import Row, Wanted, kinds_shown
from ctms.api.base import ApiView, Json
from ctms.api.exports import Csv, JsonLines, Rows, exported
from ctms.api.fields import Schema, a_list, an_object
from ctms.api.lists import MOST, USUAL, size_of, truth
from ctms.core import protocols
from ctms.core.records import SponsorOwned
from ctms.core.trail.history import regulated_models
from ctms.studies.models import Study
from ctms.web.places import found, key_in
from ctms.web.rest.answers import answer
from ctms.web.rest.errors import BadQuery

_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_ENTRY = an_object({
    "id": {"type": "integer", "description": "Number of the history row."},
    "record": {**_TEXT, "description": "Kind and key: what `?record=` takes.", "examples": ["sites.site:55"]},
    "kind": {**_TEXT, "enum": [*copying.KINDS.values()]},
    "at": {**_TEXT, "format": "date-time", "description": "When, by the database's clock."},
    "act": {**_MAYBE, "format": "uuid", "description": "What was done in one deed has one act."},
    "actor": {**_MAYBE, "description": "Who, by name as of then."},
    "actor_id": {"type": ["integer", "null"], "description": "Key of the user; null for a part of the system."},
    "channel": {**_MAYBE, "description": "Through which door: web, api, task, import ..."},
    "reason": {**_MAYBE, "description": "Why."},
    "simulated": {"type": ["boolean", "null"]},
    "values": {"type": "object", "description": "The record as it was from then on, by column."},
    "before": {"type": ["object", "null"], "description": "Of a change: what the changed columns said before."},
})  # fmt: skip


class History(ApiView):
    """The trail, newest first

    `record` gives one record's history, and with `related=true` that of what belongs to it. Without a record it is the
    trail of a study, or of the whole sponsor. It needs a role that may read the trail there, and has the kinds of
    record that your roles show there. Files are in the order of tables and keys, and leave `before` out: each row has
    the whole record. CSV of one kind of record has a column for each of its columns.
    """

    tag = "Trail"
    operations = {"GET": "list_history"}
    renderer_classes = (Json, JsonLines, Csv)

    def parameters(self) -> dict[str, Schema]:
        kinds = sorted(_known())
        return {
            "record": {**_TEXT, "pattern": r"^[a-z]+\.[a-z]+:\d{1,18}$", "examples": ["sites.site:1"],
                       "description": "Kind and key of one record."},
            "related": {"type": "boolean", "description": "With `record`: what belongs to it too."},
            "record_type": {**_TEXT, "enum": kinds, "description": "Only records of this kind."},
            "study": {**_TEXT, "description": "Only this study's.", "examples": ["D3460C00002"]},
            "actor": {**_TEXT, "description": "Who acted: part of the name."},
            "act": {**_TEXT, "format": "uuid", "description": "One deed."},
            "since": {**_TEXT, "format": "date", "description": "From this day on (UTC)."},
            "until": {**_TEXT, "format": "date", "description": "Until this day, included (UTC)."},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL,
                      "description": "Rows of a page. Files have all rows."},
            "after": {**_TEXT, "description": "Where a page begins: part of `next`."},
        }  # fmt: skip

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        query = request.query_params
        wanted, size = self._wanted(query), size_of(query)
        format = request.accepted_renderer.format
        if format != "json":
            asked = "; ".join(f"{name}: {value}" for name, value in query.items() if name != "format")
            return exported(
                lambda: _parts(wanted, format),
                format=format,
                file_name="history",
                title="Trail",
                user=self.user,
                detail={"filters": asked or "none", "path": request.path},
            )
        rows = reading.newest(wanted, limit=size + 1, before=place_of(query.get("after", "")))
        more, rows = len(rows) > size, rows[:size]
        following = query.copy()
        following["after"] = cursor_of(rows[-1]) if more else ""
        address = request.build_absolute_uri(f"{request.path}?{following.urlencode()}") if more else None
        return answer({"next": address, "results": [_entry(row) for row in rows]})

    def answers(self, method: str) -> Schema:
        return an_object({"next": {"type": ["string", "null"], "format": "uri"}, "results": a_list(_ENTRY)})

    def _wanted(self, query: Any) -> Wanted:
        kind = query.get("record_type")
        if kind is not None and kind not in _known():
            raise BadQuery("There is no such kind of record.", {"record_type": "There is no such kind of record."})
        record = self._record(query["record"]) if "record" in query else None
        study = found(Study.objects.visible_to(self.user).filter(slug=query["study"])) if "study" in query else None
        place = record or study or self.token.sponsor
        self.permitted(protocols.authority().may(self.user, "audit.view_trail", place))
        kinds = kinds_shown(self.user, place)
        model = apps.get_model(kind) if kind else None
        related = truth(query, "related")
        if record is not None and model is None and not related:
            model = type(record)
        if model is not None:
            if model not in kinds:
                raise Http404
            kinds = [model]
        return Wanted(
            kinds,
            study=study.pk if study else None,
            record=(type(record), record.pk) if record is not None else None,
            actor=query.get("actor", ""),
            act=_act(query["act"]) if "act" in query else "",
            since=_day(query, "since"),
            until=_day(query, "until"),
        )

    def _record(self, text: str) -> Any:
        kind, _, said = text.partition(":")
        key = key_in(said)
        if key is None:
            sentence = "Kind and key, such as sites.site:55."
            raise BadQuery(sentence, {"record": sentence})
        if kind not in _known():
            raise Http404
        return found(apps.get_model(kind).objects.visible_to(self.user).filter(pk=key))


def _known() -> set[str]:
    """Kinds of records that belong to a sponsor."""
    return {model._meta.label_lower for model in regulated_models() if issubclass(model, SponsorOwned)}


def _entry(row: Row) -> dict[str, Any]:
    now, columns = row.now, copying.columns(row.model)
    values = {name: now.get(name) for name in columns}
    changed = now["history_type"] == "~"
    return {
        "id": now["history_id"],
        "record": f"{row.model._meta.label_lower}:{now[key_column(row.model)]}",
        "kind": copying.KINDS[now["history_type"]],
        "at": now["history_date"],
        "act": now["history_act"],
        "actor": now["history_actor"],
        "actor_id": now["history_user_id"],
        "channel": now["history_channel"],
        "reason": now["history_change_reason"],
        "simulated": now["history_simulated"],
        "values": values,
        "before": {k: row.before.get(k) for k in columns if row.before.get(k) != values[k]} if changed else None,
    }


def _parts(wanted: Wanted, format: str) -> Iterator[Rows]:
    """JSON lines hold the record as an object; CSV of one kind of record as columns, of all kinds as JSON."""
    shape: copying.Shape = "row" if format == JsonLines.format else "columns" if len(wanted.kinds) == 1 else "text"
    for part in copying.statements(wanted, shape=shape):
        yield Rows(part.query.as_string(connection.connection), part.values, part.names, part.texts)


def _act(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise BadQuery("An act is a UUID.", {"act": "An act is a UUID."}) from None


def _day(query: Any, name: str) -> Any:
    if name not in query:
        return None
    try:
        day = parse_date(query[name])
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2200:
        sentence = "A day, such as 2024-03-01."
        raise BadQuery(sentence, {name: sentence})
    return day
