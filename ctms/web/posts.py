"""A page with one form whose posting calls one service; and addresses that only take a post, such as an Undo."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views import View

from ctms.core.acting import Channel, acting
from ctms.core.refusals import NotAllowed, Refusal
from ctms.web.places import PageRequest
from ctms.web.refusable import RefusableForm


class FormPage(View):
    """A form of its own on a page of its own. For a record's fields there is `ctms.web.edits.EditView`."""

    title: ClassVar[str]
    deed: ClassVar[str]  # what is done, for the trail, where the form asks for no reason
    submit: ClassVar[str] = "Save"
    template_name: ClassVar[str] = "web/edit.html"

    request: PageRequest
    kwargs: dict[str, Any]

    @property
    def subject(self) -> str:
        return ""

    @property
    def back_url(self) -> str:
        raise NotImplementedError

    def make_form(self, data: Any = None) -> RefusableForm:
        raise NotImplementedError

    def carry_out(self, said: dict[str, Any]) -> str:
        """Calls the service; gives back what is then said."""
        raise NotImplementedError

    def next_url(self) -> str:
        return self.back_url

    def undo_url(self) -> str:
        """The address that takes it back; "" for what cannot honestly be taken back."""
        return ""

    def context(self) -> dict[str, Any]:
        """What the page shows besides the form."""
        return {}

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self.make_form())

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        reason = form.cleaned_data.get("reason", "").strip()
        try:
            with acting(request.user, reason=reason or self.deed, channel=Channel.WEB, by_person=bool(reason)):
                done = self.carry_out(form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
            return self._page(form, status=refusal.status)
        undo = self.undo_url()
        messages.success(request, done, extra_tags=f"undo:{undo}" if undo else "")
        return redirect(self.next_url())

    def _page(self, form: RefusableForm, *, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "heading": self.title,
            "subject": self.subject,
            "back_url": self.back_url,
            "submit": self.submit,
        }
        return TemplateResponse(self.request, self.template_name, context | self.context(), status=status)


class PostOnly(View):
    """A button on another page: calls one service and leads back. A refusal is said there."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django has it
    deed: ClassVar[str]  # for the trail, as the person's own reason: they pressed the button for just this

    request: PageRequest
    kwargs: dict[str, Any]

    @property
    def back_url(self) -> str:
        raise NotImplementedError

    def carry_out(self) -> tuple[str, str]:
        """Calls the service; gives back what is then said, and the address that takes it back, or ""."""
        raise NotImplementedError

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with acting(request.user, reason=self.deed, channel=Channel.WEB, by_person=True):
                done, undo = self.carry_out()
        except NotAllowed:
            raise  # a 403 for whom the page shows no such button
        except Refusal as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, done, extra_tags=f"undo:{undo}" if undo else "")
        return redirect(self.back_url)
