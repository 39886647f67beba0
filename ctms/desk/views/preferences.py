"""What a person wants of their desk: digests and a calendar link. And the feed behind that link."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from ctms.accounts import access
from ctms.accounts.models import EntryKey
from ctms.accounts.models.keys import digest_of
from ctms.core import clock
from ctms.core.acting import Channel, acting, in_sponsor
from ctms.desk.models import CalendarLink, DigestRhythm
from ctms.desk.services import calendar, digests
from ctms.web.forms import StackedRadios
from ctms.web.places import InSponsor, PageRequest


class DigestForm(forms.Form):
    digest = forms.ChoiceField(label="Digest by mail", choices=DigestRhythm.choices, widget=StackedRadios)


class Preferences(InSponsor):
    """How often a digest comes, and the calendar link."""

    page = "preferences"
    title = "Preferences"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(DigestForm(initial={"digest": digests.rhythm_of(request.user)}))

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = DigestForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        with acting(request.user, reason="Preferences", channel=Channel.WEB):
            digests.prefer_digest(rhythm=form.cleaned_data["digest"], by=request.user)
        messages.success(request, "Saved.")
        return redirect("preferences", self.sponsor.code)

    def show(self, form: DigestForm, *, status: int = 200, **more: Any) -> HttpResponse:
        link = CalendarLink.objects.filter(user=self.request.user, revoked_at=None).first()
        context = {"form": form, "link": link, **more}
        return TemplateResponse(self.request, "desk/preferences.html", context, status=status)


class DigestNow(Preferences):
    """The digest of the last week, now."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("preferences", self.sponsor.code)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = clock.now()
        digests.send_digest(user=request.user, sponsor=self.sponsor, since=at - timedelta(days=7), at=at)
        messages.success(request, "A digest is on its way to your mailbox.")
        return redirect("mailbox", self.sponsor.code)


class MakeLink(DigestNow):
    """Makes the calendar link and shows it, this once."""

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(request.user, reason="Making a calendar link", channel=Channel.WEB):
            _, key = calendar.make_link(by=request.user, at=clock.now())
        address = request.build_absolute_uri(reverse("calendar-feed", args=[key]))
        form = DigestForm(initial={"digest": digests.rhythm_of(request.user)})
        return self.show(form, address=address)


class RevokeLink(DigestNow):
    """Ends the calendar link."""

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(request.user, reason="Revoking a calendar link", channel=Channel.WEB):
            calendar.revoke_link(by=request.user, at=clock.now())
        messages.success(request, "The link is revoked: calendars get nothing from it any more.")
        return redirect("preferences", self.sponsor.code)


@login_not_required
@require_GET
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """A person's days for a calendar program, which proves itself by the key alone; 404 for any other key."""
    entry = EntryKey.objects.filter(digest=digest_of(key), kind=EntryKey.Kind.CALENDAR).first()
    if entry is None:
        raise Http404
    with in_sponsor(entry.sponsor_id):
        link = calendar.linked(entry)
        if link is None:
            raise Http404
        with access.seeing_as(link.user, link.sponsor_id):
            body = calendar.feed(user=link.user, sponsor=link.sponsor, at=clock.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="ctms.ics"'
    return response
