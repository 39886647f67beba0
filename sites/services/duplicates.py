"""Facilities and people that are probably the same: found by their names, and merged with a trail."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db.models import Q, QuerySet

from ctms.accounts.models import Scope, User
from ctms.core import protocols
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.use_case import use_case
from sites.models import Facility, Person, PersonnelRole, SitePersonnel

_TITLES = {"dr", "prof", "professor", "md", "phd", "mr", "mrs", "ms", "med", "univ", "pi"}
_FILLERS = frozenset({
    "the", "of", "and", "de", "di", "der", "des", "du", "la", "le", "for", "fur", "y", "et", "e", "gmbh", "inc", "llc",
})  # fmt: skip
_LARGEST_GROUP = 200  # beyond it, a city's facilities are compared by equal names only


@dataclass(frozen=True)
class Pair:
    """Two records that may be the same, the one known longer first."""

    first: Any
    second: Any
    is_equal: bool  # alike but for case, accents, punctuation and order of words


def facility_pairs(facilities: Iterable[Facility]) -> list[Pair]:
    """Named facilities of one city whose names are equal or nearly so."""
    places: dict[tuple[str, str], list[tuple[frozenset[str], Facility]]] = defaultdict(list)
    for facility in facilities:
        if facility.name:
            words = frozenset(_words(facility.name)) - _FILLERS - frozenset(_words(facility.city))
            places[facility.country, " ".join(_words(facility.city))].append((words, facility))
    return _sorted(pair for group in places.values() for pair in _pairs(group, _nearly_same_place))


def person_pairs(people: Iterable[Person]) -> list[Pair]:
    """People whose names are equal, or share all but what one of them leaves out or shortens."""
    by_word: dict[str, list[tuple[frozenset[str], Person]]] = defaultdict(list)
    for person in people:
        words = frozenset(_words(person.name)) - _TITLES
        for word in words:
            if len(word) > 1:
                by_word[word].append((words, person))
    found = (pair for group in by_word.values() for pair in _pairs(group, _nearly_same_name))
    return _sorted({(pair.first.pk, pair.second.pk): pair for pair in found}.values())


@use_case
def merge_facilities(*, survivor: Facility, duplicate: Facility, by: User) -> Facility:
    """Merges one facility into another of the same country: its sites move, and what the other lacks is filled in.

    The reason is the act's, given by the person.
    """
    survivor, duplicate = _locked(Facility, survivor, duplicate, by)
    if survivor.country != duplicate.country:
        raise Refusal("COUNTRY", "Facilities in two countries are two facilities.")
    filled = [
        name
        for name in ("region", "postal_code", "time_zone", "latitude", "longitude")
        if getattr(survivor, name) in ("", None) and getattr(duplicate, name) not in ("", None)
    ]
    if ("latitude" in filled) != ("longitude" in filled):
        filled = [name for name in filled if name not in ("latitude", "longitude")]
    for name in filled:
        setattr(survivor, name, getattr(duplicate, name))
    _merge(survivor, duplicate, filled)
    return survivor


@use_case
def merge_people(*, survivor: Person, duplicate: Person, by: User) -> Person:
    """Merges one person into another: where they work, and in which roles, moves. What both have at once stays once."""
    survivor, duplicate = _locked(Person, survivor, duplicate, by)
    current = SitePersonnel.objects.filter(person=survivor, ends_on=None).values_list("site", "role")
    doubled = Q()
    for site, role in current:
        doubled |= Q(site=site, role=role)
    if doubled:
        SitePersonnel.objects.filter(doubled, person=duplicate, ends_on=None).update(voided=True)
    filled = ["email"] if duplicate.email and not survivor.email else []
    for name in filled:
        setattr(survivor, name, getattr(duplicate, name))
    _merge(survivor, duplicate, filled)
    _refuse_two_leads(survivor)
    return survivor


def may_merge(user: Any) -> bool:
    """Merging reaches every study, so it is a right of the whole sponsor."""
    return protocols.authority().may(user, "sites.merge_duplicates", Scope.objects.get(path=Scope.ROOT))


def _locked(model: Any, survivor: Any, duplicate: Any, by: User) -> tuple[Any, Any]:
    if not may_merge(by):
        raise NotAllowed("MAY_NOT_MERGE", "Your roles do not include merging duplicates.", recorded=True)
    if survivor.pk == duplicate.pk:
        raise BadInput("SAME", "Choose two different ones.")
    rows: QuerySet[Any] = model.objects.select_for_update(of=("self",)).order_by("pk")
    locked = {row.pk: row for row in rows.filter(pk__in=[survivor.pk, duplicate.pk])}
    if len(locked) < 2:
        raise Refusal("MERGED_ALREADY", "One of the two was merged already.")
    return locked[survivor.pk], locked[duplicate.pk]


def _merge(survivor: Any, duplicate: Any, filled: list[str]) -> None:
    """Whatever points to the duplicate points to the survivor, whichever room it belongs to; one statement each."""
    duplicate.merged_into = survivor
    duplicate.save(update_fields=["merged_into"])
    for relation in type(survivor)._meta.related_objects:
        name, model = relation.field.name, relation.related_model
        if name != "merged_into" and not getattr(model, "only_grows", False):
            model._base_manager.filter(**{name: duplicate}).update(**{name: survivor})
    type(survivor).everything.filter(merged_into=duplicate).update(merged_into=survivor)
    if filled:
        survivor.save(update_fields=filled)


def _refuse_two_leads(person: Person) -> None:
    """Merging makes nobody the second principal investigator of a site."""
    lead = PersonnelRole.PRINCIPAL_INVESTIGATOR
    for one in person.engagements.filter(role=lead, ends_on=None).select_related("site"):
        if one.site.personnel.filter(role=lead, ends_on=None).count() > 1:
            raise Refusal("HAS_PI", f"{one.site} would have two principal investigators: end one of them first.")


def _pairs(group: list[tuple[frozenset[str], Any]], nearly: Any) -> Iterable[Pair]:
    if len(group) > _LARGEST_GROUP:
        nearly = None
    for (ours, first), (theirs, second) in combinations(group, 2):
        if ours == theirs:
            yield _pair(first, second, True)
        elif nearly is not None and ours and theirs and nearly(ours, theirs):
            yield _pair(first, second, False)


def _pair(one: Any, other: Any, is_equal: bool) -> Pair:
    first, second = sorted((one, other), key=lambda record: record.pk)
    return Pair(first, second, is_equal)


def _sorted(pairs: Iterable[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: (not pair.is_equal, str(pair.first).casefold(), pair.first.pk))


def _nearly_same_place(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """One name holds the other's words, or all but one word agree and that one is nearly the same."""
    if min(len(ours), len(theirs)) > 1 and (ours < theirs or theirs < ours):
        return True
    return _one_typo(ours, theirs)


def _nearly_same_name(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """The same words but for middle names and initials that one of them leaves out or shortens."""
    fewer, more = sorted((ours, theirs), key=len)
    if len(fewer) < 2:
        return False
    if fewer < more:
        return True
    return all(any(_shortens(word, other) for other in more) for word in fewer - more) or _one_typo(ours, theirs)


def _shortens(one: str, other: str) -> bool:
    return (len(one) == 1 or len(other) == 1) and one[0] == other[0]


def _one_typo(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    mine, yours = ours - theirs, theirs - ours
    if len(mine) != 1 or len(yours) != 1:
        return False
    return _is_typo(next(iter(mine)), next(iter(yours)))


def _is_typo(one: str, other: str) -> bool:
    """One letter more, less or other in a word of six letters at least."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 6 or len(longer) - len(shorter) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[at + (len(shorter) == len(longer)) :] == longer[at + 1 :]


def _words(text: str) -> list[str]:
    """Its words without case, accents and punctuation; ß, ø and ł as they are transcribed."""
    text = text.casefold().replace("ø", "o").replace("ł", "l").replace("æ", "ae")
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return re.findall(r"[^\W_]+", plain.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))
