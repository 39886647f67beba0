"""Monitoring visits of the demo's sites: planned, made, reported on, signed.

At first those of some sites only; of all others from the day on which the whole study's monitoring came to the CTMS.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from ctms.accounts.models import User
from ctms.core.workdays import add_workdays
from ctms.demo.pen import Pen
from ctms.demo.steps import Do
from enrollment.models import SubjectVisit
from enrollment.queries import visit_states
from monitoring.lifecycle import carried_over
from monitoring.models import Deviation, FollowUpItem, FollowUpStatus, MonitoringVisit, ReportAnswer
from monitoring.rules import questions
from monitoring.services import issues, visits
from monitoring.services.letters import mark_sent
from monitoring.services.reports import Given, save_answers
from sites.models import Site

_EVERY = 6  # of so many sites, one's visits were told from the beginning
_EVERYWHERE = date(2024, 7, 15)
_LAST = date(2025, 1, 31)  # no story is told further
_TIERS = {  # of sites whose monitoring came later: how often, and why
    "LOW": (16, 8, "Experienced site, no findings so far"),
    "STANDARD": (12, 6, "Usual risk"),
    "HIGH": (6, 3, "First trial of the investigator"),
}
_FINDINGS = {
    "5.1": ("Two delegations were signed a week after the first task.", "Complete the delegation log", "MAJOR"),
    "9.2": ("Three source pages carry no date.", "Have the undated pages signed and dated late", "MINOR"),
    "11.1": ("The temperature log has a gap of two days.", "Send the logger's file and a note to file", "MAJOR"),
    "13.1": ("The current investigator's brochure is not on file.", "File the current brochure", "MINOR"),
    "8.1": ("One visit was three days late.", "Agree on reminders before visits", "MINOR"),
}
_ANSWERED = {"MAJOR": (5, 12), "MINOR": (6, 17)}  # so many days after the visit's report, nearly always
_DO_ANSWER = 0.94
_SAID = {
    "1.1": "Principal investigator and study coordinator; the pharmacist in the afternoon.",
    "1.3": "Consent forms and source records of the subjects on the plan, accountability records, the site file.",
    "15.2": "Two a month.",
    "20.2": "The committee meets monthly; the contract takes about eight weeks.",
    "21.1": "Protocol, consent, safety reporting and systems, for everybody on the delegation log.",
    "30.2": "Nothing that endangers subjects or data. What is to be done stands under follow-up items.",
}
_JUDGED = {
    "dismiss": "Allowed by the visit windows of the current protocol", "confirm": "Against the visit schedule",
    "resolve": "Site trained again", "close": "Nothing is left to do",
}  # fmt: skip


def are_told(story: Any) -> bool:
    """Whether the site is initiated by a visit in the CTMS. The others' initiation is a fact recorded by hand."""
    return _is_early(story.site) or story.day >= _EVERYWHERE


def _is_early(site: Site) -> bool:
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
        """Written, signed, reviewed and approved in the two weeks after; some late, some in a second round."""
        after = self.day + timedelta(days=self.chance.randrange(2, 5))
        fate = Random(f"{self.story.site.number} {self.day} report").random() if self.day >= _EVERYWHERE else 1
        if fate < 0.12:
            after += timedelta(days=16)
        self._step(after, "Writing a visit report", self._writes)
        reviewer = "mara" if self.story.monitor == "lena" else "lena"
        self._step(after + timedelta(days=1), "Submit", self._moves("submit"))
        if 0.12 < fate < 0.3:
            after += timedelta(days=9)
            why = "Please say which subjects’ consent forms were looked at"
            self._step(after - timedelta(days=4), why, self._moves("return", why), who=reviewer)
            self._step(after - timedelta(days=1), "Named them under 1.3", self._puts_right)
            self._step(after + timedelta(days=1), "Submit", self._moves("submit"))
        for days, move, who in ((5, "review", reviewer), (8, "approve", "petra")):
            self._step(after + timedelta(days=days), move.capitalize(), self._moves(move), who=who)
        self._step(after + timedelta(days=9), "Sending a letter to the site", self._sends("FOLLOW_UP"))
        for severity, (low, high) in _ANSWERED.items():
            answered = after + timedelta(days=Random(f"{self.story.site.number} {self.day}").randrange(low, high))
            self._step(answered, "Proof received from the site", self._closes(severity))
        if self.day >= _EVERYWHERE:
            self._step(after + timedelta(days=11), "Read with the medical monitor", self._judges, who="mara")

    def _plan(self, day: date) -> None:
        def do(by: User, at: Any, pen: Pen) -> Any:
            self.key = visits.plan_visit(
                site=self.story.site, type=self.kind, mode=self.mode, planned_on=self.day, monitor=by, by=by, at=at,
                rationale="Agreed with the site",
                trigger="How often the site is visited" if self.kind == "IMV" else "The status of the site",
            ).pk  # fmt: skip

        self._step(day, "Planning a visit", do)

    def _visit(self) -> MonitoringVisit:
        return MonitoringVisit.objects.select_related("template").get(pk=self.key)

    def _moves(self, move: str, reason: str = "") -> Do:
        kinds = {"submit": "authorship", "review": "review", "approve": "approval"}

        def do(by: User, at: Any, pen: Pen) -> Any:
            visit = self._visit()
            proof = pen.proof(visit, kind=kinds[move], by=by, at=at) if move in kinds else None
            return visits.move_visit(visit=visit, move=move, by=by, at=at, reason=reason, proof=proof)

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

    def _closes(self, severity: str) -> Do:
        """What the visit brought up, by what the site sent since; some sites do not answer until the next visit."""

        def do(by: User, at: Any, pen: Pen) -> None:
            chance = Random(f"{self.story.site.number} {self.day} {severity}")
            for item in FollowUpItem.objects.filter(visit=self.key, severity=severity, status=FollowUpStatus.OPEN):
                if chance.random() < _DO_ANSWER:
                    issues.move_follow_up(item=item, move="close", reason="Proof received from the site", by=by, at=at)

        return do

    def _puts_right(self, by: User, at: Any, pen: Pen) -> None:
        """What the reviewer asked for."""
        code = "1.3"
        visit = self._visit()
        answer = ReportAnswer.objects.get(visit=visit, code=code)
        words = f"{answer.comment} All of those since the last visit."
        save_answers(visit=visit, answers=[Given(code, answer.answer, words, "", answer.version)], by=by, at=at)

    def _deviation(self, visit: MonitoringVisit, by: User, at: Any) -> Deviation:
        """About a subject's visit that was missed or out of its window, where there is one."""
        known = SubjectVisit.objects.filter(subject__site=self.story.site).select_related("subject", "visit")
        odd = visit_states(known, on=self.day).filter(state__in=("MISSED", "OUT_OF_WINDOW"), due_on__lt=self.day)
        one = odd.exclude(done_on__gt=self.day).order_by("-due_on", "pk").first()
        day, words = self.day - timedelta(days=20), "A visit three days after the end of its window"
        if one is not None:
            day = one.done_on or one.window_to or one.due_on
            named = one.visit.label if one.visit else one.code
            words = f"Visit {named} {'outside its window' if one.done_on else 'missed'}"
        said = {
            "category": "IMPLEMENTATION", "severity": "MINOR", "occurred_on": min(day, self.day),
            "discovered_on": self.day, "discovered_by": "MONITOR", "subject": one.subject.number if one else "",
            "is_important": None, "description": words,
        }  # fmt: skip
        return issues.raise_deviation(site=self.story.site, said=said, visit=visit, by=by, at=at)

    def _judges(self, by: User, at: Any, pen: Pen) -> None:
        """What becomes of a deviation: some wait for an answer of the site, a few are none, most are settled."""
        for deviation in self._visit().deviations.all():
            fate = self.chance.random()
            moves = ("dismiss",) if fate < 0.15 else ("confirm", "resolve", "close") if fate > 0.4 else ()
            issues.move_deviation(deviation=deviation, move="take_up", reason="Looked at", by=by, at=at)
            if "confirm" in moves:
                issues.edit_deviation(
                    deviation=deviation, changes={"is_important": fate > 0.9}, version=None, by=by, at=at
                )
            for move in moves:
                issues.move_deviation(deviation=deviation, move=move, reason=_JUDGED[move], by=by, at=at)

    def _step(self, day: date, reason: str, do: Do, *, who: str = "") -> None:
        self.story.on(_workday(self.story, day), who or self.story.monitor, reason, do)


def initiation(story: Any) -> None:
    """The initiation visit, on the story's day, which writes the site's fact."""
    _made(Visit(story, "SIV", story.day))


def close_out(story: Any) -> None:
    """The close-out visit, on the story's day."""
    _made(Visit(story, "COV", story.day))


def interim(story: Any) -> None:
    """How often the activated site is visited, and the visits that follow from it."""
    if _is_early(story.site):
        _sets_cadence(story, story.day, "STANDARD", 8, 0, "New site, usual risk")
        for weeks in range(4, 60, 8):
            _made(Visit(story, "IMV", _workday(story, story.day + timedelta(weeks=weeks))))
        return
    chance = Random(f"{story.site.number} cadence")
    tier = chance.choices(list(_TIERS), (4, 5, 1))[0]
    on_site, remote, why = _TIERS[tier]
    begins = max(story.day, _EVERYWHERE - timedelta(days=chance.randrange(20)))
    _sets_cadence(story, begins, tier, on_site, remote, why)
    day, is_remote = begins + timedelta(days=chance.randrange(20, 29)), False
    while day < _LAST:
        _made(Visit(story, "IMV", _workday(story, day), mode="REMOTE" if is_remote else "ON_SITE"))
        day += timedelta(weeks=remote, days=chance.randrange(-2, 6))
        is_remote = not is_remote


def _made(visit: Visit) -> None:
    visit.takes_place()
    visit.is_reported()


def _sets_cadence(story: Any, day: date, tier: str, on_site: int, remote: int, why: str) -> None:
    first = 14 if tier == "HIGH" else 28
    said = {"tier": tier, "first_within_days": first, "on_site_weeks": on_site, "remote_weeks": remote}

    def do(by: User, at: Any, pen: Pen) -> Any:
        return visits.set_cadence(site=story.site, changes={**said, "rationale": why}, version=None, by=by, at=at)

    story.on(_workday(story, day), story.monitor, why, do)


def _workday(story: Any, day: date) -> date:
    """The day, or the first after it on which people work in the site's country."""
    return add_workdays(day, 0, story.site.country.country)
