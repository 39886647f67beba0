"""What happened at the demo's sites: invented, drawn from one seed, and carried out by the cast through the services.

Nothing is written behind the services' backs: each step is the call that a person's click would make, on its day, under
that person's name, with all rules in force.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from ctms.accounts.models import User
from ctms.core.acting import Channel, acting, on_simulated_day
from ctms.demo import startup, visits
from ctms.demo.calendar import BEGINS, TODAY, noon
from ctms.demo.cast import CAST
from ctms.demo.pen import Pen
from ctms.studies.models import VisitSchedule
from ctms.studies.services.schedules import move_schedule
from sites.lifecycle import SITE
from sites.models import EvidenceCode, PersonnelRole, Site
from sites.services.evidence import record_evidence
from sites.services.personnel import add_personnel
from sites.services.statuses import move_enrollment, move_site

E = EvidenceCode

_SEED = 3460
_SURNAMES = (
    "Adler", "Aydin", "Bauer", "Berger", "Costa", "Dubois", "Ferri", "Fischer", "Garcia", "Haas", "Ito", "Jansen",
    "Kaya", "Kim", "Kovacs", "Lang", "Lopez", "Marino", "Meyer", "Nagy", "Nowak", "Okada", "Park", "Popescu", "Reyes",
    "Rossi", "Sato", "Silva", "Smit", "Stone", "Tanaka", "Vidal", "Wagner", "Walsh", "Weiss", "Wood", "Yamada", "Zeman",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One thing somebody did on a day."""

    day: date
    order: int  # among the steps of one site
    who: str
    reason: str
    by_person: bool
    do: Callable[[User, Any, Pen], Any]


class SiteStory:
    """The steps of one site, in order, each some days after the one before."""

    def __init__(self, site: Site, chance: Random) -> None:
        self.site = site
        self.chance = chance
        # Two waves: the second is approached when it shows that more sites are needed.
        wave = (4, 40) if chance.random() < 0.7 else (130, 250)
        self.day = BEGINS + timedelta(days=chance.randrange(*wave))
        self.steps: list[Step] = []
        self.monitor = _monitor(site.country.country)
        self.begun: date | None = None  # when start-up began, and when the initiation gate opens
        self.siv_gate: date | None = None

    def wait(self, low: int, high: int) -> None:
        """Lets working days pass; nothing happens at weekends."""
        self.day += timedelta(days=self.chance.randrange(low, high + 1))
        while self.day.weekday() > 4:
            self.day += timedelta(days=1)

    def move(self, name: str, *, who: str = "", reason: str = "", code: str = "") -> None:
        day, move = self.day, SITE.move(name)
        assert move is not None, name

        def do(by: User, at: Any, pen: Pen) -> Any:
            proof = pen.proof(self.site, kind=move.signature, by=by, at=at) if move.signature else None
            return move_site(
                site=self.site, move=name, effective_on=day, by=by, at=at, reason=reason, reason_code=code, proof=proof
            )

        self._add(who or self.monitor, reason or move.label, do, by_person=bool(reason))

    def enrollment(self, name: str, *, who: str, reason: str, code: str = "") -> None:
        day = self.day

        def do(by: User, at: Any, pen: Pen) -> Any:
            return move_enrollment(
                site=self.site, move=name, effective_on=day, by=by, at=at, reason=reason, reason_code=code
            )

        self._add(who, reason, do, by_person=True)

    def fact(self, code: EvidenceCode, *, who: str = "") -> None:
        day, number = self.day, self.filed()

        def do(by: User, at: Any, pen: Pen) -> Any:
            return record_evidence(site=self.site, code=code, occurred_on=day, reference=number, by=by, at=at)

        self._add(who or self.monitor, f"Evidence: {code.label}", do)

    def filed(self) -> str:
        """Where a proof is filed."""
        return f"eTMF-SIM-{self.chance.randrange(10**5):05}"

    def engage(self, role: PersonnelRole) -> None:
        day, name = self.day, f"Dr. {self.chance.choice('ABCDEFGHJKLMNPRSTVW')}. {self.chance.choice(_SURNAMES)}"

        def do(by: User, at: Any, pen: Pen) -> Any:
            return add_personnel(site=self.site, new_name=name, role=role, starts_on=day, by=by)

        self._add(self.monitor, "Delegation log of the site", do, by_person=True)

    def on(self, day: date, who: str, reason: str, do: Callable[[User, Any, Pen], Any]) -> None:
        """Something on a day of its own, past or ahead of the story's; with a reason of the person's own."""
        if day < TODAY:
            self.steps.append(Step(day, len(self.steps), who, reason, True, do))

    def at(self, day: date, who: str, reason: str, do: Callable[[User, Any, Pen], Any]) -> None:
        """Something on a day that may lie before where the story stands."""
        if day < TODAY:
            self.steps.append(Step(day, len(self.steps), who, reason, False, do))

    def _add(self, who: str, reason: str, do: Callable[[User, Any, Pen], Any], *, by_person: bool = False) -> None:
        if self.day < TODAY:
            self.steps.append(Step(self.day, len(self.steps), who, reason, by_person, do))


def _monitor(country: str) -> str:
    """A CRO's monitor works in the countries of their role, the sponsor's lead CRA in the others."""
    return next((person.username for person in CAST if country in person.countries), "lena")


def tell(site: Site, chance: Random) -> SiteStory:
    """One site's story, as far as it has come by the demo's today."""
    story = SiteStory(site, chance)
    fate = chance.random()
    story.move("contact")
    if fate < 0.01:
        story.wait(3, 10)
        story.move("do_not_use", who="mara", reason="Open inspection findings at the site")
        return story
    story.wait(2, 8)
    story.move("send_cda")
    if fate < 0.05:
        story.wait(8, 25)
        story.move("decline", code=chance.choice(("NO_CAPACITY", "COMPETING")))
        return story
    story.wait(5, 21)
    story.fact(E.CDA_EXE)
    story.move("execute_cda")
    story.wait(1, 4)
    story.move("send_feasibility")
    story.wait(7, 24)
    story.engage(PersonnelRole.PRINCIPAL_INVESTIGATOR)
    story.fact(E.FEAS_IN)
    story.move("receive_feasibility")
    story.wait(4, 16)
    if fate < 0.09:
        story.move("not_select", who="mara", code=chance.choice(("FEASIBILITY", "TIMELINE")))
        return story
    story.move("plan_sqv")
    story.wait(10, 32)
    story.fact(E.SQV_WAIVED if fate > 0.9 else E.SQV_APPROVED)
    story.move("complete_sqv")
    story.wait(3, 18)
    if fate < 0.115:
        story.move("keep_as_backup", who="mara", reason="Enough sites in the country for now")
        return story
    story.move("select", who="mara", reason="Qualified; patient numbers and timeline fit the country plan")
    _start_up(story, fate)
    return story


def _start_up(story: SiteStory, fate: float) -> None:
    story.wait(2, 10)
    story.move("start_up")
    begun = story.day
    story.wait(35, 190)
    startup.before_siv(story, begun)
    if fate < 0.13:
        story.move("drop", who="mara", reason="Contract not agreed after four redline rounds", code="TIMELINE")
        return
    startup.at_siv_gate(story)
    story.move("pass_siv_gate")
    story.wait(5, 25)
    if visits.are_told(story.site):
        story.chance.randrange(10**5)  # as a fact would: the stories of other sites stay as they are
        visits.initiation(story)
    else:
        story.fact(E.SIV)
    story.engage(PersonnelRole.COORDINATOR)
    story.move("initiate")
    story.wait(4, 22)
    startup.at_green_light(story)
    story.move("activate", who="mara")
    if visits.are_told(story.site):
        visits.interim(story)
    if 0.4 < fate < 0.44:
        story.wait(20, 60)
        reason = "Freezer excursion under investigation"
        story.enrollment("hold_enrollment", who="mara", reason=reason, code="SCREENING")
        if fate < 0.42:
            story.wait(9, 20)
            story.enrollment("resume_enrollment", who="mara", reason="Excursion closed, stock released")


def approve_schedule(petra: User, pen: Pen) -> None:
    """The visit schedule is approved on the demo's last day but one, for want of the study's own."""
    at = noon(TODAY - timedelta(days=1))
    schedule = VisitSchedule.objects.get()
    reason = "For the simulation only: it is another study's"
    with on_simulated_day(at), acting(petra, reason=reason, channel=Channel.WEB, by_person=True):
        proof = pen.proof(schedule, kind="approval", by=petra, at=at)
        move_schedule(schedule=schedule, move="approve", reason=reason, by=petra, proof=proof)


def play(sites: Sequence[Site], people: dict[str, User], pen: Pen) -> int:
    """Carries out everybody's steps, day by day on the simulated clock; returns how many there were."""
    chance = Random(_SEED)
    stories = [tell(site, chance) for site in sites]
    steps = [step for story in stories for step in story.steps] + startup.shared_steps(stories)
    for step in sorted(steps, key=lambda step: step.day):  # stable: a site's own order holds within a day
        at, by = noon(step.day), people[step.who]
        with on_simulated_day(at), acting(by, reason=step.reason, channel=Channel.WEB, by_person=step.by_person):
            step.do(by, at, pen)
    return len(steps)
