"""A visit schedule built by hand: days that follow, windows of every kind, parts that move, go and come back."""

from datetime import timedelta
from typing import Any

import pytest

from ctms.core.lifecycle import Request
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.versions import Stale, version_of
from ctms.studies.lifecycle import SCHEDULE
from ctms.studies.models import ScheduledContact, ScheduledVisit, Study, VisitSchedule
from ctms.studies.services import drafts
from ctms.studies.wording import read_length, signed_length
from tests.conftest import act, person, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def imported(north: Any) -> VisitSchedule:
    return VisitSchedule.objects.get()


@pytest.fixture
def draft(imported: VisitSchedule, mara: Any) -> VisitSchedule:
    with act(mara):
        return drafts.draft_schedule(study=Study.objects.get(), by=mara)


def add(draft: VisitSchedule, by: Any, label: str, **fields: Any) -> ScheduledContact:
    with act(by):
        return drafts.add_contact(schedule=draft, fields={"label": label, **fields}, by=by)


def labels(draft: VisitSchedule) -> list[str]:
    return [contact.label for contact in draft.contacts.order_by("position")]


def test_a_copy_has_every_part_and_the_same_days(imported, mara):
    with act(mara):
        copy = drafts.draft_schedule(study=imported.study, copied_from=imported, by=mara)

    def parts(schedule: VisitSchedule) -> list[Any]:
        return [
            (one.label, one.day, one.window_before, one.visit and one.visit.label, one.anchor and one.anchor.label,
             [done.activity.name for done in one.activities.order_by("position")])
            for one in schedule.contacts.order_by("position")
        ]  # fmt: skip

    assert parts(copy) == parts(imported)
    assert (copy.number, copy.visits.count(), copy.activities.count()) == (2, 12, imported.activities.count())
    assert {one.schedule_id for one in copy.contacts.all()} == {copy.pk}


def test_days_follow_their_anchor_and_circles_are_refused(draft, mara):
    first = add(draft, mara, "Day 0", offset=timedelta())
    second = add(draft, mara, "Week 2", anchor=first, offset=14 * DAY, window_before=timedelta(), window_after=3 * DAY)
    third = add(draft, mara, "Call", anchor=second, offset=-timedelta(hours=4))
    assert (second.day, third.day) == (14 * DAY, 14 * DAY - timedelta(hours=4))
    with act(mara):
        drafts.edit_contact(contact=second, changes={"offset": 21 * DAY}, version=version_of(second), by=mara)
        third.refresh_from_db()
        assert third.day == 21 * DAY - timedelta(hours=4)
        with pytest.raises(BadInput, match="measured from itself"):
            drafts.edit_contact(contact=first, changes={"anchor": third}, version=version_of(first), by=mara)
        with pytest.raises(Stale):
            drafts.edit_contact(contact=third, changes={"label": "X"}, version=1, by=mara)
    first.refresh_from_db()
    assert (first.anchor, third.label) == (None, "Call")


def test_parts_move_go_and_come_back(draft, mara):
    contacts = [add(draft, mara, label, offset=timedelta()) for label in "ABC"]
    with act(mara):
        drafts.shift(part=contacts[2], by_places=-1, by=mara)
        assert labels(draft) == ["A", "C", "B"]
        drafts.shift(part=contacts[0], by_places=-1, by=mara)  # the first stays where it is
        drafts.remove(part=contacts[2], by=mara)
        assert labels(draft) == ["A", "B"]
        drafts.put_back(part=contacts[2], by=mara)
        assert labels(draft) == ["A", "C", "B"]


def test_what_others_depend_on_stays(draft, mara):
    with act(mara):
        visit = drafts.add_visit(schedule=draft, fields={"label": "Visit 1"}, by=mara)
    first = add(draft, mara, "Day 0", visit=visit, offset=timedelta())
    add(draft, mara, "Week 1", anchor=first, offset=7 * DAY)
    with act(mara):
        with pytest.raises(Refusal, match="Week 1 is measured from Day 0"):
            drafts.remove(part=first, by=mara)
        with pytest.raises(Refusal, match="still has contacts, Day 0"):
            drafts.remove(part=visit, by=mara)
    assert labels(draft) == ["Day 0", "Week 1"]
    assert draft.visits.count() == 1


def test_two_people_add_activities_and_neither_is_lost(draft, mara, petra):
    contact = add(draft, mara, "Day 0", offset=timedelta())
    for by, name in ((mara, "Vital signs"), (petra, "Blood draw")):
        with act(by):
            drafts.edit_contact(contact=contact, changes={}, added=[name], version=None, by=by)
    with act(mara):
        drafts.edit_contact(contact=contact, changes={}, removed=["Vital signs"], version=None, by=mara)
        drafts.edit_contact(contact=contact, changes={}, added=["Vital signs"], version=None, by=mara)
    assert [one.activity.name for one in contact.activities.order_by("position")] == ["Blood draw", "Vital signs"]


def test_only_drafts_change_and_only_by_who_edits_the_study(draft, mara):
    idris = person("idris")
    with act(idris), pytest.raises(NotAllowed):
        drafts.add_visit(schedule=draft, fields={"label": "X"}, by=idris)
    (offer,) = SCHEDULE.offers(draft, Request(mara))
    assert offer.objections == ("The schedule has no contact yet.",)
    with act(mara):
        VisitSchedule.objects.filter(pk=draft.pk).update(status="APPROVED")
        with pytest.raises(Refusal, match="Version 2 is approved"):
            drafts.add_visit(schedule=draft, fields={"label": "X"}, by=mara)
    assert not ScheduledVisit.objects.filter(schedule=draft).exists()
    assert signed_in("mara").get("/in/north/s/D3460C00002/schedule/2/edit/").status_code == 404


@pytest.mark.parametrize(
    ("text", "length", "again"),
    [("2 weeks", 14 * DAY, "14 d"), ("0", timedelta(), "0"), ("-4h", -timedelta(hours=4), "−4 h"),
     ("1 d 4 h", timedelta(hours=28), "28 h"), ("−14 d", -14 * DAY, "−14 d")],
)  # fmt: skip
def test_lengths_as_people_type_them(text, length, again):
    assert read_length(text) == length
    assert signed_length(length) == again
    assert read_length(again) == length


@pytest.mark.parametrize("text", ["14", "d", "3 parsecs", "99999 weeks", "1.5 d"])
def test_what_is_no_length(text):
    with pytest.raises(ValueError, match=r"[.:]"):
        read_length(text)


def test_a_contact_over_the_form(draft, mara):
    client, base = signed_in("mara"), "/in/north/s/D3460C00002/schedule/2/edit/"
    said = {"label": "Day 0", "offset": "0", "window_before": "", "window_after": "0", "modes": ["In Person"],
            "activities": "Vital signs\n\n Blood  draw"}  # fmt: skip
    assert client.post(f"{base}contacts/add/", said).status_code == 302
    contact = ScheduledContact.objects.get(schedule=draft)
    assert (contact.window_before, contact.window_after, contact.day) == (None, timedelta(), timedelta())
    assert (contact.code, contact.modes, contact.activities.count()) == ("C1", ["In Person"], 2)
    answer = client.post(f"{base}contacts/add/", said | {"window_after": "-1 d"})
    assert answer.status_code == 422
    removed = client.post(f"{base}contacts/{contact.pk}/remove/", follow=True).content.decode()
    assert f'action="{base}contacts/{contact.pk}/put-back/"' in removed
    client.post(f"{base}contacts/{contact.pk}/put-back/")
    assert labels(draft) == ["Day 0"]
