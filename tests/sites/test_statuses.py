"""A site's life, from its table: every status, every move. And what a move, a correction or a day is refused for."""

import re
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from audit.models import AccessEvent
from ctms.core.lifecycle import Lifecycle
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from sites.lifecycle import ENROLLMENT, SITE, Lacks
from sites.models import EnrollmentStatus, EvidenceCode, OperationalStatus, Site, SiteEvidence, SiteStatusEvent
from sites.services import statuses
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.signing import proof
from tests.startup import items_of, settle, with_checklist

pytestmark = pytest.mark.django_db
S, E = OperationalStatus, EnrollmentStatus


@pytest.fixture
def site(north, petra) -> Site:
    """A site that is just identified."""
    return Site.objects.filter(operational_status=S.IDENTIFIED).order_by("number").first()


def put(site: Site, **fields: Any) -> None:
    with act(person("petra")):
        Site.objects.filter(pk=site.pk).update(**fields)
    site.refresh_from_db()


def lacks(one: Any) -> bool:
    """Whether the move asks for evidence."""
    return any(isinstance(guard, Lacks) for guard in one.unless)


def prove(site: Site, *codes: str) -> None:
    with act(person("petra")):
        for code in codes:
            make(SiteEvidence, site=site, code=code, occurred_on=site.status_on)


def ready(site: Site, by: Any, at: Any) -> None:
    """With all evidence on record and every item of its checklist settled."""
    prove(site, *EvidenceCode.values)
    with_checklist(site, by, at)
    settle(items_of(site), site.status_on, by)


def move(site: Site, name: str, by: Any, at: Any, **said: Any) -> SiteStatusEvent:
    service = statuses.move_enrollment if ENROLLMENT.move(name) else statuses.move_site
    lifecycle: Lifecycle = ENROLLMENT if ENROLLMENT.move(name) else SITE
    codes = lifecycle.move(name).reason_codes
    asked = {"reason": "Said so", "reason_code": codes[0][0] if codes else "", "effective_on": site.status_on} | said
    if lifecycle.move(name).signature:
        asked = {"proof": proof(site, by, at)} | asked
    with act(by):
        return service(site=site, move=name, by=by, at=at, **asked)


def refused(kind: type[Refusal], code: str, site: Site, *args: Any, **said: Any) -> Refusal:
    """The move is refused in these words' code, and nothing has changed."""
    before = image(site)
    with pytest.raises(kind) as error:
        move(site, *args, **said)
    assert (error.value.code, image(site)) == (code, before)
    return error.value


def image(site: Site) -> Any:
    kept = Site.objects.values_list("operational_status", "enrollment_status", "status_on").get(pk=site.pk)
    return kept, site.status_events.count(), Site.history.filter(id=site.pk).count()


@pytest.mark.parametrize("lifecycle", [SITE, ENROLLMENT], ids=lambda one: one.name)
def test_every_move_from_every_status(site, petra, now, lifecycle):
    """With all evidence on record and nothing enrolling, a move succeeds exactly from where the table has it."""
    ready(site, petra, now)
    for status, one in product(lifecycle.statuses.values, lifecycle.moves):
        with transaction.atomic():
            put(site, **({} if lifecycle is SITE else {"operational_status": S.ACTIVATED}), **{lifecycle.field: status})
            if status in one.sources:
                event = move(site, one.name, petra, now)
                site.refresh_from_db()
                assert getattr(site, lifecycle.field) == event.to_status == one.target, (status, one.name)
                assert (event.from_status, event.recorded_by, event.recorded_at) == (status, petra, now)
            else:
                refused(Refusal, "WRONG_STATUS", site, one.name, petra, now)
            transaction.set_rollback(True)


@pytest.mark.parametrize("one", [m for m in SITE.moves if lacks(m)], ids=lambda m: m.name)
def test_a_move_without_its_evidence_says_what_is_missing(site, petra, now, one):
    put(site, operational_status=one.sources[0])
    with_checklist(site, petra, now)
    settle(items_of(site), site.status_on, petra)
    assert "evidence" in refused(Refusal, "GUARD", site, one.name, petra, now).message


def test_evidence_of_a_later_day_than_the_move_does_not_carry_it(site, petra, now):
    put(site, operational_status=S.CDA_PENDING)
    with act(petra):
        make(SiteEvidence, site=site, code=EvidenceCode.CDA_EXE, occurred_on=site.status_on + timedelta(days=3))
    assert "later" in refused(Refusal, "GUARD", site, "execute_cda", petra, now).message
    move(site, "execute_cda", petra, now, effective_on=site.status_on + timedelta(days=3))


def test_activation_opens_enrollment_and_termination_closes_it(site, petra, now):
    ready(site, petra, now)
    put(site, operational_status=S.INITIATED)
    move(site, "activate", petra, now)
    site.refresh_from_db()
    assert site.enrollment_status == E.OPEN
    move(site, "terminate", petra, now)
    site.refresh_from_db()
    assert (site.operational_status, site.enrollment_status) == (S.TERMINATED, E.CLOSED)
    assert site.status_events.filter(kind="ENROLLMENT").count() == 2


def test_a_site_still_enrolling_does_not_begin_its_close_out(site, petra, now):
    prove(site, *EvidenceCode.values)
    put(site, operational_status=S.ACTIVATED, enrollment_status=E.OPEN)
    refused(Refusal, "GUARD", site, "close_out", petra, now)
    put(site, operational_status=S.INITIATED, enrollment_status=E.NOT_OPEN)
    refused(Refusal, "GUARD", site, "open_enrollment", petra, now)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"effective_on": date(2030, 1, 1)}, "effective_on"),
        ({"effective_on": date(2020, 1, 1)}, "effective_on"),
    ],
)
def test_a_day_to_come_or_before_the_last_move_is_refused(site, petra, now, said, field):
    assert field in refused(BadInput, "DAY", site, "contact", petra, now, **said).fields


def test_today_is_the_day_at_the_site(site, petra, now):
    """At 20:00 UTC it is tomorrow in Tokyo and today in New York."""
    evening = now.replace(hour=20)
    tomorrow = evening.date() + timedelta(days=1)
    with act(petra):
        type(site.facility).objects.filter(pk=site.facility_id).update(time_zone="America/New_York")
    refused(BadInput, "DAY", site, "contact", petra, evening, effective_on=tomorrow)
    with act(petra):
        type(site.facility).objects.filter(pk=site.facility_id).update(time_zone="Asia/Tokyo")
    assert move(site, "contact", petra, evening, effective_on=tomorrow).effective_on == tomorrow


def test_an_exit_wants_a_coded_reason_and_words(site, petra, now):
    put(site, operational_status=S.START_UP)
    assert "reason_code" in refused(BadInput, "REASON_CODE", site, "drop", petra, now, reason_code="MADE_UP").fields
    assert "reason" in refused(BadInput, "REASON", site, "drop", petra, now, reason=" . ").fields


@pytest.mark.requirement("P11-10g-1")
def test_a_role_without_the_verb_is_refused_and_the_attempt_is_on_record(site, now):
    fumi = person("fumi")
    refused(NotAllowed, "MAY_NOT_MOVE", site, "contact", fumi, now)
    event = AccessEvent.objects.order_by("-id").first()
    assert (event.kind, event.actor_name, event.detail["code"]) == ("REFUSED", "Fumi Tanaka", "MAY_NOT_MOVE")


class TestCorrections:
    def correct(self, event, by, now, **said):
        asked = {"to_status": event.to_status, "effective_on": event.effective_on, "reason": "Typed wrong"} | said
        with act(by):
            return statuses.correct_status(event=event, by=by, at=now, **asked)

    def test_another_day_or_status_is_an_event_of_its_own(self, site, petra, now):
        first = move(site, "contact", petra, now, effective_on=site.status_on + timedelta(days=9))
        second = self.correct(first, petra, now, effective_on=site.status_on + timedelta(days=2))
        assert (second.corrects, second.to_status) == (first, S.CONTACTED)
        third = self.correct(second, petra, now, to_status=S.DECLINED)
        site.refresh_from_db()
        assert (site.operational_status, site.status_on) == (S.DECLINED, second.effective_on)
        first.refresh_from_db()
        assert first.effective_on == second.effective_on + timedelta(days=7)
        assert site.status_events.count() == 4
        assert third.corrects == second

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({}, "NO_CHANGE"),
            ({"reason": " "}, "REASON"),
            ({"to_status": "NOWHERE"}, "STATUS"),
            ({"effective_on": date(2030, 1, 1)}, "DAY"),
            ({"effective_on": date(2020, 1, 1)}, "DAY"),
        ],
    )
    def test_refusals(self, site, petra, now, said, code):
        event = move(site, "contact", petra, now)
        before = image(site)
        with pytest.raises(BadInput) as error:
            self.correct(event, petra, now, **said)
        assert (error.value.code, image(site)) == (code, before)

    def test_a_correction_is_no_way_around_the_guards(self, site, petra, now):
        event = move(site, "contact", petra, now)
        before = image(site)
        with pytest.raises(Refusal, match="no start-up checklist"):
            self.correct(event, petra, now, to_status=S.ACTIVATED)
        with_checklist(site, petra, now)
        with pytest.raises(Refusal, match="keep the gate “activation” shut"):
            self.correct(event, petra, now, to_status=S.ACTIVATED)
        assert image(site) == before
        prove(site, *EvidenceCode.values)
        self.correct(event, petra, now, to_status=S.SQV_DONE)

    def test_nor_around_the_signature(self, site, petra, now):
        event = move(site, "contact", petra, now)
        ready(site, petra, now)
        before = image(site)
        for status in (S.SELECTED, S.START_UP, S.ACTIVATED, S.TERMINATED):
            with pytest.raises(Refusal, match="comes after a signature"):
                self.correct(event, petra, now, to_status=status)
        assert image(site) == before
        put(site, operational_status=S.SQV_DONE)
        move(site, "select", petra, now)
        wrong = move(site, "drop", petra, now)
        self.correct(wrong, petra, now, to_status=S.SELECTED)  # it was, under a signature

    def test_only_the_latest_and_only_by_who_may(self, site, petra, now):
        first = move(site, "contact", petra, now)
        move(site, "send_cda", petra, now)
        before = image(site)
        with pytest.raises(Refusal, match="latest"):
            self.correct(first, petra, now, to_status=S.DECLINED)
        with pytest.raises(NotAllowed):
            self.correct(first, person("lena"), now, to_status=S.DECLINED)
        assert image(site) == before


def test_each_missing_fact_leads_to_its_own_form(site):
    put(site, operational_status=S.CLOSE_OUT)
    at = f"/in/north/s/{site.study.slug}/site/{site.number}/"
    mara, first, *rest = signed_in("mara"), "COV_APPROVED", "QUERIES_ANSWERED", "IP_RECONCILED"
    assert codes(mara.get(f"{at}move/close/").context["objections"])[:3] == [first, *rest]
    prove(site, first)
    assert codes(mara.get(f"{at}move/close/").context["objections"])[:2] == rest
    assert codes(mara.get(at).context["offers"][0]["objections"])[:2] == rest


def codes(objections):
    """Which facts the forms are for that objections lead to."""
    return [re.search(r"\?code=(\w+)#record$", url)[1] for _, url in objections]


def test_the_evidence_tab_offers_the_move_that_a_fact_opened(site):
    put(site, operational_status=S.CDA_PENDING)
    page = f"/in/north/s/{site.study.slug}/site/{site.number}/evidence/"
    assert signed_in("mara").get(page).context["open_moves"] == []
    prove(site, EvidenceCode.CDA_EXE)
    assert [item["offer"].move.name for item in signed_in("mara").get(page).context["open_moves"]] == ["execute_cda"]


def test_a_move_that_is_over_leads_back_to_the_site_and_changes_nothing(site):
    put(site, operational_status=S.ACTIVATED)
    before = image(site)
    at = f"/in/north/s/{site.study.slug}/site/{site.number}/"
    mara = signed_in("mara")
    for answer in (mara.get(f"{at}move/activate/"), mara.post(f"{at}move/activate/")):
        assert (answer.status_code, answer["Location"]) == (302, f"{at}status/")
    assert "“Activate site” is not open now" in mara.get(f"{at}status/").content.decode()
    assert signed_in("ines").get(f"{at}move/activate/").status_code == 404
    assert image(site) == before
