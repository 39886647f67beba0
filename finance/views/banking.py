"""A payee's bank details: as they are, a change of them, and its verification by somebody else."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.functional import cached_property

from ctms.accounts.models import Organisation
from ctms.core import clock
from ctms.core.lifecycle import Lifecycle, Request
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, Place, found
from ctms.web.posts import FormPage
from finance.forms import BankForm
from finance.lifecycle import BANK
from finance.models import BankDetail, BankStatus, PayeeShare
from finance.pages import InMoney
from finance.services import banking

_TONES = {BankStatus.PROPOSED: "watch", BankStatus.VERIFIED: "ok", BankStatus.REPLACED: "mute",
          BankStatus.REJECTED: "bad"}  # fmt: skip
_COLUMNS = ({"label": "Vendor number"}, {"label": "Status"}, {"label": "Proposed by"}, {"label": "Verified by"},
            {"label": ""})  # fmt: skip


def _state(detail: BankDetail) -> tuple[str, str]:
    """What became of bank details, in words, and their tone: what is verified is not used the same day."""
    words, tone = detail.get_status_display(), _TONES[BankStatus(detail.status)]
    if detail.status != BankStatus.VERIFIED or detail.usable_from is None:
        return words, tone
    return (
        f"{words}, used from {detail.usable_from:%-d %b %Y}",
        tone if detail.usable_from <= clock.today() else "watch",
    )


class InPayee(InMoney):
    page = "agreements"

    @cached_property
    def payee(self) -> Organisation:
        """A payee of this study; others of the sponsor's organisations have no such page."""
        rows = Organisation.objects.visible_to(self.request.user).filter(pk__in=self._shares.values("payee"))
        payee: Organisation = found(rows.filter(pk=self.kwargs["payee"]))
        return payee

    @property
    def _shares(self) -> QuerySet[PayeeShare]:
        shares: QuerySet[PayeeShare] = PayeeShare.objects.visible_to(self.request.user).filter(study=self.study)
        return shares

    @cached_property
    def place(self) -> Place:
        """Under the payee's agreement, of several the newest."""
        shares = self._shares.filter(payee=self.payee).select_related("version__agreement")
        share = shares.order_by("-version").first()
        if share is None:
            return super().place
        agreement = share.version.agreement
        return replace(super().place, above=[(str(agreement), self.url("agreement", agreement.pk))])

    def may_enter(self) -> bool:
        return self.may("finance.view_bank")

    @property
    def place_title(self) -> str:
        return f"Bank details of {self.payee}"

    @property
    def subject(self) -> str:
        return str(self.payee)


class Bank(InPayee, FormPage):
    title = "Bank details"
    deed = "Changing bank details"
    submit = "Propose the change"
    template_name = "finance/bank.html"

    @property
    def back_url(self) -> str:
        return self.url("bank", self.payee.pk)

    def make_form(self, data: Any = None) -> BankForm:
        return BankForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        detail = banking.propose_bank_detail(
            study=self.study, payee=self.payee, vendor_no=said["vendor_no"], account_ending=said["account_ending"],
            by=self.request.user, at=clock.now(),
        )  # fmt: skip
        return f"{detail}: waits to be verified by somebody else."

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may("finance.edit_bank"):
            raise Http404
        return super().post(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        details = BankDetail.objects.visible_to(self.request.user).filter(study=self.study, payee=self.payee)
        return {
            "rows": [
                {
                    "detail": one,
                    "state": _state(one),
                    "offers": [
                        {"offer": offer, "url": self.url("bank-move", self.payee.pk, one.pk, offer.move.name)}
                        for offer in BANK.offers(one, Request(self.request.user))
                    ],
                }
                for one in details.select_related("changed_by", "verified_by")
            ],
            "columns": _COLUMNS,
            "may_propose": self.may("finance.edit_bank"),
        }


class MoveBank(InPayee, MoveView):
    """Verifying after a call back, or rejecting."""

    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return BANK

    @cached_property
    def record(self) -> BankDetail:
        rows = BankDetail.objects.visible_to(self.request.user).filter(study=self.study, payee=self.payee)
        detail: BankDetail = found(rows.filter(pk=self.kwargs["detail"]).select_related("study__scope"))
        return detail

    @property
    def back_url(self) -> str:
        return self.url("bank", self.payee.pk)

    def make(self, **said: Any) -> Any:
        return banking.move_bank_detail(
            detail=self.record, move=said["move"], reason=said["reason"], by=said["by"], at=said["at"]
        )
