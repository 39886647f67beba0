"""The second step: codes of an authenticator app and recovery codes, kept and computed by allauth's `mfa`.

A code of the app counts once: the counter it belongs to is kept with the secret, in the database, where every process
sees it. Secrets are encrypted with a key derived from the secret key of the installation.
"""

import base64
import hashlib
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import Fernet
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from ctms.accounts import access
from ctms.accounts.models import User
from ctms.core.acting import in_sponsor


class Adapter(DefaultMFAAdapter):
    """`settings.MFA_ADAPTER`: how allauth keeps secrets and names accounts."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)


def sealed(secret: str) -> str:
    """A secret as it is kept."""
    return Adapter().encrypt(secret)


def unsealed(kept: str) -> str:
    """A secret from what is kept of it."""
    return Adapter().decrypt(kept)


def is_on(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def is_demanded(user: User) -> bool:
    """Whether a role that this person holds today, for any sponsor, is among `settings.TWO_STEP_ROLES`.

    Trained for or not: training is completed, and counts, without signing in again.
    """
    for membership in access.memberships(user) if settings.TWO_STEP_ROLES else ():
        with in_sponsor(membership.sponsor_id):
            if _is_demanded_here(user):
                return True
    return False


def is_owed_here(user: User) -> bool:
    """Whether a role at the open sponsor demands it and it is off: granted, or switched off, after they signed in."""
    return bool(settings.TWO_STEP_ROLES) and _is_demanded_here(user) and not is_on(user)


def new_secret() -> str:
    """What an app computes its codes from: 160 bits, as base 32."""
    return str(totp.generate_totp_secret())


def drawn(user: User, secret: str) -> SafeString:
    """The secret as a picture for the app's camera: an SVG to be put into the page."""
    adapter = Adapter()
    return mark_safe(adapter.build_totp_svg(adapter.build_totp_url(user, secret)).partition("?>")[2])


def begin(user: User, secret: str, code: str) -> list[str] | None:
    """Keeps the secret if this is a code of it, and makes recovery codes; None if it is not."""
    app = Authenticator(user=user, type=Authenticator.Type.TOTP, data={"secret": sealed(secret)})
    if not _accept_of_app(app, code):
        return None
    return new_codes(user)


def new_codes(user: User) -> list[str]:
    """Ten recovery codes of eight digits, each good for once; earlier ones are no longer."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    return list(RecoveryCodes.activate(user).generate_codes())


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(kept).get_unused_codes()) if kept else 0


def end(user: User) -> None:
    """Forgets app and recovery codes."""
    Authenticator.objects.filter(user=user).delete()


def accept(user: User, code: str) -> bool:
    """Whether this is a code of the person's app that was not used yet, or an unused recovery code; uses it up."""
    kept = {one.type: one for one in Authenticator.objects.select_for_update().filter(user=user).order_by("pk")}
    if (app := kept.get(Authenticator.Type.TOTP)) and _accept_of_app(app, code):
        return True
    codes = kept.get(Authenticator.Type.RECOVERY_CODES)
    if codes is None or not RecoveryCodes(codes).validate_code(code):
        return False
    access.record("RECOVERY_CODE_USED", user)
    return True


def _accept_of_app(app: Authenticator, code: str) -> bool:
    """Keeps the counter of the code that was accepted: neither it nor an earlier one is accepted again."""
    secret = unsealed(app.data["secret"])
    for counter in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if counter > app.data.get("counter", 0) and compare_user_code(actual=code, expected=expected):
            app.data["counter"] = counter
            app.save()
            return True
    return False


def _is_demanded_here(user: User) -> bool:
    return not access.roles_held(user).isdisjoint(settings.TWO_STEP_ROLES)


def _cipher() -> Fernet:
    key = hashlib.sha256(b"ctms.accounts.second_step" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
