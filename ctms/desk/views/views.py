"""Saved views: keeping the list that one looks at, and the list of those."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.desk.lists import asked_list, reachable
from ctms.desk.models import SavedView, SharedHow
from ctms.desk.services import views
from ctms.web.forms import StackedRadios
from ctms.web.places import InSponsor, PageRequest, found
from ctms.web.refusable import RefusableForm

_COLUMNS = [{"label": "View"}, {"label": "List"}, {"label": "Whose"}, {"label": "Seen by"}, {"label": ""}]
_NOT_KEPT = ("after", "before", "format")  # where somebody was in the list, not how they look at it


class ViewForm(RefusableForm):
    name = forms.CharField(label="Name", max_length=80)
    shared = forms.ChoiceField(
        label="Who sees it", choices=SharedHow.choices, initial=SharedHow.PRIVATE, widget=StackedRadios
    )


class SavedViews(InSponsor):
    """One's own views and those that others share."""

    page = "views"
    title = "Saved views"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = SavedView.objects.visible_to(request.user).select_related("user").order_by("path", "name", "pk")
        listed = [
            {"view": view, "is_own": view.user_id == request.user.pk, "of": _words(view)}
            for view in reachable(rows, user=request.user, sponsor=self.sponsor)
        ]
        return TemplateResponse(request, "desk/views.html", {"views": listed, "columns": _COLUMNS})


class SaveView(InSponsor):
    """Names the list that one looks at. `list` is its address."""

    page = "views"
    title = "Save this view"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(ViewForm())

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ViewForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            with acting(request.user, reason="Saving a view", channel=Channel.WEB):
                view = views.save_view(path=self.listed.path, query=self.query, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
            return self.show(form, status=refusal.status)
        messages.success(request, f"Saved as “{view}”.")
        return redirect(view.url)

    def show(self, form: ViewForm, *, status: int = 200) -> HttpResponse:
        context = {"form": form, "address": self.address, "place": self.listed.place, "query": self.query}
        return TemplateResponse(self.request, "desk/view_form.html", context, status=status)

    @cached_property
    def address(self) -> str:
        return (self.request.POST.get("list") or self.request.GET.get("list") or "")[:2000]

    @cached_property
    def listed(self) -> PageRequest:
        """The request for the list; 404 for one that is not there for this person."""
        return asked_list(self.address, user=self.request.user, sponsor=self.sponsor)[1]

    @property
    def query(self) -> str:
        kept = QueryDict(urlsplit(self.address).query, mutable=True)
        for name in _NOT_KEPT:
            kept.pop(name, None)
        return kept.urlencode()


class ChangeView(InSponsor):
    """Renames, shares anew or deletes a view of one's own; others' are not there."""

    page = "views"
    title = "Saved view"

    @cached_property
    def view(self) -> SavedView:
        view: SavedView = found(SavedView.objects.filter(pk=self.kwargs["view"], user=self.request.user))
        return view

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(ViewForm(initial={"name": self.view.name, "shared": self.view.shared}))

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ViewForm(request.POST)
        view = self.view
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            with acting(request.user, reason="Changing a saved view", channel=Channel.WEB):
                views.change_view(view=view, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
            return self.show(form, status=refusal.status)
        messages.success(request, "Saved.")
        return redirect("views", self.sponsor.code)

    def show(self, form: ViewForm, *, status: int = 200) -> HttpResponse:
        return TemplateResponse(self.request, "desk/view_form.html", {"form": form, "view": self.view}, status=status)


class DeleteView(ChangeView):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("saved-view", self.sponsor.code, self.view.pk)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(request.user, reason="Deleting a saved view", channel=Channel.WEB):
            views.delete_view(view=self.view, by=request.user)
        messages.success(request, "Deleted.")
        return redirect("views", self.sponsor.code)


def _words(view: SavedView) -> str:
    """The list of a view, as its address says it: "D3460C00002, sites"."""
    return ", ".join(step for step in view.path.strip("/").split("/")[2:] if step not in ("s", "c"))
