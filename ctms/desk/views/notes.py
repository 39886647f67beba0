"""What a person is told: notifications and mail. Nobody reads another's."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from ctms.core import clock
from ctms.desk.models import Mail, Notification
from ctms.desk.services import notes
from ctms.web.places import InSponsor, PageRequest, found

_MOST_SHOWN = 100


class Notifications(InSponsor):
    """The newest, and a button that marks all as read."""

    page = "notifications"
    title = "Notifications"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        listed = list(self.own[:_MOST_SHOWN])
        context = {"notifications": listed, "has_unread": any(one.read_at is None for one in listed)}
        return TemplateResponse(request, "desk/notifications.html", context)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        notes.mark_read(notifications=self.own, at=clock.now())
        return redirect(request.path)

    @property
    def own(self) -> QuerySet[Notification]:
        return Notification.objects.filter(user=self.request.user)


class OpenNotification(Notifications):
    """To what it is about; it is read then."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one: Notification = found(self.own.filter(pk=self.kwargs["notification"]))
        notes.mark_read(notifications=self.own.filter(pk=one.pk), at=clock.now())
        return redirect(one.url) if one.url else redirect("notifications", self.sponsor.code)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.http_method_not_allowed(request)


class Mailbox(InSponsor):
    """The mails that the system sent this person, whether or not a mail server took them further."""

    page = "mailbox"
    title = "Mailbox"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return TemplateResponse(request, "desk/mailbox.html", {"mails": self.own[:_MOST_SHOWN], "columns": _COLUMNS})

    @property
    def own(self) -> QuerySet[Mail]:
        return Mail.objects.filter(user=self.request.user)


class OneMail(Mailbox):
    title = "Mail"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mail: Mail = found(self.own.filter(pk=self.kwargs["mail"]))
        return TemplateResponse(request, "desk/mail.html", {"mail": mail})


_COLUMNS = [{"label": "Subject"}, {"label": "Written", "kind": "date"}, {"label": "Sent to"}]
