"""Start-up configurations: who approves them, and what is refused in a file."""

from datetime import date

import pytest

from ctms.core.refusals import BadInput, Refusal
from ctms.studies.models import Study
from sites.models import StartUpConfiguration
from sites.services import startup_configuration
from sites.startup.configuration import DEFAULTS, read
from tests.conftest import act
from tests.signing import proof

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 4)


def test_who_drafts_one_does_not_approve_it(north, petra, mara, now):
    study = Study.objects.get()
    with act(mara):
        draft = startup_configuration.draft_configuration(
            study=study, text="", source="", effective_from=DAY, by=mara, at=now
        )
    signature = proof(draft, mara, now)
    with act(mara):
        asked = {"configuration": draft, "move": "approve", "reason": "Read", "by": mara, "proof": signature}
        with pytest.raises(Refusal, match="does not approve"):
            startup_configuration.move_configuration(**asked)
    assert StartUpConfiguration.objects.get(pk=draft.pk).status == "DRAFT"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("after: [C-RA-SUB]", "after: [C-NONE]", "C-NONE, which there is not"),
        ("after: [S-PROT, S-IB], column: Authority}", "after: [C-RA-APP]}", "circle"),
        ("kind: CONSENT_FORM, ", "", "CONSENT_FORM; it cannot be left out"),
        ("level: country, kind: AUTHORITY_APPROVAL, gate: SIV", "level: country, kind: AUTHORITY_APPROVAL",
         "stands before no gate"),
        ("calendar: TR", "calendar: XX", "no calendar XX"),
        ("{site_ethics: true}, days: {C-RA-APP: 22}}", "{}, days: {C-RA-APP: 22}}", "CA: no item"),
        ("days: {C-RA-APP: 22}}", "days: {S-PROT: 22}}", "S-PROT is an item of the study"),
        ("applies: [local_lab]", "applies: [moonlight]", "which nobody says"),
        ("days: 60", "days: sixty", "whole number"),
        ("level: person, gate: GREEN_LIGHT, days: 5, holder: SITE, expires: 24", "level: person, expires: 0",
         "months"),
        ("title:", "titel:", "not a key"),
        ("fact: [SIV]", "fact: [PARTY]", "fact is one of"),
        ("items:", "items: [", "not YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_one_is_said(old, new, words):
    text = DEFAULTS.read_text()
    assert old in text
    with pytest.raises(BadInput) as error:
        read(text.replace(old, new, 1))
    assert words in error.value.fields["content"]


def test_files_that_are_meant_to_hurt_are_refused_at_once():
    bomb = "x-a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + "".join(
        f"x-{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    hurting = (bomb + "title: *i\nitems: [{code: *i, name: *i}]\ncountries: {AT: {route: *i}}", "[" * 5000,
               "title: !!python/object/apply:os.system [ls]", "x" * 300_000, "")  # fmt: skip
    for text in hurting:
        with pytest.raises(BadInput):
            read(text)
