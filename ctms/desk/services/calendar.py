"""Calendar links: making one, which shows it once; ending it; and what a calendar program then reads."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from icalendar import Calendar, Event

from ctms.accounts import access
from ctms.accounts.models import EntryKey, User
from ctms.accounts.models.keys import digest_of, new_key
from ctms.core import protocols
from ctms.core.acting import open_sponsor
from ctms.core.refusals import Refusal
from ctms.core.use_case import use_case
from ctms.desk.models import CalendarLink


@use_case
def make_link(*, by: User, at: datetime) -> tuple[CalendarLink, str]:
    """A link to the person's own dates, and its key, which nobody can ask for again."""
    key = new_key("cal")
    link = CalendarLink(sponsor_id=open_sponsor(), user=by, ending=key[-4:], created_at=at)
    link.full_clean()
    link.save(force_insert=True)
    EntryKey.objects.create(
        digest=digest_of(key), sponsor_id=link.sponsor_id, kind=EntryKey.Kind.CALENDAR, record_id=link.pk
    )  # fmt: skip
    return link, key


@use_case
def revoke_link(*, by: User, at: datetime) -> CalendarLink:
    """Ends the person's link at once."""
    link = CalendarLink.objects.select_for_update().filter(user=by, revoked_at=None).first()
    if link is None:
        raise Refusal("NO_LINK", "You have no calendar link.")
    link.revoked_at = at
    link.save(update_fields=["revoked_at"])
    return link


def linked(entry: EntryKey) -> CalendarLink | None:
    """The open link behind a key, if its person still works here. Inside the sponsor of the key."""
    link = CalendarLink.objects.select_related("user", "sponsor").filter(pk=entry.record_id, revoked_at=None).first()
    if link is None or not link.user.is_active:
        return None
    works_here = any(one.sponsor_id == link.sponsor_id for one in access.memberships(link.user))
    return link if works_here else None


def feed(*, user: Any, sponsor: Any, at: datetime) -> bytes:
    """The person's planned days as an iCalendar file. Nothing about subjects."""
    calendar = Calendar()
    calendar.add("prodid", "-//CTMS//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"CTMS {sponsor}")
    for provider in protocols.calendar_days():
        for day in provider(user, sponsor, at):
            event = Event()
            event.add("uid", f"{day.key}@{sponsor.code}.ctms")
            event.add("dtstamp", at)
            event.add("dtstart", day.on)
            event.add("dtend", day.on + timedelta(days=1))
            event.add("summary", day.title)
            event.add("description", day.text)
            event.add("url", f"{settings.ADDRESS}{day.url}")
            event.add("transp", "TRANSPARENT")
            calendar.add_component(event)
    ical: bytes = calendar.to_ical()
    return ical
