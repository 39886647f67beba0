"""What goes to the ERP and to payees as files, and how the answer of the ERP is read."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from ctms.core import money
from ctms.core.refusals import BadInput, Refusal
from ctms.web.files import defused
from ctms.web.refusable import refuse_hidden
from finance.models import Payable, PaymentRequest, PaymentRun
from finance.services.runs import Confirmed

_PAYMENT = ("reference", "vendor_no", "account_ending", "payee", "currency", "amount", "due_on", "run")
_REMITTANCE = ("reference", "site", "subject", "on", "item", "fee", "overhead", "held_back", "vat", "tax_withheld",
               "net", "currency")  # fmt: skip
_CONFIRMATION = ("reference", "amount", "currency", "paid_on", "document")
_MOST_ROWS = 20_000


def payments_csv(run: PaymentRun) -> str:
    """The payments of a released run for the ERP: one row each, by the vendor number it was released with.

    Raises:
        Refusal: where a payment has none, as it was released when runs did not keep it yet; no file is made then.
    """
    paid = list(run.requests.filter(rolls_forward=False).select_related("payee", "bank").order_by("reference"))
    if without := next((asked for asked in paid if asked.bank is None), None):
        sentence = f"{without} was released without bank details: the ERP could not tell whom to pay."
        raise Refusal("NO_BANK_DETAILS", sentence)
    return _csv(_PAYMENT, (
        (
            asked.reference, asked.bank.vendor_no, asked.bank.account_ending, asked.payee.name, asked.currency,
            _plain(asked.net, asked.currency), asked.due_on.isoformat(), str(run),
        )
        for asked in paid
    ))  # fmt: skip


def remittance_csv(asked: PaymentRequest, lines: Iterable[Payable]) -> str:
    """What a payment is for, line by line; its last column adds up to the payment."""
    code = asked.currency
    return _csv(_REMITTANCE, (
        (
            asked.reference, one.site.number, one.subject, one.occurred_on.isoformat(), one.purpose,
            *(_plain(amount, code) for amount in (one.direct, one.overhead, one.holdback, one.vat, one.withholding,
                                                  one.net)),
            code,
        )
        for one in lines
    ))  # fmt: skip


def read_confirmations(content: bytes) -> list[Confirmed]:
    """The ERP's file: CSV with the heading `reference, amount, currency, paid_on, document`, in any order.

    Raises:
        BadInput: with the row and what is wrong there; nothing of the file is taken then.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong("The file is not UTF-8 text.") from None
    try:
        refuse_hidden(text)
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        return list(_read(csv.DictReader(io.StringIO(text), delimiter=delimiter)))
    except (ValidationError, csv.Error):
        raise _wrong("The file is no table: it holds what is no text, or a cell that does not end.") from None


def _read(reader: "csv.DictReader[str]") -> Iterator[Confirmed]:
    if missing := [name for name in _CONFIRMATION if name not in (reader.fieldnames or ())]:
        raise _wrong(f"The heading lacks {', '.join(missing)}.")
    for number, row in enumerate(reader, start=2):
        if number > _MOST_ROWS:
            raise _wrong(f"The file has more than {_MOST_ROWS:,} rows.")
        if any(row.values()):
            yield _confirmed(row, number)


def _confirmed(row: dict[str, Any], number: int) -> Confirmed:
    said = {name: (row[name] or "").strip() for name in _CONFIRMATION}
    try:
        amount = Decimal(said["amount"])
    except InvalidOperation:
        raise _wrong(f"Row {number}: “{said['amount']}” is no amount such as 1250.00.") from None
    if not amount.is_finite() or amount <= 0:
        raise _wrong(f"Row {number}: a payment is more than nothing.")
    try:
        paid_on = date.fromisoformat(said["paid_on"])
    except ValueError:
        raise _wrong(f"Row {number}: “{said['paid_on']}” is no day such as 2024-03-11.") from None
    if not said["document"]:
        raise _wrong(f"Row {number}: the ERP's document is missing.")
    return Confirmed(said["reference"], amount, said["currency"], paid_on, said["document"])


def _wrong(sentence: str) -> BadInput:
    return BadInput("FILE", sentence, fields={"file": sentence})


def _plain(amount: Decimal, currency: str) -> str:
    """1250.00 or -125.00, for programs; only ours, so it begins with a digit or a minus and is no formula."""
    return str(money.rounded(amount, currency))


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Texts that a spreadsheet would compute are defused; amounts stay numbers."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(heading)
    for row in rows:
        writer.writerow([value if _is_number(value) else defused(value) for value in row])
    return buffer.getvalue()


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
