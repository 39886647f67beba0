"""What views about money share: the agreement, run or payment that the address names, if this person may see it."""

from dataclasses import replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import protocols
from ctms.studies.pages import InStudy
from ctms.web.places import Place, found
from finance.models import Agreement, AgreementVersion, PaymentRequest, PaymentRun
from finance.queries import with_totals


class InMoney(InStudy):
    """A page of a study about money."""

    def may(self, verb: str, record: Any = None) -> bool:
        return protocols.authority().may(self.request.user, verb, self.study if record is None else record)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])


class InAgreement(InMoney):
    page = "agreements"

    @cached_property
    def agreement(self) -> Agreement:
        rows = Agreement.objects.visible_to(self.request.user).filter(study=self.study, pk=self.kwargs["agreement"])
        agreement: Agreement = found(rows.select_related("site__scope", "site__facility", "study__scope"))
        return agreement

    @property
    def place_title(self) -> str:
        return str(self.agreement)

    @property
    def subject(self) -> str:
        return str(self.agreement)

    @property
    def back_url(self) -> str:
        return self.url("agreement", self.agreement.pk)


class InVersion(InAgreement):
    @cached_property
    def version(self) -> AgreementVersion:
        rows = AgreementVersion.objects.visible_to(self.request.user).filter(agreement=self.agreement)
        version: AgreementVersion = found(
            rows.filter(number=self.kwargs["version"]).select_related(
                "agreement__site__scope", "study__scope", "drafted_by"
            )
        )
        return version

    @property
    def subject(self) -> str:
        return str(self.version)

    @property
    def back_url(self) -> str:
        return self.version_url("agreement-version")

    @property
    def place_title(self) -> str:
        return f"Version {self.version.number}"

    @property
    def place(self) -> Place:
        return replace(super().place, above=[(str(self.agreement), self.url("agreement", self.agreement.pk))])

    def version_url(self, name: str, *more: Any) -> str:
        return self.url(name, self.agreement.pk, self.version.number, *more)


class InRun(InMoney):
    page = "runs"

    @cached_property
    def run(self) -> PaymentRun:
        rows = PaymentRun.objects.visible_to(self.request.user).filter(study=self.study, number=self.kwargs["run"])
        asked = PaymentRequest.objects.filter(run=OuterRef("pk")).order_by("currency").values("currency").distinct()
        told = with_totals(rows).annotate(currencies=ArraySubquery(asked))
        run: PaymentRun = found(told.select_related("study__scope", "calculated_by"))
        return run

    @property
    def place_title(self) -> str:
        return str(self.run)

    @property
    def subject(self) -> str:
        return str(self.run)

    @property
    def back_url(self) -> str:
        return self.url("run", self.run.number)


class InRequest(InRun):
    """One payee's payment of a run."""

    @cached_property
    def asked(self) -> PaymentRequest:
        rows = PaymentRequest.objects.visible_to(self.request.user).filter(run=self.run, pk=self.kwargs["payment"])
        asked: PaymentRequest = found(rows.select_related("payee", "run", "confirmation"))
        return asked

    @property
    def place_title(self) -> str:
        return str(self.asked)

    @property
    def place(self) -> Place:
        return replace(super().place, above=[(str(self.run), self.back_url)])
