"""The configuration of start-up: what items there are, for whom, before which gate. Read from YAML, checked, asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ctms.core.refusals import BadInput
from ctms.core.workdays import is_known, workdays_from
from sites.models.evidence import EvidenceCode
from sites.models.sites import PersonnelRole
from sites.startup.gates import GATES

DEFAULTS = Path(__file__).parent / "defaults.yaml"
LEVELS = ("study", "country", "site", "person")
PARTIES = ("SPONSOR", "CRO", "SITE", "AUTHORITY", "ETHICS", "VENDOR")
HARD = ("AUTHORITY_APPROVAL", "ETHICS_APPROVAL", "CONSENT_FORM")
"""Kinds of item that no one can waive, and that each country must ask for before activation."""
KINDS = (*HARD, "CONTRACT", "GREEN_LIGHT", "OTHER")
OF_THE_STUDY = {"under_ind": "conducted under an IND", "covered_study": "a covered clinical study"}
"""What rules may ask of the study itself, in words."""

MOST_BYTES = 200_000
_MOST_DAYS, _MOST_ITEMS = 400, 150
_ITEM_KEYS = {"code", "name", "level", "kind", "gate", "days", "holder", "after", "applies", "countries", "expires",
              "roles", "fact", "column"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """An item as a country's sites have it.

    Args:
        applies: what has to be true of study and country, "!" in front of what must not.
        fact: the evidence that settles it, any of these codes; such an item is settled by the fact alone.
        expires: "" does not; "given" with each proof; a number of months otherwise.
        column: the column of the start-up board it is shown in; "" for none.
    """

    code: str
    name: str
    level: str
    kind: str = "OTHER"
    gate: str = ""
    days: int = 0
    holder: str = "SPONSOR"
    after: tuple[str, ...] = ()
    applies: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    expires: str = ""
    roles: tuple[str, ...] = ()
    fact: tuple[str, ...] = ()
    column: str = ""

    @property
    def is_hard(self) -> bool:
        return self.kind in HARD

    def holds_for(self, country: str, truths: Mapping[str, bool]) -> bool:
        """Whether it is asked for in this country, with what is true there."""
        return (not self.countries or country in self.countries) and all(
            truths[rule.removeprefix("!")] != rule.startswith("!") for rule in self.applies
        )


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    calendar: str
    owner: str
    as_of: str
    route: str
    truths: Mapping[str, bool]
    days: Mapping[str, int]


class Template:
    """A configuration, ready to be asked."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.title: str = content["title"]
        self.calendar: str = content["calendar"]
        self.attributes: Mapping[str, str] = content["attributes"]
        self.items = tuple(_definition(item) for item in content["items"])
        self.by_code = {item.code: item for item in self.items}
        self.countries = {code: Country(code=code, **one) for code, one in content["countries"].items()}

    def items_for(self, country: str, study: Mapping[str, bool]) -> list[Definition]:
        """What a site in this country needs, in the order of the configuration. KeyError: the country is not in it."""
        truths = {**dict.fromkeys(self.attributes, False), **self.countries[country].truths, **study}
        return [item for item in self.items if item.holds_for(country, truths)]

    def unknown_of(self, country: str, study: Mapping[str, bool | None]) -> list[str]:
        """What rules for this country ask of the study, and the study does not say."""
        asked = {
            rule.removeprefix("!")
            for item in self.items
            if not item.countries or country in item.countries
            for rule in item.applies
        }
        return [name for name, value in study.items() if name in asked and value is None]

    def end_of(self, item: Definition, begins: date, country: str) -> date:
        """When the item is done at a site of this country if it begins on a day: by its business days and calendar.

        An item of the whole study takes as long, and goes by the same calendar, in every country.
        """
        if item.level == "study":
            return workdays_from(begins, item.days, self.calendar)
        there = self.countries[country]
        return workdays_from(begins, there.days.get(item.code, item.days), there.calendar)

    @property
    def columns(self) -> list[str]:
        """The columns of the start-up board, in order."""
        return list(dict.fromkeys(item.column for item in self.items if item.column))


@lru_cache(maxsize=64)
def _template(key: int, sha256: str, holder: Any) -> Template:
    return Template(holder.configuration.content)


class _Held:
    """Keeps what the content is read from out of a cache key."""

    def __init__(self, configuration: Any) -> None:
        self.configuration = configuration

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


def template_of(configuration: Any) -> Template:
    """The template of a configuration that no longer changes; its content may be deferred."""
    return _template(configuration.pk, configuration.content_sha256, _Held(configuration))


def read(text: str) -> dict[str, Any]:
    """YAML as plain content, every default filled in.

    Raises:
        BadInput: with each thing that is wrong, in sentences.
    """
    if len(text.encode()) > MOST_BYTES:
        raise _unusable(["The file is too large for a configuration."])
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _unusable([f"This is not YAML{f': line {mark.line + 1}' if mark else ''}."]) from error
    if not isinstance(said, dict):
        raise _unusable(["The file has no keys at its top."])
    wrong: list[str] = []
    content = _content(said, wrong)
    if not wrong:
        wrong += objections(Template(content))
    if wrong:
        raise _unusable(wrong)
    return content


def objections(template: Template) -> list[str]:
    """What is wrong with a configuration as a whole: rules that refer to nothing, run in circles, or are too weak."""
    wrong = []
    codes = set(template.by_code)
    known = {*template.attributes, *OF_THE_STUDY}
    for item in template.items:
        for one in item.after:
            if one not in codes and one.removeprefix("@") not in GATES:
                wrong.append(f"{item.code} comes after {one}, which there is not.")
        wrong += [f"{item.code} asks for {rule}, which nobody says." for rule in item.applies
                  if rule.removeprefix("!") not in known]  # fmt: skip
        if (item.level == "person") != bool(item.roles):
            wrong.append(f"{item.code}: roles are for items of persons, and those need some.")
        if item.fact and item.level != "site":
            wrong.append(f"{item.code}: only an item of a site can be settled by a fact.")
        if item.is_hard and not item.gate:
            wrong.append(f"{item.code} is an approval and stands before no gate.")
        if item.is_hard and item.level == "person":
            wrong.append(f"{item.code}: an approval is not an item of a person.")
    for country in template.countries.values():
        if not is_known(country.calendar):
            wrong.append(f"{country.code}: there is no calendar {country.calendar}.")
        wrong += [f"{country.code}: {name} is not an attribute." for name in country.truths if name not in known]
        wrong += [f"{country.code}: there is no item {code}." for code in country.days if code not in codes]
        wrong += [f"{country.code}: {code} is an item of the study and takes as long in every country."
                  for code in country.days if code in codes and template.by_code[code].level == "study"]  # fmt: skip
    if not is_known(template.calendar):
        wrong.append(f"There is no calendar {template.calendar}.")
    if not wrong:
        wrong += _circles(template)
        wrong += [sentence for code in template.countries for sentence in _too_weak(template, code)]
    return wrong


def _too_weak(template: Template, country: str) -> Iterable[str]:
    """The three approvals stand before activation in every country, whatever the study says of itself."""
    for under_ind in (True, False):
        for covered in (True, False):
            items = template.items_for(country, {"under_ind": under_ind, "covered_study": covered})
            for kind in HARD:
                if not any(item.kind == kind for item in items):
                    yield f"{country}: no item is of the kind {kind}; it cannot be left out."
                    return


def _circles(template: Template) -> list[str]:
    """Items that come after themselves."""
    before = {item.code: _codes_before(item, template) for item in template.items}
    done: set[str] = set()
    while ready := [code for code, needs in before.items() if code not in done and needs <= done]:
        done.update(ready)
    left = [code for code in before if code not in done]
    return [f"These come after each other in a circle: {', '.join(left)}."] if left else []


def _codes_before(item: Definition, template: Template) -> set[str]:
    codes = {one for one in item.after if not one.startswith("@")}
    for one in item.after:
        if one.startswith("@"):
            rank = GATES.index(one[1:])
            codes |= {other.code for other in template.items if other.gate and GATES.index(other.gate) <= rank}
    return codes - ({item.code} if any(one.startswith("@") for one in item.after) else set())


def in_order(items: Iterable[Definition], template: Template) -> list[Definition]:
    """The items with everything after what it comes after."""
    items = list(items)
    here = {item.code for item in items}
    done: set[str] = set()
    ordered: list[Definition] = []
    while len(ordered) < len(items):
        for item in items:
            if item.code not in done and _codes_before(item, template) & here <= done:
                done.add(item.code)
                ordered.append(item)
    return ordered


def _definition(item: Mapping[str, Any]) -> Definition:
    fields: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in item.items()}
    return Definition(**fields)


def _unusable(wrong: list[str]) -> BadInput:
    more = f" And {len(wrong) - 8} more." if len(wrong) > 8 else ""
    words = " ".join(wrong[:8]) + more
    return BadInput("CONFIGURATION", "This configuration cannot be used.", fields={"content": words})


def _content(said: Mapping[str, Any], wrong: list[str]) -> dict[str, Any]:
    unknown = [key for key in said if key not in ("title", "calendar", "attributes", "items", "countries")
               and not str(key).startswith("x-")]  # fmt: skip
    wrong += [f"{key} is not a key of a configuration." for key in unknown]
    items: list[Any] = _kept(said, "items", list)
    countries: dict[Any, Any] = _kept(said, "countries", dict)
    attributes: dict[Any, Any] = _kept(said, "attributes", dict)
    if not items or len(items) > _MOST_ITEMS:
        wrong.append(f"A configuration has items, and no more than {_MOST_ITEMS}.")
    if not countries:
        wrong.append("A configuration names countries.")
    read_items = [_item(item, number, wrong) for number, item in enumerate(items[:_MOST_ITEMS], 1)]
    codes = [item["code"] for item in read_items]
    wrong += [f"{code} stands there twice." for code in sorted({code for code in codes if codes.count(code) > 1})]
    return {
        "title": _text(said, "title", "The configuration", wrong),
        "calendar": _text(said, "calendar", "The configuration", wrong),
        "attributes": {str(name): _word(words) for name, words in attributes.items()},
        "items": read_items,
        "countries": {str(code): _country(str(code), one, wrong) for code, one in countries.items()},
    }


def _kept(said: Mapping[str, Any], key: str, kind: type) -> Any:
    """What stands there, if it is of that kind; else an empty one."""
    value = said.get(key)
    return value if isinstance(value, kind) else kind()


def _item(said: Any, number: int, wrong: list[str]) -> dict[str, Any]:
    if not isinstance(said, dict):
        wrong.append(f"Item {number} has no keys.")
        said = {}
    name = _word(said.get("code")) or f"Item {number}"
    wrong += [f"{name}: {key} is not a key of an item." for key in said if key not in _ITEM_KEYS]
    expires = said.get("expires", "")
    if not (_word(expires) == "given" or expires == "" or (type(expires) is int and 0 < expires <= 120)):
        wrong.append(f"{name}: expires is “given” or a number of months.")
        expires = ""
    return {
        "code": _text(said, "code", name, wrong),
        "name": _text(said, "name", name, wrong),
        "level": _one_of(said, "level", LEVELS, name, wrong),
        "kind": _one_of({"kind": "OTHER", **said}, "kind", KINDS, name, wrong),
        "gate": _one_of(said, "gate", GATES, name, wrong) if said.get("gate") else "",
        "days": _days(said.get("days", 0), name, wrong),
        "holder": _one_of(said, "holder", PARTIES, name, wrong),
        "after": _texts(said, "after", name, wrong),
        "applies": _texts(said, "applies", name, wrong),
        "countries": _texts(said, "countries", name, wrong),
        "expires": str(expires),
        "roles": [_one_of({"role": one}, "role", tuple(PersonnelRole.values), name, wrong)
                  for one in _texts(said, "roles", name, wrong)],
        "fact": [_one_of({"fact": one}, "fact", tuple(EvidenceCode.values), name, wrong)
                 for one in _texts(said, "fact", name, wrong)],
        "column": _word(said.get("column")),
    }  # fmt: skip


def _country(code: str, said: Any, wrong: list[str]) -> dict[str, Any]:
    if not isinstance(said, dict) or len(code) != 2 or not code.isupper():
        wrong.append(f"{code}: a country is an ISO code in capitals, with keys of its own.")
        said = {}
    wrong += [f"{code}: {key} is not a key of a country." for key in said
              if key not in ("calendar", "owner", "as_of", "route", "is", "days")]  # fmt: skip
    truths, days = said.get("is") or {}, said.get("days") or {}
    if not isinstance(truths, dict) or any(type(value) is not bool for value in truths.values()):
        wrong.append(f"{code}: what is so there is true or false.")
        truths = {}
    if not isinstance(days, dict):
        wrong.append(f"{code}: days go with the code of an item.")
        days = {}
    as_of = said.get("as_of")
    if not isinstance(as_of, date):
        wrong.append(f"{code}: as_of is the day on which its rules were looked at.")
    return {
        "calendar": _text(said, "calendar", code, wrong),
        "owner": _text(said, "owner", code, wrong),
        "as_of": as_of.isoformat() if isinstance(as_of, date) else "",
        "route": _word(said.get("route")),
        "truths": {str(name): bool(value) for name, value in truths.items()},
        "days": {str(item): _days(value, f"{code}, {item}", wrong) for item, value in days.items()},
    }


def _days(value: Any, name: str, wrong: list[str]) -> int:
    if type(value) is not int or not 0 <= value <= _MOST_DAYS:
        wrong.append(f"{name}: days are a whole number up to {_MOST_DAYS}.")
        return 0
    return value


def _text(said: Mapping[str, Any], key: str, name: str, wrong: list[str]) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value.strip():
        wrong.append(f"{name}: {key} is missing.")
        return ""
    return value.strip()


def _word(value: Any) -> str:
    """A text, and nothing that aliases could have made enormous."""
    return value.strip() if isinstance(value, str) else ""


def _texts(said: Mapping[str, Any], key: str, name: str, wrong: list[str]) -> list[str]:
    value = said.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        wrong.append(f"{name}: {key} is a list of texts.")
        return []
    return value


def _one_of(said: Mapping[str, Any], key: str, choices: tuple[str, ...], name: str, wrong: list[str]) -> str:
    value = said.get(key)
    if value not in choices:
        wrong.append(f"{name}: {key} is one of {', '.join(choices)}.")
        return choices[0]
    return str(value)
