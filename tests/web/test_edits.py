"""Two people edit the same record: the second sees what was, theirs and his own, chooses, and nothing is lost."""

import re
from typing import Any

import pytest
from django.test import Client

from ctms.core.versions import version_of
from ctms.studies.models import Study
from tests.conftest import act, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-2")]
EDIT = "/in/north/s/D3460C00002/setup/study/"


@pytest.fixture
def study(north: Any) -> Study:
    return Study.objects.get()


@pytest.fixture
def mara_at_work(study: Study) -> Client:
    return signed_in("mara")


def fields(page: str) -> dict[str, str]:
    """What a browser would post of the form on this page, hidden fields included."""
    said = {}
    for tag in re.findall(r"<(?:input|textarea|select)\b.*?>", page, re.DOTALL):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("radio" not in tag or "checked" in tag):
            said[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"\s+selected', options)
        said[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea name="([^"]+)".*?>\s*(.*?)</textarea>', page, re.DOTALL):
        said[name] = text
    return said


def changed_meanwhile(study: Study, petra: Any, **values: Any) -> None:
    with act(petra, "Board decision"):
        for name, value in values.items():
            setattr(study, name, value)
        study.save(update_fields=list(values))


def test_an_edit_needs_a_reason_and_leaves_one_history_row(mara_at_work, study):
    said = fields(mara_at_work.get(EDIT).content.decode()) | {"acronym": "SKY", "reason": ""}
    before = study.history.count()
    assert mara_at_work.post(EDIT, said).status_code == 422
    assert study.history.count() == before
    assert mara_at_work.post(EDIT, said | {"reason": "Protocol 1.3"}).status_code == 302
    newest = study.history.first()
    assert (newest.acronym, newest.history_change_reason, newest.history_actor) == (
        "SKY", "Protocol 1.3", "Mara Lindqvist",
    )  # fmt: skip
    assert study.history.count() == before + 1


def test_whoever_is_late_compares_and_chooses_field_by_field(mara_at_work, study, petra):
    said = fields(mara_at_work.get(EDIT).content.decode())
    changed_meanwhile(study, petra, acronym="PETRA", planned_enrollment=400)
    said |= {"acronym": "MARA", "eu_ct_no": "2024-1", "reason": "As I read it"}
    answer = mara_at_work.post(EDIT, said)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "was changed by Petra Novak since you opened it" in page
    assert "“Board decision”" in page
    study.refresh_from_db()
    assert study.acronym == "PETRA"
    assert study.eu_ct_no != "2024-1"
    chosen = fields(page)
    assert chosen["take-planned_enrollment"] == "theirs"  # only they changed it
    assert chosen["take-eu_ct_no"] == "yours"  # only she did
    assert "take-acronym" not in chosen  # both did: nothing is ticked
    assert chosen["reason"] == "As I read it"
    assert mara_at_work.post(EDIT, chosen | {"take-acronym": "yours"}).status_code == 302
    study.refresh_from_db()
    assert (study.acronym, study.planned_enrollment, study.eu_ct_no) == ("MARA", 400, "2024-1")


def test_the_compare_page_itself_can_be_late(mara_at_work, study, petra):
    said = fields(mara_at_work.get(EDIT).content.decode()) | {"acronym": "MARA", "reason": "R"}
    changed_meanwhile(study, petra, acronym="ONE")
    chosen = fields(mara_at_work.post(EDIT, said).content.decode())
    changed_meanwhile(study, petra, acronym="TWO")
    answer = mara_at_work.post(EDIT, chosen | {"take-acronym": "yours"})
    assert answer.status_code == 409
    assert "TWO" in answer.content.decode()
    study.refresh_from_db()
    assert study.acronym == "TWO"


def test_an_edit_without_a_version_is_no_edit(mara_at_work, study):
    said = fields(mara_at_work.get(EDIT).content.decode()) | {"acronym": "X", "reason": "R"}
    before = version_of(study)
    del said["read_version"]
    assert mara_at_work.post(EDIT, said).status_code == 422
    assert mara_at_work.post(EDIT, said | {"read_version": "999999"}).status_code == 409
    assert version_of(study) == before
