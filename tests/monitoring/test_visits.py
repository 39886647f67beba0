"""A visit from its plan to its approved report, and what may not happen on the way."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.models import Signature
from audit.signed import shown_under
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.workdays import add_workdays
from monitoring.models import Letter, MonitoringVisit, ReportAnswer, ReportVersion
from monitoring.services import visits
from monitoring.services.issues import raise_follow_up
from monitoring.services.letters import mark_sent
from monitoring.services.reports import Given, comment_on, save_answers
from sites.models import Site, SiteEvidence
from sites.services.evidence import record_evidence
from tests.conftest import act, person, signed_in
from tests.monitoring.conftest import again, answers, moved, signed, written

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-6")]


def test_the_whole_way(approved, idris, lena, petra, now):
    assert approved.status == "APPROVED"
    assert approved.report_due_on == add_workdays(now.date(), 10, "DE")
    assert [one.signature.signer_name for one in shown_under(approved)] == [
        idris.full_name, lena.full_name, petra.full_name,
    ]  # fmt: skip
    assert not any(one.is_broken for one in shown_under(approved))
    assert ReportVersion.objects.get(visit=approved).content_sha256
    known = {one["Fact"]: one["Value"] for one in approved.snapshot}
    assert (known["Last visit"], known["Open follow-up items"]) == ("None yet", "0")
    letter = Letter.objects.get(visit=approved, kind="FOLLOW_UP")
    assert json.loads(letter.content)["Findings"] == [
        {
            "Finding": "Delegation log not current",
            "Question": "5.1 Is the delegation log current, and signed before tasks began?",
            "What": "Two pages are not signed.",
        }
    ]


def test_what_was_signed_of_a_report_is_read_by_who_reads_the_report(submitted, idris, lena, petra, now):
    """The inspector reads reports once they are approved; not before, out of the author's signature either."""
    signature = Signature.objects.get(model="monitoring.MonitoringVisit", object_id=submitted.pk)
    page = f"/in/north/signatures/{signature.pk}/"
    trip = f"/in/north/s/D3460C00002/site/{submitted.site.number}/visits/{submitted.pk}/"
    assert (signed_in("ines").get(page).status_code, signed_in("idris").get(page).status_code) == (404, 200)
    assert page not in signed_in("ines").get(trip).content.decode()
    signed(submitted, "review", lena, now)
    signed(submitted, "approve", petra, now)
    assert signed_in("ines").get(page).status_code == 200
    assert page in signed_in("ines").get(trip).content.decode()


def test_nobody_writes_in_an_approved_report(approved, idris, now):
    before = list(ReportAnswer.objects.filter(visit=approved).values())
    with act(idris), pytest.raises(Refusal, match="nobody writes in it now"):
        save_answers(visit=approved, answers=answers(approved), by=idris, at=now)
    assert list(ReportAnswer.objects.filter(visit=approved).values()) == before


def test_what_no_page_sends_is_refused_in_words(draft, idris):
    url = reverse("trip-save", args=["north", draft.study.slug, draft.site.number, draft.pk])
    one = {"code": "4.1", "answer": "Y", "comment": "", "note": "", "version": 0}
    before = list(ReportAnswer.objects.values().order_by("pk"))
    for said in (
        {"person": float("inf")}, {"answers": [one | {"version": float("inf")}]}, {"reason": "It\ud800"},
        {"reason": "It\0"}, {"answers": [one | {"comment": "It\ud800"}]},
    ):  # fmt: skip
        body = json.dumps({"person": idris.pk, "answers": [one], "reason": ""} | said)
        answer = signed_in("idris").post(url, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) in ((422, "UNREADABLE"), (422, "HIDDEN")), said
    assert list(ReportAnswer.objects.values().order_by("pk")) == before


def test_a_report_with_open_questions_is_not_submitted(draft, idris, now):
    with pytest.raises(Refusal, match=r"Question 1\.1: words are missing, and \d+ more are open"):
        signed(draft, "submit", idris, now)
    assert again(draft).status == "DRAFT"
    assert not Signature.objects.filter(model="monitoring.MonitoringVisit", object_id=draft.pk).exists()


def test_author_reviewer_and_approver_are_three(draft, idris, lena, petra, mara, now):
    written(draft, idris, now)
    written(draft, lena, now, **{"8_1": ("N", "One visit late.")})  # she helps, and so does not review
    signed(draft, "submit", idris, now)
    with pytest.raises(Refusal, match="wrote any of a report neither reviews nor approves"):
        signed(draft, "review", lena, now)
    signed(draft, "review", mara, now)
    with pytest.raises(Refusal, match="reviewed a report does not approve"):
        signed(draft, "approve", mara, now)
    assert again(draft).status == "REVIEWED"
    signed(draft, "approve", petra, now)
    signers = Signature.objects.filter(model="monitoring.MonitoringVisit", object_id=draft.pk)
    assert len(set(signers.values_list("signer", flat=True))) == signers.count() == 3


def test_who_raised_what_the_report_lists_wrote_in_it(draft, idris, lena, now):
    written(draft, idris, now)
    said = {"text": "Complete the log", "severity": "MINOR", "owner": "SITE"}
    with act(lena):
        raise_follow_up(site=draft.site, visit=draft, by=lena, at=now, **said)
    signed(draft, "submit", idris, now)
    with pytest.raises(Refusal, match="wrote any of a report neither reviews nor approves"):
        signed(draft, "review", lena, now)
    assert again(draft).status == "SUBMITTED"


def test_rounds_are_kept_and_changes_after_the_first_need_a_reason(submitted, idris, lena, now):
    with act(lena):
        comment_on(visit=submitted, code="5.1", text="Which pages?", by=lena, at=now)
    moved(submitted, "return", lena, now, reason="One question is open")
    with pytest.raises(Refusal):
        signed(submitted, "review", lena, now)
    written(submitted, idris, now, **{"5_1": ("N", "Pages 3 and 4 are not signed.")})
    signed(submitted, "submit", idris, now)
    visit = again(submitted)
    assert (visit.rounds, visit.versions.count(), visit.status) == (2, 2, "SUBMITTED")
    first, second = (json.loads(one.content) for one in visit.versions.order_by("number"))
    assert first != second
    assert visit.comments.get().round == 1
    # The first letter was never sent: the second takes its place.
    assert list(Letter.objects.filter(visit=visit, kind="FOLLOW_UP").values_list("replaced", flat=True)) == [
        True,
        False,
    ]


def test_a_corrected_letter_is_due_when_approval_changes_what_was_sent(submitted, idris, lena, petra, now):
    letter = Letter.objects.get(visit=submitted, kind="FOLLOW_UP")
    with act(idris):
        mark_sent(letter=letter, sent_on=now.date(), reference="eTMF 1", by=idris, at=now)
    moved(submitted, "return", lena, now, reason="It is three pages")
    written(submitted, idris, now, **{"5_1": ("N", "Three pages are not signed.")})
    signed(submitted, "submit", idris, now)
    assert not Letter.objects.filter(visit=submitted, kind="CORRECTED").exists()
    signed(submitted, "review", lena, now)
    signed(submitted, "approve", petra, now)
    corrected = Letter.objects.get(visit=submitted, kind="CORRECTED")
    assert "Three pages" in corrected.content
    assert corrected.due_on == add_workdays(now.date(), 5, "DE")


def test_no_corrected_letter_when_only_an_internal_note_changed(submitted, idris, lena, petra, now):
    letter = Letter.objects.get(visit=submitted, kind="FOLLOW_UP")
    with act(idris):
        mark_sent(letter=letter, sent_on=now.date(), reference="eTMF 1", by=idris, at=now)
    moved(submitted, "return", lena, now, reason="Say so inside")
    row = ReportAnswer.objects.get(visit=submitted, code="5.1")
    with act(idris):
        given = Given("5.1", row.answer, row.comment, "The coordinator leaves.", row.version)
        save_answers(visit=submitted, answers=[given], by=idris, at=now)
    for move, by in (("submit", idris), ("review", lena), ("approve", petra)):
        signed(submitted, move, by, now)
    assert not Letter.objects.filter(visit=submitted, kind="CORRECTED").exists()
    assert "leaves" not in "".join(Letter.objects.filter(visit=submitted).values_list("content", flat=True))


def test_a_finished_initiation_visit_writes_its_fact_and_nobody_else_does(north, idris, now):
    site = Site.objects.filter(number__startswith="DE", operational_status="START_UP", monitoring_visits=None).first()
    before = SiteEvidence.objects.count()
    with act(idris):
        visit = visits.plan_visit(
            site=site, type="SIV", mode="ON_SITE", planned_on=now.date(), monitor=idris, rationale="Ready", by=idris,
            at=now,
        )  # fmt: skip
        with pytest.raises(Refusal, match="SIV 1 writes this itself"):
            record_evidence(site=site, code="SIV", occurred_on=now.date(), reference="eTMF 1", by=idris, at=now)
    assert SiteEvidence.objects.count() == before
    for move in ("confirm", "begin", "end"):
        moved(visit, move, idris, now)
    fact = SiteEvidence.objects.get(site=site, code="SIV")
    assert (fact.occurred_on, fact.reference) == (now.date(), "Visit report SIV 1")


def test_an_approved_close_out_visit_writes_its_fact(site, idris, lena, petra, now):
    with act(idris):
        visit = visits.plan_visit(
            site=site, type="COV", mode="ON_SITE", planned_on=now.date(), monitor=idris, rationale="Last subject left",
            by=idris, at=now,
        )  # fmt: skip
    for move in ("confirm", "begin", "end"):
        moved(visit, move, idris, now)
    written(visit, idris, now)
    signed(visit, "submit", idris, now)
    signed(visit, "review", lena, now)
    assert not SiteEvidence.objects.filter(site=site, code="COV_APPROVED").exists()
    signed(visit, "approve", petra, now)
    fact = SiteEvidence.objects.get(site=site, code="COV_APPROVED")
    assert (fact.occurred_on, fact.reference) == (now.date(), "Visit report COV 1")


def test_who_has_no_part_in_it_plans_nothing(site, idris, now):
    fumi = person("fumi")
    with act(fumi), pytest.raises(NotAllowed):
        visits.plan_visit(
            site=site, type="IMV", mode="ON_SITE", planned_on=now.date(), monitor=idris, rationale="Why not", by=fumi,
            at=now,
        )  # fmt: skip
    assert not MonitoringVisit.objects.filter(site=site).exists()


def test_a_plan_and_its_changes_have_reasons(planned, idris, now):
    with act(idris), pytest.raises(BadInput, match="Say why"):
        visits.replan_visit(visit=planned, planned_on=now.date(), rationale=" . ", by=idris, at=now)
    later = now.date() + timedelta(days=7)
    with act(idris):
        visits.replan_visit(visit=planned, planned_on=later, rationale="Monitor is ill", by=idris, at=now)
    assert again(planned).planned_on == later
    assert [(one.move, one.planned_on, one.reason) for one in planned.events.all()] == [
        ("plan", now.date(), "Planned by hand. First visit"), ("replan", later, "Monitor is ill"),
    ]  # fmt: skip


def test_what_the_cadence_asks_for(site, idris, now):
    with act(idris):
        said = {"tier": "HIGH", "first_within_days": 14, "on_site_weeks": 6, "remote_weeks": 3}
        visits.set_cadence(site=site, changes={**said, "rationale": "Many queries"}, version=None, by=idris, at=now)
        (first,) = visits.plan_due_visits(site=site, monitor=idris, by=idris, at=now)
        assert (first.type, first.trigger) == ("IMV", "First visit within 14 days of activation")
        assert visits.plan_due_visits(site=site, monitor=idris, by=idris, at=now) == []
    for move in ("confirm", "begin", "end"):
        moved(first, move, idris, now)
    with act(idris):
        (second,) = visits.plan_due_visits(site=site, monitor=idris, by=idris, at=now)
    assert (second.mode, second.trigger) == ("REMOTE", "High risk: remote every 3 weeks")
    assert second.planned_on == add_workdays(now.date() + timedelta(weeks=3), 0, "DE")
