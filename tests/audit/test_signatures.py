"""Electronic signatures: given once, by who proves it is them, under what they were shown; broken when that changes."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from audit.models import AccessEvent, Signature, SigningIntent
from audit.signed import shown_under
from ctms.core import protocols, signables
from ctms.core.acting import Channel, acting, in_sponsor
from ctms.core.lifecycle import declared
from ctms.core.refusals import NotAllowed, Refusal
from ctms.core.signables import MEANINGS, Signable, differences, sha256, signed
from ctms.studies.models import ScheduledContact, ScheduledVisit, VisitSchedule
from ctms.studies.services.schedules import move_schedule
from sites.models import ItemWaiver, Site
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.seed import PASSWORD
from tests.signing import SESSION, given, proof

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-5")]
PAGE = "/in/north/s/D3460C00002/schedule/"


@pytest.fixture
def schedule(north, petra) -> VisitSchedule:
    """A draft with one visit and its contact."""
    with act(petra):
        draft = make(VisitSchedule)
        visit = make(ScheduledVisit, schedule=draft, label="Screening")
        make(ScheduledContact, schedule=draft, visit=visit, label="Clinic day", day=timedelta())
    return draft


def begun(schedule: VisitSchedule, by: Any, session: str = SESSION, kind: str = "approval") -> str:
    return protocols.signer().begin(schedule, kind=kind, by=by, session=session, at=SHOWN_FROM).nonce


def approve(schedule: VisitSchedule, by: Any, signature: Any) -> VisitSchedule:
    with act(by):
        return move_schedule(schedule=schedule, move="approve", reason="As planned", by=by, proof=signature)


def refused(code: str, schedule: VisitSchedule, by: Any, signature: Any) -> Refusal:
    """Not signed, not moved, no history row; the attempt is on record."""
    before = Signature.objects.count(), VisitSchedule.history.count(), Signature.history.count()
    with pytest.raises(Refusal) as error:
        approve(schedule, by, signature)
    schedule.refresh_from_db()
    assert error.value.code == code
    assert schedule.status == "DRAFT"
    assert (Signature.objects.count(), VisitSchedule.history.count(), Signature.history.count()) == before
    return error.value


def noted() -> str:
    return AccessEvent.objects.filter(kind="REFUSED").order_by("-id").values_list("detail__code", flat=True)[0]


def test_each_signed_move_has_content_and_meanings():
    for lifecycle in declared():
        assert {move.signature for move in lifecycle.moves} <= {"", *MEANINGS}, lifecycle.name


@pytest.mark.requirement("P11-50a-1")
def test_a_signature_keeps_who_when_what_and_why(schedule, mara, now):
    whole = signed(schedule)
    approve(schedule, mara, proof(schedule, mara, now))
    (one,) = Signature.objects.filter(object_id=schedule.pk, model="studies.VisitSchedule")
    assert (one.signer_name, one.signer_roles, one.meaning_words) == ("Mara Lindqvist", "Study manager", "Approval")
    assert (one.signed_at, one.time_zone, one.comment) == (now, "Europe/Stockholm", "As planned")
    assert (json.loads(one.content), one.content_sha256) == (whole, sha256(whole))
    version = VisitSchedule.history.get(history_id=one.version)
    assert (version.status, version.history_date) == ("DRAFT", one.version_at)
    assert [shown.is_broken for shown in shown_under(schedule)] == [False]


@pytest.mark.requirement("P11-70-1")
def test_a_change_of_what_was_signed_breaks_it_and_says_what_changed(schedule, mara, now):
    approve(schedule, mara, proof(schedule, mara, now))
    with act(mara):
        ScheduledContact.objects.filter(schedule=schedule).update(window_after=timedelta(days=3))
    (one,) = shown_under(schedule)
    assert one.is_broken
    assert [(c.label, c.old, c.new) for c in one.changes] == [("Contacts “Clinic day”, Window after", "", "3 d")]
    with act(mara):
        ScheduledContact.objects.filter(schedule=schedule).update(window_after=None)
    assert not shown_under(schedule)[0].is_broken  # it is again what was signed


def test_its_status_is_not_part_of_what_was_signed(schedule, mara, now):
    approve(schedule, mara, proof(schedule, mara, now))
    with act(mara):
        move_schedule(schedule=schedule, move="retire", reason="Replaced", by=mara)
    assert not shown_under(schedule)[0].is_broken


class TestRefused:
    def test_without_a_signature(self, schedule, mara):
        refused("SIGNATURE_NEEDED", schedule, mara, None)

    def test_a_second_time(self, schedule, mara, now):
        signature = proof(schedule, mara, now)
        SigningIntent.objects.filter(nonce=signature.nonce).update(used_at=now)
        refused("SIGNING_REPLAYED", schedule, mara, signature)
        assert noted() == "SIGNING_REPLAYED"

    def test_after_five_minutes(self, schedule, mara, now):
        nonce = begun(schedule, mara)
        refused("SIGNING_EXPIRED", schedule, mara, given(mara, nonce, at=now + timedelta(minutes=5, seconds=1)))

    def test_with_a_password_given_long_ago(self, schedule, mara, now, monkeypatch):
        signature = proof(schedule, mara, now)
        monkeypatch.setattr("audit.services.signatures.time.monotonic", lambda: signature.good_until + 1)
        refused("SIGNING_EXPIRED", schedule, mara, signature)

    def test_when_it_changed_since_it_was_shown(self, schedule, mara, now):
        signature = proof(schedule, mara, now)
        with act(mara):
            ScheduledVisit.objects.filter(schedule=schedule).update(label="Baseline")
        refused("SIGNING_STALE", schedule, mara, signature)

    def test_for_another_version_of_it(self, schedule, mara, now):
        signature = proof(schedule, mara, now)
        with act(mara):
            VisitSchedule.objects.filter(pk=schedule.pk).update(content_sha256="1" * 64)  # not signed, but newer
        refused("SIGNING_STALE", schedule, mara, signature)

    def test_for_another_record(self, schedule, mara, now):
        other = VisitSchedule.objects.exclude(pk=schedule.pk).first()
        refused("SIGNING_OTHER", schedule, mara, proof(other, mara, now))

    def test_for_another_kind_person_or_session(self, schedule, mara, petra, now):
        refused("SIGNING_OTHER", schedule, mara, given(mara, begun(schedule, mara, kind="review"), at=now))
        refused("SIGNING_OTHER", schedule, mara, given(mara, begun(schedule, petra), at=now))
        refused("SIGNING_OTHER", schedule, mara, given(mara, begun(schedule, mara, session="elsewhere"), at=now))
        signature = given(petra, begun(schedule, mara), at=now)
        refused("SIGNING_EXPIRED", schedule, mara, signature)  # somebody else's password

    def test_for_another_sponsor(self, schedule, mara, otto, now, south):
        with in_sponsor(south.pk):
            theirs = proof(Site.objects.first(), otto, now)
        refused("SIGNING_OTHER", schedule, mara, given(mara, theirs.nonce, at=now))

    def test_with_no_meaning_of_its_kind(self, schedule, mara, now):
        refused("MEANING", schedule, mara, given(mara, begun(schedule, mara), at=now, meaning="WHATEVER"))

    def test_by_who_was_deactivated_meanwhile(self, schedule, mara, now):
        signature = proof(schedule, mara, now)
        with act(person("ada")):
            type(mara).objects.filter(pk=mara.pk).update(is_active=False)
        refused("INACTIVE", schedule, mara, signature)

    @pytest.mark.requirement("P11-200a2-1")
    @pytest.mark.parametrize("channel", [one for one in Channel if one is not Channel.WEB])
    def test_through_any_door_but_a_page(self, schedule, mara, now, channel):
        signature = proof(schedule, mara, now)
        with acting(mara, reason="By a program", channel=channel, by_person=True), pytest.raises(NotAllowed) as error:
            move_schedule(schedule=schedule, move="approve", reason="As planned", by=mara, proof=signature)
        assert error.value.code == noted() == "NEVER_SIGNS"
        assert not Signature.objects.filter(object_id=schedule.pk, model="studies.VisitSchedule").exists()


class TestCopied:
    """A signature's row under another record, version or sponsor shows as broken."""

    @pytest.fixture
    def signature(self, schedule, mara, now) -> Signature:
        approve(schedule, mara, proof(schedule, mara, now))
        return Signature.objects.get(object_id=schedule.pk, model="studies.VisitSchedule")

    def copied(self, signature: Signature, **changed: Any) -> Signature:
        row = {field.attname: getattr(signature, field.attname) for field in Signature._meta.concrete_fields}
        with act(person("mara")):
            return Signature.objects.create(**row | {"id": None, "nonce": "copy"} | changed)

    def test_to_another_record(self, signature, schedule):
        other = VisitSchedule.objects.exclude(pk=schedule.pk).first()
        self.copied(signature, object_id=other.pk)
        assert [one.is_broken for one in shown_under(other)] == [True]

    def test_to_another_version(self, signature, schedule):
        self.copied(signature, version=signature.version - 1)
        assert [one.is_broken for one in shown_under(schedule)] == [False, True]

    def test_with_other_content(self, signature, schedule):
        self.copied(signature, content=signature.content.replace("Screening", "Baseline"))
        assert [one.is_broken for one in shown_under(schedule)] == [False, True]

    def test_the_same_row_twice(self, signature):
        with pytest.raises(Exception, match="audit_signature_once"):
            self.copied(signature, nonce=signature.nonce)


class TestOnThePage:
    def test_all_of_it_is_shown_and_signed_with_a_password(self, north, mara):
        client = signed_in("mara")
        page = client.get(f"{PAGE}1/move/approve/")
        for words in ("H2Q-MC-LZZT", "Week 2", "Window before", "Meaning of your signature", "handwritten"):
            assert words in page.content.decode()
        said = {"reason": "Read against the protocol", "meaning": "REVIEWED_AND_APPROVED", "password": PASSWORD}
        answer = client.post(f"{PAGE}1/move/approve/", said | {"intent": page.context["ceremony"].nonce})
        assert answer.status_code == 302
        page = client.get(PAGE).content.decode()
        for words in ("Signed", "Mara Lindqvist", "Review and approval", "8:00 UTC", "9:00 CET (Europe/Stockholm)"):
            assert words in page, words
        one = Signature.objects.get(model="studies.VisitSchedule")
        assert one.content_sha256[:12] in page
        assert client.get(f"/in/north/signatures/{one.pk}/").status_code == 200

    def test_a_wrong_password_or_a_stale_page_changes_nothing_and_begins_anew(self, north, mara):
        client = signed_in("mara")
        page = client.get(f"{PAGE}1/move/approve/")
        nonce = page.context["ceremony"].nonce
        said = {"reason": "Read", "meaning": "APPROVED", "intent": nonce}
        answer = client.post(f"{PAGE}1/move/approve/", said | {"password": "not it"})
        failed = AccessEvent.objects.filter(kind="PROOF_FAILED").latest("id")
        assert (answer.status_code, failed.actor_name) == (422, "Mara Lindqvist")
        assert failed.detail["where"].startswith("signature: approval of studies.VisitSchedule")
        assert answer.context["ceremony"].nonce != nonce
        assert "not it" not in answer.content.decode()
        with act(mara):
            ScheduledVisit.objects.filter(schedule__number=1, position=1).update(label="Screening, renamed")
        answer = client.post(f"{PAGE}1/move/approve/", said | {"password": PASSWORD})
        assert (answer.status_code, noted()) == (409, "SIGNING_STALE")
        assert "Screening, renamed" in answer.content.decode()
        assert not Signature.objects.filter(model="studies.VisitSchedule").exists()


def test_content_has_one_form():
    """Golden: the hash of these contents, made once with another implementation's canonical text."""
    whole = {"id": 2, "content": {"z": "é", "a": [1, None, True], "m": {"y": "−1 d", "x": "2024-03-11"}}}
    text = '{"content":{"a":[1,null,true],"m":{"x":"2024-03-11","y":"−1 d"},"z":"é"},"id":2}'
    assert sha256(whole) == sha256(dict(reversed(whole.items()))) == hashlib.sha256(text.encode()).hexdigest()


def test_what_is_signed_is_drawn_in_words_and_hashed_as_it_is():
    how = signables.signable(ItemWaiver())
    content = {"Gate": "GREEN_LIGHT", "Grounds": "GREEN_LIGHT", "Items": [{"Gate": None, "On": "2024-03-11"}]}
    told = how.spoken(content)
    assert (told["Gate"], told["Grounds"], told["Items"][0]["Gate"]) == ("Green light", "GREEN_LIGHT", None)
    assert content["Gate"] == "GREEN_LIGHT"
    assert [signables.words(day) for day in ("2024-03-11", "2024-13-11", "on 2024-03-11")] == [
        "11 Mar 2024", "2024-13-11", "on 2024-03-11"
    ]  # fmt: skip


@pytest.mark.parametrize("odd", [1.0, timedelta(1), SHOWN_FROM, {"a": [2.5]}])
def test_content_is_plain(schedule, monkeypatch, odd):
    how = Signable(VisitSchedule, lambda record: {"odd": odd}, outside="")
    monkeypatch.setattr("ctms.core.signables.signable", lambda record: how)
    with pytest.raises(TypeError, match="no one canonical form"):
        signed(schedule)


def test_differences_name_their_place():
    before = {"V": [{"Visit": "A", "Day": "1 d"}, {"Visit": "B", "Day": "2 d"}], "N": 1}
    after = {"V": [{"Visit": "B", "Day": "3 d"}, {"Visit": "C", "Day": None}], "N": 1}
    assert [(one.label, one.old, one.new) for one in differences(before, after)] == [
        ("V “A”", "Visit: A; Day: 1 d", ""), ("V “B”, Day", "2 d", "3 d"), ("V “C”", "", "Visit: C"),
    ]  # fmt: skip
