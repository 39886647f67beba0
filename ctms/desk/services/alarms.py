"""Warnings that cannot wait for somebody to read the access log."""

from datetime import datetime

from ctms.accounts.models import Assignment, Membership, Scope, User, WrongSecrets
from ctms.accounts.roles import Role
from ctms.core.acting import open_sponsor
from ctms.desk.services.mail import send_mail
from ctms.desk.services.notes import notify


def warn_of_lock(*, user_id: int, locked_at: datetime, at: datetime) -> None:
    """Tells a person, and the open sponsor's administrators, that wrong secrets locked the person's name."""
    user = User.objects.get(pk=user_id)
    minutes = int(WrongSecrets.LOCKED_FOR.total_seconds() // 60)
    since = f"{locked_at:%-d %b %Y %H:%M} UTC"
    subject = f"{user.full_name}: locked after wrong passwords"
    text = (
        f"At {since}, {WrongSecrets.LIMIT} wrong passwords or codes had been given for the user name of "
        f"{user.full_name} within {minutes} minutes, at sign-in or when signing. The name is locked for {minutes} "
        "minutes; then it opens by itself. The access log says from where.\n\n"
        "If it was not you or them, somebody tries to get in: change the password, and switch on the second step."
    )
    for person in {one.pk: one for one in (user, *_administrators(at))}.values():
        occasion = f"lock {user.pk} {locked_at.isoformat()}"
        if send_mail(to=person, subject=subject, text=text, at=at, occasion=occasion):
            notify(user=person, text=subject, url="", kind="LOCK", at=at)


def _administrators(at: datetime) -> list[User]:
    """Those of the whole sponsor, let in and in force on that day."""
    let_in = Membership.objects.filter(sponsor_id=open_sponsor(), is_open=True).values("user")
    held = Assignment.objects.filter(
        sponsor_id=open_sponsor(), user__in=let_in, role=Role.ADMINISTRATOR, scope__path=Scope.ROOT,
        starts_on__lte=at.date(), ended_at=None,
    ).exclude(ends_on__lt=at.date())  # fmt: skip
    return [one.user for one in held.select_related("user")]
