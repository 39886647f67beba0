"""Money: the lists of agreements, payables and payment runs of a study. Read only: money is moved by signatures."""

from typing import Any

from ctms.api.fields import Schema, a_list
from ctms.api.lists import ListEndpoint
from ctms.api.messages import MESSAGE, as_json
from ctms.api.records import RecordEndpoint
from enrollment.lineage import reply_of
from finance.stories import messages_behind
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


_HASH: Schema = {"type": ["string", "null"], "description": "SHA-256 of the reply as received; null where it is gone."}


class OnePayable(RecordEndpoint):
    """One payable, and what other systems say from which it follows

    `messages` is empty where it follows from our own records, as a site's activation does.
    """

    tag = "Money"
    operations = {"GET": "read_payable"}
    said = {"study": ("The study's protocol number, as it stands in addresses.", "D3460C00002"),
            "pk": ("Key of the payable.", 1)}  # fmt: skip
    lists = PayableList
    more_schema = {
        "messages": a_list({**MESSAGE, "properties": {**MESSAGE["properties"], "reply_sha256": _HASH},
                            "required": [*MESSAGE["required"], "reply_sha256"]})
    }  # fmt: skip

    def more(self, record: Any) -> dict[str, Any]:
        told = []
        for message in messages_behind(record):
            reply = reply_of(message)
            told.append({**as_json(message), "reply_sha256": reply.sha256 if reply else None})
        return {"messages": told}


class PaymentRuns(ListEndpoint):
    """The payment runs of a study"""

    tag = "Money"
    operations = {"GET": "list_payment_runs"}
    lists = RunList
