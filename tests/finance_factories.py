"""Factories of the finance room."""

from decimal import Decimal

import factory

from finance import models as finance
from tests.factories import AT, DAY, OfStudy, OrganisationFactory, SiteFactory, UserFactory


class AgreementFactory(OfStudy):
    class Meta:
        model = finance.Agreement

    site = factory.SubFactory(SiteFactory)
    number = factory.Sequence(lambda n: f"CTA-{n}")
    currency = "EUR"


class AgreementVersionFactory(OfStudy):
    class Meta:
        model = finance.AgreementVersion

    agreement = factory.SubFactory(AgreementFactory)
    number = 1
    effective_on = DAY
    reference = "eTMF 1"
    drafted_by = factory.SubFactory(UserFactory)


class PayeeShareFactory(OfStudy):
    class Meta:
        model = finance.PayeeShare

    version = factory.SubFactory(AgreementVersionFactory)
    payee = factory.SubFactory(OrganisationFactory)
    share = 100


class FeeLineFactory(OfStudy):
    class Meta:
        model = finance.FeeLine

    version = factory.SubFactory(AgreementVersionFactory)
    code = factory.Sequence(lambda n: f"FEE-{n}")
    label = "A fee"
    trigger = "VISIT"
    amount = Decimal("100.00")


class BankDetailFactory(OfStudy):
    class Meta:
        model = finance.BankDetail

    payee = factory.SubFactory(OrganisationFactory)
    vendor_no = "4001877"
    account_ending = "4711"
    changed_by = factory.SubFactory(UserFactory)
    changed_at = AT


class PayableFactory(OfStudy):
    class Meta:
        model = finance.Payable

    site = factory.SelfAttribute("agreement.site")
    agreement = factory.SelfAttribute("fee.version.agreement")
    fee = factory.SubFactory(FeeLineFactory)
    share = factory.LazyAttribute(lambda one: PayeeShareFactory(version=one.fee.version, payee=one.payee))
    payee = factory.SubFactory(OrganisationFactory)
    fact_id = factory.Sequence(lambda n: f"visit/{n}")
    item = factory.SelfAttribute("fee.code")
    kind = "VISIT"
    occurred_on = DAY
    source = "A test"
    currency = "EUR"
    direct = Decimal("100.00")
    net = Decimal("100.00")
    posted_at = AT


class PaymentRunFactory(OfStudy):
    class Meta:
        model = finance.PaymentRun

    number = factory.Sequence(lambda n: n + 50)
    status = "CANCELLED"
    until = DAY
    calculated_by = factory.SubFactory(UserFactory)
    calculated_at = AT


class PaymentRequestFactory(OfStudy):
    class Meta:
        model = finance.PaymentRequest

    run = factory.SubFactory(PaymentRunFactory)
    payee = factory.SubFactory(OrganisationFactory)
    currency = "EUR"
    reference = factory.Sequence(lambda n: f"PR-T-{n}")
    net = Decimal("100.00")
    due_on = DAY


class PaymentLineFactory(OfStudy):
    class Meta:
        model = finance.PaymentLine

    request = factory.SubFactory(PaymentRequestFactory)
    payable = factory.SubFactory(PayableFactory)


class PaymentConfirmationFactory(OfStudy):
    class Meta:
        model = finance.PaymentConfirmation

    request = factory.SubFactory(PaymentRequestFactory)
    amount = Decimal("100.00")
    paid_on = DAY
    document = "ERP 1"
    recorded_at = AT
