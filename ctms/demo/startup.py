"""How the demo's sites work through their start-up checklists: drawn per site, carried out through the services."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from ctms.accounts.models import User
from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.core.workdays import add_workdays
from ctms.demo.calendar import BEGINS, noon
from ctms.demo.pen import Pen
from ctms.demo.steps import Do, Step
from ctms.studies.models import Study
from ctms.studies.services.studies import edit_study
from sites.models import Party, Site, StartUpItem
from sites.services.startup import Settlement, hand_over, settle_items
from sites.services.startup_configuration import draft_configuration, move_configuration
from sites.services.startup_waivers import draft_waiver, move_waiver
from sites.startup.checklist import checklist_of, shared_checklist

if TYPE_CHECKING:
    from ctms.demo.history import SiteStory

_PAPERS = ("T-CTA-DRAFT", "P-INV", "P-1572", "T-PSP", "P-CV", "P-LIC", "P-GCP", "P-FDF", "T-IRB-SUB")
_APPROVALS = ("T-IRB-SUB", "T-IRB-APP", "T-CC", "T-ICF")
_WAIVABLE = ("T-LAB", "P-FDF", "T-SUP")
_TO_INITIATE = (*_APPROVALS, "T-CTA-EXE")
_TO_OPEN = ("P-CV", "P-LIC", "P-GCP", "P-FDF", "T-TRN", "T-SYS", "T-DOA", "T-SUP", "T-PHARM", "T-LAB")


def configure(study: Study, people: dict[str, User], pen: Pen) -> None:
    """What the study is for its regulators, and the shipped defaults, approved by a second person."""
    at, mara, petra = noon(BEGINS), people["mara"], people["petra"]
    with acting(mara, reason="As submitted with the IND", channel=Channel.WEB, by_person=True):
        edit_study(study=study, changes={"under_ind": True, "covered_study": True}, version=None, by=mara)
    with acting(mara, reason="Preparing the start-up configuration", channel=Channel.WEB, by_person=True):
        draft = draft_configuration(study=study, text="", source="", effective_from=BEGINS, by=mara, at=at)
    reason = "Read country by country with regulatory affairs"
    with acting(petra, reason=reason, channel=Channel.WEB, by_person=True):
        proof = pen.proof(draft, kind="approval", by=petra, at=at)
        move_configuration(configuration=draft, move="approve", reason=reason, by=petra, proof=proof)


def before_siv(story: "SiteStory", begun: date) -> None:
    """From the start to the initiation gate: papers come in, the contract goes to and fro."""
    chance = Random(story.site.number)
    story.begun, story.siv_gate = begun, story.day
    way = (story.day - begun).days
    country = story.site.country.country
    papers = add_workdays(begun + timedelta(days=chance.randrange(4, 14)), 0, country)
    _settled(story, papers, _PAPERS, "Documents of the investigator received", filed=_filed(chance))
    approved = add_workdays(begun + timedelta(days=way * 3 // 5), 0, country)
    _settled(story, approved, _APPROVALS, "Approvals of the site received", filed=_filed(chance))
    if chance.random() < 0.6:
        sent = add_workdays(begun + timedelta(days=way // 2), 0, country)
        party = chance.choice((Party.SPONSOR, Party.SITE))
        _handed(story, sent, "T-CTA-EXE", party, chance.choice(("First redlines", "Liability clause", "Overhead")))


def at_siv_gate(story: "SiteStory") -> None:
    """Approvals and contract of the site."""
    _settled(
        story, story.day, _TO_INITIATE, "Approvals and contract of the site filed", filed=story.filed(), is_ready=True
    )


def at_green_light(story: "SiteStory") -> None:
    """Training, supplies and the rest; then a second person looks at the package."""
    _settled(story, story.day, _TO_OPEN, "Site file complete", filed=story.filed(), is_ready=True)
    _settled(
        story, story.day, ("T-GL", "T-IPR"), "Package looked through", who="mara", filed=story.filed(), is_ready=True
    )
    _settled(story, story.day, ("T-ACT",), "Activation letter sent", filed=story.filed(), is_ready=True)


def shared_steps(stories: Sequence["SiteStory"]) -> list[Step]:
    """What sites share: of the study soon after the first begins, of a country before its first site needs it."""
    under_way = [story for story in stories if story.begun is not None]
    by_country: dict[int, list[SiteStory]] = defaultdict(list)
    for story in under_way:
        by_country[story.site.country_id].append(story)
    steps: list[Step] = []
    for listed in by_country.values():
        first = min(listed, key=lambda story: (story.begun, story.site.number))
        soonest = min(story.siv_gate for story in listed if story.siv_gate)
        assert first.begun is not None
        begun, way = first.begun, (soonest - first.begun).days
        for days, level, codes, why in (
            (0, "study", ("S-PROT", "S-IB", "S-EDC", "S-IRT"), "Released for the study"),
            (max(way // 6, 1), "country", ("C-RA-SUB", "C-EC-SUB"), "Application sent"),
            (max(way - 4, 1), "country", ("C-RA-APP", "C-EC-APP"), "Approval received"),
            (max(way - 2, 1), "country", ("C-INS", "C-IMP", "C-GEN"), "Certificates received"),
        ):
            day = add_workdays(begun + timedelta(days=days), 0, first.site.country.country)
            who = "lena" if level == "study" else first.monitor
            steps.append(_shared(first.site, day, level, codes, why, who))
    return steps


def late_steps(stories: Sequence["SiteStory"], until: date) -> list[Step]:
    """Waivers asked for at some of the sites that are not open when the demo is shown."""
    late = [story for story in stories if story.begun and story.begun < until and (story.activated or until) >= until]
    return [
        Step(
            add_workdays(until, -3 - place, story.site.country.country), story.monitor, "Asking for a waiver",
            _asks(story.site, is_granted=place % 2 == 0),
        )
        for place, story in enumerate(late[::4])
    ]  # fmt: skip


def _asks(site: Site, *, is_granted: bool) -> Do:
    """For an item that its laboratory or pharmacy need not bring; mara grants it, or has it before her."""

    def do(by: User, at: Any, pen: Pen) -> Any:
        item = StartUpItem.objects.filter(site=site, code__in=_WAIVABLE, actual_on=None).order_by("code").first()
        if item is None:
            return
        waiver = draft_waiver(item=item, grounds="The central laboratory does all of it", by=by, at=at)
        move_waiver(waiver=waiver, move="ask", by=by, at=at, proof=pen.proof(waiver, kind="authorship", by=by, at=at))
        if is_granted:
            mara, reason = User.objects.get(username="mara"), "Agreed with the laboratory"
            with acting(mara, reason=reason, channel=Channel.WEB, by_person=True):
                proof = pen.proof(waiver, kind="approval", by=mara, at=at)
                move_waiver(waiver=waiver, move="grant", reason=reason, by=mara, at=at, proof=proof)

    return do


def _shared(site: Site, day: date, level: str, codes: tuple[str, ...], why: str, who: str) -> Step:
    def do(by: User, at: Any, pen: Pen) -> Any:
        country = site.country_id if level == "country" else None
        items = StartUpItem.objects.filter(study=site.study_id, site=None, country=country, actual_on=None)
        filed = f"eTMF-SIM-{site.country.country if country else site.study.protocol_no}"
        _settle(items.filter(level=level, code__in=codes), day, filed, by, at)

    return Step(day, who, why, do, by_person=False)


def _settled(
    story: "SiteStory",
    day: date,
    codes: tuple[str, ...],
    why: str,
    *,
    filed: str,
    who: str = "",
    is_ready: bool = False,
) -> None:
    site = story.site

    def do(by: User, at: Any, pen: Pen) -> Any:
        rows = StartUpItem.objects.filter(site=site, code__in=codes, actual_on=None)
        _settle(rows, day, filed, by, at, is_ready=is_ready)

    story.at(day, who or story.monitor, why, do)


def _handed(story: "SiteStory", day: date, code: str, party: Party, note: str) -> None:
    site = story.site

    def do(by: User, at: Any, pen: Pen) -> Any:
        item = StartUpItem.objects.get(site=site, code=code)
        person = by if party == Party.SPONSOR else None
        if item.actual_on is None and not item.holdings.filter(until=None, party=party, person=person).exists():
            hand_over(item=item, party=party, person=person, on=day, by=by, at=at, note=note)

    story.at(day, story.monitor, note, do)


def _settle(items: Any, day: date, filed: str, by: User, at: Any, *, is_ready: bool = False) -> None:
    """Settles those of these items of one site, country or study that wait for nothing but each other.

    Args:
        is_ready: all of them do, as a rule: it is looked for others only where the rule does not hold.
    """
    items = list(items.select_related("site", "site__country").order_by("id"))
    if is_ready and items:
        with suppress(Refusal):
            settle_items(items=_said(items, day, filed), by=by, at=at)
            return
    around = _around(items[0]) if items else None
    if around is None:
        return
    known = {item.pk for item in items}
    free = [item for item in items if not around.graph.waited_for(item.pk, day) - known]
    if free:
        settle_items(items=_said(free, day, filed), by=by, at=at)


def _said(items: Sequence[StartUpItem], day: date, filed: str) -> dict[int, Settlement]:
    return {item.pk: Settlement(day, f"{filed} {item.code}", _expires(item, day)) for item in items}


def _around(item: StartUpItem) -> Any:
    return checklist_of(item.site) if item.site else shared_checklist(item)


def _expires(item: StartUpItem, day: date) -> date | None:
    return day + timedelta(days=1095) if item.code in ("C-INS", "C-IMP", "P-LIC") else None


def _filed(chance: Random) -> str:
    return f"eTMF-SIM-{chance.randrange(10**5):05}"
