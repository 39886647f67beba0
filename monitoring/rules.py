"""What is configured: cadence and deadlines, and the questions of reports. Read from `monitoring/configuration/`."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import rfc8785
import yaml

from ctms.core.workdays import add_workdays
from monitoring.models import VisitType

_FOLDER = Path(__file__).parent / "configuration"
ANSWERS: Mapping[str, str] = {"Y": "Yes", "N": "No", "NA": "N/A", "ND": "Not done"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a report.

    Args:
        code: within its template, "4.1".
        options: answer -> words; none where the question asks for words alone.
        comment: when a comment is needed: with "no", always, never.
        finding: what an answer of No is called in the follow-up letter; "" where it is none.
    """

    code: str
    text: str
    guidance: str
    section: str
    visits: tuple[str, ...]
    options: Mapping[str, str]
    comment: str
    finding: str

    def lacks(self, answer: str, comment: str) -> str:
        """What is still missing, in words; "" where the question is answered."""
        if not self.options:
            return "" if comment.strip() else "words are missing"
        if not answer:
            return "there is no answer yet"
        needed = self.comment == "always" or (self.comment == "no" and answer in ("N", "ND"))
        return "a comment is missing" if needed and not comment.strip() else ""


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    title: str
    questions: tuple[Question, ...]


def sections(content: Mapping[str, Any], kind: str) -> tuple[Section, ...]:
    """The sections of a template that a kind of visit has, with the questions it asks."""
    found = []
    for section in content["sections"]:
        asked = tuple(question for question in _questions(section) if kind in question.visits)
        if asked:
            found.append(Section(section["code"], section["title"], asked))
    return tuple(found)


def questions(content: Mapping[str, Any], kind: str) -> dict[str, Question]:
    """Code -> question, in the order of the report."""
    return {question.code: question for section in sections(content, kind) for question in section.questions}


def _questions(section: Mapping[str, Any]) -> Iterator[Question]:
    every = tuple(VisitType.values)
    for one in section["questions"]:
        options = one.get("options", ANSWERS)
        yield Question(
            code=one["code"], text=one["text"], guidance=one.get("guidance", ""), section=section["title"],
            visits=tuple(one.get("visits", section.get("visits", every))), options={} if options == "text" else options,
            comment=one.get("comment", "no"), finding=one.get("finding", ""),
        )  # fmt: skip


@cache
def shipped_template() -> Mapping[str, Any]:
    """The newest template that comes with the system."""
    newest = max(_FOLDER.glob("trip_report_*.yaml"), key=lambda path: int(path.stem.rpartition("_")[2]))
    content: dict[str, Any] = yaml.safe_load(newest.read_text())
    content["effective_from"] = content["effective_from"].isoformat()
    return content


def template_hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest()


@cache
def rules() -> Mapping[str, Any]:
    """Cadence and deadlines."""
    content: dict[str, Any] = yaml.safe_load((_FOLDER / "rules_1.yaml").read_text())
    return content


def due(what: str, after: date, country: str, *, kind: str = "") -> date:
    """The day by which something is due: so many working days of the country after a day.

    Args:
        what: as in the rules: "report_after", "follow_up".
        kind: of visit or severity, where the rule tells them apart.
    """
    days = rules()[what]
    return add_workdays(after, days[kind] if kind else days, country)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the escalation of what is overdue: from so many days after the due day on, to whoever holds a verb."""

    after_days: int
    verb: str
    to: str


@cache
def escalation() -> tuple[Step, ...]:
    """The steps, the first one first."""
    return tuple(Step(**one) for one in rules()["escalation"])


_KNOWN: dict[tuple[str, str], dict[str, Question]] = {}


def known_questions(content_sha256: str, kind: str, content: Callable[[], Mapping[str, Any]]) -> dict[str, Question]:
    """The questions of a template's content; it is read once per process, as a content never changes."""
    key = (content_sha256, kind)
    if key not in _KNOWN:
        _KNOWN[key] = questions(content(), kind)
    return _KNOWN[key]
