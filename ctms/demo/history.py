"""What happened at the demo's sites: invented, and drawn from one seed.

What a site does after its activation, or in a second try, is drawn from chance of its own, so that it can be told
further without telling the others anew.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from ctms.accounts.models import User
from ctms.core.acting import Channel, acting, on_simulated_day
from ctms.core.workdays import add_workdays
from ctms.demo import closing, startup, visits
from ctms.demo.calendar import BEGINS, noon
from ctms.demo.cast import monitor_of
from ctms.demo.pen import Pen
from ctms.demo.steps import Do, Step
from ctms.studies.models import VisitSchedule
from ctms.studies.services.schedules import move_schedule
from sites.lifecycle import SITE
from sites.models import EvidenceCode, PersonnelRole, Site
from sites.services.evidence import record_evidence
from sites.services.personnel import add_personnel
from sites.services.statuses import move_enrollment, move_site

E = EvidenceCode

SCHEDULED = date(2023, 10, 4)  # before the EDC goes live
_ASKED_AGAIN = date(2024, 6, 17)
_SEED = 3460
_SURNAMES = (
    "Adler", "Aydin", "Bauer", "Berger", "Costa", "Dubois", "Ferri", "Fischer", "Garcia", "Haas", "Ito", "Jansen",
    "Kaya", "Kim", "Kovacs", "Lang", "Lopez", "Marino", "Meyer", "Nagy", "Nowak", "Okada", "Park", "Popescu", "Reyes",
    "Rossi", "Sato", "Silva", "Smit", "Stone", "Tanaka", "Vidal", "Wagner", "Walsh", "Weiss", "Wood", "Yamada", "Zeman",
)  # fmt: skip


class SiteStory:
    """The steps of one site, in order, each some days after the one before."""

    def __init__(self, site: Site, chance: Random) -> None:
        self.site = site
        self.chance = chance
        # Two waves: the second is approached when it shows that more sites are needed.
        wave = (4, 40) if chance.random() < 0.7 else (130, 250)
        self.day = BEGINS + timedelta(days=chance.randrange(*wave))
        self.steps: list[Step] = []
        self.monitor = monitor_of(site.country.country)
        self.begun: date | None = None  # when start-up began, when the initiation gate opens, when it is activated
        self.siv_gate: date | None = None
        self.activated: date | None = None

    def wait(self, low: int, high: int) -> None:
        """Lets days pass; nothing happens on holidays of the country and at weekends."""
        day = self.day + timedelta(days=self.chance.randrange(low, high + 1))
        self.day = add_workdays(day, 0, self.site.country.country)

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

    def on(self, day: date, who: str, reason: str, do: Do) -> None:
        """Something on a day of its own, past or ahead of the story's; with a reason of the person's own."""
        self.steps.append(Step(day, who, reason, do))

    def at(self, day: date, who: str, reason: str, do: Do) -> None:
        """Something on a day that may lie before where the story stands."""
        self.steps.append(Step(day, who, reason, do, by_person=False))

    def _add(self, who: str, reason: str, do: Do, *, by_person: bool = False) -> None:
        self.steps.append(Step(self.day, who, reason, do, by_person))


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
        _second_try(story)
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
    if visits.are_told(story):
        story.chance.randrange(10**5)  # as a fact would: the stories of other sites stay as they are
        visits.initiation(story)
    else:
        story.fact(E.SIV)
    story.engage(PersonnelRole.COORDINATOR)
    story.move("initiate")
    story.wait(4, 22)
    startup.at_green_light(story)
    story.move("activate", who="mara")
    story.activated = story.day
    if 0.4 < fate < 0.44:
        visits.interim(story)
        story.wait(20, 60)
        reason = "Freezer excursion under investigation"
        story.enrollment("hold_enrollment", who="mara", reason=reason, code="SCREENING")
        if fate < 0.42:
            story.wait(9, 20)
            story.enrollment("resume_enrollment", who="mara", reason="Excursion closed, stock released")
    elif 0.44 < fate < 0.47:
        closing.tell(story)
    else:
        visits.interim(story)


def _second_try(story: SiteStory) -> None:
    """Enrollment is behind its plan, so some of the sites that were kept are asked again in the second summer."""
    story.chance = chance = Random(f"{story.site.number} again")
    story.day = max(story.day, _ASKED_AGAIN)
    story.wait(0, 50)
    why = "Enrollment is behind its plan: more sites are needed"
    if chance.random() < 0.5:
        story.move("contact", reason=why)
        if chance.random() < 0.5:
            story.wait(3, 9)
            story.move("send_cda")
        return
    story.move("select", who="mara", reason=why)
    story.wait(2, 10)
    story.move("start_up")
    begun = story.day
    story.wait(60, 120)
    startup.before_siv(story, begun)


def approve_schedule(petra: User, pen: Pen, *, on: date = SCHEDULED) -> None:
    """The visit schedule is approved for want of the study's own, before the EDC is built by it."""
    at, reason = noon(on), "For the simulation only: it is another study's"
    schedule = VisitSchedule.objects.get()
    with on_simulated_day(at), acting(petra, reason=reason, channel=Channel.WEB, by_person=True):
        proof = pen.proof(schedule, kind="approval", by=petra, at=at)
        move_schedule(schedule=schedule, move="approve", reason=reason, by=petra, proof=proof)


def scheduled() -> Step:
    """The approval of the visit schedule, as a step of the story."""
    return Step(SCHEDULED, "petra", "Approving a schedule", lambda by, at, pen: approve_schedule(by, pen))


def of_sites(sites: Sequence[Site]) -> list[SiteStory]:
    """The stories of these sites; the same for ever for the same sites."""
    chance = Random(_SEED)
    return [tell(site, chance) for site in sites]
