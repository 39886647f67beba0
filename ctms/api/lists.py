"""Lists: the rows, columns, filters and orders that the pages declare, as JSON in pages or as whole files."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from django.utils.dateparse import parse_datetime
from django_filters import BooleanFilter, DateFilter
from rest_framework.request import Request

from ctms.api.base import ApiView, Json
from ctms.api.exports import Csv, JsonLines, Rows, exported
from ctms.api.fields import Field, Schema, a_list, an_object, fields_of, properties
from ctms.core import clock
from ctms.web.lists import COUNTED_UP_TO, ListView
from ctms.web.paging import Page, page_of, whole
from ctms.web.rest.answers import answer
from ctms.web.rest.errors import BadQuery

MOST, USUAL = 500, 100


class ListEndpoint(ApiView):
    """A list. `lists` is the page that declares it; what the page may show whom, it may show here."""

    renderer_classes = (Json, JsonLines, Csv)
    lists: ClassVar[type[ListView]]
    row_example: ClassVar[dict[str, Any]] = {}

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        with connection.planned_once():  # type: ignore[attr-defined]
            return self._listed(request)

    def _listed(self, request: Request) -> HttpResponseBase:
        query = request.query_params
        listing = listing_for(self, self.lists)
        rows, size = self._asked(listing, query), size_of(query)
        fields = fields_for(self.lists)
        if request.accepted_renderer.format != "json":
            return self._export(listing, rows, fields, request)
        sort_names = [name.lstrip("-") for name in listing.order()]
        wanted = list(dict.fromkeys([*(f.path for f in fields), *sort_names]))
        values = rows.prefetch_related(None).values_list(*(_expression(fields, path) for path in wanted))
        at = {path: position for position, path in enumerate(wanted)}
        page = page_of(
            values, order=listing.order(), size=size, after=query.get("after", ""),
            before=query.get("before", ""), value=lambda row, name: row[at[name]],
        )  # fmt: skip
        names = [field.name for field in fields]  # the first of what was fetched, in this order
        counted = len(page.rows) if is_all(page) else rows.order_by().values("pk")[: COUNTED_UP_TO + 1].count()
        return answer({
            "count": min(counted, COUNTED_UP_TO),
            "count_is_capped": counted > COUNTED_UP_TO,
            "next": self._address(request, after=page.after) if page.after else None,
            "previous": self._address(request, before=page.before) if page.before else None,
            "simulated": simulated(self.lists),
            "results": [dict(zip(names, row, strict=False)) for row in page.rows],
        })  # fmt: skip

    def _asked(self, listing: ListView, query: QueryDict) -> QuerySet[Any]:
        listing.sort = listing.sorting(query.get("sort") or listing.default_sort)
        filters = listing.filterset_class.base_filters
        if any(name in query for name in filters):
            _refuse_half_truths(query, filters)
            asked = listing.asked(query)
            if not asked.form.is_valid():
                wrong = {name: " ".join(map(str, errors)) for name, errors in asked.form.errors.items()}
                raise BadQuery("Some filters cannot be used.", wrong)
            rows = asked.qs
        else:
            rows = listing.rows()
        if "changed_since" in query:
            rows = changed_since(rows, str(query["changed_since"]))
        return listing.sortable(rows)

    def _export(
        self, listing: ListView, rows: QuerySet[Any], fields: Sequence[Field], request: Request
    ) -> HttpResponseBase:
        shown = rows.order_by(*whole(listing.order())).prefetch_related(None)
        try:
            query, values = shown.values_list(*(field.expression for field in fields)).query.sql_with_params()
        except EmptyResultSet:  # nothing can be there: this person sees nothing of the kind
            query, values = f"select {', '.join(['null'] * len(fields))} where false", ()
        names = [field.name for field in fields]
        texts = frozenset(field.name for field in fields if field.is_free_text)
        part = Rows(query, values, names, texts, ", ".join(simulated(self.lists)))
        asked = "; ".join(f"{name}: {value}" for name, value in request.query_params.items() if name != "format")
        return exported(
            lambda: [part], format=request.accepted_renderer.format, file_name=listing.file_name,
            title=listing.title, user=self.user, detail={"filters": asked or "none", "path": request.path},
        )  # fmt: skip

    def _address(self, request: Request, **cursor: str) -> str:
        query = request.query_params.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        query.update(cursor)
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")

    # For the schema

    def parameters(self) -> Mapping[str, Schema]:
        sorts = [f"{sign}{column.name}" for column in self.lists.columns if column.sort for sign in ("", "-")]
        return {
            **{name: _filter_schema(one) for name, one in self.lists.filterset_class.base_filters.items()},
            "sort": {"type": "string", "enum": sorts, "default": self.lists.default_sort,
                     "description": "The order; a minus sign turns it round."},
            "changed_since": {"type": "string", "format": "date-time", "examples": ["2024-03-01T00:00:00Z"],
                              "description": "Only records whose trail has an entry from then on."},
            "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL,
                      "description": "Rows of a page. Files have all rows."},
            "after": {"type": "string", "description": "Where a page begins: part of `next`."},
            "before": {"type": "string", "description": "Where a page ends: part of `previous`."},
        }  # fmt: skip

    def answers(self, method: str) -> Schema:
        row = an_object(properties(fields_for(self.lists)))
        if self.row_example:
            row["examples"] = [self.row_example]
        return an_object({
            "count": {"type": "integer", "maximum": COUNTED_UP_TO, "description": "Rows in all, as far as counted."},
            "count_is_capped": {"type": "boolean", "description": f"There are more than {COUNTED_UP_TO:,}."},
            "next": {"type": ["string", "null"], "format": "uri", "description": "The next page."},
            "previous": {"type": ["string", "null"], "format": "uri", "description": "The page before."},
            "simulated": a_list({"type": "string"}, description="Fields that a simulated database made up."),
            "results": a_list(row),
        })  # fmt: skip


def listing_for(view: ApiView, lists: type[ListView]) -> Any:
    """The page's list, set up for this request; 404 for who may not enter the page."""
    plain: Any = view.request._request
    listing: Any = lists()
    listing.setup(plain, **view.kwargs)
    plain.place = listing.place
    if not listing.may_enter():
        raise Http404
    return listing


def fields_for(lists: type[ListView]) -> tuple[Field, ...]:
    """What a row of the list has for programs. Found once per list."""
    if lists not in _FIELDS:
        _FIELDS[lists] = fields_of(lists.columns, lists.filterset_class._meta.model)
    return _FIELDS[lists]


_FIELDS: dict[Any, tuple[Field, ...]] = {}


def simulated(lists: type[ListView]) -> list[str]:
    """The fields that a simulated database made up; none in a real one."""
    return [c.name for c in lists.columns if c.generated and c.machine] if clock.is_simulated() else []


def changed_since(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The rows whose history has an entry from then on."""
    history: Any = rows.model.history
    touched = history.filter(history_date__gte=instant(text, "changed_since")).order_by().values("id")
    return rows.filter(pk__in=touched)


def instant(text: str, name: str) -> datetime:
    """An instant of a query parameter; it names its time zone."""
    try:
        found = parse_datetime(text)
        found = found.astimezone(UTC) if found and found.tzinfo else None
    except (OverflowError, ValueError):
        found = None
    if found is None:
        sentence = "An instant with its time zone, such as 2024-03-01T00:00:00Z."
        raise BadQuery(sentence, {name: sentence})
    return found


def size_of(query: QueryDict) -> int:
    """Rows of a page."""
    text = query.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        sentence = f"A whole number from 1 to {MOST}."
        raise BadQuery(sentence, {"limit": sentence})
    return int(text)


def _expression(fields: Sequence[Field], path: str) -> Any:
    return next((field.expression for field in fields if field.path == path), path)


def is_all(page: Page) -> bool:
    """Whether the page is the whole list: there is nothing before it or after it, so nothing to be counted."""
    return page.after is None and page.before is None and bool(page.rows)


def truth(query: QueryDict, name: str) -> bool | None:
    """A parameter that is true or false; None where it is not there."""
    if name not in query:
        return None
    text = str(query[name]).lower()
    if text not in ("true", "false"):
        raise BadQuery("Send true or false.", {name: "Send true or false."})
    return text == "true"


def _refuse_half_truths(query: QueryDict, filters: Mapping[str, Any]) -> None:
    """The form field takes whatever is neither yes nor no for "either"."""
    for name, one in filters.items():
        if isinstance(one, BooleanFilter):
            truth(query, name)


def _filter_schema(one: Any) -> Schema:
    schema: Schema = {"type": "string", "description": f"{one.label}."}
    if isinstance(one, BooleanFilter):
        return {**schema, "type": "boolean", "examples": [True]}
    if isinstance(one, DateFilter):
        return {**schema, "format": "date", "examples": ["2024-03-01"]}
    choices = one.extra.get("choices")
    if choices and not callable(choices):
        schema["enum"] = [value for value, _ in choices]
        schema["description"] += " " + "; ".join(f"{value}: {label}" for value, label in choices) + "."
    return schema
