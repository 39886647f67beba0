"""How an amount came about: from the contract's row to the fact and its message. And a site's payables on its page."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from audit.signed import shown_under
from ctms.core import money
from ctms.core.clock import is_simulated, today
from ctms.web.places import PageRequest, found
from finance.columns import NET, RUN_TONES, payable_state
from finance.models import Agreement, Payable, PaymentLine, RunStatus
from finance.pages import InMoney
from finance.queries import settlement, with_payment
from finance.stories import origin
from finance.wording import posted_words, stand_rows, steps
from sites.views.tabs import SiteTabView

_COLUMNS = ({"label": "For"}, {"label": "On", "kind": "date"}, {"label": "Payee"}, {"label": NET, "kind": "number"},
            {"label": "State"})  # fmt: skip
_SHOWN = 200


class PayablePage(InMoney):
    page = "payables"

    @cached_property
    def payable(self) -> Payable:
        rows = Payable.objects.visible_to(self.request.user).filter(study=self.study, pk=self.kwargs["payable"])
        payable: Payable = found(rows.select_related("site", "fee__version__agreement", "share__payee", "payee"))
        return payable

    @property
    def place_title(self) -> str:
        return f"Payable {self.payable.pk}"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        payable = self.payable
        chain = (
            Payable.objects.visible_to(request.user)
            .filter(fact_id=payable.fact_id, item=payable.item, occurrence=payable.occurrence, payee=payable.payee_id)
            .order_by("revision")
        )
        context = {
            "payable": payable,
            "net": money.words(payable.net, payable.currency),
            "steps": steps(payable),
            "story": list(self._story()),
            "chain": [
                {
                    "payable": one,
                    "net": money.words(one.net, one.currency),
                    "url": "" if one.pk == payable.pk else self.url("payable", one.pk),
                }
                for one in chain
            ],
            "chain_columns": (
                {"label": "Revision"},
                {"label": "Why"},
                {"label": NET, "kind": "number"},
                {"label": "Posted", "kind": "date"},
            ),
            "agreement_url": self.url("agreement", payable.agreement_id)
            if self.may("finance.view_agreement", payable.fee.version.agreement)
            else "",
        }
        return TemplateResponse(request, "finance/payable.html", context)

    def _story(self) -> Any:
        """From the fact to the money, as a timeline."""
        payable, version = self.payable, self.payable.fee.version
        yield from origin(payable, self.request.user)
        yield {
            "title": payable.get_kind_display(), "on": payable.occurred_on, "simulated": is_simulated(),
            "text": payable.source or "No source given",
        }  # fmt: skip
        signed = [one for one in shown_under(version) if not one.is_broken]
        yield {
            "title": "Priced from the contract",
            "text": f"{version}, in force from {version.effective_on:%-d %b %Y}, row “{payable.fee.label}”; "
            f"filed at {version.reference}",
            "who": f"Approved by {signed[0].signature.signer_name}" if signed else "",
            "at": signed[0].signature.signed_at if signed else None,
            "url": self.url("agreement-version", payable.agreement_id, version.number)
            if self.may("finance.view_agreement", version.agreement)
            else "",
            "action": "The fee schedule",
        }
        yield {
            "title": "Posted", "at": payable.posted_at, "chip": {"label": payable.get_cause_display(), "tone": "mute"},
            "text": posted_words(payable),
        }  # fmt: skip
        yield from self._payment()

    def _payment(self) -> Any:
        line = PaymentLine.objects.filter(payable=self.payable).select_related("request__run__study").first()
        if line is None:
            yield {"title": "Not in a payment run yet", "now": True}
            return
        run, asked = line.request.run, line.request
        may_open = self.may("finance.view_run", run)
        status = RunStatus(run.status)
        confirmation = getattr(asked, "confirmation", None)
        yield {
            "title": f"In payment run {run}", "at": run.calculated_at, "text": f"As part of {asked.reference}",
            "url": self.url("remittance", run.number, asked.pk) if may_open else "", "action": "Remittance",
            "chip": {"label": status.label, "tone": RUN_TONES[status]}, "now": confirmation is None,
        }  # fmt: skip
        if may_open:
            for one in shown_under(run):
                if not one.is_broken:
                    yield {
                        "title": one.signature.meaning_words, "who": one.signature.signer_name,
                        "at": one.signature.signed_at, "chip": {"label": "Signed", "tone": "sign"},
                    }  # fmt: skip
        if confirmation is not None:
            yield {
                "title": "Paid", "on": confirmation.paid_on, "text": f"The ERP's document {confirmation.document}",
                "now": True,
            }  # fmt: skip


class SitePayments(SiteTabView):
    """The tab of a site's page."""

    page = "site-payments"
    title = "Payments"
    template_name = "finance/site.html"

    def may_enter(self) -> bool:
        return self.may("finance.view_payment")

    def context(self) -> dict[str, Any]:
        agreement = Agreement.objects.filter(site=self.site).first()
        rows = with_payment(Payable.objects.visible_to(self.request.user).filter(site=self.site))
        listed = list(rows.select_related("fee", "payee", "site").order_by("-id")[: _SHOWN + 1])
        may_read = agreement is not None and self.may("finance.view_agreement")
        return {
            "stand_title": f"Agreement {agreement}" if may_read else "Agreement",
            "agreement_url": self._study_url("agreement", agreement.pk) if agreement and may_read else "",
            "stand": self._stand(agreement, may_read) if agreement else [],
            "columns": _COLUMNS,
            "rows": [
                {
                    "payable": one,
                    "url": self._study_url("payable", one.pk),
                    "net": money.words(one.net, one.currency),
                    "state": payable_state(one),
                }
                for one in listed[:_SHOWN]
            ],
            "is_cut": len(listed) > _SHOWN,
            "all_url": f"{self._study_url('payables')}?{urlencode({'site': self.site.number})}",
        }

    def _stand(self, agreement: Agreement, may_read: bool) -> list[dict[str, Any]]:
        """What the site is owed; what the terms say of it, for those who read the terms."""
        stand = settlement(agreement, on=today())
        return stand_rows(stand if may_read else replace(stand, maximum=None), agreement.currency)

    def _study_url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])
