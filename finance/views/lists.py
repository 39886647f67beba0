"""Lists: a study's agreements, payables and payment runs; a site's payables on its page."""

from django.db.models import QuerySet

from ctms.accounts import access
from ctms.core import clock
from ctms.studies.lists import StudyList
from finance.columns import AGREEMENT_COLUMNS, PAYABLE_COLUMNS, RUN_COLUMNS
from finance.filters import AgreementFilter, PayableFilter, RunFilter
from finance.models import Agreement, Payable, PaymentRun
from finance.queries import with_payment, with_totals, with_versions


class InPlace(StudyList):
    """A list of the study; there for who holds the verb anywhere in it."""

    verb: str

    def may_enter(self) -> bool:
        return self.reaches(self.verb)

    def reaches(self, verb: str) -> bool:
        """Whether one of the places where the verb is held lies above the study, or inside it."""
        return access.held_near(self.request.user, verb, self.study.scope)


class AgreementList(InPlace):
    page = "agreements"
    title = "Agreements"
    noun = ("agreement", "agreements")
    columns = AGREEMENT_COLUMNS
    filterset_class = AgreementFilter
    default_sort = "site"
    verb = "finance.view_agreement"

    def rows(self) -> QuerySet[Agreement]:
        agreements = Agreement.objects.visible_to(self.request.user).filter(study=self.study)
        return with_versions(agreements, on=clock.today()).select_related("site__facility")

    def row_url(self, row: Agreement) -> str:
        return self.to("agreement", row.pk)

    def actions(self) -> list[dict[str, str]]:
        if not self.reaches("finance.edit_fee"):
            return []
        return [{"label": "New agreement", "icon": "plus", "url": self.to("agreement-new")}]

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

    def rows(self) -> QuerySet[Payable]:
        payables = Payable.objects.visible_to(self.request.user).filter(study=self.study)
        return with_payment(payables).select_related("site", "fee", "payee")

    def row_url(self, row: Payable) -> str:
        return self.to("payable", row.pk)

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

    def rows(self) -> QuerySet[PaymentRun]:
        runs = PaymentRun.objects.visible_to(self.request.user).filter(study=self.study)
        return with_totals(runs).select_related("calculated_by")

    def row_url(self, row: PaymentRun) -> str:
        return self.to("run", row.number)

    def actions(self) -> list[dict[str, str]]:
        if not self.reaches("finance.prepare_payment"):
            return []
        return [{"label": "New payment run", "icon": "plus", "url": self.to("run-new")}]

    def empty(self) -> dict[str, str]:
        return {
            "title": "No payment run yet",
            "text": "A run gathers what is owed until a day, payee by payee, for confirmation, approval and release.",
        }
