"""The one move view: a lifecycle move as a page with the day, the reason, and what stands against it."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views import View

from ctms.core import clock, protocols
from ctms.core.acting import Channel, acting
from ctms.core.lifecycle import Lifecycle, Move, Offer, Request
from ctms.core.refusals import Refusal
from ctms.web import signing
from ctms.web.forms import DateField
from ctms.web.places import PageRequest
from ctms.web.refusable import RefusableForm


class MoveForm(RefusableForm):
    """The day a move happened, its reason where the move wants one, and a signature where it wants that."""

    effective_on = DateField(label="Day it happened", help_text="At the site. It may be in the past.")
    reason_code = forms.ChoiceField(label="Reason")
    reason = forms.CharField(
        label="In words", widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=2000
    )

    def __init__(self, move: Move, data: Any = None, *, today: date, is_dated: bool, by: Any) -> None:
        super().__init__(data, initial={"effective_on": today})
        self.fields["effective_on"].widget.attrs["max"] = today.isoformat()
        if not is_dated:
            del self.fields["effective_on"]
        self.fields["reason"].required = move.reason
        if move.reason_codes:
            self.fields["reason_code"].choices = [("", "Choose …"), *move.reason_codes]
        else:
            del self.fields["reason_code"]
            self.fields["reason"].label = "Reason" if move.reason else "Note"
        if move.signature:
            signing.add_fields(self, move.signature, by=by)


class MoveView(View):
    """Shows and makes one move of a record. A subclass says which record, which lifecycle and which service."""

    template_name: ClassVar[str] = "web/move.html"
    is_dated: ClassVar[bool] = True  # the move may have happened on an earlier day than it is recorded

    @property
    def lifecycle(self) -> Lifecycle:
        raise NotImplementedError

    @property
    def record(self) -> Any:
        raise NotImplementedError

    @property
    def back_url(self) -> str:
        raise NotImplementedError

    def today(self) -> date:
        """The day at the record's place."""
        return clock.today()

    def remedies(self, move: Move) -> dict[str, str]:
        """Sentences that stand against the move -> where that can be settled, if this person can do it."""
        return {}

    def extra_context(self, move: Move) -> dict[str, Any]:
        """What the page shows besides the move."""
        return {}

    def make(self, **arguments: Any) -> Any:
        """Calls the service: move, effective_on, reason, reason_code, by, at; proof, where the move is signed."""
        raise NotImplementedError

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        offer = self._offer()
        return self._page(offer) if offer else self._has_moved_on()

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        offer = self._offer()
        if offer is None:
            return self._has_moved_on()
        form = self._form(offer, request.POST)
        if not form.is_valid():
            return self._page(offer, form, status=422)
        said = dict(form.cleaned_data)
        words = dict(offer.move.reason_codes).get(said.get("reason_code", ""), "")
        reason = ": ".join(filter(None, (words, said["reason"].strip())))
        try:
            if offer.move.signature:
                said["proof"] = signing.prove(said, request)
            with acting(request.user, reason=reason or offer.move.label, channel=Channel.WEB, by_person=bool(reason)):
                self.make(by=request.user, at=clock.now(), move=offer.move.name, **said)
        except Refusal as refusal:
            form.refuse(refusal)
            return self._page(offer, form, status=refusal.status)
        target = self.lifecycle.statuses(offer.move.target).label
        messages.success(request, f"{self.record}: now “{target}”.")
        return redirect(self.back_url)

    def _move(self) -> Move:
        """The move of the address; 404 unless there is one, and this person may make it."""
        move = self.lifecycle.move(self.kwargs["move"])
        if move is None or not protocols.authority().may(self.request.user, move.verb, self.record):
            raise Http404
        return move

    def _offer(self) -> Offer | None:
        """The same with what stands against it; None where the record has moved on."""
        move = self._move()
        offers = self.lifecycle.offers(self.record, Request(self.request.user))
        return next((offer for offer in offers if offer.move is move), None)

    def _has_moved_on(self) -> HttpResponse:
        """Back to the record, for a page that stood open too long or a button pressed twice."""
        here = self.lifecycle.statuses(getattr(self.record, self.lifecycle.field)).label
        messages.info(self.request, f"“{self._move().label}” is not open now: {self.record} is “{here}”.")
        return redirect(self.back_url)

    def _form(self, offer: Offer, data: Any = None) -> MoveForm:
        return MoveForm(offer.move, data, today=self.today(), is_dated=self.is_dated, by=self.request.user)

    def _page(self, offer: Offer, form: MoveForm | None = None, *, status: int = 200) -> HttpResponse:
        """The page; where the move is signed, with a signature begun anew on what the page now shows."""
        form = form or self._form(offer)
        kind = offer.move.signature
        ceremony = signing.begin(form, self.record, kind, self.request) if kind else None
        remedies = self.remedies(offer.move)
        context = {
            "offer": offer,
            "objections": [(objection, remedies.get(objection, "")) for objection in offer.objections],
            "form": form,
            "ceremony": ceremony,
            "record": self.record,
            "from_label": self.lifecycle.statuses(getattr(self.record, self.lifecycle.field)).label,
            "to_label": self.lifecycle.statuses(offer.move.target).label,
            "back_url": self.back_url,
            **self.extra_context(offer.move),
        }
        return TemplateResponse(self.request, self.template_name, context, status=status)
