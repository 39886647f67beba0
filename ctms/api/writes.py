"""Writes: one call of a service, for the person the token acts for; once per key; on the version that was read."""

import hashlib
import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from ctms.api.base import ApiView
from ctms.api.fields import Schema
from ctms.core import clock
from ctms.core.acting import Channel, acting, says_why
from ctms.core.lifecycle import Lifecycle, Move, Offer
from ctms.core.lifecycle import Request as Wish
from ctms.core.refusals import NotAllowed
from ctms.core.versions import refuse_stale
from ctms.desk.services import repetition
from ctms.desk.services.repetition import Kept
from ctms.web.refusable import refuse_hidden
from ctms.web.rest.answers import answer
from ctms.web.rest.errors import BadQuery
from ctms.web.rest.versions import etag, version_asked

_KEY = re.compile(r"[!-~]{1,200}")


class Text(serializers.CharField):
    """Text, and not a number that could be read as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Body(serializers.Serializer):
    """What is sent. A name that is not known is refused: a misspelt field must not look like an empty one."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            raise serializers.ValidationError({name[:100]: ["There is no such field."] for name in unknown})
        said = super().to_internal_value(data)
        wrong = {name: _objection(name, text) for name, text in said.items() if isinstance(text, str)}
        if wrong := {name: sentence for name, sentence in wrong.items() if sentence}:
            raise serializers.ValidationError(wrong)
        return said


def _objection(name: str, text: str) -> str:
    """What pages' forms object to in a text, too."""
    if name == "reason" and text and not says_why(text):
        return "Say why."
    try:
        refuse_hidden(text)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


class Write(ApiView):
    """A POST. A subclass finds what it is about, and carries it out.

    Args:
        body: what is sent.
        made: the status of success.
        needs_version: it changes a record that people may have read: If-Match is demanded.
    """

    body: ClassVar[type[Body]]
    body_example: ClassVar[dict[str, Any]]
    made: ClassVar[int] = 201
    needs_version: ClassVar[bool] = False

    def target(self) -> Any:
        """The record it is about; 404 where it is not there for this person."""
        raise NotImplementedError

    def lock(self, target: Any) -> Any:
        """Locks the record in the order the service will, and gives it as it is now."""
        return target

    def reason(self, said: dict[str, Any]) -> tuple[str, bool]:
        """Why, for the trail; and whether a person said so."""
        return str(said["reason"]), True

    def carry_out(self, target: Any, said: dict[str, Any]) -> Any:
        """Calls the service."""
        raise NotImplementedError

    def shown(self, result: Any) -> tuple[dict[str, Any], Any]:
        """The answer's body, and the record whose version it has."""
        raise NotImplementedError

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        target = self.target()
        key = _key(request.headers.get("Idempotency-Key"))
        if key is None:
            return self._made(request, target)
        digest = _digest(request)
        if kept := repetition.kept(user=self.user, key=key, request_sha256=digest):
            return _again(kept)
        response = self._made(request, target)
        given = Kept(response.status_code, {"ETag": response["ETag"]}, response.content)
        repetition.keep(user=self.user, key=key, request_sha256=digest, answer=given, at=clock.now())
        return response

    def _made(self, request: Request, target: Any) -> HttpResponse:
        wanted = self.body(data=request.data)
        wanted.is_valid(raise_exception=True)
        said = dict(wanted.validated_data)
        version = version_asked(request.headers.get("If-Match")) if self.needs_version else None
        why, by_person = self.reason(said)
        with acting(self.user, reason=why, channel=Channel.API, by_person=by_person):
            if version is not None:
                refuse_stale(self.lock(target), version)
            body, record = self.shown(self.carry_out(target, said))
        return answer(body, status=self.made, headers={"ETag": etag(record)})


class MoveBody(Body):
    reason = Text(required=False, default="", allow_blank=True, max_length=2000, help_text="Why. Some moves demand it.")


class DatedMoveBody(MoveBody):
    effective_on = serializers.DateField(help_text="The day it happened, at the site.")
    reason_code = Text(
        required=False, default="", allow_blank=True, max_length=40, help_text="Where the move has coded reasons."
    )


class MoveWrite(Write):
    """A lifecycle move."""

    body = MoveBody
    made = 200
    needs_version = True

    def lifecycle(self) -> Lifecycle:
        raise NotImplementedError

    def reason(self, said: dict[str, Any]) -> tuple[str, bool]:
        move = self.lifecycle().move(self.kwargs["move"])
        assert move is not None
        if needs_signature(move):
            raise NotAllowed("SIGNATURE_NEEDED", "This move is signed by a person on its page: tokens never sign.")
        words = dict(move.reason_codes).get(said.get("reason_code", ""), "")
        reason = ": ".join(filter(None, (words, said["reason"].strip(" .\t\n"))))
        return reason or move.label, bool(reason)


def needs_signature(move: Move) -> bool:
    return bool(move.signature)


def moves_of(lifecycle: Lifecycle, record: Any, user: Any) -> list[dict[str, Any]]:
    """What this person's roles allow from here, and what stands against it."""
    return [_offered(offer, lifecycle) for offer in lifecycle.offers(record, Wish(user))]


def _offered(offer: Offer, lifecycle: Lifecycle) -> dict[str, Any]:
    move = offer.move
    return {
        "move": move.name,
        "label": move.label,
        "to": str(move.target),
        "is_open": offer.is_open,
        "objections": list(offer.objections),
        "needs_reason": move.reason,
        "reason_codes": [{"code": code, "label": label} for code, label in move.reason_codes],
        "needs_signature": needs_signature(move),
    }


ALLOWED_MOVES: Schema = {
    "type": "array",
    "description": "What your roles allow from this status; `objections` says what still stands against it.",
    "items": {
        "type": "object",
        "required": ["move", "label", "to", "is_open", "objections", "needs_reason", "reason_codes", "needs_signature"],
        "additionalProperties": False,
        "properties": {
            "move": {"type": "string"},
            "label": {"type": "string"},
            "to": {"type": "string", "description": "The status it leads to."},
            "is_open": {"type": "boolean"},
            "objections": {"type": "array", "items": {"type": "string"}},
            "needs_reason": {"type": "boolean"},
            "reason_codes": {"type": "array", "items": {
                "type": "object", "required": ["code", "label"],
                "properties": {"code": {"type": "string"}, "label": {"type": "string"}}}},
            "needs_signature": {"type": "boolean", "description": "Then only a person can make it, on its page."},
        },
    },
}  # fmt: skip


def _key(header: str | None) -> str | None:
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        sentence = "Up to 200 letters, digits and signs, without blanks."
        raise BadQuery("Idempotency-Key cannot be used.", {"Idempotency-Key": sentence})
    return header


def _digest(request: Request) -> str:
    plain = request._request
    asked = f"{plain.method} {plain.get_full_path()}\n".encode()
    return hashlib.sha256(asked + plain.body).hexdigest()


def _again(kept: Kept) -> HttpResponse:
    response = HttpResponse(kept.body, status=kept.status, content_type="application/json", headers=dict(kept.headers))
    response["Cache-Control"] = "no-store"
    response["Idempotent-Replay"] = "true"
    return response
