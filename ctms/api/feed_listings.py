"""Lists about feeds that have no page of their own."""

import django_filters
from django.db.models import QuerySet

from ctms.api.listings import _plain
from ctms.core import protocols
from ctms.integrations.models import Connection, FeedItem, FeedRun, ItemStatus, RunStatus
from ctms.studies.pages import InStudy
from ctms.web.lists import ListView


class ConnectionFilter(django_filters.FilterSet):
    class Meta:
        model = Connection
        fields: tuple[str, ...] = ()


class ConnectionList(InStudy, ListView):
    title = "Connections"
    noun = ("connection", "connections")
    columns = (
        _plain("name", "Name", sort="name"),
        *(_plain(name, name.replace("_", " ").capitalize()) for name in (
            "format", "base_url", "source_study", "is_blinded", "status",
        )),
    )  # fmt: skip
    filterset_class = ConnectionFilter
    default_sort = "name"
    file_name = "connections"

    def rows(self) -> QuerySet[Connection]:
        return Connection.objects.visible_to(self.request.user).filter(scope=self.study.scope)


class RunFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label="Status", choices=RunStatus.choices)

    class Meta:
        model = FeedRun
        fields: tuple[str, ...] = ()


class RunList(InStudy, ListView):
    title = "Feed runs"
    noun = ("run", "runs")
    columns = (
        _plain("connection", "Connection", "connection__name"),
        _plain("started_at", "Started", sort="started_at"),
        *(_plain(name, name.replace("_", " ").capitalize()) for name in (
            "resource", "status", "ended_at", "source_as_of", "received", "applied", "unchanged", "refused", "dead",
            "pending", "gone",
        )),
    )  # fmt: skip
    filterset_class = RunFilter
    default_sort = "-started_at"
    file_name = "feed-runs"

    def rows(self) -> QuerySet[FeedRun]:
        return FeedRun.objects.visible_to(self.request.user).filter(connection__scope=self.study.scope)


class ItemFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label="Status", choices=ItemStatus.choices)

    class Meta:
        model = FeedItem
        fields: tuple[str, ...] = ()


class ItemList(InStudy, ListView):
    title = "What feeds could not take"
    noun = ("item", "items")
    columns = (
        _plain("connection", "Connection", "connection__name"),
        _plain("received_at", "Received", sort="received_at"),
        *(_plain(name, name.replace("_", " ").capitalize()) for name in (
            "resource", "key", "status", "reason", "tries", "place",
        )),
    )  # fmt: skip
    filterset_class = ItemFilter
    default_sort = "-received_at"
    file_name = "feed-items"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, FeedItem.view_verb, self.study)

    def rows(self) -> QuerySet[FeedItem]:
        return FeedItem.objects.visible_to(self.request.user).filter(connection__scope=self.study.scope)
