"""Mail: written with what it is about, sent after the commit, once."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage

from ctms.accounts.models import User
from ctms.core.acting import open_sponsor
from ctms.core.outbox import after_commit
from ctms.desk.models import Mail

HERE_ONLY = "this mailbox"


def send_mail(*, to: User, subject: str, text: str, at: datetime, occasion: str = "") -> Mail | None:
    """Sends a person a mail from the open sponsor, when the open transaction is committed. Nothing about subjects.

    Args:
        occasion: what it is sent for; a second mail to the person for the same occasion is not sent, and None returned.
    """
    values = {"subject": subject, "text": text, "created_at": at}
    sponsor_id = open_sponsor()
    if occasion:
        mail, is_new = Mail.objects.get_or_create(
            sponsor_id=sponsor_id, user=to, occasion=occasion, defaults=values
        )  # fmt: skip
        if not is_new:
            return None
    else:
        mail = Mail.objects.create(sponsor_id=sponsor_id, user=to, **values)
    after_commit("ctms.desk.tasks.hand_over_mail", mail_id=mail.pk)
    return mail


def hand_over(*, mail_id: int, at: datetime) -> None:
    """Gives a mail to the mail server, where one is set and the person has an address; marks it as sent.

    If the worker dies between the two the server gets it again, with the same Message-ID, by which mailboxes know it.
    """
    mail = Mail.objects.select_for_update(of=("self",)).select_related("user", "sponsor").get(pk=mail_id)
    if mail.sent_at is not None:
        return
    mail.sent_to = HERE_ONLY
    if settings.EMAIL_HOST and mail.user.email and mail.user.is_active:
        mail.sent_to = mail.user.email
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">")
        message_id = f"<ctms-{mail.sponsor.code}-{mail.pk}@{domain}>"
        EmailMessage(mail.subject, mail.text, to=[mail.user.email], headers={"Message-ID": message_id}).send()
    mail.sent_at = at
    mail.save(update_fields=["sent_at", "sent_to"])
