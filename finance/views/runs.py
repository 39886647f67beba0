"""Payment runs: the list's next page, moves, what the ERP gets and what it says, and each payee's remittance."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django_filters import FilterSet

from audit.signed import shown_under
from ctms.core import clock, documents, money
from ctms.core.clock import is_simulated
from ctms.core.lifecycle import Lifecycle, Move, Request
from ctms.core.protocols import journal
from ctms.core.refusals import Refusal
from ctms.core.wording import counted
from ctms.web.lists import ListView
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest
from ctms.web.posts import FormPage, PostOnly
from finance import erp
from finance.columns import NET, PAYMENT_COLUMNS, RUN_TONES, totals
from finance.filters import PaymentFilter
from finance.forms import ConfirmationsForm, RunForm
from finance.lifecycle import APPROVE, BY_ITSELF, RUN, approvals_needed, approvers
from finance.models import PaymentRequest, PaymentRun, RunStatus
from finance.pages import InMoney, InRequest, InRun
from finance.queries import open_holdback, remittance_lines, sums, with_lines
from finance.services import runs
from finance.wording import further, unpaid_kinds

_STEP_LABELS = ("Fee", "Overhead", "Held back", "VAT", "Tax withheld", NET)
_LINE_COLUMNS = (
    {"label": "For"}, {"label": "On", "kind": "date"}, *({"label": label, "kind": "number"} for label in _STEP_LABELS)
)  # fmt: skip
_LINES_SHOWN = 300
_STEPS = (RunStatus.CALCULATED, RunStatus.CONFIRMED, RunStatus.APPROVED, RunStatus.RELEASED, RunStatus.PAID)
_STEP_WORDS = ("Calculated", "Activity confirmed", "Approved", "Released to the ERP", "Paid")
_OPEN = (RunStatus.CALCULATED, RunStatus.CONFIRMED)
_SENT = (RunStatus.RELEASED, RunStatus.PAID)


class RunPage(InRun, ListView):
    """A run: how far it is, what is looked at before it is approved, and what each payee gets."""

    title = "Payments"
    noun = ("payee", "payees")
    columns = PAYMENT_COLUMNS
    filterset_class = PaymentFilter
    default_sort = "state"
    template_name = "finance/run.html"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-{self.run}-payees"

    def asked(self, query: QueryDict) -> FilterSet:
        """The currency is one of this run's."""
        filters = super().asked(query)
        filters.filters["currency"].extra["choices"] = [(code, code) for code in self.run.currencies]  # type: ignore[attr-defined]
        return filters

    def rows(self) -> QuerySet[PaymentRequest]:
        asked = PaymentRequest.objects.visible_to(self.request.user).filter(run=self.run)
        return with_lines(asked).select_related("payee", "confirmation")

    def row_url(self, row: PaymentRequest) -> str:
        return "" if row.rolls_forward else self.url("remittance", self.run.number, row.pk)

    def empty(self) -> dict[str, str]:
        text = "Nothing that is not paid yet happened until this day."
        return {"title": "Nothing to pay", "text": text}

    def extra_context(self) -> dict[str, Any]:
        run, user = self.run, self.request.user
        signatures = shown_under(run)
        prepares = self.may("finance.prepare_payment", run)
        offers = [offer for offer in RUN.offers(run, Request(user, clock.today())) if offer.move.name not in BY_ITSELF]
        return {
            "run": run,
            "tone": RUN_TONES[RunStatus(run.status)],
            "path": _path(run, signatures),
            "totals": _totals(run),
            "total_title": "Total paid, with tax" if run.status == RunStatus.PAID else "Total to pay, with tax",
            "checks": self._checks(),
            "signatures": signatures,
            "offers": [{"offer": offer, "url": self.url("run-move", run.number, offer.move.name)} for offer in offers],
            "recalculate_url": self.url("run-recalculate", run.number) if prepares and run.status in _OPEN else "",
            "erp_url": self.url("run-erp", run.number)
            if run.status in _SENT and self.may("finance.view_bank", run)
            else "",
            "confirm_url": self.url("run-confirmations", run.number)
            if prepares and run.status == RunStatus.RELEASED
            else "",
        }

    def _checks(self) -> list[dict[str, str]]:
        """What whoever approves wants to know, worked out anew."""
        run = self.run
        if run.status not in _OPEN:
            return []
        again = runs.recomputed(run, clock.now())
        needed, given = approvals_needed(run), len(approvers(run))
        checks = [
            _check("bad", "Changed", f"{len(again.changed)} of its lines would change now: calculate it again.")
            if again.changed
            else _check("ok", "The same", "Worked out again just now, no line of it changed."),
            _check("ok", "Paid once", "No line is in another run: the database allows each payable one payment."),
            _check("sign", "Four eyes", f"Needs {counted(needed, 'approval')}; {given} given so far."),
        ]
        if again.further:
            checks.append(_check("info", "Later", further(again.further)))
        if kinds := unpaid_kinds(run.study):
            checks.append(_check("watch", "Not told", f"Nothing tells these yet, so no fee for them is due: {kinds}."))
        return checks


class NewRun(InMoney, FormPage):
    page = "runs"
    title = "New payment run"
    deed = "Calculating a payment run"
    submit = "Calculate"

    made: PaymentRun

    def may_enter(self) -> bool:
        return self.may("finance.prepare_payment")

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return self.url("runs")

    def make_form(self, data: Any = None) -> RunForm:
        return RunForm(data, initial={"until": clock.today()})

    def carry_out(self, said: dict[str, Any]) -> str:
        self.made = runs.calculate_run(study=self.study, until=said["until"], by=self.request.user, at=clock.now())
        return f"{self.made}: calculated."

    def next_url(self) -> str:
        return self.url("run", self.made.number)


class Recalculate(InRun, PostOnly):
    deed = "Calculating a payment run again"

    def may_enter(self) -> bool:
        return self.may("finance.prepare_payment", self.run)

    def carry_out(self) -> tuple[str, str]:
        run = runs.recalculate_run(run=self.run, by=self.request.user, at=clock.now())
        return f"{run}: calculated again. Its activity has to be confirmed anew.", ""


class MoveRun(InRun, MoveView):
    """A move of a run. Before it is confirmed or approved, it is worked out anew, and what changed is said."""

    is_dated = False
    template_name = "finance/run_move.html"

    @property
    def lifecycle(self) -> Lifecycle:
        return RUN

    @property
    def record(self) -> PaymentRun:
        return self.run

    def extra_context(self, move: Move) -> dict[str, Any]:
        shown: dict[str, Any] = {"totals": _totals(self.run)}
        if move.name in ("confirm", "approve"):
            again = runs.recomputed(self.run, clock.now())
            shown |= {
                "changed": [self._changed(one) for one in again.changed],
                "further": further(again.further) if again.further else "",
                "is_checked": True,
            }
        return shown

    def _changed(self, line: runs.ChangedLine) -> dict[str, Any]:
        one = line.payable
        return {
            "payable": one,
            "url": self.url("payable", one.pk),
            "before": money.words(one.net, one.currency),
            "after": "no longer due" if line.after is None else money.words(line.after, one.currency),
        }

    def make(self, **said: Any) -> Any:
        if said["move"] in BY_ITSELF:
            raise Http404
        return runs.move_run(
            run=self.run, move=said["move"], reason=said["reason"], proof=said.get("proof"), by=said["by"],
            at=said["at"],
        )  # fmt: skip


class ErpFile(InRun):
    """What the ERP is to pay, as a file, for who sees bank details; noted in the access log."""

    def may_enter(self) -> bool:
        return self.may("finance.view_bank", self.run)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.status not in _SENT:
            raise Http404
        return _file(request, erp.payments_csv(self.run), f"{self.study.slug}-{self.run}-payments", f"{self.run}")


class Confirmations(InRun, FormPage):
    title = "What the ERP confirmed"
    deed = "Importing what the ERP confirmed"
    submit = "Import"
    template_name = "finance/confirmations.html"

    outcome: runs.Outcome

    def may_enter(self) -> bool:
        return self.run.status in _SENT and self.may("finance.prepare_payment", self.run)

    def make_form(self, data: Any = None) -> ConfirmationsForm:
        return ConfirmationsForm(data, self.request.FILES if data is not None else None)

    def carry_out(self, said: dict[str, Any]) -> str:
        told = erp.read_confirmations(said["file"].read())
        outcome = runs.record_confirmations(run=self.run, told=told, by=self.request.user, at=clock.now())
        words = f"{outcome.added} new, {outcome.known} known already, {len(outcome.refused)} refused."
        return " ".join([words, *outcome.refused[:10]])


class Remittance(InRequest):
    """What a payee is paid and for what: the page."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.context()
        context["pdf_impossible"] = documents.why_impossible()
        return TemplateResponse(request, "finance/remittance.html", context)

    def context(self, most: int = _LINES_SHOWN) -> dict[str, Any]:
        asked = self.asked
        lines = remittance_lines(asked)
        listed = list(lines[: most + 1])
        return {
            "asked": asked,
            "run": self.run,
            "study": self.study,
            "lines": [_line(one, self.url("payable", one.pk)) for one in listed[:most]],
            "is_cut": len(listed) > most,
            "sums": _amounts(sums(lines), asked.currency),
            "columns": _LINE_COLUMNS,
            "holdback": money.words(open_holdback(asked), asked.currency),
            "net": money.words(asked.net, asked.currency),
            "run_url": self.url("run", self.run.number),
            "pdf_url": self.url("remittance-pdf", self.run.number, asked.pk),
            "csv_url": self.url("remittance-csv", self.run.number, asked.pk),
        }


class RemittancePdf(Remittance):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if sentence := documents.why_impossible():
            raise Refusal("NO_PDF", sentence)
        context = self.context(5000) | {"at": clock.now(), "by": request.user, "is_simulated": is_simulated()}
        context["signatures"] = [one for one in shown_under(self.run) if one.signature.verb == APPROVE]
        journal().record("EXPORTED", user=request.user, subject=f"Remittance {self.asked}", detail={"format": "pdf"})
        return documents.pdf("finance/remittance_pdf.html", context, file_name=f"{self.asked}.pdf")


class RemittanceCsv(Remittance):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        body = erp.remittance_csv(self.asked, remittance_lines(self.asked))
        return _file(request, body, str(self.asked), f"Remittance {self.asked}")


def _file(request: PageRequest, body: str, name: str, subject: str) -> HttpResponse:
    """A CSV as a download, noted in the access log; a simulated database says so in its name."""
    journal().record("EXPORTED", user=request.user, subject=subject, detail={"format": "csv"})
    response = HttpResponse(body.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    mark = "-simulated" if is_simulated() else ""
    response["Content-Disposition"] = content_disposition_header(True, f"{name}{mark}.csv")
    return response


def _totals(run: PaymentRun) -> list[dict[str, str]]:
    """What the run pays, by currency, as rows of a sum."""
    return [{"label": code, "value": money.words(net)} for code, net in totals(run).items()]


def _check(tone: str, word: str, text: str) -> dict[str, str]:
    return {"tone": tone, "word": word, "text": text}


def _line(payable: Any, url: str) -> dict[str, Any]:
    steps = {name: getattr(payable, name) for name in ("direct", "overhead", "holdback", "vat", "withholding", "net")}
    place = [payable.site.number]
    place += [f"subject {payable.subject}"] if payable.subject else []
    place += ["taken back"] if payable.is_reversal else []
    return {
        "payable": payable, "url": url, "place": ", ".join(place), "amounts": _amounts(steps, payable.currency)
    }  # fmt: skip


def _amounts(steps: dict[str, Any], currency: str) -> list[dict[str, str]]:
    """The steps by the names of their columns."""
    values = (money.words(money.rounded(amount, currency)) for amount in steps.values())
    return [{"label": label, "value": value} for label, value in zip(_STEP_LABELS, values, strict=True)]


def _path(run: PaymentRun, signatures: list[Any]) -> list[dict[str, str]]:
    """Calculated, confirmed, approved, released, paid; the way out where it was cancelled."""
    if run.status == RunStatus.CANCELLED:
        return [{"label": "Calculated", "state": "done"}, {"label": "Cancelled", "state": "ended"}]
    here = _STEPS.index(RunStatus(run.status))
    holding = [one.signature for one in signatures if not one.is_broken]
    reviewed = [one for one in holding if one.verb != APPROVE]
    approved = [one for one in holding if one.verb == APPROVE]
    metas = [str(run.calculated_by), *(", ".join(one.signer_name for one in step) for step in (reviewed, approved))]
    return [
        {
            "label": words, "state": "done" if place <= here else "current" if place == here + 1 else "next",
            "meta": metas[place] if place < len(metas) else "",
        }
        for place, words in enumerate(_STEP_WORDS)
    ]  # fmt: skip
