"""Money: the lists of agreements, payables and payment runs of a study. Read only: money is moved by signatures."""

from ctms.api.lists import ListEndpoint
from finance.views.lists import AgreementList, PayableList, RunList


class Agreements(ListEndpoint):
    """The agreements with the sites of a study"""

    tag = "Money"
    operations = {"GET": "list_agreements"}
    lists = AgreementList


class Payables(ListEndpoint):
    """What is owed to payees, step by step from the fee to the net

    Rows are only added: an even `revision` takes the one before it back, so amounts of all rows add up.
    """

    tag = "Money"
    operations = {"GET": "list_payables"}
    lists = PayableList


class PaymentRuns(ListEndpoint):
    """The payment runs of a study"""

    tag = "Money"
    operations = {"GET": "list_payment_runs"}
    lists = RunList
