"""The training gate: a role counts once its holder completed the current version of its curriculum, at every door."""

import re
from datetime import date
from typing import Any

import pytest

from audit.models import AccessEvent
from ctms.accounts import access
from ctms.accounts.models import Curriculum, Scope, TrainingRecord, User
from ctms.accounts.roles import Role
from ctms.accounts.services import training
from ctms.accounts.services.grants import assign_role
from ctms.accounts.services.training import Item, content_hash
from ctms.core import protocols
from ctms.core.acting import Channel, acting
from ctms.core.refusals import NotAllowed, Refusal
from ctms.core.signables import signed
from ctms.studies.models import Study, VisitSchedule
from sites.models import EvidenceCode, Site, SiteEvidence
from sites.services.evidence import record_evidence
from tests.api.client import SITES, Program
from tests.conftest import act, person, signed_in
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-6"), pytest.mark.requirement("P11-10i-1")]
HOME = "/in/north/"


@pytest.fixture
def tom(north) -> User:
    """Holds a role at the study and has not completed its training."""
    return person("tom")


@pytest.fixture
def curriculum(tom) -> Curriculum:
    return Curriculum.objects.get(role=Role.CTA, status="APPROVED")


def completed(curriculum: Curriculum, by: User, now: Any, **said: Any) -> TrainingRecord:
    asked = {"sha256": content_hash(curriculum), "password": PASSWORD} | said
    with act(by):
        return training.complete_training(curriculum=curriculum, by=by, at=now, **asked)


def renewed(curriculum: Curriculum) -> Curriculum:
    """Its next version, drafted by one person and approved by another."""
    ada, petra = person("ada"), person("petra")
    with act(ada):
        items = [Item("Something new", "Read this too.")]
        draft = training.draft_curriculum(role=Role(curriculum.role), title=curriculum.title, items=items, by=ada)
    with act(petra):
        return training.move_curriculum(curriculum=draft, move="approve", reason="Procedure changed", by=petra)


def test_a_page_says_what_is_missing_and_leads_there(tom, curriculum):
    client = signed_in("tom")
    for address in (HOME, f"{HOME}s/D3460C00002/", f"{HOME}s/D3460C00002/sites/?format=csv", f"{HOME}search/?q=a"):
        answer = client.get(address)
        assert answer.status_code == 403, address
        assert "Clinical trial assistant" in answer.content.decode()
        assert "DE-001" not in answer.content.decode()
    assert f'href="{HOME}training/"' in answer.content.decode()
    page = client.get(f"{HOME}training/").content.decode()
    assert f'href="{HOME}training/{curriculum.pk}/"' in page
    assert "To be done" in page


def test_completing_opens_in_the_same_session_and_a_new_version_closes(tom, curriculum):
    client = signed_in("tom")
    address = f"{HOME}training/{curriculum.pk}/"
    page = client.get(address)
    said = {name: "on" for name in page.context["form"].fields if name.startswith("item_")}
    said |= {"sha256": page.context["form"].initial["sha256"], "password": PASSWORD}
    assert len(said) == 4
    for wrong in ({"password": "not it"}, {"item_2": ""}):
        assert client.post(address, said | wrong).status_code == 422
        assert client.get(HOME).status_code == 403
    assert client.post(address, said).status_code == 302
    assert client.get(f"{HOME}portfolio/").status_code == 200
    assert "131 sites" in client.get(f"{HOME}s/D3460C00002/sites/").content.decode()
    assert "Complete since" in client.get(f"{HOME}training/").content.decode()
    newer = renewed(curriculum)
    assert client.get(f"{HOME}s/D3460C00002/").status_code == 403
    assert client.get(address).status_code == 403  # the old one is over
    assert client.get(f"{HOME}training/{newer.pk}/").status_code == 200


def test_rest_says_the_same(tom, curriculum, now):
    caller = Program("tom")
    for address in (SITES, f"{SITES}DE-001/"):
        answer = caller.get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "TRAINING_NEEDED")
        assert "Your training" in answer.json()["message"]
    completed(curriculum, tom, now)
    assert caller.get(SITES).json()["count"] == 131
    renewed(curriculum)
    assert caller.get(SITES).status_code == 403


@pytest.mark.parametrize("channel", [Channel.TASK, Channel.API, Channel.COMMAND])
def test_a_task_or_bulk_action_is_refused_and_on_record(tom, curriculum, now, channel):
    site = Site.objects.order_by("number").first()
    before = SiteEvidence.objects.count()
    said = {"site": site, "code": EvidenceCode.CDA_EXE, "occurred_on": site.status_on, "reference": "eTMF", "at": now}
    with acting(tom, reason="In bulk", channel=channel), pytest.raises(NotAllowed):
        record_evidence(by=tom, **said)
    assert SiteEvidence.objects.count() == before
    assert AccessEvent.objects.filter(kind="REFUSED").latest("id").actor_id == tom.pk
    assert not Site.objects.visible_to(tom).exists()
    completed(curriculum, tom, now)
    with acting(tom, reason="In bulk", channel=channel):
        record_evidence(by=tom, **said)
    assert Site.objects.visible_to(tom).count() == 131


def test_the_team_and_access_say_whose_roles_wait(tom, curriculum, now):
    pages = {"ada": f"{HOME}access/?q=Tom", "petra": f"{HOME}s/D3460C00002/team/?q=Tom"}
    for username, address in pages.items():
        assert "Waits for training" in signed_in(username).get(address).content.decode()
    completed(curriculum, tom, now)
    for username, address in pages.items():
        assert "Waits for training" not in signed_in(username).get(address).content.decode()


def test_a_refused_move_names_the_training(tom):
    verb, study = "sites.record_evidence", Study.objects.get()
    assert not protocols.authority().may(tom, verb, study)
    assert protocols.authority().why_not(tom, verb, study).code == "TRAINING_NEEDED"
    assert protocols.authority().why_not(tom, "sites.select_site", study) is None  # no training would allow that


def test_a_role_without_curriculum_needs_none(north):
    assert access.training_needed(person("fumi")) is None
    assert access.grants_of(person("fumi"))


def test_one_role_waiting_leaves_the_others(north, mara, curriculum):
    ada, scope = person("ada"), Scope.objects.get(kind="STUDY")
    with act(ada):
        assign_role(user=mara, role=Role.CTA, scope=scope, starts_on=date(2024, 1, 1), by=ada)
    client = signed_in("mara")
    assert client.get(f"{HOME}portfolio/").status_code == 200
    assert client.get(f"{HOME}s/D3460C00002/site/XX-999/").status_code == 403  # perhaps the other role shows it


class TestRefused:
    def image(self) -> Any:
        return TrainingRecord.objects.count(), Curriculum.history.count()

    def test_somebody_elses_role(self, curriculum, now):
        before = self.image()
        with pytest.raises(Refusal) as error:
            completed(curriculum, person("fumi"), now)
        assert (error.value.code, self.image()) == ("NOT_YOUR_TRAINING", before)

    def test_what_was_not_shown(self, tom, curriculum, now):
        before = self.image()
        with pytest.raises(Refusal) as error:
            completed(curriculum, tom, now, sha256="0" * 64)
        assert (error.value.code, self.image()) == ("TRAINING_CHANGED", before)

    def test_without_their_own_secret(self, tom, curriculum, now):
        before = self.image()
        with pytest.raises(Refusal) as error:
            completed(curriculum, tom, now, password="not it")
        assert (error.value.code, self.image()) == ("WRONG_SECRET", before)

    def test_a_second_time(self, tom, curriculum, now):
        completed(curriculum, tom, now)
        before = self.image()
        with pytest.raises(Refusal, match="already"):
            completed(curriculum, tom, now)
        assert self.image() == before

    def test_drafting_and_approving_by_one_person_or_without_the_role(self, north, mara):
        ada, before = person("ada"), self.image()
        with act(mara), pytest.raises(NotAllowed):
            training.draft_curriculum(role=Role.CTA, title="X", items=[Item("A", "b")], by=mara)
        assert self.image() == before
        with act(ada):
            draft = training.draft_curriculum(role=Role.CTA, title="X", items=[Item("A", "b")], by=ada)
            before = self.image()
            with pytest.raises(Refusal, match="Who drafted"):
                training.move_curriculum(curriculum=draft, move="approve", reason="Mine", by=ada)
        assert self.image() == before


@pytest.mark.requirement("P11-10j-1")
def test_nobody_signs_before_accepting_that_it_binds(north, petra, mara, now):
    schedule = VisitSchedule.objects.first()
    begin = protocols.signer().begin
    with act(mara):
        assert begin(schedule, kind="approval", by=mara, session="s", at=now).content == signed(schedule)["content"]
    fumi = person("fumi")
    with act(fumi), pytest.raises(NotAllowed) as error:
        begin(schedule, kind="approval", by=fumi, session="s", at=now)
    assert error.value.code == "NOT_ACCOUNTABLE"


def test_keeping_curricula_on_pages(north):
    ada, petra = signed_in("ada"), signed_in("petra")
    assert "New curriculum" in ada.get(f"{HOME}curricula/").content.decode()
    assert signed_in("mara").get(f"{HOME}curricula/").status_code == 404
    said = {
        "role": "CTA",
        "title": "Assisting",
        "items": "One\nRead one.\n\nTwo\nRead two.",
        "accountability": "Binds.",
    }
    assert ada.post(f"{HOME}curricula/new/", said | {"items": "Only a title"}).status_code == 422
    address = ada.post(f"{HOME}curricula/new/", said)["Location"]
    assert re.search("One.*Read one.*Two.*Electronic signatures.*Binds", ada.get(address).content.decode(), re.DOTALL)
    assert "Who drafted" in ada.get(address).content.decode()
    assert petra.post(f"{address}move/approve/", {"reason": "Released"}).status_code == 302
    assert "No longer valid" in petra.get(f"{HOME}curricula/?status=ENDED").content.decode()
