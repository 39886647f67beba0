"""The one list view: search, filters and sorting in the address, keyset pages, capped count, CSV and XLSX of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from django.core.exceptions import BadRequest
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views import View
from django_filters import FilterSet

from ctms.core import clock, protocols
from ctms.core.wording import counted
from ctms.web import files
from ctms.web.columns import Column, generated_words
from ctms.web.paging import Page, page_of, whole
from ctms.web.places import PageRequest

COUNTED_UP_TO = 1000
_FRAGMENT = "web/list.html#list"  # what htmx puts in place of the list


class ListView(View):
    """A list page and its exports. A subclass says what rows there are, and how they are shown and filtered."""

    title: ClassVar[str]
    noun: ClassVar[tuple[str, str]]  # singular and plural: ("site", "sites")
    columns: ClassVar[Sequence[Column]]
    filterset_class: ClassVar[type[FilterSet]]
    template_name: ClassVar[str] = "web/list.html"
    default_sort: ClassVar[str]  # a column's name, "-" for descending
    page_size: ClassVar[int] = 50
    usual: ClassVar[str] = ""  # the query of a page whose address has none: what people mostly come for

    @property
    def file_name(self) -> str:
        """What its files are called, without an ending."""
        raise NotImplementedError

    def rows(self) -> QuerySet[Any]:
        """All rows this person may see here, with whatever the columns read (no query per row)."""
        raise NotImplementedError

    def sort_keys(self) -> dict[str, Any]:
        """Expressions that columns sort by besides model fields, by name; added only when the list is sorted by one."""
        return {}

    def row_url(self, row: Any) -> str:
        """Where a row leads; "" for nowhere."""
        return ""

    def empty(self) -> dict[str, str]:
        """What to say, and what to do next, when there are no rows at all."""
        return {"title": f"No {self.noun[1]} yet", "text": ""}

    def actions(self) -> list[dict[str, str]]:
        """What this person can do here besides reading: {label, url, icon} of each button."""
        return []

    def extra_context(self) -> dict[str, Any]:
        """What the page shows besides the list."""
        return {}

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.GET:
            request.GET = QueryDict(self.usual)
        rows = self._asked(request)
        wanted = request.GET.get("format", "")
        if wanted:
            return self._export(request, rows, wanted)
        page = page_of(
            rows, order=self.order(), size=self.page_size,
            after=request.GET.get("after", ""), before=request.GET.get("before", ""),
        )  # fmt: skip
        is_fragment = request.htmx and not request.htmx.boosted
        context = {
            "title": self.title,
            "subject": str(request.place.study or request.place.sponsor),
            "listing": self._listing(request, rows, page),
            "filters": self._filters(request),
            "simulated": self._simulated(),
            "actions": self.actions(),
            **({} if is_fragment else self.extra_context()),
        }
        response = TemplateResponse(request, _FRAGMENT if is_fragment else self.template_name, context)
        response["Vary"] = "HX-Request"
        return response

    def as_file(self, request: PageRequest) -> files.View:
        """Exactly this view, for a file made of it elsewhere; noted in the access log as an export."""
        return self._as_file(request, self._asked(request), "xlsx")

    def _asked(self, request: PageRequest) -> QuerySet[Any]:
        """The rows under the filters of the address, with what its order needs."""
        self.sort = self.sorting(request.GET.get("sort") or self.default_sort)
        self.filters = self.asked(request.GET)
        return self.sortable(self.filters.qs if self.filters.form.is_valid() or not request.GET else self.rows().none())

    # What is asked, by a page's address or a REST one's

    def sorting(self, wanted: str) -> str:
        """A column's name as sorting, "-" for descending; BadRequest where the list cannot be sorted so."""
        column = self._column(wanted.lstrip("-"))
        if column is None or not column.sort:
            raise BadRequest(f"This list cannot be sorted by {wanted.lstrip('-')[:40]}.")
        return wanted

    def asked(self, query: QueryDict) -> FilterSet:
        """The rows under the filters of a query."""
        return self.filterset_class(query or None, queryset=self.rows(), request=self.request)

    def sortable(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with what the present order needs."""
        fields = {field.name for field in rows.model._meta.get_fields()} | {"pk", *rows.query.annotations}
        order = {name.lstrip("-") for name in self.order()}
        if all(name.partition("__")[0] in fields for name in order):
            return rows  # the keys, which may cost a query, are not needed
        return rows.annotate(**{name: key for name, key in self.sort_keys().items() if name in order})

    def order(self) -> tuple[str, ...]:
        """The order fields of the present sorting."""
        column = self._column(self.sort.lstrip("-"))
        assert column is not None
        return tuple(f"-{name}" for name in column.sort) if self.sort.startswith("-") else column.sort

    def _column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    # What the components draw

    def _listing(self, request: PageRequest, rows: QuerySet[Any], page: Page) -> dict[str, Any]:
        count = len(page.rows) if page.is_all else rows.order_by().values("pk")[: COUNTED_UP_TO + 1].count()
        shown = [column for column in self.columns if not column.only_exported]
        return {
            "title": "",  # the page says it
            "caption": f"{self.title}. Column headings sort.",
            "columns": [self._heading(request, column) for column in shown],
            "rows": [{"url": self.row_url(row), "cells": list(self._cells(shown, row))} for row in page.rows],
            "count": count,
            "count_label": self._count_label(count),
            "is_capped": count > COUNTED_UP_TO,
            "first_url": _address(request, after=None, before=None) if page.before else "",
            "previous_url": _address(request, before=page.before, after=None) if page.before else "",
            "next_url": _address(request, after=page.after, before=None) if page.after else "",
            "csv_url": _address(request, format="csv", after=None, before=None),
            "xlsx_url": _address(request, format="xlsx", after=None, before=None),
            "later_url": self._elsewhere("list-later", request),
            "save_url": self._elsewhere("save-view", request),
            "empty": self._empty(request),
        }

    def _count_label(self, count: int) -> str:
        if count > COUNTED_UP_TO:
            return f"{COUNTED_UP_TO:,}+ {self.noun[1]}"
        return counted(count, *self.noun)

    def _heading(self, request: PageRequest, column: Column) -> dict[str, Any]:
        current, descending = self.sort.lstrip("-") == column.name, self.sort.startswith("-")
        turned = f"-{column.name}" if current and not descending else column.name
        return {
            "name": column.name,
            "label": column.label,
            "kind": column.kind,
            "phone": column.phone,
            "sort_url": _address(request, sort=turned, after=None, before=None) if column.sort else "",
            "sorted": ("desc" if descending else "asc") if current else "",
        }

    def _cells(self, shown: Iterable[Column], row: Any) -> Iterator[dict[str, str]]:
        for column in shown:
            yield {
                "text": column.text(row),
                "sub": column.sub(row) if column.sub else "",
                "tone": column.tone(row) if column.tone else "",
                "url": self.row_url(row) if column.is_link else "",
                "kind": column.kind,
                "phone": column.phone,
            }

    def _filters(self, request: PageRequest) -> dict[str, Any]:
        form = self.filters.form
        applied = []
        for name, field in form.fields.items():
            for value in request.GET.getlist(name):
                if value:
                    words = dict(getattr(field, "choices", ())).get(value, value)
                    remove_url = self._without(request, name, value)
                    applied.append({"label": field.label or name, "value": words, "remove_url": remove_url})
        return {
            "action": request.path,
            "form": form,
            "applied": applied,
            "reset_url": request.path,
            "hidden": [("sort", self.sort)] if self.sort != self.default_sort else [],
        }

    def _empty(self, request: PageRequest) -> dict[str, str]:
        asked = any(value for name, value in request.GET.items() if name in self.filters.form.fields)
        if asked and request.GET.urlencode() != self.usual:
            return {
                "title": f"No {self.noun[1]} match", "text": "Nothing here has all of what you asked for.",
                "url": request.path, "action": "Reset filters",
            }  # fmt: skip
        return self.empty()

    def _without(self, request: PageRequest, name: str, value: str) -> str:
        """This address without a filter; where that is on by itself, it says so that it is not wanted."""
        query = request.GET.copy()
        rest = [other for other in query.getlist(name) if other != value]
        query.setlist(name, rest or [""] if name in QueryDict(self.usual) else rest)
        for cursor in ("after", "before"):
            query.pop(cursor, None)
        return _joined(request, query)

    # Files

    def _export(self, request: PageRequest, rows: QuerySet[Any], wanted: str) -> HttpResponseBase:
        maker = files.MAKERS.get(wanted)
        if maker is None:
            raise BadRequest("This list can be had as csv or xlsx.")
        if wanted == "xlsx" and rows.order_by().values("pk")[: files.XLSX_AT_ONCE + 1].count() > files.XLSX_AT_ONCE:
            return redirect(self._elsewhere("list-later", request))
        return maker(self._as_file(request, rows, wanted))

    def _elsewhere(self, page: str, request: PageRequest) -> str:
        """The page that does something with the list as it is here: saves it as a view, prepares a workbook of it."""
        here = _address(request, format=None, after=None, before=None)
        return f"{reverse(page, args=[request.place.sponsor.code])}?{urlencode({'list': here})}"

    def _as_file(self, request: PageRequest, rows: QuerySet[Any], wanted: str) -> files.View:
        view = files.View(
            title=self.title, columns=self.columns, rows=rows.order_by(*whole(self.order())), file_name=self.file_name,
            filters=self._words(request), by=request.user.full_name, at=clock.now(), simulated=self._simulated(),
        )  # fmt: skip
        detail = {"format": wanted, "filters": view.filters, "path": request.path}
        protocols.journal().record("EXPORTED", user=request.user, subject=self.title, detail=detail)
        return view

    def _simulated(self) -> str:
        """What of this list was made up, in a simulated database; "" in a real one."""
        return generated_words(self.columns) if clock.is_simulated() else ""

    def _words(self, request: PageRequest) -> str:
        applied = self._filters(request)["applied"]
        return "; ".join(f"{item['label']}: {item['value']}" for item in applied) or "none"


def rank(field: str, values: Sequence[str]) -> Case:
    """For `sort_keys`: the position of a field's value among these, which are in the order that people expect."""
    whens = (When(**{field: value}, then=Value(position)) for position, value in enumerate(values))
    return Case(*whens, default=Value(len(values)), output_field=IntegerField())


def _address(request: PageRequest, **changes: str | None) -> str:
    """This address with some of its query changed; None takes a part out."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return _joined(request, query)


def _joined(request: PageRequest, query: QueryDict) -> str:
    return f"{request.path}?{query.urlencode()}" if query else request.path
