"""Electronic signatures: begun with the content on the page, proved with the signer's secret, given under a lock.

`settings.CTMS_SIGNER` for the floors below. Whatever was not so in between - another record, version, person, session
or content, a second use, five minutes over - is refused, and the attempt is on record.
"""

import hashlib
import json
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from audit.models import Signature, SigningIntent
from audit.signed import signatures_under, signed_content
from ctms.accounts import access, second_step
from ctms.accounts.models import CurriculumItem, Membership, Scope, User
from ctms.accounts.roles import Role, duty_objection
from ctms.accounts.services import proving
from ctms.core import signables
from ctms.core.acting import Channel, current_act
from ctms.core.protocols import Ceremony, Proof
from ctms.core.refusals import BadInput, Conflict, NotAllowed, Refusal
from ctms.core.signables import MEANINGS
from ctms.core.versions import version_of

TIME_TO_SIGN = timedelta(minutes=5)
STATEMENT = (
    "By signing I, {name}, confirm what is shown here, with the meaning I choose. My electronic signature in the CTMS "
    "binds me as my handwritten signature does."
)


class Signer:
    """Answers `ctms.core.protocols.Signer`."""

    def needs_code(self, by: User) -> bool:
        return second_step.is_on(by)

    def begin(self, record: Any, *, kind: str, by: User, session: str, at: datetime) -> Ceremony:
        _refuse_unaccountable(by)
        whole = signables.signed(record)
        under = signatures_under(record)
        earlier = signed_content(under[-1]) if under else None
        content = signables.signable(record).spoken(whole["content"])
        SigningIntent.objects.filter(signer=by, used_at=None, expires_at__lt=at).delete()
        intent = SigningIntent.objects.create(
            sponsor_id=record.sponsor_id, nonce=secrets.token_urlsafe(24), model=record._meta.label,
            object_id=record.pk, version=version_of(record), kind=kind, content_sha256=signables.sha256(whole),
            signer=by, session=_digest(session), created_at=at, expires_at=at + TIME_TO_SIGN,
        )  # fmt: skip
        return Ceremony(
            nonce=intent.nonce,
            content=content,
            changes=tuple(signables.differences(earlier, content)) if earlier is not None else (),
            sha256=intent.content_sha256,
            meanings=MEANINGS[kind],
            statement=STATEMENT.format(name=by.full_name),
            expires_at=intent.expires_at,
        )

    def prove(
        self, *, nonce: str, meaning: str, password: str, code: str, by: User, session: str, at: datetime
    ) -> Proof:
        intent = SigningIntent.objects.filter(nonce=nonce, signer=by).first()
        proving.prove(user=by, password=password, code=code, where=f"signature: {intent or 'not begun'}", at=at)
        good_until = time.monotonic() + TIME_TO_SIGN.total_seconds()
        method = "password and one-time code" if code else "password"
        return Proof(nonce, meaning, by.pk, _digest(session), method, at, good_until)

    def sign(self, record: Any, *, kind: str, verb: str, by: User, proof: Proof | None, comment: str) -> Signature:
        """Signs; see the Protocol.

        Raises:
            NotAllowed, BadInput, Conflict: with the sentence why not.
        """
        act = current_act()
        if act.channel != Channel.WEB or act.actor_id != by.pk:
            raise NotAllowed("NEVER_SIGNS", "Only a person at a page of the system can sign this.", recorded=True)
        if proof is None:
            raise BadInput("SIGNATURE_NEEDED", "This needs your signature: open its page and sign there.")
        if proof.user_id != by.pk or time.monotonic() > proof.good_until:
            raise Conflict("SIGNING_EXPIRED", "Give your password again: it was given too long ago.", recorded=True)
        intent = self._take(record, kind, by, proof)
        whole = signables.signed(record)
        if (intent.version, intent.content_sha256) != (version_of(record), signables.sha256(whole)):
            sentence = f"{record} was changed after you opened it: read it again, then sign."
            raise Conflict("SIGNING_STALE", sentence, recorded=True)
        words = dict(MEANINGS[kind]).get(proof.meaning)
        if words is None:
            sentence = "Choose what your signature means."
            raise BadInput("MEANING", sentence, fields={"meaning": sentence})
        under = signatures_under(record)
        self._refuse_person(record, by, verb, under)
        version = type(record).history.get(history_id=intent.version)
        return Signature.objects.create(
            sponsor_id=record.sponsor_id, scope=access.scope_of(record) or Scope.objects.get(path=Scope.ROOT),
            model=record._meta.label, object_id=record.pk, object_label=f"{_noun(record)} {record}",
            version=version.history_id, version_at=version.history_date,
            schema=whole["schema"], content=json.dumps(whole, ensure_ascii=False), content_sha256=intent.content_sha256,
            kind=kind, verb=verb, meaning=proof.meaning, meaning_words=words,
            statement=STATEMENT.format(name=by.full_name), comment=comment.strip(),
            signer=by, signer_name=by.full_name, signer_roles=_roles(by, record), signed_at=proof.at,
            time_zone=by.time_zone, method=proof.method, session=proof.session, nonce=intent.nonce,
            prior=under[-1] if under else None,
        )  # fmt: skip

    def _take(self, record: Any, kind: str, by: User, proof: Proof) -> SigningIntent:
        """The intent that this proof carries out, used up."""
        intent = SigningIntent.objects.select_for_update().filter(nonce=proof.nonce).first()
        asked = (record._meta.label, record.pk, kind, by.pk, proof.session)
        if intent is None or asked != (
            intent.model, intent.object_id, intent.kind, intent.signer_id, intent.session
        ):  # fmt: skip
            refusal = ("SIGNING_OTHER", "You did not open this record in order to sign it: open it, then sign.")
        elif intent.used_at is not None:
            refusal = ("SIGNING_REPLAYED", "This signature was given already.")
        elif proof.at > intent.expires_at:
            refusal = ("SIGNING_EXPIRED", "The five minutes to sign are over: read it again, then sign.")
        else:
            intent.used_at = proof.at
            intent.save(update_fields=["used_at"])
            return intent
        raise Conflict(*refusal, recorded=True)

    def _refuse_person(self, record: Any, by: User, verb: str, under: list[Signature]) -> None:
        """Who was shut out since the page was opened does not sign, nor who did another step of the same duty."""
        if not Membership.objects.filter(user=by.pk, user__is_active=True, sponsor=record.sponsor_id, is_open=True):
            raise NotAllowed("INACTIVE", "Your account is closed.", recorded=True)
        _refuse_unaccountable(by)
        if sentence := duty_objection(verb, by=by.pk, done={one.verb: one.signer_id for one in under}):
            raise Refusal("SEGREGATION", sentence, recorded=True)


def _refuse_unaccountable(by: User) -> None:
    """Nobody signs for a sponsor before they accepted, in its training, that their signature binds them."""
    if not CurriculumItem.objects.filter(is_accountability=True, curriculum__records__user=by).exists():
        raise NotAllowed(
            "NOT_ACCOUNTABLE",
            "Before you sign you accept the statement on electronic signatures: it is part of a training of your role.",
            recorded=True,
        )


def _digest(session: str) -> str:
    return hashlib.sha256(f"session {session}".encode()).hexdigest()[:32]


def _noun(record: Any) -> str:
    return str(record._meta.verbose_name).capitalize()


def _roles(by: User, record: Any) -> str:
    """The roles the person holds where the record is, in words."""
    path = access.path_of(record)
    return ", ".join(sorted({Role(grant.role).label for grant in access.grants_of(by) if grant.reaches(path)}))
