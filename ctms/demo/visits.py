"""Monitoring visits of some of the demo's sites: planned, made, reported on, signed, as far as the story has come."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from ctms.accounts.models import User
from ctms.demo.pen import Pen
from monitoring.lifecycle import carried_over
from monitoring.models import Deviation, FollowUpStatus, MonitoringVisit, ReportAnswer
from monitoring.rules import questions
from monitoring.services import issues, visits
from monitoring.services.letters import mark_sent
from monitoring.services.reports import Given, save_answers
from sites.models import Site

_EVERY = 6  # so many sites have one whose visits are told
_FINDINGS = {
    "5.1": ("Two delegations were signed a week after the first task.", "Complete the delegation log", "MAJOR"),
    "9.2": ("Three source pages carry no date.", "Have the undated pages signed and dated late", "MINOR"),
    "11.1": ("The temperature log has a gap of two days.", "Send the logger's file and a note to file", "MAJOR"),
    "13.1": ("The current investigator's brochure is not on file.", "File the current brochure", "MINOR"),
    "8.1": ("One visit was three days late.", "Agree on reminders before visits", "MINOR"),
}
_SAID = {
    "1.1": "Principal investigator and study coordinator; the pharmacist in the afternoon.",
    "1.3": "Consent forms and source records of the subjects on the plan, accountability records, the site file.",
    "15.2": "Two a month.",
    "20.2": "The committee meets monthly; the contract takes about eight weeks.",
    "21.1": "Protocol, consent, safety reporting and systems, for everybody on the delegation log.",
    "30.2": "Nothing that endangers subjects or data. What is to be done stands under follow-up items.",
}
Do = Callable[[User, Any, Pen], Any]


def are_told(site: Site) -> bool:
    """Whether the story tells this site's visits. The others' initiation is a fact recorded by hand."""
    return int(site.number[-3:]) % _EVERY == 1


class Visit:
    """One visit of a site's story, each step on its day."""

    def __init__(self, story: Any, kind: str, day: date, *, mode: str = "ON_SITE") -> None:
        self.story, self.kind, self.day, self.mode = story, kind, day, mode
        self.chance = Random(f"{story.site.number} {kind} {day}")
        self.key = 0
        self._plan(day - timedelta(days=self.chance.randrange(18, 26)))
        self._step(day - timedelta(days=15), "Confirm visit", self._moves("confirm"))
        self._step(day - timedelta(days=14), "Sending a letter to the site", self._sends("CONFIRMATION"))

    def takes_place(self) -> None:
        """Begins and ends on its day."""
        self._step(self.day, "Begin visit", self._moves("begin"))
        self._step(self.day, "End visit", self._moves("end"))

    def is_reported(self) -> None:
        """Written, signed, reviewed and approved in the two weeks after."""
        after = self.day + timedelta(days=self.chance.randrange(2, 5))
        self._step(after, "Writing a visit report", self._writes)
        reviewer = "mara" if self.story.monitor == "lena" else "lena"
        for days, move, who in ((1, "submit", ""), (5, "review", reviewer), (8, "approve", "petra")):
            self._step(after + timedelta(days=days), move.capitalize(), self._moves(move), who=who)
        self._step(after + timedelta(days=9), "Sending a letter to the site", self._sends("FOLLOW_UP"))

    def _plan(self, day: date) -> None:
        def do(by: User, at: Any, pen: Pen) -> Any:
            self.key = visits.plan_visit(
                site=self.story.site, type=self.kind, mode=self.mode, planned_on=self.day, monitor=by, by=by, at=at,
                rationale="Agreed with the site", trigger="The site's status" if self.kind == "SIV" else "Cadence",
            ).pk  # fmt: skip

        self._step(day, "Planning a visit", do)

    def _visit(self) -> MonitoringVisit:
        return MonitoringVisit.objects.select_related("template").get(pk=self.key)

    def _moves(self, move: str) -> Do:
        kinds = {"submit": "authorship", "review": "review", "approve": "approval"}

        def do(by: User, at: Any, pen: Pen) -> Any:
            visit = self._visit()
            proof = pen.proof(visit, kind=kinds[move], by=by, at=at) if move in kinds else None
            return visits.move_visit(visit=visit, move=move, by=by, at=at, proof=proof)

        return do

    def _sends(self, kind: str) -> Do:
        def do(by: User, at: Any, pen: Pen) -> Any:
            letter = self._visit().letters.get(kind=kind, replaced=False)
            number = f"eTMF-SIM-{self.chance.randrange(10**5):05}"
            return mark_sent(letter=letter, sent_on=at.date(), reference=number, by=by, at=at)

        return do

    def _writes(self, by: User, at: Any, pen: Pen) -> None:
        """Every answer, the findings of this visit, and what became of earlier ones."""
        visit = self._visit()
        assert visit.template is not None
        asked = questions(visit.template.content, visit.type)
        found = {code for code in self.chance.sample(sorted(_FINDINGS), 2) if code in asked}
        versions = dict(ReportAnswer.objects.filter(visit=visit).values_list("code", "version"))
        given = []
        for code, question in asked.items():
            comment = _FINDINGS[code][0] if code in found else _SAID.get(code, "")
            if question.lacks("Y", comment):
                comment = "Discussed."
            answer = "N" if code in found else next(iter(question.options), "")
            given.append(Given(code, answer, comment, "", versions[code]))
        save_answers(visit=visit, answers=given, by=by, at=at)
        for item in carried_over(visit).filter(status=FollowUpStatus.OPEN):
            if self.chance.random() < 0.7:
                issues.move_follow_up(item=item, move="close", reason="Seen on site", visit=visit, by=by, at=at)
            else:
                issues.note_progress(item=item, note="Not finished yet", visit=visit, by=by, at=at)
        for code in sorted(found):
            _, text, severity = _FINDINGS[code]
            issues.raise_follow_up(
                site=self.story.site, text=text, severity=severity, owner="SITE", visit=visit, question=code, by=by,
                at=at,
            )  # fmt: skip
            if code == "8.1":
                self._deviation(visit, by, at)

    def _deviation(self, visit: MonitoringVisit, by: User, at: Any) -> Deviation:
        said = {
            "category": "IMPLEMENTATION", "severity": "MINOR", "occurred_on": self.day - timedelta(days=20),
            "discovered_on": self.day, "discovered_by": "MONITOR", "subject": "", "is_important": None,
            "description": "A visit three days after the end of its window",
        }  # fmt: skip
        return issues.raise_deviation(site=self.story.site, said=said, visit=visit, by=by, at=at)

    def _step(self, day: date, reason: str, do: Do, *, who: str = "") -> None:
        self.story.on(_weekday(day), who or self.story.monitor, reason, do)


def initiation(story: Any) -> None:
    """The initiation visit, on the story's day, which writes the site's fact."""
    visit = Visit(story, "SIV", story.day)
    visit.takes_place()
    visit.is_reported()


def interim(story: Any) -> None:
    """How often the activated site is visited, and the visits until the story's end."""
    day = story.day

    def do(by: User, at: Any, pen: Pen) -> Any:
        said = {"tier": "STANDARD", "first_within_days": 28, "on_site_weeks": 8, "remote_weeks": 0}
        return visits.set_cadence(
            site=story.site, changes={**said, "rationale": "New site, usual risk"}, version=None, by=by, at=at
        )

    story.on(day, story.monitor, "New site, usual risk", do)
    for weeks in (4, 12, 20, 28):
        visit = Visit(story, "IMV", _weekday(day + timedelta(weeks=weeks)))
        visit.takes_place()
        visit.is_reported()


def _weekday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
