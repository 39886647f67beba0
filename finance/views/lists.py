"""Lists: a study's agreements, payables and payment runs; a site's payables on its page."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from ctms.accounts import access
from ctms.studies.pages import InStudy
from ctms.web.lists import ListView
from finance.columns import AGREEMENT_COLUMNS, PAYABLE_COLUMNS, RUN_COLUMNS
from finance.filters import AgreementFilter, PayableFilter, RunFilter
from finance.models import Agreement, Payable, PaymentRun
from finance.queries import with_payment, with_versions


class InPlace(InStudy, ListView):
    """A list of the study; there for who holds the verb anywhere in it."""

    verb: str

    def may_enter(self) -> bool:
        return self.reaches(self.verb)

    def reaches(self, verb: str) -> bool:
        """Whether one of the places where the verb is held lies above the study, or inside it."""
        here = self.study.scope.path
        return any(here.startswith(path) or path.startswith(here) for path in access.held_at(self.request.user, verb))

    def _url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])


class AgreementList(InPlace):
    page = "agreements"
    title = "Agreements"
    noun = ("agreement", "agreements")
    columns = AGREEMENT_COLUMNS
    filterset_class = AgreementFilter
    default_sort = "site"
    verb = "finance.view_agreement"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-agreements"

    def rows(self) -> QuerySet[Agreement]:
        agreements = Agreement.objects.visible_to(self.request.user).filter(study=self.study)
        return with_versions(agreements).select_related("site__facility")

    def row_url(self, row: Agreement) -> str:
        return self._url("agreement", row.pk)

    def actions(self) -> list[dict[str, str]]:
        if not self.reaches("finance.edit_fee"):
            return []
        return [{"label": "New agreement", "icon": "plus", "url": self._url("agreement-new")}]

    def empty(self) -> dict[str, str]:
        return {
            "title": "No agreement yet",
            "text": "An agreement says what a site is paid for, to whom and on which terms. Approved by signature, it "
            "lets payables follow from what happens at the site.",
        }


class PayableList(InPlace):
    page = "payables"
    title = "Payables"
    noun = ("payable", "payables")
    columns = PAYABLE_COLUMNS
    filterset_class = PayableFilter
    default_sort = "-occurred_on"
    verb = "finance.view_payment"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-payables"

    def rows(self) -> QuerySet[Payable]:
        payables = Payable.objects.visible_to(self.request.user).filter(study=self.study)
        return with_payment(payables).select_related("site", "fee", "payee")

    def row_url(self, row: Payable) -> str:
        return self._url("payable", row.pk)

    def empty(self) -> dict[str, str]:
        return {
            "title": "Nothing is payable yet",
            "text": "Payables are posted when a payment run is calculated: one for each fact that an approved "
            "agreement pays for.",
        }


class RunList(InPlace):
    page = "runs"
    title = "Payment runs"
    noun = ("payment run", "payment runs")
    columns = RUN_COLUMNS
    filterset_class = RunFilter
    default_sort = "-run"
    verb = "finance.view_run"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-payment-runs"

    def rows(self) -> QuerySet[PaymentRun]:
        return PaymentRun.objects.visible_to(self.request.user).filter(study=self.study).select_related("calculated_by")

    def row_url(self, row: PaymentRun) -> str:
        return self._url("run", row.number)

    def actions(self) -> list[dict[str, str]]:
        if not self.reaches("finance.prepare_payment"):
            return []
        return [{"label": "New payment run", "icon": "plus", "url": self._url("run-new")}]

    def empty(self) -> dict[str, str]:
        return {
            "title": "No payment run yet",
            "text": "A run gathers what is owed until a day, payee by payee, for confirmation, approval and release.",
        }
