"""What the tabs of a site's page share."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from ctms.core import protocols
from ctms.core.acting import Channel, acting
from ctms.core.lifecycle import Lifecycle, Offer, Request
from ctms.core.refusals import Refusal
from ctms.web.places import PageRequest
from ctms.web.refusable import RefusableForm
from sites.columns import enrollment_tone, status_tone
from sites.pages import InSite


class SiteTabView(InSite):
    """A tab of the site's page."""

    template_name: str

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()

    def show(self, *, status: int = 200, **context: Any) -> HttpResponse:
        tabs = filter(None, (tab(self.site, self.request.user) for tab in protocols.site_tabs()))
        shared = {
            "site": self.site,
            "tabs": [{"label": tab.label, "url": tab.url, "current": tab.name == self.page} for tab in tabs],
            "status_tone": status_tone(self.site.operational_status),
            "enrollment_tone": enrollment_tone(self.site.enrollment_status),
        }
        return TemplateResponse(self.request, self.template_name, shared | self.context() | context, status=status)

    def context(self) -> dict[str, Any]:
        return {}

    def offers(self, lifecycle: Lifecycle) -> list[dict[str, Any]]:
        """The moves open to this person from here, with addresses; what stands against one, each with its remedy."""
        return [
            {"offer": offer, "url": self.url("site-move", offer.move.name), "objections": self._objections(offer)}
            for offer in lifecycle.offers(self.site, Request(self.request.user))
        ]

    def _objections(self, offer: Offer) -> list[tuple[str, str]]:
        remedies = {} if offer.is_open else self.remedies(offer.move)
        return [(sentence, remedies.get(sentence, "")) for sentence in offer.objections]


class FormTab(SiteTabView):
    """A tab with one form on it; posting calls one service and comes back here."""

    done: str
    form_verb: str

    def make_form(self, data: Any = None) -> RefusableForm:
        raise NotImplementedError

    def carry_out(self, said: dict[str, Any]) -> str | None:
        """Calls the service; gives back the address that takes it back, if it honestly can be."""
        raise NotImplementedError

    def reason(self, said: dict[str, Any]) -> str:
        raise NotImplementedError

    def back(self) -> str:
        return self.url(self.page)

    def context(self) -> dict[str, Any]:
        return {"form": self.make_form() if self.may(self.form_verb) else None, "back_url": self.back()}

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form=form, status=422)
        try:
            with acting(request.user, reason=self.reason(form.cleaned_data), channel=Channel.WEB, by_person=True):
                undo = self.carry_out(form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
            return self.show(form=form, status=refusal.status)
        messages.success(request, self.done, extra_tags=f"undo:{undo}" if undo else "")
        return redirect(self.back())
