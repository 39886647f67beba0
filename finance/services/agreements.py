"""Agreements: drafting a version, its payees and its fees; approving it by signature. Approved, it is only amended."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from ctms.accounts.models import User
from ctms.core.editing import refuse_without, revise
from ctms.core.lifecycle import Request
from ctms.core.money import minor_units, rounded
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from finance.lifecycle import VERSION
from finance.models import Agreement, AgreementVersion, FeeLine, PayeeShare, VersionStatus
from sites.models import Site

Part = PayeeShare | FeeLine
_DOING = "editing agreements and fees"


@use_case
def new_agreement(
    *, site: Site, number: str, currency: str, terms: Mapping[str, Any], by: User
) -> AgreementVersion:  # fmt: skip
    """Enters the agreement with a site; its first version is a draft.

    Args:
        terms: fields of `AgreementVersion`: from when it holds, where it is filed, percentages, limits.
    """
    site = Site.objects.select_related("scope").locked(site.pk)
    refuse_without(by, "finance.edit_fee", site, _DOING)
    agreement = Agreement(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, number=number.strip(), currency=currency
    )
    agreement.full_clean()
    agreement.save(force_insert=True)
    version = AgreementVersion(**_owner(agreement), agreement=agreement, number=1, drafted_by=by, **terms)
    version.full_clean()
    version.save(force_insert=True)
    version.refresh_from_db()
    return version


@use_case
def amend(*, agreement: Agreement, by: User) -> AgreementVersion:
    """Drafts the next version, with all of the last approved one."""
    agreement = Agreement.objects.select_related("site__scope").locked(agreement.pk)
    refuse_without(by, "finance.edit_fee", agreement, _DOING)
    last = agreement.versions.filter(status=VersionStatus.APPROVED).order_by("-number").first()
    if last is None:
        raise Refusal("NOTHING_TO_AMEND", f"{agreement} has no approved version to amend.")
    number = agreement.versions.aggregate(last=Max("number"))["last"] + 1
    draft = AgreementVersion(**_copied(last, "number", "status", "drafted_by_id"), number=number, drafted_by=by)
    draft.full_clean()
    draft.save(force_insert=True)
    for model, parts in ((PayeeShare, last.shares), (FeeLine, last.fees)):
        copies = [model(**_copied(part, "version_id"), version=draft) for part in parts.order_by("id")]
        model.objects.bulk_create(copies)
    return draft


@use_case
def edit_terms(
    *, version: AgreementVersion, changes: Mapping[str, Any], read_version: int | None, by: User
) -> AgreementVersion:  # fmt: skip
    """Changes the terms of a draft."""
    version = _locked_draft(version.pk, by)
    revise(version, changes, read_version)
    return version


@use_case
def add_share(*, version: AgreementVersion, fields: Mapping[str, Any], by: User) -> PayeeShare:
    """Adds a payee to a draft."""
    share: PayeeShare = _added(PayeeShare, version, fields, by)
    return share


@use_case
def add_fee(*, version: AgreementVersion, fields: Mapping[str, Any], by: User) -> FeeLine:
    """Adds a fee to a draft."""
    fee: FeeLine = _added(FeeLine, version, fields, by)
    return fee


@use_case
def edit_part(*, part: Part, changes: Mapping[str, Any], read_version: int | None, by: User) -> Part:
    """Changes a payee's share or a fee of a draft."""
    _locked_draft(part.version_id, by)
    part = type(part).objects.locked(part.pk)
    revise(part, changes, read_version)
    _refuse_too_fine(part, part.version)
    return part


@use_case
def remove_part(*, part: Part, by: User) -> Part:
    """Takes a payee or a fee out of a draft."""
    return _marked(part, True, by)


@use_case
def put_back_part(*, part: Part, by: User) -> Part:
    """Puts back what was taken out of a draft."""
    return _marked(part, False, by)


@use_case
def move_version(
    *, version: AgreementVersion, move: str, reason: str, by: User, proof: Proof | None = None
) -> AgreementVersion:  # fmt: skip
    """Approves a draft by signature, or discards it. What was drafted last is what holds from its day on."""
    Agreement.objects.locked(version.agreement_id)  # two versions approved at once wait for each other here
    version = AgreementVersion.objects.select_related("agreement__site__scope").locked(version.pk)
    VERSION.advance(version, move, Request(by, reason=reason, proof=proof))
    version.save(update_fields=["status"])
    return version


def _owner(record: Any) -> dict[str, int]:
    return {"sponsor_id": record.sponsor_id, "study_id": record.study_id}


def _copied(record: Any, *without: str) -> dict[str, Any]:
    """The columns of a record, for another like it."""
    columns = (field.attname for field in record._meta.concrete_fields)
    return {name: getattr(record, name) for name in columns if name not in ("id", *without)}


def _added(model: Any, version: AgreementVersion, fields: Mapping[str, Any], by: User) -> Any:
    version = _locked_draft(version.pk, by)
    part = model(**_owner(version), version=version, **fields)
    _refuse_too_fine(part, version)
    part.full_clean()
    part.save(force_insert=True)
    return part


def _refuse_too_fine(part: Any, version: AgreementVersion) -> None:
    """An amount has no more decimals than its currency."""
    currency = version.agreement.currency
    amount = getattr(part, "amount", None)
    if amount is not None and rounded(amount, currency) != amount:
        sentence = f"Amounts in {currency} have {minor_units(currency)} decimals."
        raise BadInput("DECIMALS", sentence, fields={"amount": sentence})


def _locked_draft(pk: int, by: User) -> AgreementVersion:
    version: AgreementVersion = AgreementVersion.objects.select_related("agreement__site__scope").locked(pk)
    refuse_without(by, "finance.edit_fee", version, _DOING)
    if version.status != VersionStatus.DRAFT:
        status = version.get_status_display().lower()
        raise Refusal("NOT_A_DRAFT", f"{version} is {status}: amend the agreement instead.")
    return version


def _marked(part: Part, removed: bool, by: User) -> Part:
    _locked_draft(part.version_id, by)
    part = type(part).everything.locked(part.pk)
    part.removed = removed
    part.full_clean()
    part.save(update_fields=["removed"])
    return part
