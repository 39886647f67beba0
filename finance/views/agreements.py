"""An agreement and its versions: reading, drafting, approving; the fee schedule editor."""

from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.accounts import access
from ctms.core import clock, money
from ctms.core.lifecycle import Lifecycle, Request
from ctms.web.edits import EditForm, EditView
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from ctms.web.posts import PostOnly
from finance import facts
from finance.columns import VERSION_TONES
from finance.forms import FeeForm, NewAgreementForm, ShareForm, TermsForm
from finance.lifecycle import VERSION
from finance.models import AgreementVersion, FeeLine, PayeeShare, VersionStatus
from finance.pages import InAgreement, InMoney, InVersion
from finance.queries import in_force, settlement
from finance.services import agreements
from finance.wording import rules_of, stand_rows, terms_facts, vat_words
from sites.models import Site

_VERSION_COLUMNS = ({"label": "Version"}, {"label": "Status"}, {"label": "Holds from", "kind": "date"},
                    {"label": "Filed at"})  # fmt: skip
_SHARE_COLUMNS = ({"label": "Payee"}, {"label": "Share", "kind": "number"}, {"label": "VAT"},
                  {"label": "Withholding tax"}, {"label": ""})  # fmt: skip
_FEE_COLUMNS = ({"label": "Fee"}, {"label": "Due when"}, {"label": "Amount, without tax", "kind": "number"},
                {"label": "Rules"}, {"label": ""})  # fmt: skip


class AgreementPage(InAgreement):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        agreement = self.agreement
        versions = list(AgreementVersion.objects.visible_to(request.user).filter(agreement=agreement))
        has_draft = any(one.status == VersionStatus.DRAFT for one in versions)
        has_approved = any(one.status == VersionStatus.APPROVED for one in versions)
        may_edit = self.may("finance.edit_fee", agreement)
        today = clock.today()
        current = in_force(today).filter(agreement=agreement).first() or versions[0]
        stand = settlement(agreement, on=today)
        context = {
            "agreement": agreement,
            "stand": stand_rows(stand, agreement.currency),
            "alert": _alert(stand.percent),
            "versions": [
                {
                    "version": one,
                    "tone": VERSION_TONES[VersionStatus(one.status)],
                    "url": self.url("agreement-version", agreement.pk, one.number),
                }
                for one in versions
            ],
            "columns": _VERSION_COLUMNS,
            "payees": self._payees(current),
            "site_url": self.url("site", agreement.site.number),
            "amend_url": self.url("agreement-amend", agreement.pk)
            if may_edit and has_approved and not has_draft
            else "",
        }
        return TemplateResponse(request, "finance/agreement.html", context)

    def _payees(self, version: AgreementVersion) -> list[dict[str, Any]]:
        shows_bank = self.may("finance.view_bank")
        return [
            {"share": one, "url": self.url("bank", one.payee_id) if shows_bank else ""}
            for one in version.shares.select_related("payee")
        ]


class NewAgreement(InMoney, EditView):
    page = "agreements"
    title = "New agreement"
    form_class = NewAgreementForm
    deed = "Entering an agreement"
    submit = "Make the draft"

    def may_enter(self) -> bool:
        return bool(self._sites().exists())

    def _sites(self) -> Any:
        paths = access.held_at(self.request.user, "finance.edit_fee")
        sites = Site.objects.visible_to(self.request.user).filter(access.within(paths, "scope__path"))
        return sites.filter(study=self.study, agreements=None).order_by("number")

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return self.url("agreements")

    def form_options(self) -> dict[str, Any]:
        return {"sites": self._sites()}

    def make_form(self, data: Any = None) -> NewAgreementForm:
        self.form: NewAgreementForm = super().make_form(data)  # type: ignore[assignment]
        return self.form

    def save(self, said: dict[str, Any], version: int | None) -> AgreementVersion:
        agreement, terms = self.form.split()
        return agreements.new_agreement(**agreement, terms=terms, by=self.request.user)

    def next_url(self, record: AgreementVersion) -> str:
        return self.url("agreement-version", record.agreement_id, record.number)


class Amend(InAgreement, PostOnly):
    """Drafts the next version."""

    deed = "Drafting an amendment"

    def may_enter(self) -> bool:
        return self.may("finance.edit_fee", self.agreement)

    def carry_out(self) -> tuple[str, str]:
        self.made = agreements.amend(agreement=self.agreement, by=self.request.user)
        return f"{self.made}: drafted.", ""

    @property
    def back_url(self) -> str:
        made = getattr(self, "made", None)
        return self.url("agreement-version", self.agreement.pk, made.number) if made else super().back_url


class VersionPage(InVersion):
    """A version with its payees and its fee schedule; while it is a draft, with everything that changes it."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version, currency = self.version, self.agreement.currency
        edits = version.status == VersionStatus.DRAFT and self.may("finance.edit_fee", self.agreement)
        offers = list(VERSION.offers(version, Request(request.user)))
        untold = facts.untold()
        context = {
            "version": version,
            "agreement": self.agreement,
            "site_url": self.url("site", self.agreement.site.number),
            "tone": VERSION_TONES[VersionStatus(version.status)],
            "terms": terms_facts(version, currency),
            "shares": [
                self._part("share", one, edits) | {"vat": vat_words(one)}
                for one in version.shares.select_related("payee")
            ],
            "fees": [
                self._part("fee", one, edits)
                | {
                    "amount": money.words(one.amount, currency),
                    "rules": rules_of(one),
                    "is_untold": one.trigger in untold,
                }
                for one in version.fees.all()
            ],
            "share_columns": _SHARE_COLUMNS,
            "fee_columns": _FEE_COLUMNS,
            "edit_url": self.version_url("agreement-terms") if edits else "",
            "add_share_url": self.version_url("share-add") if edits else "",
            "add_fee_url": self.version_url("fee-add") if edits else "",
            "signatures": shown_under(version),
            "offers": [
                {"offer": offer, "url": self.version_url("agreement-move", offer.move.name)} for offer in offers
            ],
        }
        return TemplateResponse(request, "finance/version.html", context)

    def _part(self, name: str, part: Any, edits: bool) -> dict[str, Any]:
        return {
            "part": part,
            "edit_url": self.version_url(f"{name}-edit", part.pk) if edits else "",
            "remove_url": self.version_url(f"{name}-remove", part.pk) if edits else "",
        }


class InDraft(InVersion):
    """A page that changes a version while it is a draft; afterwards it is not there."""

    def may_enter(self) -> bool:
        is_draft = self.version.status == VersionStatus.DRAFT
        return is_draft and self.may("finance.edit_fee", self.agreement)

    @property
    def record(self) -> Any:
        return None


class EditTerms(InDraft, EditView):
    title = "Edit terms"
    form_class = TermsForm
    deed = "Editing an agreement's terms"

    @cached_property
    def record(self) -> AgreementVersion:
        return self.version

    def save(self, said: dict[str, Any], version: int | None) -> AgreementVersion:
        return agreements.edit_terms(version=self.version, changes=said, read_version=version, by=self.request.user)


class InPart(InDraft, EditView):
    """A payee or fee of a draft; a new one where the address names none."""

    keyword: ClassVar[str]
    model: ClassVar[Any]

    @cached_property
    def record(self) -> Any:
        if self.keyword not in self.kwargs:
            return None
        return found(self.model.objects.filter(version=self.version, pk=self.kwargs[self.keyword]))

    def save(self, said: dict[str, Any], version: int | None) -> Any:
        by = self.request.user
        if self.record is not None:
            return agreements.edit_part(part=self.record, changes=said, read_version=version, by=by)
        add = agreements.add_share if self.model is PayeeShare else agreements.add_fee
        return add(version=self.version, fields=said, by=by)

    def undo_url(self, record: Any) -> str:
        return ""


class EditShare(InPart):
    title = "Payee"
    form_class: ClassVar[type[EditForm]] = ShareForm
    deed = "Editing the payees of a draft"
    keyword, model = "share", PayeeShare


class EditFee(InPart):
    title = "Fee"
    form_class: ClassVar[type[EditForm]] = FeeForm
    deed = "Editing the fees of a draft"
    keyword, model = "fee", FeeLine


class RemovePart(InDraft, PostOnly):
    """Takes a payee or a fee out of a draft, or puts it back."""

    deed = "Rearranging a draft"
    puts_back: ClassVar[bool] = False

    def carry_out(self) -> tuple[str, str]:
        name, model = ("share", PayeeShare) if "share" in self.kwargs else ("fee", FeeLine)
        rows = model.everything.filter(version=self.version, pk=self.kwargs[name])
        part = found(rows)
        if self.puts_back:
            agreements.put_back_part(part=part, by=self.request.user)
            return f"{part}: back in its place.", ""
        agreements.remove_part(part=part, by=self.request.user)
        return f"{part}: taken out.", self.version_url(f"{name}-put-back", part.pk)


class MoveVersion(InVersion, MoveView):
    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return VERSION

    @property
    def record(self) -> AgreementVersion:
        return self.version

    def make(self, **said: Any) -> Any:
        if VERSION.move(said["move"]) is None:
            raise Http404
        return agreements.move_version(
            version=self.version, move=said["move"], reason=said["reason"], by=said["by"], proof=said.get("proof")
        )


def _alert(percent: int | None) -> str:
    """A sentence once 80, 90 or 100 % of the maximum are earned."""
    reached = next((limit for limit in (100, 90, 80) if percent is not None and percent >= limit), None)
    if reached is None:
        return ""
    return f"{percent} % of the agreement maximum are earned. What goes beyond it is not posted."
