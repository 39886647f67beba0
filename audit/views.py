"""The reader's pages: the trail of a sponsor, a study, a record or an act, and the access log."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, cast

from django import forms
from django.apps import apps
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from audit.columns import ACCESS_COLUMNS
from audit.filters import AccessFilter
from audit.models import AccessEvent
from audit.naming import Model
from audit.queries import NOTHING, trail
from audit.reading import Wanted, kinds_named, kinds_shown
from ctms.core import protocols
from ctms.web.forms import DateField
from ctms.web.lists import ListView
from ctms.web.places import InSponsor, PageRequest


class TrailForm(forms.Form):
    """What part of the trail to show. All in the address, so a link shows the same."""

    q = forms.CharField(label="Person", required=False, widget=forms.SearchInput(attrs={"placeholder": "Who acted"}))
    record = forms.ChoiceField(label="Record", required=False)
    since = DateField(label="From", required=False)
    until = DateField(label="Until", required=False)
    act = forms.UUIDField(label="Act", required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, kinds: Iterable[Model]) -> None:
        super().__init__(data)
        listed = [(model._meta.label_lower, str(model._meta.verbose_name).capitalize()) for model in kinds]
        field = cast(forms.ChoiceField, self.fields["record"])
        field.choices = [("", "All records"), *sorted(listed, key=itemgetter(1))]


class TrailView(InSponsor):
    """The trail of a whole sponsor. Subclasses narrow it."""

    page = "audit"
    title = "Audit trail"
    template_name = "audit/trail.html"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, "audit.view_trail", self.about)

    @property
    def about(self) -> Any:
        """What the trail is of."""
        return self.sponsor

    def study_id(self) -> int | None:
        return None

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kinds = kinds_shown(request.user, self.about)
        form = TrailForm(request.GET or None, kinds=kinds)
        asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
        wanted = Wanted(
            [apps.get_model(asked["record"])] if asked.get("record") else kinds,
            named=kinds_named(kinds),
            study=self.study_id(),
            actor=asked.get("q", ""),
            act=str(asked["act"]) if asked.get("act") else "",
            since=asked.get("since"),
            until=asked.get("until"),
        )
        before = request.GET.get("before", "")
        page = trail(wanted, before=before) if form.is_valid() or not request.GET else NOTHING
        query = {name: value for name, value in request.GET.dict().items() if name != "before" and value}
        context = {
            "trail": page,
            "filters": _filters(request, form, query),
            "next_url": f"{request.path}?{urlencode({**query, 'before': page.next})}" if page.next else "",
            "first_url": f"{request.path}?{urlencode(query)}" if before else "",
        }
        return TemplateResponse(request, self.template_name, context)


class AccessLog(InSponsor, ListView):
    """Who came in, who was refused, who took data out."""

    page = "access-log"
    title = "Access log"
    noun = ("event", "events")
    columns = ACCESS_COLUMNS
    filterset_class = AccessFilter
    default_sort = "-at"
    file_name = "access-log"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, "audit.view_trail", self.sponsor)

    def rows(self) -> Any:
        return AccessEvent.objects.visible_to(self.request.user).filter(sponsor=self.sponsor)


def _filters(request: PageRequest, form: TrailForm, query: dict[str, str]) -> dict[str, Any]:
    applied = []
    for name, value in query.items():
        if name in form.fields:
            words = dict(getattr(form.fields[name], "choices", ())).get(value, value)
            left = {other: text for other, text in query.items() if other != name}
            label = form.fields[name].label
            applied.append({"label": label, "value": words, "remove_url": f"{request.path}?{urlencode(left)}"})
    return {"action": request.path, "form": form, "applied": applied, "reset_url": request.path, "hidden": []}
