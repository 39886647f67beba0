"""The reader's page of the trail: what happened, by record, person, act and time, with labels, old and new."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from audit.naming import labels
from audit.queries import Trail, record_trail, trail
from audit.reading import Wanted
from ctms.accounts.models import User
from ctms.core import money
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.core.trail.history import regulated_models
from ctms.milestones.models import Milestone, Outlook
from ctms.studies.models import Study
from enrollment.models import Subject, SubjectVisit
from finance.models import BankDetail, FeeLine, PaymentRequest, PaymentRun
from monitoring.models import Letter
from sites.models import Facility, Person, Site, SiteEvidence
from sites.services import personnel, statuses
from tests.api.client import Program, body
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(north) -> Site:
    return Site.objects.filter(operational_status="IDENTIFIED").order_by("number").first()


@pytest.fixture
def moved(site, petra, now) -> Site:
    """Contacted on 6 March by Petra, and a person entered."""
    with act(petra, "Called the coordinator"):
        statuses.move_site(site=site, move="contact", effective_on=date(2024, 3, 6), by=petra, at=now)
    with act(petra, "From the delegation log"):
        personnel.add_personnel(site=site, new_name="Jo Ray", role="COORDINATOR", starts_on=date(2024, 3, 7), by=petra)
    return site


def everything(**wanted) -> Wanted:
    """Of whatever kind."""
    return Wanted(**{"kinds": regulated_models(), **wanted})


def entries(page: Trail) -> list[tuple[str, str, str]]:
    return [(entry.verb, entry.kind, entry.record) for deed in page.acts for entry in deed.entries]


def test_an_act_shows_its_records_by_name_with_old_and_new_values(moved):
    latest, before, *_ = record_trail(moved, person("petra")).acts
    assert (latest.actor, latest.reason) == ("Petra Novak", "From the delegation log")
    assert [(entry.verb, entry.kind) for entry in latest.entries] == [("Created", "site personnel")]
    assert latest.entries[0].record == f"Jo Ray, {moved.number}"
    changed = next(entry for entry in before.entries if entry.verb == "Changed")
    assert (changed.kind, changed.record) == ("site", moved.number)
    told = {change.label: (change.old, change.new) for change in changed.changes}
    assert told["Status"] == ("Identified", "Contacted")
    assert told["In this status since"][1] == "6 Mar 2024"


def test_a_record_is_called_as_on_pages_and_says_whose_it_is(site):
    def called(model) -> tuple[Any, str, dict[str, str]]:
        entry = trail(everything(kinds=[model]), limit=1).acts[0].entries[0]
        newest = model.history.order_by("-history_date", "-history_act", "-history_id").first()
        return model.objects.get(pk=newest.id), entry.record, {change.label: change.new for change in entry.fields}

    with acting(Service("Feed of a test"), reason="What the system of record says", channel=Channel.FEED):
        make(SubjectVisit, subject=make(Subject, site=site))
    seen, name, _ = called(SubjectVisit)
    assert name == f"{seen.code}, {seen.subject.number}, {seen.subject.site.number}"
    outlook, name, _ = called(Outlook)
    assert name == f"{outlook.milestone.get_code_display()}, {outlook.milestone.scope.label}"
    run, name, _ = called(PaymentRun)
    assert name == str(run)
    asked, name, told = called(PaymentRequest)
    assert (told["Run"], told["Net"]) == (str(asked.run), money.words(asked.net, asked.currency))
    letters = [entry for deed in trail(everything(kinds=[Letter])).acts for entry in deed.entries]
    written = next(entry for entry in letters if entry.verb == "Created")
    assert ", IMV 1, " in written.record
    (content,) = [change.new for change in written.minor if change.label == "Content"]
    assert "Study: D3460C00002; " in content


def test_labels_are_those_of_the_time(moved, petra):
    with act(petra, "Married"):
        Person.objects.filter(name="Jo Ray").update(name="Jo Ward")
    shown = str(record_trail(moved, person("petra")).acts)
    assert "Jo Ray" in shown
    assert "Jo Ward" not in shown


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"actor": "petra"}, True),
        ({"actor": "Novak"}, True),
        ({"actor": "%"}, False),
        ({"actor": "mara"}, False),
        ({"since": date(2031, 1, 1)}, False),
        ({"until": date(2020, 1, 1)}, False),
        ({"kinds": [Site]}, True),
        ({"kinds": [Facility]}, False),
    ],
)
def test_asked_by_person_day_and_kind(moved, wanted, found):
    reasons = {deed.reason for deed in trail(everything(**wanted), limit=200).acts}
    assert ("Called the coordinator" in reasons) == found


def test_one_act_alone(moved):
    one = record_trail(moved, person("petra")).acts[1]
    (alone,) = trail(everything(act=one.id)).acts
    assert (alone.reason, len(alone.entries)) == ("Called the coordinator", 2)


def test_pages_follow_each_other_without_gap_or_overlap(north):
    whole = entries(trail(everything(study=Study.objects.get().pk), limit=95))
    paged, before = [], ""
    while len(paged) < 95:
        page = trail(everything(study=Study.objects.get().pk), limit=10, before=before)
        paged += entries(page)
        before = page.next
    assert paged[:95] == whole


_ACT = "018f0000-0000-7000-8000-000000000000"
_MADE_UP = ["x", "a~b~c~d", "2024-01-01~x~sites_site~1", "~~~", "2024-01-01", f"0001-01-01T00:00+14:00~{_ACT}~x~1"]


@pytest.mark.parametrize("before", _MADE_UP)
def test_a_made_up_page_is_refused(north, before):
    with pytest.raises(BadRequest):
        trail(everything(), before=before)
    assert signed_in("petra").get("/in/north/audit/", {"before": before}).status_code == 400


def test_a_page_may_begin_in_any_time_zone(north):
    assert (
        signed_in("petra").get("/in/north/audit/", {"before": f"2024-01-01T00:00+23:59~{_ACT}~x~1"}).status_code == 200
    )


def test_it_costs_the_same_however_many_records_an_act_touched(moved, petra):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            trail(everything(), limit=50)
        return len(queries)

    before = cost()
    with act(petra, "All at once"):
        Site.objects.update(registry_key="")
    assert cost() == before <= 3


def test_the_other_sponsor_reads_its_own(moved, south):
    with in_sponsor(south.pk):
        assert "Called the coordinator" not in {deed.reason for deed in trail(everything(), limit=500).acts}
        assert trail(everything(record=(Site, moved.pk))).acts == ()


def test_the_page_filters_and_says_when_nothing_matches(moved):
    browser = signed_in("petra")
    page = browser.get("/in/north/audit/", {"q": "Petra", "record": "sites.site"}).content.decode()
    assert "Called the coordinator" in page
    assert "Nothing happened that matches" in browser.get("/in/north/audit/", {"q": "nobody"}).content.decode()
    history = browser.get(f"/in/north/s/D3460C00002/site/{moved.number}/history/").content.decode()
    assert "Called the coordinator" in history
    assert signed_in("idris").get("/in/north/audit/").status_code == 404


@pytest.mark.parametrize("asked", [{"since": "soon"}, {"act": "x"}, {"record": "sites.nothing"}])
def test_a_wrong_filter_shows_nothing_and_not_everything(moved, asked):
    assert signed_in("petra").get("/in/north/audit/", asked).context["trail"].acts == ()


def test_accounts_of_all_sponsors_are_read_one_by_one_only(north):
    kinds = {entry.kind for deed in trail(everything(), limit=500).acts for entry in deed.entries}
    assert "user" not in kinds
    assert trail(everything(record=(User, person("mara").pk))).acts


@pytest.mark.requirement("P11-10g-1")
def test_what_one_may_not_look_at_one_does_not_read_in_the_trail_either(north, mara):
    """The inspector sees no money, and the study manager no bank details: on pages, in REST and in its files."""
    with act(mara, "As agreed"):
        fee = make(FeeLine, label="Fee of secrecy")
        make(BankDetail, study=fee.study, vendor_no="V-4711")
    for name, seen in {"mara": ["Fee of secrecy"], "ines": []}.items():
        program, asked = Program(name), "/api/v1/history/?study=D3460C00002&since=2024-03-01"
        page = signed_in(name).get("/in/north/s/D3460C00002/audit/").content
        for read in (page, *(body(program.get(f"{asked}&format={kind}")) for kind in ("json", "jsonl", "csv"))):
            assert [word for word in ("Fee of secrecy", "V-4711") if word in read.decode()] == seen
        assert program.get(f"{asked}&record_type=finance.bankdetail").status_code == 404
        listed = signed_in(name).get("/in/north/s/D3460C00002/audit/?record=finance.bankdetail")
        assert listed.context["trail"].acts == ()
    sent = signed_in("mara").get("/in/north/s/D3460C00002/audit/?record=finance.paymentrequest").content.decode()
    assert "<dt>Bank</dt>" in sent
    assert [one.vendor_no for one in BankDetail.objects.all() if one.vendor_no in sent] == []


@pytest.mark.parametrize(
    "typed", ["2024-02-30T10:00:00Z", "0001-01-01T00:00:00+09:00", '{"a":' * 330 + "1" + "}" * 330, '{"a": 1, "b": ""}']
)
def test_what_people_typed_is_shown_as_they_typed_it_and_breaks_nothing(site, petra, typed):
    with act(petra, "Noted"):
        make(SiteEvidence, site=site, note=typed)
    for address in ("audit/", f"s/D3460C00002/site/{site.number}/history/"):
        page = signed_in("petra").get(f"/in/north/{address}")
        assert escape(typed) in page.content.decode()


def test_whoever_reads_the_trail_reads_of_which_site_a_record_is(site, petra):
    with act(petra, "Planned"):
        milestone = make(Milestone, scope=site.scope, study=site.study, code="SIV", planned_on=date(2024, 5, 2))
        make(Outlook, milestone=milestone, study=site.study, forecast_on=date(2024, 5, 2))
    for name in ("petra", "lena"):
        page = signed_in(name).get("/in/north/s/D3460C00002/audit/", {"record": "milestones.outlook"})
        assert [entry.record for entry in page.context["trail"].acts[0].entries] == [
            f"Initiation visit (SIV), {site.number}"
        ]


def test_a_name_says_nothing_of_an_owner_that_is_not_to_be_named(site, petra):
    with act(petra, "Planned"):
        milestone = make(Milestone, scope=site.scope, study=site.study, code="SIV", planned_on=date(2024, 5, 2))
    at = milestone.history.latest()
    (known,) = [(Milestone, milestone.pk, (at.history_date, str(at.history_act)))]
    assert labels([known])[known] == f"Initiation visit (SIV), {site.number}"
    assert labels([known], {Milestone})[known] == "Initiation visit (SIV)"
    assert labels([known], {Site}) == {}
