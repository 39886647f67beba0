"""Papers of a visit as PDF, made by jobs: its report, its letters."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from audit.signed import shown_under
from ctms.core import clock, documents, protocols, signables
from ctms.core.protocols import Progress, ResultFile
from ctms.core.refusals import Refusal
from ctms.web.templatetags.ctms import day
from monitoring.letters import intro
from monitoring.lifecycle import EDITABLE
from monitoring.models import Letter, MonitoringVisit
from monitoring.queries import may_read_report
from monitoring.signing import report_content

_RELATED = ("study", "site__scope", "site__facility", "site__country", "site__study", "monitor", "template")


def report(progress: Progress, *, arguments: dict[str, Any], by: Any) -> ResultFile:
    """The body of jobs of the kind "visit-report"; `visit` is the visit's id."""
    _refuse_without_pango()
    visits = MonitoringVisit.objects.visible_to(by).filter(pk=arguments["visit"]).select_related(*_RELATED)
    visit = visits.first()
    if visit is None or not may_read_report(by, visit):
        raise Refusal("VISIT_GONE", "This report is not there any more, or not for you.")
    progress(1, 10, "Reading the report")
    content = report_content(visit)
    context = {
        **_shared(visit, by),
        "facts": _facts(content),
        "parts": list(_parts(content)),
        "is_draft": visit.status in EDITABLE,
        "signatures": shown_under(visit),
        "sha256": signables.sha256(signables.signed(visit)),
    }
    progress(5, 10, "Setting the pages")
    return _file(visit, "report", documents.body("monitoring/report_pdf.html", context), by)


def letter(progress: Progress, *, arguments: dict[str, Any], by: Any) -> ResultFile:
    """The body of jobs of the kind "visit-letter"; `letter` is the letter's id."""
    _refuse_without_pango()
    related = [f"visit__{name}" for name in _RELATED]
    one = Letter.objects.visible_to(by).filter(pk=arguments["letter"]).select_related(*related).first()
    if one is None:
        raise Refusal("LETTER_GONE", "This letter is not there any more, or not for you.")
    content = json.loads(one.content)
    progress(5, 10, "Setting the pages")
    context = {
        **_shared(one.visit, by),
        "letter": one,
        "intro": intro(one.visit, one.kind),
        "facts": {"Date": day(one.made_at), **_facts(content)},
        "parts": list(_parts(content)),
    }
    kind = one.get_kind_display().lower().replace(" ", "-")
    return _file(one.visit, kind, documents.body("monitoring/letter_pdf.html", context), by)


def _shared(visit: MonitoringVisit, by: Any) -> dict[str, Any]:
    return {
        "visit": visit, "site": visit.site, "at": clock.now(), "by": by, "is_simulated": clock.is_simulated(),
    }  # fmt: skip


def _facts(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: signables.words(value) for name, value in content.items() if not isinstance(value, list)}


def _parts(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lists of a paper, each as a table: heading, columns, rows of words."""
    for label, rows in content.items():
        if not isinstance(rows, list):
            continue
        if rows and not isinstance(rows[0], Mapping):
            yield {"label": label, "lines": [signables.words(row) for row in rows]}
            continue
        yield {
            "label": label,
            "columns": list(rows[0]) if rows else [],
            "rows": [[signables.words(value) for value in row.values()] for row in rows],
        }


def _file(visit: MonitoringVisit, kind: str, body: bytes, by: Any) -> ResultFile:
    protocols.journal().record("EXPORTED", user=by, subject=f"{kind} of {visit}", detail={"format": "pdf"})
    simulated = "-simulated" if clock.is_simulated() else ""
    label = visit.label.replace(" ", "")
    return ResultFile(f"{visit.study.slug}-{visit.site.number}-{label}-{kind}{simulated}.pdf", documents.PDF, body)


def _refuse_without_pango() -> None:
    if sentence := documents.why_impossible():
        raise Refusal("NO_PDF", sentence)
