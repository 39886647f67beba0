"""Which signatures stand under a record, and whether each still holds: worked out from the record as it is now."""

import json
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse

from audit.models import Signature
from ctms.core import signables
from ctms.core.signables import Content, Difference, Signable


@dataclass(frozen=True)
class Shown:
    """A signature as pages and documents show it."""

    signature: Signature
    is_broken: bool
    record_url: str  # the page of what was signed
    changes: tuple[Difference, ...]  # what is no longer as it was signed

    @property
    def short_hash(self) -> str:
        return self.signature.content_sha256[:12]

    @property
    def url(self) -> str:
        """The page of the signature, with what was signed."""
        return reverse("signature", args=[self.signature.sponsor.code, self.signature.pk])


def signatures_under(record: Any) -> list[Signature]:
    """The signatures under this record, oldest first."""
    rows = Signature.objects.filter(model=record._meta.label, object_id=record.pk)
    return list(rows.select_related("sponsor").order_by("id"))


def shown_under(record: Any) -> list[Shown]:
    """The signatures under this record with what became of each, oldest first."""
    under = signatures_under(record)
    now = {schema: signables.signed(record, schema) for schema in {one.schema for one in under}}
    return [_shown(one, record, now[one.schema]) for one in under]


def shown(signature: Signature) -> Shown:
    """One signature with what became of it."""
    model: Any = apps.get_model(signature.model)
    record = model._base_manager.get(pk=signature.object_id)  # whatever became of it
    return _shown(signature, record, signables.signed(record, signature.schema))


def may_read(user: Any, signature: Signature) -> bool:
    """Whether the person sees what was signed: the record, and of it all that the signature covers."""
    model: Any = apps.get_model(signature.model)
    rows = getattr(model, "everything", model.objects)  # whatever became of it
    record = rows.all().visible_to(user).filter(pk=signature.object_id).first()
    return record is not None and signables.signable(record).may_read(user, record)


def how_signed(signature: Signature) -> Signable:
    """What is signed of records of this kind."""
    return signables.signable(apps.get_model(signature.model)())


def signed_content(signature: Signature) -> Content:
    """What was signed, in words."""
    return how_signed(signature).spoken(json.loads(signature.content)["content"])


def _shown(signature: Signature, record: Any, now: Content) -> Shown:
    then, how = json.loads(signature.content), signables.signable(record)
    url = how.url(record)
    hashes = {signables.sha256(then), signables.sha256(now), signature.content_sha256}
    if len(hashes) == 1 and _has_version(signature, record):
        return Shown(signature, False, url, ())
    return Shown(
        signature, True, url, tuple(signables.differences(how.spoken(then["content"]), how.spoken(now["content"])))
    )


def _has_version(signature: Signature, record: Any) -> bool:
    """Whether the version that was signed is one of this record."""
    versions = type(record).history.filter(history_id=signature.version, history_date=signature.version_at)
    return bool(versions.filter(**{record._meta.pk.name: record.pk}).exists())
