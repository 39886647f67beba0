"""Tokens by which a program acts as a person: made and shown once, found again by their digest, revoked."""

from datetime import datetime, timedelta

from ctms.accounts.models import ApiToken, EntryKey, Sponsor, User
from ctms.accounts.models.keys import digest_of, new_key
from ctms.core.acting import in_sponsor
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.use_case import use_case

LONGEST = timedelta(days=366)
MOST = 20  # usable ones of one person at one sponsor


@use_case
def issue_token(
    *, user: User, sponsor: Sponsor, name: str, scope: str, days: int, by: User, at: datetime
) -> tuple[ApiToken, str]:
    """Makes a token for oneself. Gives it with its key, which is kept nowhere.

    Raises:
        NotAllowed: for somebody else.
        BadInput, Refusal: no name, a length nobody may choose, or too many already.
    """
    if user.pk != by.pk:
        raise NotAllowed("NOT_YOURS", "Tokens are made by the person they act for.", recorded=True)
    if not timedelta(days=1) <= timedelta(days=days) <= LONGEST:
        sentence = f"Between 1 and {LONGEST.days} days."
        raise BadInput("DAYS", sentence, fields={"days": sentence})
    if ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=at).count() >= MOST:
        raise Refusal("TOO_MANY", f"You have {MOST} tokens already: revoke one that nothing uses.")
    key = new_key("api")
    token = ApiToken(
        sponsor=sponsor, user=user, name=name.strip(), scope=scope, created_at=at,
        expires_at=at + timedelta(days=days), ending=key[-4:],
    )  # fmt: skip
    token.full_clean()
    token.save(force_insert=True)
    EntryKey.objects.create(digest=digest_of(key), sponsor=sponsor, kind=EntryKey.Kind.TOKEN, record_id=token.pk)
    return token, key


def revoke_all_tokens(user: User, at: datetime) -> None:
    """Ends a person's tokens at all sponsors; for services that end what somebody else may have come to hold."""
    for sponsor_id in user.memberships.values_list("sponsor_id", flat=True):
        with in_sponsor(sponsor_id):
            ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)


@use_case
def revoke_token(*, token: ApiToken, by: User, at: datetime) -> ApiToken:
    """Ends a token of one's own at once. Revoking it again changes nothing."""
    token = ApiToken.objects.locked(token.pk)
    if token.user_id != by.pk:
        raise NotAllowed("NOT_YOURS", "Tokens are revoked by the person they act for.", recorded=True)
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
    return token
