"""The main job on real input: what the files say is there; a second load changes nothing; nor do unreadable files."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ctms.accounts.models import Sponsor
from ctms.core.acting import in_sponsor
from ctms.core.trail.history import history_models
from ctms.demo.calendar import BEGINS, noon
from ctms.studies.importers.reading import Unreadable
from ctms.studies.models import ExternalClaim, ImportFinding, ScheduledContact, Study
from sites.models import Facility, Person, Site, SitePersonnel, SiteStatusEvent
from sites.services.load_trial import TrialReport, load_trial
from tests.conftest import act, person
from tests.data import protocol_file, registry_file

pytestmark = [pytest.mark.django_db, pytest.mark.shows("02-2")]
AT = noon(BEGINS)


def load(nct: str, **options: Any) -> TrialReport:
    return load_trial(registry=registry_file(nct), at=AT, **options)


def changed(tmp_path: Path, nct: str, change: Any) -> Path:
    """The record with something changed, a day newer."""
    record = json.loads(registry_file(nct).read_text())
    change(record["protocolSection"])
    record["derivedSection"]["miscInfoModule"]["versionHolder"] = "2025-12-31"
    (tmp_path / "changed.json").write_text(json.dumps(record))
    return tmp_path / "changed.json"


def places(section: dict[str, Any]) -> list[dict[str, Any]]:
    return section["contactsLocationsModule"]["locations"]


def history_rows() -> int:
    return sum(model.objects.count() for model in history_models())


@pytest.mark.parametrize("nct", ["NCT00763412", "NCT02210780", "NCT02552212", "NCT05850520", "NCT05869903"])
def test_a_record_is_loaded_as_it_is_and_a_second_time_changes_nothing(db, nct):
    section = json.loads(registry_file(nct).read_text())["protocolSection"]
    first = load(nct, sponsor_code="acme")
    assert first.facts["sites"] == len(places(section))
    assert first.facts["countries"] == len({place["country"] for place in places(section)})
    assert first.facts["target_enrollment"] == section["designModule"]["enrollmentInfo"]["count"]
    with in_sponsor(Sponsor.objects.get(code="acme").pk):
        study = Study.objects.get()
        assert str(study.start) == section["statusModule"]["startDateStruct"]["date"]
        assert str(study.completion) == section["statusModule"]["completionDateStruct"]["date"]
        assert Site.objects.filter(study=study).values("number").distinct().count() == len(places(section))
        assert not Person.objects.exists()
        before = history_rows()
        second = load(nct, sponsor_code="acme")
        assert second.tally.is_idle
        assert second.facts == first.facts
        assert history_rows() == before


def test_statements_do_not_grow_with_the_number_of_sites(db):
    counts = {}
    for nct in ("NCT02210780", "NCT05850520"):  # 42 and 315 sites
        with CaptureQueriesContext(connection) as queries:
            load(nct, sponsor_code="acme")
        counts[nct] = len(queries)
    assert counts["NCT05850520"] <= counts["NCT02210780"]


def test_site_numbers_follow_country_and_place(north):
    numbers = list(
        Site.objects.filter(country__country="AT").order_by("number").values_list("number", "facility__city")
    )
    assert numbers == [("AT-001", "Graz"), ("AT-002", "Innsbruck"), ("AT-003", "Wien")]


def test_masked_facilities_are_places_without_a_name_and_never_shared(north):
    assert Facility.objects.exclude(name="").count() == 0
    assert Facility.objects.count() == Site.objects.count() == 131
    assert Site.objects.get(number="AT-001").name == "Site AT-001 – Graz"
    assert Facility.objects.get(sites__number="AT-001").time_zone == "Europe/Vienna"
    assert Facility.objects.get(city="Birmingham").time_zone == "America/Chicago"


def test_what_the_registry_says_of_a_site_is_a_claim_and_never_our_status(db, south):
    with in_sponsor(south.pk):
        claims = ExternalClaim.objects.filter(topic="recruitment_status").exclude(value="")
        assert claims.count() == 72
        assert {claim.run.source_system for claim in claims} == {"ClinicalTrials.gov"}
        assert set(Site.objects.values_list("operational_status", flat=True)) == {"IDENTIFIED"}


def test_people_come_only_when_asked_for(db):
    report = load("NCT05869903", sponsor_code="acme")
    assert "PEOPLE_LEFT_OUT" in {finding.code for finding in report.findings}
    report = load("NCT05869903", sponsor_code="acme", with_people=True)
    assert report.tally.created["people"] > 100
    with in_sponsor(Sponsor.objects.get(code="acme").pk):
        assert SitePersonnel.objects.filter(role="PRINCIPAL_INVESTIGATOR").exists()
        assert not Person.objects.exclude(email="").exists()
    assert load("NCT05869903", sponsor_code="acme", with_people=True).tally.is_idle


def test_a_newer_record_changes_what_it_changes(db, tmp_path):
    load("NCT02210780", sponsor_code="acme")

    def change(section: dict[str, Any]) -> None:
        section["identificationModule"]["briefTitle"] = "Another title"
        places(section)[0]["city"] = "Springfield"  # one site less there, a new one elsewhere
        places(section)[1]["facility"] = "County Hospital"  # disclosed

    report = load_trial(registry=changed(tmp_path, "NCT02210780", change), sponsor_code="acme", at=AT)
    codes = [finding.code for finding in report.findings]
    assert (codes.count("SITE_GONE"), codes.count("SITE_RENAMED")) == (1, 1)
    assert (report.tally.created["sites"], report.tally.created["facilities"]) == (1, 2)
    with in_sponsor(Sponsor.objects.get(code="acme").pk):
        assert Study.objects.get().title == "Another title"
        assert Site.objects.count() == 43
        assert Site.objects.get(facility__name="County Hospital").number.startswith("US-0")
    older = load("NCT02210780", sponsor_code="acme")
    assert "OLDER_RECORD" in {finding.code for finding in older.findings}
    assert older.tally.is_idle


def test_what_a_person_changed_stays(db, tmp_path):
    load("NCT02210780", sponsor_code="acme")
    with in_sponsor(Sponsor.objects.get(code="acme").pk):
        with act(person("mara")):
            Study.objects.update(title="Our title")
        newer = changed(
            tmp_path, "NCT02210780", lambda s: s["identificationModule"].update(briefTitle="Their new title")
        )
        report = load_trial(registry=newer, sponsor_code="acme", at=AT)
        assert Study.objects.get().title == "Our title"
        assert "KEPT_OURS" in {finding.code for finding in report.findings}


@pytest.mark.parametrize(
    ("protocol", "visits", "days"),
    [
        ("CDISC_Pilot_Study", 12, [-14, -2, 0, 14, 28, 42, 56, 70, 84, 98, 112, 126, 140, 154, 168, 182]),
        ("ddf-sdr-api-study-3111-302-001-sample-usdm_4", 7, [0, None, None, None, None, None, None]),
    ],
)
def test_a_schedule_keeps_order_days_and_gaps(db, protocol, visits, days):
    report = load("NCT00763412", sponsor_code="acme", protocol=protocol_file(protocol))
    schedule = report.facts["schedule"]
    assert (schedule["visits"], schedule["offsets_days"], schedule["unplaced"]) == (visits, days, days.count(None))
    assert "SCHEDULE_SOURCE_DIFFERS" in {finding.code for finding in report.findings}
    again = load("NCT00763412", sponsor_code="acme", protocol=protocol_file(protocol))
    assert again.tally.is_idle
    other = load("NCT00763412", sponsor_code="acme", protocol=protocol_file("observational"))
    assert other.tally.created["visit_schedules"] == 1
    with in_sponsor(Sponsor.objects.get(code="acme").pk):
        assert list(Study.objects.get().visitschedule_set.order_by("number").values_list("number", "status")) == [
            (1, "DRAFT"), (2, "DRAFT"),
        ]  # fmt: skip


def test_windows_of_the_pilot(north):
    contacts = {contact.code: contact for contact in ScheduledContact.objects.all()}
    assert (contacts["SCREEN1"].window_before, contacts["SCREEN1"].window_after) == (None, None)
    second = contacts["SCREEN2"]
    assert (second.window_before.total_seconds(), second.window_after.total_seconds()) == (4 * 3600, 0)
    assert contacts["WK2"].window_before.days == contacts["WK2"].window_after.days == 3
    assert contacts["WK8N"].visit == contacts["WK8"].visit
    assert contacts["WK8N"].anchor == contacts["WK8"]


UNREADABLE = {
    "empty.json": ("", None),
    "text.json": ("not JSON at all", None),
    "legacy.xml": ("<?xml version='1.0'?><clinical_study><id_info/></clinical_study>", None),
    "v1.json": ('{"FullStudiesResponse": {}}', None),
    "no-section.json": ('{"hasResults": false}', None),
    "country.json": (None, lambda s: places(s)[0].update(country="Atlantis")),
    "missing.json": (None, None),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_sentence_and_changes_nothing(db, tmp_path, capsys, name):
    text, change = UNREADABLE[name]
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    elif change:
        path = changed(tmp_path, "NCT00763412", change).rename(path)
    before = history_rows()
    with pytest.raises(SystemExit) as left:
        call_command("load_trial", registry=str(path), json=True)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert name in said.err
    assert said.err.strip().count("\n") == 0
    assert said.out == ""
    assert history_rows() == before
    assert not Sponsor.objects.exclude(code__in=("north", "south")).exists()


def test_a_bad_protocol_leaves_no_half_a_trial(db, tmp_path):
    (tmp_path / "old.json").write_text('{"study": {"studyVersions": []}}')
    with pytest.raises(Unreadable, match=r"old\.json"):
        load("NCT00763412", sponsor_code="acme", protocol=tmp_path / "old.json")
    assert not Sponsor.objects.filter(code="acme").exists()


def test_the_command_prints_one_json_object(db, capsys):
    call_command("load_trial", registry=str(registry_file("NCT05816382")), sponsor="south", json=True)
    facts = json.loads(capsys.readouterr().out)
    assert set(facts) == {
        "nct", "protocol_no", "sites", "countries", "country_codes", "target_enrollment", "status", "schedule",
        "created", "changed", "unchanged", "findings",
    }  # fmt: skip
    assert (facts["nct"], facts["sites"], facts["countries"], facts["status"]) == ("NCT05816382", 72, 12, "RECRUITING")
    assert not sum(facts["created"].values()) + sum(facts["changed"].values())
    assert all(set(finding) == {"code", "where", "message"} for finding in facts["findings"])


def test_everything_found_is_kept_with_the_study(north):
    codes = set(ImportFinding.objects.values_list("code", flat=True))
    assert {"FACILITY_MASKED", "COORDINATES_MISSING", "SCHEDULE_SOURCE_DIFFERS", "VISIT_SHARED"} <= codes
    assert SiteStatusEvent.objects.filter(move="identify").count() == 131
