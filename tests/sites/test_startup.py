"""Start-up: the checklist and its items, who may settle them; nothing opens a site while an approval is open."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from ctms.core.refusals import NotAllowed, Refusal
from ctms.studies.models import Study
from sites.models import (
    EvidenceCode,
    ItemHolding,
    ItemWaiver,
    MigrationBatch,
    Site,
    SiteEvidence,
    SitePersonnel,
    StartUpConfiguration,
    StartUpItem,
)
from sites.services import evidence, golive, personnel, startup, startup_configuration, startup_waivers, statuses
from sites.services.startup import Settlement
from sites.startup.checklist import checklist_of
from sites.startup.configuration import DEFAULTS
from tests.api.client import SITES, Program
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.signing import proof
from tests.sites.test_golive import HISTORY
from tests.sites.test_imports import FACTS, applied, wrong
from tests.startup import item_of, items_of, settle, unsettle, with_checklist

pytestmark = pytest.mark.django_db
DAY = date(2024, 3, 4)
HARD = ("C-RA-APP", "C-EC-APP", "T-ICF")


@pytest.fixture
def site(north: Any, petra: Any, now: Any) -> Site:
    """A site in Austria, initiated, with its checklist begun and nothing settled but the study's items."""
    found: Site = Site.objects.select_related("country", "study", "facility").get(number="AT-001")
    with act(petra):
        Site.objects.filter(pk=found.pk).update(operational_status="INITIATED", status_on=DAY - timedelta(days=20))
    found.refresh_from_db()
    with_checklist(found, petra, now)
    return found


@pytest.fixture
def ready(site: Site, petra: Any) -> Site:
    """The same with all of it settled."""
    with act(petra):
        make(SiteEvidence, site=site, code="SIV", occurred_on=DAY - timedelta(days=20))
    settle(items_of(site), DAY - timedelta(days=9), petra)
    return site


def complete(item: StartUpItem, by: Any, now: Any, **said: Any) -> StartUpItem:
    settlement = Settlement(**({"on": DAY, "reference": "eTMF 9"} | said))
    with act(by):
        return startup.complete_item(item=item, settlement=settlement, by=by, at=now)


def activate(site: Site, by: Any, now: Any, on: date = DAY) -> Any:
    with act(by):
        return statuses.move_site(site=site, move="activate", effective_on=on, by=by, at=now)


def refused(as_code: str, do: Any, *args: Any, **said: Any) -> Refusal:
    """It is refused with this code, and no item, holding or status has changed."""
    before = _image()
    with pytest.raises(Refusal) as error:
        do(*args, **said)
    assert (error.value.code, _image()) == (as_code, before)
    return error.value


def _image() -> Any:
    items = StartUpItem.objects.order_by("id").values_list("id", "status", "actual_on", "expected_on")
    return list(items), ItemHolding.objects.count(), list(Site.objects.order_by("id").values_list("operational_status"))


@pytest.mark.usefixtures("north")
class TestTheChecklist:
    def begin(self, number: str, petra: Any, now: Any) -> Site:
        site: Site = Site.objects.select_related("country").get(number=number)
        if site.operational_status != "SELECTED":
            self.select(site, petra)
        with act(petra):
            statuses.move_site(site=site, move="start_up", effective_on=DAY, by=petra, at=now)
        return site

    def select(self, site: Site, petra: Any) -> None:
        with act(petra):
            Site.objects.filter(pk=site.pk).update(operational_status="SELECTED", status_on=DAY - timedelta(days=5))

    def test_is_made_when_the_site_begins_and_shares_what_country_and_study_have(self, petra, now):
        first, second = self.begin("AT-001", petra, now), self.begin("AT-002", petra, now)
        codes = {item.code: item for item in items_of(first)}
        assert {"S-PROT", "C-RA-APP", "T-ICF", "P-1572"} <= codes.keys()
        assert not {"P-INV", "T-IRB-APP", "C-GEN", "T-LAB"} & codes.keys()  # not asked in this study and country
        shared = [item.pk for item in items_of(first) if item.level in ("study", "country")]
        assert set(shared) <= set(items_of(second).values_list("pk", flat=True))
        assert codes["T-ICF"].planned_on > codes["C-EC-APP"].planned_on > DAY
        held = ItemHolding.objects.get(item=codes["C-RA-SUB"], until=None)
        assert (held.party, held.since) == ("SPONSOR", DAY)
        assert not codes["C-RA-APP"].holdings.exists()  # nobody has what waits for something else

    def test_a_country_without_configuration_blocks_with_a_sentence(self, petra, now):
        self.select(Site.objects.get(number="AT-001"), petra)
        with act(petra):
            one = StartUpConfiguration.objects.get()
            one.content = {**one.content, "countries": {k: v for k, v in one.content["countries"].items() if k != "AT"}}
            one.content_sha256 = "0" * 64
            one.save()
        assert "says nothing about Austria" in refused("GUARD", self.begin, "AT-001", petra, now).message
        with act(petra):
            StartUpConfiguration.objects.update(status="RETIRED")
        assert "No start-up configuration" in refused("GUARD", self.begin, "AT-001", petra, now).message

    def test_what_the_study_does_not_say_of_itself_blocks_with_a_sentence(self, petra, now):
        self.select(Site.objects.get(number="AT-001"), petra)
        with act(petra):
            Study.objects.update(under_ind=None)
        assert "under an IND" in refused("GUARD", self.begin, "AT-001", petra, now).message

    def test_a_later_version_holds_for_sites_that_begin_later(self, petra, mara, now):
        first = self.begin("AT-001", petra, now)
        text = DEFAULTS.read_text().replace("code: T-PSP", "code: T-NEW").replace("[S-PROT], column: Documents", "[]")
        with act(mara):
            draft = startup_configuration.draft_configuration(
                study=first.study, text=text, source="own.yaml", effective_from=DAY, by=mara, at=now
            )
        signature = proof(draft, petra, now)
        with act(petra):
            startup_configuration.move_configuration(
                configuration=draft, move="approve", reason="Read", by=petra, proof=signature
            )
        second = self.begin("AT-002", petra, now)
        both = ("T-PSP", "T-NEW")
        assert items_of(first).get(code__in=both).code == "T-PSP"
        assert items_of(second).get(code__in=both).code == "T-NEW"

    def test_people_who_come_are_asked_and_people_who_left_are_not(self, site, petra, now):
        with act(petra):
            one = personnel.add_personnel(
                site=site, new_name="Dr. New", role="SUB_INVESTIGATOR", starts_on=DAY, by=petra
            )
        assert set(items_of(site).filter(engagement=one).values_list("code", flat=True)) == {
            "P-CV", "P-LIC", "P-GCP", "P-FDF", "T-TRN", "T-SYS",
        }  # fmt: skip
        with act(petra):
            personnel.end_personnel(engagement=one, ends_on=DAY, by=petra)
        assert not items_of(site).filter(engagement=one).exists()

    def test_without_an_investigator_there_is_nobody_to_ask_and_no_green_light(self, ready, petra, now):
        with act(petra):
            SitePersonnel.objects.filter(site=ready).update(ends_on=DAY - timedelta(days=1))
        assert "principal investigator" in refused("GUARD", activate, ready, petra, now).message


class TestItems:
    def test_come_after_each_other(self, site, petra, now):
        assert "Application to the authority" in refused(
            "WAITS", complete, item_of(site, "C-RA-APP"), petra, now
        ).message  # fmt: skip
        complete(item_of(site, "C-RA-SUB"), petra, now, on=DAY - timedelta(days=2))
        early = refused("WAITS", complete, item_of(site, "C-RA-APP"), petra, now, on=DAY - timedelta(days=3))
        assert "4 Mar 2024" in early.message or "2 Mar 2024 only" in early.message
        begun = item_of(site, "C-RA-APP").holdings.get()
        assert (begun.party, begun.since, begun.until) == ("AUTHORITY", DAY - timedelta(days=2), None)
        done = complete(item_of(site, "C-RA-APP"), petra, now)
        held = done.holdings.get()
        assert (done.status, done.actual_on, done.settled_by, held.until) == ("DONE", DAY, petra, max(DAY, held.since))

    @pytest.mark.parametrize(
        ("said", "field"),
        [({"on": date(2030, 1, 1)}, "on"), ({"reference": "  "}, "reference"),
         ({"expires_on": date(2020, 1, 1)}, "expires_on")],
    )  # fmt: skip
    def test_are_not_settled_just_so(self, site, petra, now, said, field):
        assert list(refused("ITEM", complete, item_of(site, "T-PSP"), petra, now, **said).fields) == [field]

    def test_that_run_out_say_until_when_and_block_from_then_on(self, ready, petra, now):
        item = item_of(ready, "P-GCP")
        unsettle(item, petra)
        assert complete(item, petra, now).expires_on == date(2027, 3, 4)  # 36 months, as configured
        assert "expires_on" in refused("ITEM", complete, _open(item_of(ready, "P-LIC"), petra), petra, now).fields
        complete(item_of(ready, "P-LIC"), petra, now, expires_on=DAY)
        assert checklist_of(ready).blockers("ACTIVATION", DAY) == []
        (one,) = checklist_of(ready).blockers("ACTIVATION", DAY + timedelta(days=1))
        assert (one.item.code, one.words) == ("P-LIC", "valid until 4 Mar 2024 only")

    def test_of_a_country_are_settled_by_who_has_a_role_there(self, site, now):
        lena, idris = person("lena"), person("idris")  # of the study; of countries, Austria among them
        complete(item_of(site, "C-RA-SUB"), idris, now)
        with pytest.raises(NotAllowed):
            complete(_open(item_of(site, "S-PROT"), lena), idris, now)
        with pytest.raises(NotAllowed):
            complete(item_of(site, "T-PSP"), person("fumi"), now)

    def test_that_a_fact_settles_follow_the_fact(self, site, petra, now):
        assert refused("BY_FACT", complete, item_of(site, "T-SIV"), petra, now)
        with act(petra):
            fact = evidence.record_evidence(
                site=site, code=EvidenceCode.SIV, occurred_on=DAY, reference="eTMF 4", by=petra, at=now
            )
        item = item_of(site, "T-SIV")
        assert (item.status, item.actual_on, item.reference) == ("DONE", DAY, "eTMF 4")
        with act(petra):
            evidence.withdraw_evidence(evidence=fact, reason="Wrong site", by=petra, at=now)
        assert item_of(site, "T-SIV").status == "IN_PROGRESS"
        assert item.holdings.filter(until=None).count() == 1

    def test_change_hands_and_nobody_has_a_settled_one(self, site, petra, mara, now):
        item = item_of(site, "T-CTA-EXE")
        settle(items_of(site).filter(code__in=("S-CDA", "S-FEAS", "S-SQV")), DAY, petra)
        complete(item_of(site, "T-CTA-DRAFT"), petra, now)
        with act(petra):
            startup.hand_over(item=item, party="SPONSOR", person=mara, on=DAY, by=petra, at=now, note="Redlines")
        first, second = item.holdings.all()
        assert (first.party, first.until, second.person, second.since) == ("SITE", DAY, mara, DAY)
        again = {"item": item, "party": "SPONSOR", "person": mara, "on": DAY, "by": petra, "at": now}
        with act(petra):
            refused("HAND_OVER", startup.hand_over, **(again | {"person": person("otto")}))  # of another sponsor
            refused("HAS_IT", startup.hand_over, **again)
            refused("HAND_OVER", startup.hand_over, **(again | {"on": DAY - timedelta(days=1), "party": "SITE"}))
        settle(items_of(site).exclude(pk=item.pk), DAY - timedelta(days=30), petra)
        complete(item, petra, now)
        assert not item.holdings.filter(until=None).exists()
        with act(petra):
            refused("SETTLED", startup.hand_over, **again)
            startup.reopen_item(item=item, reason="Page missing", by=petra, at=now)
        assert item.holdings.filter(until=None).count() == 1

    def test_green_light_takes_a_second_person(self, ready, petra, mara, now):
        unsettle(item_of(ready, "T-GL"), petra)
        complete(_open(item_of(ready, "T-PSP"), petra), mara, now)
        refused("SEGREGATION", complete, item_of(ready, "T-GL"), mara, now)
        with pytest.raises(NotAllowed):
            complete(item_of(ready, "T-GL"), person("idris"), now)
        assert complete(item_of(ready, "T-GL"), petra, now).settled_by == petra


class TestWaivers:
    def asked(self, item: StartUpItem, by: Any, now: Any) -> ItemWaiver:
        with act(by):
            waiver = startup_waivers.draft_waiver(item=item, grounds="No samples are taken here", by=by, at=now)
        return self.moved(waiver, "ask", by, now, kind="authorship", meaning="AUTHORED")

    def moved(self, waiver: ItemWaiver, move: str, by: Any, now: Any, kind: str = "", meaning: str = "") -> ItemWaiver:
        signature = proof(waiver, by, now, kind=kind) if kind else None
        if signature is not None and meaning:
            from dataclasses import replace

            signature = replace(signature, meaning=meaning)
        with act(by):
            return startup_waivers.move_waiver(
                waiver=waiver, move=move, reason="Agreed", by=by, at=now, proof=signature
            )

    def test_of_a_soft_item_take_two_signatures_of_two_persons(self, ready, petra, mara, now):
        item = item_of(ready, "T-SUP")
        unsettle(item, petra)
        waiver = self.asked(item, mara, now)
        refused("GUARD", activate, ready, petra, now)
        assert "does not grant" in refused("GUARD", self.moved, waiver, "grant", mara, now, kind="approval").message
        refused("SIGNATURE_NEEDED", self.moved, waiver, "grant", petra, now)
        self.moved(waiver, "grant", petra, now, kind="approval")
        item.refresh_from_db()
        assert (item.status, item.actual_on) == ("WAIVED", now.date())
        activate(ready, petra, now, on=now.date())

    def test_withdrawn_reopens_the_item(self, ready, petra, mara, now):
        item = item_of(ready, "T-SUP")
        unsettle(item, petra)
        waiver = self.moved(self.asked(item, mara, now), "grant", petra, now, kind="approval")
        self.moved(waiver, "withdraw", mara, now)
        item.refresh_from_db()
        assert item.status == "IN_PROGRESS"
        refused("GUARD", activate, ready, petra, now)

    @pytest.mark.shows("04-5")
    @pytest.mark.parametrize("code", HARD)
    def test_of_a_hard_stop_there_are_none(self, ready, petra, mara, now, code):
        item = item_of(ready, code)
        unsettle(item, petra)
        with act(mara):
            refused("HARD", startup_waivers.draft_waiver, item=item, grounds="Hurry", by=mara, at=now)
        with act(mara):  # one that somehow got there is not granted either
            forged = make(ItemWaiver, item=item, status="ASKED", grounds="Hurry", made_by=mara)
        refused("GUARD", self.moved, forged, "grant", petra, now, kind="approval")
        with act(petra), pytest.raises(IntegrityError), transaction.atomic():
            StartUpItem.objects.filter(pk=item.pk).update(status="WAIVED", actual_on=DAY)


@pytest.mark.shows("04-5")
@pytest.mark.parametrize("code", HARD)
class TestNoPathActivatesASiteWithAnOpenHardStop:
    @pytest.fixture
    def shut(self, ready: Site, petra: Any, code: str) -> Site:
        unsettle(item_of(ready, code), petra)
        ready.refresh_from_db()
        return ready

    def test_service_and_a_forged_status(self, shut, petra, now, code):
        said = refused("GUARD", activate, shut, petra, now).message
        assert item_of(shut, code).name in said
        shut.operational_status = "ACTIVATED"
        shut.status_on = DAY
        refused("GUARD", activate, shut, petra, now)

    def test_correction(self, shut, petra, now, code):
        asked = {"event": _initiated(shut, petra, now), "to_status": "ACTIVATED", "effective_on": DAY}
        with act(petra):
            refused("GUARD", statuses.correct_status, **asked, reason="Hurry", by=petra, at=now)

    def test_an_earlier_day_than_the_approval(self, ready, petra, now, code):
        _initiated(ready, petra, now)
        event, early = activate(ready, petra, now), DAY - timedelta(days=12)
        asked = {"event": event, "to_status": "ACTIVATED", "effective_on": early, "reason": "Hurry", "at": now}
        with act(petra):
            refused("GUARD", statuses.correct_status, by=petra, **asked)
            with pytest.raises(IntegrityError, match="cannot be activated"), transaction.atomic():
                Site.objects.filter(pk=ready.pk).update(status_on=early)

    def test_page(self, shut, petra, now, code):
        before = _image()
        address = f"/in/north/s/{shut.study.slug}/site/{shut.number}/move/activate/"
        answer = signed_in("mara").post(address, {"effective_on": DAY.isoformat(), "reason": ""})
        assert (answer.status_code, _image()) == (409, before)
        assert item_of(shut, code).name in answer.content.decode()

    def test_rest(self, shut, petra, now, code):
        before, program = _image(), Program("mara")
        for said in ({}, {"operational_status": "ACTIVATED"}):
            answer = program.moves(shut.number, "activate", effective_on=DAY.isoformat(), **said)
            assert (answer.status_code, _image()) == (422 if said else 409, before)
        blocking = {
            gate["gate"]: gate["blocking"] for gate in program.get(f"{SITES}{shut.number}/start-up/").json()["gates"]
        }
        (one,) = [one for one in blocking["ACTIVATION"] if one["is_hard"]]
        assert (one["code"], one["item"]) == (code, item_of(shut, code).pk)

    def test_a_table_of_facts_and_one_for_the_go_live(self, shut, petra, now, code):
        before = _image()
        _initiated(shut, petra, now)
        for fact in ("Regulatory green light given", "Items required before initiation complete"):
            assert wrong(petra, now, "evidence", FACTS, [(shut.number, fact, "2024-03-01", "eTMF")]) == [
                (2, "B (Fact)")
            ]
        rows = [(shut.number, "", "Activated", "2024-03-01", "eTMF")]
        assert wrong(petra, now, "history", HISTORY, rows) == [(2, "A (Site number)")]
        assert _image() == before

    def test_statements_past_every_service(self, shut, petra, now, code):
        for forge in (
            lambda: Site.objects.filter(pk=shut.pk).update(operational_status="ACTIVATED", status_on=DAY),
            lambda: Site.objects.bulk_update([_as_activated(shut)], ["operational_status"]),
            lambda: _as_activated(shut).save(),
        ):
            with act(petra), pytest.raises(IntegrityError, match="cannot be activated"), transaction.atomic():
                forge()
        assert Site.objects.get(pk=shut.pk).operational_status == "INITIATED"


def test_what_the_checklist_took_over_is_no_evidence_any_more(site, petra, now):
    for code in ("SIV_GATE", "GREEN_LIGHT", "IP_RELEASED", "ACT_LETTER"):
        with act(petra):
            asked = {"site": site, "code": code, "occurred_on": DAY, "reference": "eTMF", "by": petra, "at": now}
            refused("ON_THE_CHECKLIST", evidence.record_evidence, **asked)


@pytest.mark.shows("04-5")
def test_a_migration_brings_no_site_that_lacks_what_its_country_lacks(site, petra, mara, now):
    applied(mara, now, "history", HISTORY, [("AT-002", "", "Activated", "2024-02-01", "eTMF")])
    batch = MigrationBatch.objects.get()
    signature = proof(batch, petra, now)
    with act(petra):
        asked = {"batch": batch, "reason": "Read", "proof": signature, "by": petra, "at": now}
        assert "Authority approval (Austria)" in refused("GUARD", golive.sign_off, **asked).message


def _initiated(site: Site, by: Any, now: Any) -> Any:
    """The event by which it came to where the fixture put it."""
    with act(by):
        asked = statuses.Request(by, site.status_on)
        return statuses._add_event(site, "OPERATIONAL", "initiate", "SIV_READY", "INITIATED", asked, now)


def _open(item: StartUpItem, by: Any) -> StartUpItem:
    unsettle(item, by)
    return item


def _as_activated(site: Site) -> Site:
    found: Site = Site.objects.get(pk=site.pk)
    found.operational_status = "ACTIVATED"
    return found
