"""The simulated world: what happened to subjects at the sites that the CTMS has opened. One seed, the same for ever.

Each site has a stream of chance of its own, so that a site which opens later changes nothing at the others; the world
of a later day is the world of an earlier one, gone on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from typing import Any

from ctms.integrations.simulators.published import Published, PublishedSite, PublishedVisit

SEED = 3460
_MONTH = 30.44
_PACE = 1.35  # subjects that consent a month at a site of usual luck
_RARE = 0.5  # the same in a rare disease
_EVER = datetime.min.replace(tzinfo=UTC)
_KINDS = 12  # after so many sites, the same disagreements come round again


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that took place, when its data were entered and verified, and the queries about it."""

    code: str
    on: date
    entered_at: datetime
    verified_at: datetime | None
    queries: tuple[tuple[datetime, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What happened to one subject; days that lie ahead are told too, and seen when they come."""

    site: str
    number: str
    days: dict[str, date]  # CONSENTED, ELIGIBLE, SCREEN_FAILED, RANDOMISED, TREATED, TREATMENT_ENDED, ...
    visits: tuple[Visit, ...]
    known_to_edc: bool = True
    irt_days: dict[str, date | None] = field(default_factory=dict)  # where IRT says another day, or none
    irt_site: str = ""  # where IRT has the subject elsewhere
    edc_also_at: str = ""  # where the EDC has the number at a second site
    entered_from: datetime = _EVER  # before which nothing that stands now was written
    mended_at: datetime | None = None  # when what was wrong with this subject was put right

    @property
    def key(self) -> str:
        """What the EDC tells it apart by."""
        return f"{Random(f'key {self.site} {self.number}').getrandbits(64):016X}"


@dataclass(frozen=True, slots=True)
class Planted:
    """A discrepancy that was put there, and how it shows in the CTMS's counts of that site.

    `since` is the day from which on something is missing; None where nothing is.
    """

    kind: str
    subject: str
    site: str
    effect: dict[str, int] = field(default_factory=dict)
    since: date | None = None


class World:
    """The world of one study as of a day."""

    def __init__(
        self,
        published: Published,
        *,
        seed: int = SEED,
        is_planted: bool = True,
        size: int = 0,
        mended_at: datetime | None = None,
        pace: float = _PACE,
        patience: timedelta | None = None,
    ) -> None:
        """
        Args:
            is_planted: whether the systems disagree here and there, at places that `planted` names.
            size: so many subjects at each open site, instead of as many as chance brings.
            mended_at: when all of that was put right at its source; corrections are recorded then.
            pace: how many subjects consent a month at a site of usual luck.
            patience: so long after a subject's consent it is put right by itself; never, by default.
        """
        self.published = published
        self.now = published.now
        self._seed = seed
        self._is_planted = is_planted
        self._size = size
        self._mended_at = mended_at
        self._pace = pace
        self._patience = patience

    @classmethod
    def lived(cls, published: Published) -> "World":
        """As the demo shows it: at the pace of a rare disease, and somebody puts right what was wrong."""
        return cls(published, pace=_RARE, patience=timedelta(days=100))

    @cached_property
    def opened(self) -> list[PublishedSite]:
        """The sites that were activated, the first first."""
        opened = (site for site in self.published.sites if site.activated_on)
        return sorted(opened, key=lambda one: (one.activated_on, one.number))

    @cached_property
    def subjects(self) -> list[Subject]:
        """Everybody who consented by now."""
        return [subject for place, site in enumerate(self.opened) for subject in self._at(site, place)]

    @cached_property
    def planted(self) -> list[Planted]:
        """The discrepancies among those who are there by now."""
        return [found for one in self.subjects if not one.mended_at for found in self._wrong_with(one)]

    def _wrong_with(self, one: Subject) -> Iterator[Planted]:
        if not one.known_to_edc:
            known = {"subjects": -1, **dict.fromkeys(_counted(one, self.now), -1)}
            yield Planted("UNKNOWN_TO_EDC", one.number, one.site, known, one.days["CONSENTED"])
        for what, day in one.irt_days.items():
            if not self.happened(one, what) or (day is not None and _evening(day) > self.now):
                continue
            if what == "RANDOMISED":
                lacks = {"randomised": -1, "enrolled": -1}
                yield Planted("NOT_RANDOMISED_IN_IRT", one.number, one.site, lacks, one.days["TREATED"])
            elif day is None:
                yield Planted("MISSING_IN_IRT", one.number, one.site, since=one.days[what])
            else:
                yield Planted("DAY_DIFFERS", one.number, one.site)
        if one.irt_site:
            yield Planted("SITE_DIFFERS", one.number, one.site)
        if one.edc_also_at:
            yield Planted("DUPLICATE_NUMBER", one.number, one.site)
        if any(site.number == one.site and one.days["CONSENTED"] < site.activated_on
               for site in self.opened if site.activated_on):  # fmt: skip
            yield Planted("BEFORE_ACTIVATION", one.number, one.site)

    def happened(self, subject: Subject, what: str) -> date | None:
        """The day of it, if that has come."""
        day = subject.days.get(what)
        return day if day is not None and _evening(day) <= self.now else None

    def status(self, subject: Subject) -> str:
        """What the EDC calls it."""
        for what, word in _WORDS:
            if self.happened(subject, what):
                return word
        return "Screening"

    def truth(self) -> dict[str, Any]:
        """What is so, whatever the systems say of it; counts by site, and what was planted."""
        counts: dict[str, dict[str, int]] = {}
        for subject in self.subjects:
            here = counts.setdefault(subject.site, dict.fromkeys(("subjects", "enrolled", *_COUNTED.values()), 0))
            here["subjects"] += 1
            for name in _counted(subject, self.now):
                here[name] += 1
        return {
            "source_system": "SIMULATOR",
            "study": self.published.study,
            "as_of": self.now.isoformat(),
            "counts": counts,
            "planted": [
                {
                    "kind": one.kind,
                    "subject": one.subject,
                    "site": one.site,
                    "effect": one.effect,
                    "since": one.since.isoformat() if one.since else None,
                }
                for one in self.planted
            ],
        }

    def _at(self, site: PublishedSite, place: int) -> Iterator[Subject]:
        chance = Random(f"{self._seed} {site.number}")
        rate = chance.gammavariate(1.8, self._pace / 1.8)  # subjects a month
        for number, day in enumerate(self._arrivals(site, rate, chance), 1):
            subject = self._course(site.number, f"{site.number}-{number:03}", day, chance)
            if _evening(day) > self.now:
                return
            yield self._planted(subject, place, number) if self._is_planted else subject

    def _arrivals(self, site: PublishedSite, rate: float, chance: Random) -> Iterator[date]:
        if self._size:
            first = site.activated_on or date.max
            yield from (first + timedelta(days=number % 28) for number in range(self._size))
            return
        for begin, end in site.open_on:
            at = 0.0
            while True:
                at += chance.expovariate(rate / _MONTH) + 0.2
                day = _weekday(begin + timedelta(days=int(at) + 5))
                if (end is not None and day >= end) or _evening(day) > self.now + timedelta(days=1):
                    break
                yield day

    def _course(self, site: str, number: str, consented: date, chance: Random) -> Subject:
        days = {"CONSENTED": consented}
        decided = _weekday(consented + timedelta(days=chance.randint(6, 20)))
        if chance.random() < 0.24:
            days["SCREEN_FAILED"] = decided
            return Subject(site, number, days, tuple(self._visits(days, decided, chance)))
        days["ELIGIBLE"] = decided
        days["RANDOMISED"] = _weekday(decided + timedelta(days=chance.randint(0, 3)))
        days["TREATED"] = _weekday(days["RANDOMISED"] + timedelta(days=chance.choice((0, 0, 0, 1))))
        planned = max((visit.day for visit in self.published.visits), default=180)
        end = days["TREATED"] + timedelta(days=max(planned, 28))
        fate = chance.random()
        if fate < 0.1:
            end = days["TREATED"] + timedelta(days=chance.randint(10, max(planned, 28)))
            days["TREATMENT_ENDED"] = days["WITHDRAWN"] = end
        elif fate < 0.12:
            end = days["TREATED"] + timedelta(days=chance.randint(20, max(planned, 28)))
            days["LOST"] = end
        else:
            days["TREATMENT_ENDED"] = days["COMPLETED"] = end
        return Subject(site, number, days, tuple(self._visits(days, end, chance)))

    def _visits(self, days: dict[str, date], end: date, chance: Random) -> Iterator[Visit]:
        """Those that take place: on the planned day with some jitter, a few outside their window, a few never."""
        base = days.get("RANDOMISED", days["CONSENTED"] - timedelta(days=min(self._first_day, 0)))
        for visit in self.published.visits:
            day = self._kept(base + timedelta(days=visit.day), self._jitter(visit, chance), visit)
            is_missed = chance.random() < 0.03
            lag, verify, count = chance.randint(1, 6), chance.randint(15, 60), chance.choice((0, 0, 0, 1, 1, 2))
            stays = [(chance.randint(2, 8), chance.randint(3, 45)) for _ in range(2)]
            is_verified = chance.random() < 0.6
            day = max(day, days["CONSENTED"])
            if is_missed or day > end:
                continue
            entered = _evening(day) + timedelta(days=lag, minutes=chance.randint(0, 600))
            queries = tuple(
                (entered + timedelta(days=opened), entered + timedelta(days=opened + stay))
                for opened, stay in stays[:count]
            )
            verified = entered + timedelta(days=verify) if is_verified else None
            yield Visit(visit.code, day, entered, verified, queries)

    def _kept(self, due: date, jitter: int, visit: PublishedVisit) -> date:
        """The day of a visit: not at a weekend, where a day beside it is as good."""
        day = due + timedelta(days=jitter)
        if jitter > visit.after or day.weekday() < 5:
            return day
        near = [day + timedelta(days=days) for days in ((-1, 2) if day.weekday() == 5 else (1, -2))]
        return next((one for one in near if -visit.before <= (one - due).days <= visit.after), day)

    @property
    def _first_day(self) -> int:
        return min((visit.day for visit in self.published.visits), default=0)

    def _jitter(self, visit: PublishedVisit, chance: Random) -> int:
        if visit.day == 0:
            return 0
        if chance.random() < 0.04:
            return visit.after + chance.randint(1, 5)
        return chance.randint(-min(visit.before, 2), min(visit.after, 2))

    def _planted(self, subject: Subject, place: int, number: int) -> Subject:
        """At the first sites that opened, one subject each about which the systems disagree; until it is mended."""
        wrong: dict[str, Any] = {}
        if number == 2:
            site, consented = self.opened[place], subject.days["CONSENTED"]
            behind = [one.number for one in self.opened[:place] if one.number > subject.site]
            twice = {"edc_also_at": max(behind)} if behind else {}
            kinds: dict[int, dict[str, Any]] = {
                0: {"irt_days": {"RANDOMISED": None}},
                1: {"known_to_edc": False},
                2: {"irt_days": {"CONSENTED": consented + timedelta(days=2)}},
                3: {"irt_site": self.opened[0].number},
                4: {"days": subject.days | {"CONSENTED": (site.activated_on or consented) - timedelta(days=30)},
                    "entered_from": _evening(consented)},
                5: twice, 7: twice, 8: twice,
            }  # fmt: skip
            wrong = kinds.get(place % _KINDS, {})
        elif place % _KINDS == 6 and "SCREEN_FAILED" in subject.days:
            wrong = {"irt_days": {"SCREEN_FAILED": None}}
        if wrong and (mended_at := self._mended_at or self._lost_patience(subject)):
            wrong = {"mended_at": mended_at, "entered_from": mended_at}
        return replace(subject, **wrong)

    def _lost_patience(self, subject: Subject) -> datetime | None:
        """When somebody put it right, if that has come."""
        if self._patience is None:
            return None
        mended_at = _evening(subject.days["CONSENTED"]) + self._patience
        return mended_at if mended_at <= self.now else None


_WORDS = (
    ("WITHDRAWN", "Discontinued"), ("LOST", "Lost to Follow-Up"), ("COMPLETED", "Completed"),
    ("SCREEN_FAILED", "Screen Failure"), ("TREATED", "On Study"), ("ELIGIBLE", "Enrolled"), ("CONSENTED", "Screening"),
)  # fmt: skip
_COUNTED = {
    "CONSENTED": "consented", "SCREEN_FAILED": "screen_failed", "RANDOMISED": "randomised", "TREATED": "treated",
    "COMPLETED": "completed", "WITHDRAWN": "withdrawn", "LOST": "lost",
}  # fmt: skip


def _counted(subject: Subject, now: datetime) -> list[str]:
    """In which counts this subject is, by now; enrolled from randomisation on, as studies usually define it."""
    names = [name for what, name in _COUNTED.items() if (day := subject.days.get(what)) and _evening(day) <= now]
    return [*names, "enrolled"] if "randomised" in names else names


def _weekday(day: date) -> date:
    """The day, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _evening(day: date) -> datetime:
    """When a day's happenings are known to the systems that own them."""
    return datetime.combine(day, time(18, 0), UTC)
