"""Money across studies: runs to move on, what is held and why, what the ERP owes an answer, sums by currency."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.core import clock, money
from ctms.core.metrics import Reading, read
from ctms.desk.queries import drawn, due_words, to_approve
from ctms.reporting.shell import sees_money
from ctms.studies.models import Study
from ctms.web.places import InSponsor, PageRequest, Place
from finance import metrics
from finance.columns import RUN_TONES, totals, why_it_waits
from finance.filters import OPEN_RUNS
from finance.models import PaymentRequest, PaymentRun, RunStatus
from finance.queries import missing_bank_details, with_totals

VIEW = "finance.view_run"
_COUNTED = (
    metrics.RUNS_TO_CONFIRM, metrics.RUNS_TO_APPROVE, metrics.RUNS_TO_RELEASE, metrics.RUNS_AT_THE_ERP,
    metrics.RUNS_LATE, metrics.PAYABLES_NEXT,
)  # fmt: skip
_SUMS = (metrics.AMOUNT_NEXT, metrics.AMOUNT_RUN, metrics.AMOUNT_PAID, metrics.AMOUNT_HELD)
_RUN_COLUMNS = (
    {"label": "Run"}, {"label": "Status"}, {"label": "Activity until", "kind": "date"}, {"label": "To pay, with tax",
    "kind": "number"}, {"label": "Calculated"},
)  # fmt: skip
_MOST_RUNS, _MOST_PAYMENTS = 30, 10


class Money(InSponsor):
    """For who sees payment runs somewhere."""

    page = "money"
    title = "Money"

    def may_enter(self) -> bool:
        return access.may_somewhere(self.request.user, VIEW)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with clock.one_moment():
            context = self.context()
        return TemplateResponse(request, "reporting/money.html", context)

    @cached_property
    def today(self) -> date:
        return clock.today()

    def context(self) -> dict[str, Any]:
        user = self.request.user
        studies = list(Study.objects.visible_to(user).select_related("scope").order_by("protocol_no"))
        self.request.place = replace(self.place, studies=studies)
        places = [Place(self.sponsor, study) for study in studies if sees_money(user, study)]
        rows = read((*_COUNTED, *_SUMS), places, user) if places else []
        seen = with_totals(PaymentRun.objects.visible_to(user).filter(status__in=OPEN_RUNS))
        runs = list(seen.select_related("study", "calculated_by").order_by("calculated_at", "pk")[:_MOST_RUNS])
        asked = PaymentRequest.objects.filter(run__in=[run.pk for run in runs])
        payments = list(asked.select_related("payee", "run__study", "confirmation").order_by("due_on", "reference"))
        return {
            "studies": [
                {
                    "study": place.study,
                    "readings": row[: len(_COUNTED)],
                    "amounts": row[len(_COUNTED) :],
                    "sums": list(_by_currency(row[len(_COUNTED) :])),
                }
                for place, row in zip(places, rows, strict=True)
            ],
            "sum_columns": [{"label": "Currency"}, *({"label": one.label, "kind": "number"} for one in _SUMS)],
            "run_columns": _RUN_COLUMNS,
            "runs": [self._run(run) for run in runs],
            **self._first("held", self._held(payments)),
            **self._first("late", self._late(payments)),
            "approvals": [drawn(one, self.today) for one in to_approve(user, self.sponsor, clock.now())],
            "work_url": reverse("work", args=[self.sponsor.code]),
        }

    def _url(self, name: str, run: PaymentRun, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, run.study.slug, *more])

    def _run(self, run: PaymentRun) -> dict[str, Any]:
        return {
            "run": run,
            "url": self._url("run", run, run.number),
            "status": run.get_status_display(),
            "tone": RUN_TONES[RunStatus(run.status)],
            "totals": [money.words(net, code) for code, net in totals(run).items()],
            "age": f"{days} d ago" if (days := (self.today - run.calculated_at.date()).days) else "today",
        }

    def _first(self, name: str, payments: Iterable[tuple[PaymentRun, dict[str, str]]]) -> dict[str, Any]:
        """The first of these payments, and of how many more which runs' pages tell."""
        listed = list(payments)
        rest = Counter(run for run, _ in listed[_MOST_PAYMENTS:])
        return {
            name: [item for _, item in listed[:_MOST_PAYMENTS]],
            f"{name}_rest": [{"words": f"{count} more in", "run": run, "url": self._url("run", run, run.number)}
                             for run, count in rest.items()],
        }  # fmt: skip

    def _held(self, payments: Sequence[PaymentRequest]) -> Iterator[tuple[PaymentRun, dict[str, str]]]:
        """Payments that cannot go out yet, each with what holds it."""
        missing = missing_bank_details(payments, on=self.today)
        # What was too little in one run is asked again in the next.
        newest = {(one.study_id, one.payee_id, one.currency): one.run_id
                  for one in sorted(payments, key=lambda one: one.run.number)}  # fmt: skip
        for one in payments:
            if one.rolls_forward and newest[one.study_id, one.payee_id, one.currency] != one.run_id:
                continue
            why = f"{why_it_waits(one)}." if one.rolls_forward else missing.get(one.pk, "")
            if why:
                url = self._url("run", one.run, one.run.number)
                if not one.rolls_forward:
                    url = self._url("bank", one.run, one.payee_id)
                yield one.run, self._item(one, url, why, "watch" if one.rolls_forward else "bad", "")

    def _late(self, payments: Iterable[PaymentRequest]) -> Iterator[tuple[PaymentRun, dict[str, str]]]:
        """Payments whose day has passed and that the ERP has not confirmed."""
        for one in payments:
            if not one.rolls_forward and one.due_on < self.today and getattr(one, "confirmation", None) is None:
                url = self._url("remittance", one.run, one.run.number, one.pk)
                due, _ = due_words(one.due_on, self.today)
                yield one.run, self._item(one, url, one.run.get_status_display(), "bad", due)

    def _item(self, one: PaymentRequest, url: str, why: str, tone: str, due: str) -> dict[str, str]:
        return {
            "tone": tone, "text": f"{one.payee}, {money.unbroken(one.net, one.currency)}", "url": url, "due": due,
            "due_tone": "bad" if due else "", "meta": f"{one.run} of {one.run.study}. {why}",
        }  # fmt: skip


def _by_currency(sums: list[Reading]) -> Iterable[dict[str, Any]]:
    """A row for each currency: each sum with where it comes from."""
    for code in sorted({code for reading in sums for code in reading.amounts}):
        amounts = [(reading.metric.label, reading.url, reading.amounts.get(code)) for reading in sums]
        words = [(label, url, money.words(money.rounded(amount, code)) if amount else "")
                 for label, url, amount in amounts]  # fmt: skip
        yield {"currency": code, "cells": words}
