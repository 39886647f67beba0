"""EDC, IRT and CTMS side by side: one pass over what both said and what we made of it, all subjects of a study at once.

Each system's facts become one row a subject, the three are joined by number, and each rule below is a condition on the
joined row. What one system has and another lacks is a discrepancy only after `GRACE`: nobody enters all at once.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ctms.integrations.registry import Kind
from enrollment.models import Difference, Milestone
from enrollment.models.subjects import day_field

GRACE = 3  # days, by the day of what happened, until a system should have it
SYSTEMS = (Kind.EDC, Kind.IRT)
_ALIASES = {Kind.EDC: "e", Kind.IRT: "i"}
_LATER = (  # (milestone, what cannot come after it)
    (Milestone.RANDOMISED, Milestone.CONSENTED),
    (Milestone.SCREEN_FAILED, Milestone.CONSENTED),
    (Milestone.TREATED, Milestone.RANDOMISED),
)


@dataclass(frozen=True)
class Sides:
    """What is compared. Connections are given by key.

    Args:
        connections: kind of system -> its connections with a signed mapping.
        as_of: kind -> of when what it said is, where all of it was read at least once; else it is left out.
        words: (connection, name there, milestone), whoever is master.
        places: (connection, site there, site number here), where they differ.
        masters: milestone -> kind of system that is its master; `subjects` of subjects.
    """

    sponsor: int
    study: int
    connections: dict[Kind, list[int]]
    as_of: dict[Kind, datetime]
    words: list[tuple[int, str, str]]
    places: list[tuple[int, str, str]]
    masters: dict[Milestone, Kind]
    subjects: Kind

    def has(self, kind: Kind) -> bool:
        return kind in self.as_of

    def tells(self, kind: Kind) -> list[Milestone]:
        """The milestones that this kind of system has words for."""
        keys = self.connections.get(kind, [])
        said = {milestone for key, _, milestone in self.words if key in keys}
        return [milestone for milestone in Milestone if milestone in said]


@dataclass(frozen=True)
class Rule:
    """One way to disagree: when it is so, in SQL over the joined row, and what each says of it."""

    difference: Difference
    milestone: str
    condition: str
    edc: str = "''"
    irt: str = "''"
    ctms: str = "''"


def differences_judged(sides: Sides) -> list[str]:
    """What can be judged with the systems that were read. What cannot is neither found nor closed."""
    both = sides.has(Kind.EDC) and sides.has(Kind.IRT)
    anyone = bool(sides.as_of)
    needs_both = {
        Difference.UNKNOWN_TO_EDC, Difference.UNKNOWN_TO_IRT, Difference.NOT_RANDOMISED_IN_IRT,
        Difference.FAILED_YET_RANDOMISED, Difference.MISSING_IN_EDC, Difference.MISSING_IN_IRT,
        Difference.DAY_DIFFERS, Difference.SITE_DIFFERS,
    }  # fmt: skip
    if not anyone:
        return []
    needs_master = {Difference.NOT_IN_CTMS, Difference.ONLY_IN_CTMS}
    return [
        one.value
        for one in Difference
        if (both or one not in needs_both) and (sides.has(sides.subjects) or one not in needs_master)
    ]


def find(cursor: Any, sides: Sides) -> None:
    """Fills the temporary table `reconcile_found` (site_id, number, difference, milestone, what each says)."""
    cursor.execute("drop table if exists reconcile_found")
    judged = set(differences_judged(sides))
    rules = [rule for rule in _rules(sides) if rule.difference in judged]
    listed = ",\n".join(
        f"({number}, '{rule.difference}', '{rule.milestone}', {rule.edc}, {rule.irt}, {rule.ctms}, {rule.condition})"
        for number, rule in enumerate(rules)
    )
    suspicious = " or ".join(f"({condition})" for condition in dict.fromkeys(rule.condition for rule in rules))
    every = [key for keys in sides.connections.values() for key in keys]
    cursor.execute(
        """select exists (select from integrations_sourcefact
           where what = 'CORRECTION' and connection_id = any(%s) and ref <> '')""",
        [every],
    )
    (has_fixes,) = cursor.fetchone()
    # A million groups do not fit the usual work memory, and spilling them costs more than all else. Nor are the sites'
    # subjects looked up one by one.
    cursor.execute("set local work_mem = '256MB'; set local enable_nestloop = off")
    cursor.execute(
        f"""
        create temporary table reconcile_found on commit drop as
        with {_FIXED if has_fixes else ""}
        {_said_by(Kind.EDC, sides, has_fixes)},
        {_said_by(Kind.IRT, sides, has_fixes)},
        opened as (
            select site_id, min(effective_on) as activated_on from sites_sitestatusevent v
            where study_id = %(study)s and to_status = 'ACTIVATED'
                and not exists (select from sites_sitestatusevent x where x.corrects_id = v.id)
            group by 1),
        turns as (
            select site_id, to_status,
                case when to_status = 'OPEN' then effective_on
                    else greatest(effective_on, recorded_at::date) end as day, id
            from sites_sitestatusevent v
            where study_id = %(study)s and kind = 'ENROLLMENT'
                and not exists (select from sites_sitestatusevent x where x.corrects_id = v.id)),
        stretches as (
            select site_id, to_status, day, lead(day) over (partition by site_id order by id) as until from turns),
        shut as (
            select site_id, range_agg(daterange(day, greatest(day, until), '()')) as days from stretches
            where to_status in ('ON_HOLD', 'CLOSED') group by 1),
        s as materialized (
            select i.id, i.number, o.activated_on, h.days as shut
            from sites_site i left join opened o on o.site_id = i.id left join shut h on h.site_id = i.id
            where i.study_id = %(study)s and not i.voided),
        c as (
            select m.number, s.number as site, {", ".join(f"m.{day_field(one)}" for one in Milestone)}
            from enrollment_subject m join s on s.id = m.site_id
            where m.study_id = %(study)s and m.status <> 'DELETED')
        select distinct on (number, difference, milestone)
            s.id as site_id, coalesce(e.subject, i.subject, c.number) as number, r.difference, r.milestone,
            r.edc_says, r.irt_says, r.ctms_says
        from e full join i on i.subject = e.subject
        full join c on c.number = coalesce(e.subject, i.subject)
        join s on s.number = coalesce(c.site, e.site, i.site)
        cross join lateral (values {listed}) as
            r (turn, difference, milestone, edc_says, irt_says, ctms_says, is_so)
        where ({suspicious}) and r.is_so
        order by number, difference, milestone, r.turn
        """,  # noqa: S608 - our own names
        {
            "study": sides.study,
            "all": every,
            "edc": sides.connections.get(Kind.EDC, []) if sides.has(Kind.EDC) else [],
            "irt": sides.connections.get(Kind.IRT, []) if sides.has(Kind.IRT) else [],
            **_parameters("word", sides.words),
            **_parameters("place", sides.places),
        },
    )
    cursor.execute("set local enable_nestloop = on; analyze reconcile_found")


_FIXED = """fixed as materialized (
            select distinct on (connection_id, ref) connection_id, ref, day, state
            from integrations_sourcefact
            where what = 'CORRECTION' and connection_id = any(%(all)s) and ref <> ''
            order by connection_id, ref, version desc, key),"""


def _said_by(kind: Kind, sides: Sides, has_fixes: bool) -> str:
    """One row for each subject that this kind of system knows: its site, and the days of its milestones.

    The few words and places stand in the statement itself: several processes can share the work then, and what nobody
    maps or corrects costs nothing.
    """
    alias = _ALIASES[kind]
    day, is_so = ("coalesce(x.day, f.day)", " and coalesce(x.state, '') <> 'VOID'") if has_fixes else ("f.day", "")
    days = "".join(
        f", min({day}) filter (where w.milestone = '{one}'{is_so}) as {day_field(one)}" for one in sides.tells(kind)
    )
    place, joins = "f.place", ""
    if sides.words:
        joins += f"""
            left join (values {_marks("word", sides.words)}) w (connection_id, event, milestone)
                on f.what = 'DAY' and w.connection_id = f.connection_id and w.event = f.event"""
    if sides.places:
        place = "coalesce(p.number, f.place)"
        joins += f"""
            left join (values {_marks("place", sides.places)}) p (connection_id, place, number)
                on p.connection_id = f.connection_id and p.place = f.place"""
    if has_fixes:
        joins += " left join fixed x on x.connection_id = f.connection_id and x.ref = f.key"
    # What an EDC no longer lists is not there, whatever it once said of it; an IRT tells of events alone.
    known = "having bool_or(f.what = 'SUBJECT' and f.state <> 'DELETED')" if kind == Kind.EDC else ""
    return f"""{alias} as (
            select f.subject, min({place}) filter (where f.place <> '') as site,
                max({place}) filter (where f.place <> '') as other_site{days}
            from integrations_sourcefact f {joins}
            where f.connection_id = any(%({kind.lower()})s) and f.what in ('SUBJECT', 'DAY') and f.gone_at is null
                and f.subject <> ''
            group by f.subject {known})"""  # noqa: S608 - our own names


def _marks(name: str, rows: list[tuple[int, str, str]]) -> str:
    """Marks for rows of a VALUES list, whose values `_parameters` gives."""
    return ", ".join(f"(%({name}_{n}_0)s::bigint, %({name}_{n}_1)s, %({name}_{n}_2)s)" for n in range(len(rows)))


def _parameters(name: str, rows: list[tuple[int, str, str]]) -> dict[str, Any]:
    return {f"{name}_{n}_{place}": value for n, row in enumerate(rows) for place, value in enumerate(row)}


def _rules(sides: Sides) -> list[Rule]:
    """All rules for these sides, in the order in which one of several explains the others."""
    return [*_about_subjects(sides), *_about_milestones(sides), *_about_sites(sides), *_about_ourselves(sides)]


def _about_subjects(sides: Sides) -> list[Rule]:
    edc, irt = sides.tells(Kind.EDC), sides.tells(Kind.IRT)
    first_irt = _least("i", irt)
    rules = [
        Rule(
            Difference.UNKNOWN_TO_EDC, "",
            f"e.subject is null and i.subject is not null and {_due(first_irt, Kind.EDC, sides)}",
            irt=_said(first_irt), ctms="coalesce(c.site, '')",
        ),
    ]  # fmt: skip
    if Milestone.CONSENTED in irt and edc:
        first_edc = _least("e", edc)
        rules.append(
            Rule(
                Difference.UNKNOWN_TO_IRT, "",
                f"i.subject is null and e.subject is not null and {_due(first_edc, Kind.IRT, sides)}",
                edc=_said(first_edc), ctms="coalesce(c.site, '')",
            )
        )  # fmt: skip
    registered = " and i.subject is not null" if Milestone.CONSENTED in irt else ""
    treated = _least("e", [one for one in edc if one in (Milestone.RANDOMISED, Milestone.TREATED)])
    if treated != "null::date" and Milestone.RANDOMISED in irt:
        rules.append(
            Rule(
                Difference.NOT_RANDOMISED_IN_IRT, Milestone.RANDOMISED,
                f"e.subject is not null{registered} and i.randomised_on is null and {_due(treated, Kind.IRT, sides)}",
                edc=_said(treated), ctms="coalesce(c.randomised_on::text, '')",
            )
        )  # fmt: skip
    if Milestone.SCREEN_FAILED in edc and Milestone.RANDOMISED in irt:
        rules.append(
            Rule(
                Difference.FAILED_YET_RANDOMISED, Milestone.RANDOMISED,
                "e.screen_failed_on is not null and i.randomised_on is not null",
                edc=_said("e.screen_failed_on"), irt=_said("i.randomised_on"), ctms=_said("c.randomised_on"),
            )
        )  # fmt: skip
    return rules


def _about_milestones(sides: Sides) -> list[Rule]:
    rules = []
    for one in [one for one in sides.tells(Kind.EDC) if one in sides.tells(Kind.IRT)]:
        day = day_field(one)
        says = {"edc": _said(f"e.{day}"), "irt": _said(f"i.{day}"), "ctms": _said(f"c.{day}")}
        both = "e.subject is not null and i.subject is not null"
        # A screen failure that stands against a randomisation is found as that.
        is_failure = one == Milestone.SCREEN_FAILED and Milestone.RANDOMISED in sides.tells(Kind.IRT)
        other = " and i.randomised_on is null" if is_failure else ""
        rules += [
            Rule(Difference.DAY_DIFFERS, one, f"e.{day} <> i.{day}", **says),
            Rule(Difference.MISSING_IN_EDC, one, f"{both} and e.{day} is null and {_due(f'i.{day}', Kind.EDC, sides)}",
                 **says),
            Rule(Difference.MISSING_IN_IRT, one,
                 f"{both} and i.{day} is null and {_due(f'e.{day}', Kind.IRT, sides)}{other}", **says),
        ]  # fmt: skip
    for later, earlier in _LATER:
        first, second = f"c.{day_field(earlier)}", f"c.{day_field(later)}"
        rules.append(
            Rule(Difference.OUT_OF_ORDER, later, f"{second} < {first}", ctms=f"{second} || ' before ' || {first}")
        )
    return rules


def _about_sites(sides: Sides) -> list[Rule]:
    registers = Milestone.CONSENTED in sides.tells(Kind.IRT)
    consent = "coalesce(c.consented_on, i.consented_on)" if registers else "c.consented_on"
    says = {name: _said(f"{alias}.consented_on") if Milestone.CONSENTED in sides.tells(kind) else "''"
            for name, alias, kind in (("edc", "e", Kind.EDC), ("irt", "i", Kind.IRT))}  # fmt: skip
    activated = "coalesce('activated ' || s.activated_on, 'not activated')"
    return [
        Rule(
            Difference.DUPLICATE_NUMBER, "", "e.site <> e.other_site or i.site <> i.other_site",
            edc=_places("e"), irt=_places("i"), ctms="coalesce(c.site, '')",
        ),
        Rule(
            Difference.SITE_DIFFERS, "", "e.site <> i.site and e.site = e.other_site and i.site = i.other_site",
            edc="e.site", irt="i.site", ctms="coalesce(c.site, '')",
        ),
        Rule(
            Difference.BEFORE_ACTIVATION, Milestone.CONSENTED,
            f"{consent} is not null and (s.activated_on is null or {consent} < s.activated_on)", ctms=activated, **says,
        ),
        Rule(
            Difference.WHILE_CLOSED, Milestone.CONSENTED, f"s.shut @> {consent}",
            ctms=f"'took nobody in on ' || {consent}", **says,
        ),
    ]  # fmt: skip


def _about_ourselves(sides: Sides) -> list[Rule]:
    """Our own records against their sources: they follow from them, so anything found here is our own fault."""
    alias = _ALIASES.get(sides.subjects)
    rules = []
    if alias:
        site = {"edc" if alias == "e" else "irt": f"coalesce({alias}.site, '')"}
        rules = [
            Rule(Difference.NOT_IN_CTMS, "", f"{alias}.subject is not null and c.number is null", **site),
            Rule(Difference.ONLY_IN_CTMS, "", f"{alias}.subject is null and c.number is not null", ctms="c.site"),
        ]
    for one, master in sides.masters.items():
        if master not in SYSTEMS or not sides.has(master) or one not in sides.tells(master):
            continue
        theirs, ours = f"{_ALIASES[master]}.{day_field(one)}", f"c.{day_field(one)}"
        name = "edc" if master == Kind.EDC else "irt"
        rules.append(
            Rule(
                Difference.CTMS_DIFFERS, one, f"c.number is not null and {theirs} is distinct from {ours}",
                ctms=_said(ours), **{name: _said(theirs)},
            )
        )  # fmt: skip
    return rules


def _least(alias: str, milestones: list[Milestone]) -> str:
    days = ", ".join(f"{alias}.{day_field(one)}" for one in milestones)
    return f"least({days})" if days else "null::date"


def _due(day: str, kind: Kind, sides: Sides) -> str:
    """Long enough ago that this kind of system should have it."""
    at = sides.as_of.get(kind)
    limit: date = at.date() if at else date.min
    return f"{day} + {GRACE} <= date '{limit:%Y-%m-%d}'"


def _said(day: str) -> str:
    return f"coalesce({day}::text, '')"


def _places(alias: str) -> str:
    return (
        f"case when {alias}.site <> {alias}.other_site then {alias}.site || ', ' || {alias}.other_site"
        f" else coalesce({alias}.site, '') end"
    )
