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
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet
from django.conf import settings

from ctms.accounts.models import User


class Adapter(DefaultMFAAdapter):
    """`settings.MFA_ADAPTER`: how allauth keeps secrets and names accounts."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)


def is_on(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def accept(user: User, code: str) -> bool:
    """Whether this is a code of the person's app that was not used yet, or an unused recovery code; uses it up."""
    kept = {one.type: one for one in Authenticator.objects.select_for_update().filter(user=user).order_by("pk")}
    if (app := kept.get(Authenticator.Type.TOTP)) and _accept_of_app(app, code):
        return True
    codes = kept.get(Authenticator.Type.RECOVERY_CODES)
    return codes is not None and RecoveryCodes(codes).validate_code(code)


def _accept_of_app(app: Authenticator, code: str) -> bool:
    secret = decrypt(app.data["secret"])
    for counter in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if counter > app.data.get("counter", 0) and compare_user_code(actual=code, expected=expected):
            app.data["counter"] = counter
            app.save(update_fields=["data"])
            app.record_usage()
            return True
    return False


def _cipher() -> Fernet:
    key = hashlib.sha256(b"ctms.accounts.second_step" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
