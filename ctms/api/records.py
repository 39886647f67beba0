"""Single records: the row their list has, and what else there is to one."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from ctms.api.base import ApiView
from ctms.api.fields import Field, Schema, an_object, properties
from ctms.api.lists import fields_for, listing_for
from ctms.core.versions import version_of
from ctms.web.lists import ListView
from ctms.web.places import found
from ctms.web.rest.answers import answer

VERSION: Schema = {"type": "integer", "description": "Grows with each change; the ETag, for If-Match."}


class Shown:
    """How a record of a list is shown by itself. For views that read one, and for those that change one.

    Args:
        lists: the list it stands in.
        key: parameter in the address -> field; what it is found by.
        more_schema: name -> schema of what a single record says besides its row.
    """

    lists: ClassVar[type[ListView]]
    key: ClassVar[tuple[str, str]] = ("pk", "pk")
    more_schema: ClassVar[dict[str, Schema]] = {}
    user: Any
    kwargs: dict[str, Any]

    def record(self) -> Any:
        """The record of the address, as its list has it; 404 where this person may not see it."""
        parameter, field = self.key
        listing = listing_for(self, self.lists)  # type: ignore[arg-type]
        return found(listing.rows().filter(**{field: self.kwargs[parameter]}))

    def more(self, record: Any) -> dict[str, Any]:
        return {}

    def as_json(self, record: Any) -> dict[str, Any]:
        row = {field.name: _value(record, field) for field in fields_for(self.lists)}
        return {**row, "version": version_of(record), **self.more(record)}

    def record_schema(self) -> Schema:
        return an_object({**properties(fields_for(self.lists)), "version": VERSION, **self.more_schema})


class RecordEndpoint(Shown, ApiView):
    """One record."""

    is_versioned = True

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        body = self.as_json(self.record())
        return answer(body, headers={"ETag": f'"{body["version"]}"'})

    def answers(self, method: str) -> Schema:
        return self.record_schema()


def _value(record: Any, field: Field) -> Any:
    for step in field.path.split("__"):
        record = getattr(record, step, None)
        if record is None:
            return None
    return record
