"""Any list of the system as a workbook, made by a job: the same rows, columns and words as its page has."""

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from ctms.accounts import access
from ctms.core.protocols import Progress, ResultFile
from ctms.core.refusals import Refusal
from ctms.desk.models import SavedView
from ctms.web import files
from ctms.web.lists import ListView
from ctms.web.places import PageRequest


def asked_list(address: str, *, user: Any, sponsor: Any) -> tuple[ListView, PageRequest]:
    """The list at an address of this sponsor as it is for this person, and the request for it.

    Raises:
        Http404: there is no such list, or not for this person.
    """
    path, query = urlsplit(address).path, urlsplit(address).query
    try:
        found = resolve(path)
    except Resolver404 as error:
        raise Http404 from error
    view_class = getattr(found.func, "view_class", None)
    if view_class is None or not issubclass(view_class, ListView) or found.kwargs.get("sponsor") != sponsor.code:
        raise Http404
    view = view_class()
    request = cast(PageRequest, HttpRequest())
    request.method, request.path, request.path_info = "GET", path, path
    request.GET = QueryDict(query)
    request.user, request.sponsor = user, sponsor
    request.membership = access.current_membership(user, sponsor.code)
    view.setup(request, **found.kwargs)
    request.place = view.place
    if not view.may_enter():
        raise Http404
    return view, request


def reachable(views: Iterable[SavedView], *, user: Any, sponsor: Any) -> Iterator[SavedView]:
    """A person's own views, and of others' those whose list is there for them: its address names a study."""
    known: dict[str, bool] = {}
    for view in views:
        if view.user_id != user.pk and view.path not in known:
            known[view.path] = _is_there(view.path, user, sponsor)
        if view.user_id == user.pk or known[view.path]:
            yield view


def _is_there(path: str, user: Any, sponsor: Any) -> bool:
    try:
        asked_list(path, user=user, sponsor=sponsor)
    except Http404:
        return False
    return True


def list_as_workbook(progress: Progress, *, arguments: dict[str, Any], by: Any) -> ResultFile:
    """The body of jobs of the kind "list"; `address` is that of the list's page, filters and order included."""
    membership = access.current_membership(by, arguments["sponsor"])
    try:
        if membership is None:
            raise Http404
        listed, request = asked_list(arguments["address"], user=by, sponsor=membership.sponsor)
    except Http404 as error:
        raise Refusal("LIST_GONE", "This list is not there any more, or not for you.") from error
    view = listed.as_file(request)
    count = view.rows.order_by().count()

    def written(rows: int) -> None:
        progress(rows, count, f"{rows:,} of {count:,} rows written")

    progress(0, count, f"{count:,} rows to write")
    return ResultFile(view.named("xlsx"), files.XLSX, files.workbook(view, written))
