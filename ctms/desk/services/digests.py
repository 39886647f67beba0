"""Digests: a mail with what waits for a person and what changed, on Mondays or every day, at six in the morning."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from ctms.accounts import access
from ctms.accounts.models import Membership, User
from ctms.core import protocols
from ctms.core.acting import open_sponsor
from ctms.core.use_case import use_case
from ctms.desk.models import DigestRhythm, Mail, Preference
from ctms.desk.queries import due_words, waiting_for
from ctms.desk.services.mail import send_mail

_HOUR, _MONDAY = 6, 0
_SPAN = {DigestRhythm.WEEKLY: timedelta(days=7), DigestRhythm.DAILY: timedelta(days=1)}


def rhythm_of(user: Any) -> DigestRhythm:
    """How often the person wants a digest from the open sponsor."""
    chosen = Preference.objects.filter(user=user).values_list("digest", flat=True).first()
    return DigestRhythm(chosen or DigestRhythm.WEEKLY)


@use_case
def prefer_digest(*, rhythm: str, by: User) -> Preference:
    """Sets how often the person wants a digest."""
    preference, _ = Preference.objects.update_or_create(
        sponsor_id=open_sponsor(), user=by, defaults={"digest": DigestRhythm(rhythm)}
    )  # fmt: skip
    return preference


def send_due_digests(*, at: datetime) -> int:
    """Sends each member of the open sponsor the digest that is due, once a day at most; how many were sent."""
    rhythms = dict(Preference.objects.values_list("user_id", "digest"))
    sent = set(Mail.objects.filter(created_at__gt=at - timedelta(days=2)).values_list("user_id", "occasion"))
    count = 0
    for membership in Membership.objects.filter(sponsor_id=open_sponsor(), is_open=True).select_related(
        "user", "sponsor"
    ):
        user = membership.user
        local = at.astimezone(ZoneInfo(user.time_zone))
        rhythm = DigestRhythm(rhythms.get(user.pk, DigestRhythm.WEEKLY))
        if not _is_due(rhythm, local) or (user.pk, _occasion(local.date())) in sent:
            continue
        if membership.starts_on <= at.date() <= (membership.ends_on or date.max):
            count += bool(
                send_digest(user=user, sponsor=membership.sponsor, since=at - _SPAN[rhythm], at=at,
                            occasion=_occasion(local.date()))
            )  # fmt: skip
    return count


def send_digest(*, user: User, sponsor: Any, since: datetime, at: datetime, occasion: str = "") -> Mail | None:
    """Writes what waits for this person and what changed since, as they may see it, and sends it."""
    with access.seeing_as(user, sponsor.pk):
        groups = waiting_for(user, sponsor, at)
        parts = [part for provider in protocols.digest_parts() for part in provider(user, sponsor, since, at)]
    local = at.astimezone(ZoneInfo(user.time_zone))
    waiting = sum(len(group.items) for group in groups)
    lines = [f"{user.full_name}, this is what waits for you at {sponsor}.", ""]
    for group in groups:
        lines += [group.kind, *(f"- {_line(item, local.date())}" for item in group.items), ""]
    if not waiting:
        lines += ["Nothing waits for you.", ""]
    for part in parts:
        lines += [part.heading, *(f"- {line}" for line in part.lines), ""]
    if not parts:
        lines += [f"Nothing changed since {since:%-d %b %Y}.", ""]
    lines += [
        f"All of it: {settings.ADDRESS}{reverse('work', args=[sponsor.code])}",
        f"How often you get this mail: {settings.ADDRESS}{reverse('preferences', args=[sponsor.code])}",
    ]
    things = "nothing waits" if not waiting else "one thing waits" if waiting == 1 else f"{waiting} things wait"
    return send_mail(
        to=user, subject=f"{local:%A}, {local:%-d %b %Y}: {things}", text="\n".join(lines), at=at, occasion=occasion
    )  # fmt: skip


def _is_due(rhythm: DigestRhythm, local: datetime) -> bool:
    if rhythm == DigestRhythm.NEVER or local.hour < _HOUR:
        return False
    return rhythm == DigestRhythm.DAILY or local.weekday() == _MONDAY


def _occasion(day: date) -> str:
    return f"digest {day.isoformat()}"


def _line(item: protocols.WorkItem, on: date) -> str:
    words, _ = due_words(item.due_on, on)
    return " – ".join(filter(None, (item.title, item.sub, words)))
