"""Background work for administrators: what waits, what failed and why, and trying again what was given up."""

from typing import Any, ClassVar

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import redirect

from ctms.core import protocols
from ctms.core.acting import Channel, acting
from ctms.desk.models import OutboxEntry
from ctms.desk.services import outbox
from ctms.web.columns import Column
from ctms.web.lists import ListView
from ctms.web.places import InSponsor, PageRequest, found

VERB = "desk.run_outbox"
_STATES = {"waiting": "Waiting", "failing": "To be tried again", "given_up": "Given up", "done": "Done"}
_TONES = {"waiting": "open", "failing": "watch", "given_up": "bad", "done": "ok"}


class OutboxFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="error", lookup_expr="icontains", label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Words of an error"}),
    )  # fmt: skip
    state = django_filters.ChoiceFilter(label="State", empty_label="All states", choices=list(_STATES.items()))

    class Meta:
        model = OutboxEntry
        fields: tuple[str, ...] = ()


class OutboxList(InSponsor, ListView):
    """The sponsor's outbox of the last week, newest first."""

    page = "outbox"
    title = "Background work"
    noun = ("entry", "entries")
    columns: ClassVar[Any] = (
        Column("id", "No.", lambda row: row.pk, "number", ("id",)),
        Column("task", "What", lambda row: str(row).capitalize(), "text", ("task",), phone="title"),
        Column("state", "State", lambda row: _STATES[row.state], "status", tone=lambda row: _TONES[row.state],
               phone="main"),
        Column("created", "Written, by the server's clock", lambda row: row.created_at, "date", ("created_at",)),
        Column("starts", "Begun", lambda row: row.starts, "number", ("starts",)),
        Column("failures", "Failed", lambda row: row.failures, "number", ("failures",)),
        Column("error", "What went wrong last", lambda row: row.error, "text"),
    )  # fmt: skip
    filterset_class = OutboxFilter
    default_sort = "-id"
    file_name = "background-work"
    template_name = "desk/outbox.html"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, VERB, OutboxEntry())

    def rows(self) -> QuerySet[Any]:
        return OutboxEntry.objects.annotate(
            state=Case(
                When(done_at__isnull=False, then=Value("done")),
                When(given_up_at__isnull=False, then=Value("given_up")),
                When(failures__gt=0, then=Value("failing")),
                default=Value("waiting"),
            )
        )

    def extra_context(self) -> dict[str, Any]:
        return {"given_up": OutboxEntry.objects.exclude(given_up_at=None).order_by("pk")[:20]}

    def empty(self) -> dict[str, str]:
        return {"title": "Nothing waits", "text": "Nothing was left to the background in the last week."}


class RetryEntry(InSponsor):
    """Has what was given up tried again."""

    page = "outbox"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, VERB, OutboxEntry())

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        entry: OutboxEntry = found(OutboxEntry.objects.filter(pk=self.kwargs["entry"]))
        with acting(request.user, reason="Trying background work again", channel=Channel.WEB):
            outbox.retry(entry)
        messages.success(request, "It is tried again.")
        return redirect("outbox", self.sponsor.code)
