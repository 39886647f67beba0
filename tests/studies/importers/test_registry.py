"""ClinicalTrials.gov records: real ones, small ones made here, and damaged ones."""

import json
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctms.studies.importers.facilities import is_masked
from ctms.studies.importers.registry import RegistryTrial, Unreadable, read_registry
from tests.data import registry_file

from .mutations import damaged

pytestmark = pytest.mark.shows("02-2")

EMAIL = "@".join(("trials", "example.org"))
PHONE = "-".join(("1", "877", "555", "0100"))


def record(nct: str = "NCT00000001", *locations: dict[str, Any], **modules: dict[str, Any]) -> dict[str, Any]:
    places = {"contactsLocationsModule": {"locations": list(locations)}}
    return {"protocolSection": {"identificationModule": {"nctId": nct}, **places, **modules}}


def read(folder: Path, document: object, nct: str | None = None) -> RegistryTrial:
    path = folder / "x.json"
    path.write_text(json.dumps(document))
    return read_registry(path, nct)


def refusal(folder: Path, document: object, nct: str | None = None) -> str:
    with pytest.raises(Unreadable) as found:
        read(folder, document, nct)
    return str(found.value)


def codes(trial: RegistryTrial) -> set[str]:
    return {finding.code for finding in trial.findings} - {"MISSING", "COORDINATES_MISSING"}


@pytest.mark.parametrize("field", ["facility", "city", "state", "zip"])
def test_a_name_longer_than_names_are_is_refused(tmp_path: Path, field: str) -> None:
    document = record("NCT00000001", {"country": "France", field: "x" * 256})
    sentence = f"x.json: contactsLocationsModule.locations[0].{field} has 256 characters; names have 255."
    assert refusal(tmp_path, document) == sentence


@pytest.mark.parametrize(
    ("nct", "protocol_no", "sites", "countries", "masked", "start", "count"),
    [
        ("NCT00763412", "05-1109", 1, 1, 0, "2006-11", 31),
        ("NCT02210780", "R668-AD-1314", 42, 1, 0, "2014-08-05", 194),
        ("NCT02552212", "AS0006", 105, 9, 105, "2015-09", 317),
        ("NCT05809934", "D7830C00004", 148, 23, 148, "2023-03-15", 232),
        ("NCT05816382", "TAK-861-2003", 72, 12, 0, "2023-04-05", 160),
        ("NCT05838625", "CT-155-R-001", 54, 1, 53, "2023-03-31", 432),
        ("NCT05850520", "22153", 315, 27, 0, "2023-05-15", 822),
        ("NCT05869903", "18559", 135, 10, 0, "2023-06-05", 3000),
        ("NCT05925803", "D3460C00002", 131, 19, 131, "2023-07-13", 306),
    ],
)
def test_real_records(
    nct: str, protocol_no: str, sites: int, countries: int, masked: int, start: str, count: int
) -> None:
    trial = read_registry(registry_file(nct))
    assert (trial.nct_id, trial.protocol_no, trial.enrollment_count) == (nct, protocol_no, count)
    assert trial.start is not None
    assert str(trial.start.value) == start
    assert [place.index for place in trial.locations] == list(range(sites))
    assert len({place.country_code for place in trial.locations}) == countries
    assert sum(place.masked for place in trial.locations) == masked


def test_a_real_record_in_full() -> None:
    trial = read_registry(registry_file("NCT05925803"))
    assert trial.lead_sponsor is not None
    assert (trial.lead_sponsor.name, trial.lead_sponsor.klass) == ("AstraZeneca", "INDUSTRY")
    assert (trial.study_type, trial.phases, trial.allocation) == ("INTERVENTIONAL", ("PHASE3",), "RANDOMIZED")
    assert (trial.masking, len(trial.who_masked), trial.fda_regulated_drug) == ("QUADRUPLE", 4, True)
    assert (trial.as_of, trial.enrollment_kind) == (date(2023, 6, 29), "ESTIMATED")
    assert [finding.code for finding in trial.findings] == ["FACILITY_MASKED", "COORDINATES_MISSING", "FACILITY_SHARED"]
    assert trial.findings[1].message == "No usable coordinates are given: 3 of 131 locations."


def test_kinds_statuses_and_people_of_real_records() -> None:
    old = read_registry(registry_file("NCT00763412"))
    assert old.start is not None
    assert old.start.kind is None
    recruiting = read_registry(registry_file("NCT05816382"))
    assert recruiting.phases == ("PHASE2", "PHASE3")
    assert {place.status for place in recruiting.locations} == {"NOT_YET_RECRUITING", "RECRUITING", "WITHDRAWN"}
    nameless = read_registry(registry_file("NCT02210780"))
    assert {place.facility for place in nameless.locations} == {None}
    assert codes(nameless) == {"FACILITY_MISSING"}
    lilly = read_registry(registry_file("NCT05869903"))
    assert (
        sum(contact.role == "PRINCIPAL_INVESTIGATOR" for place in lilly.locations for contact in place.contacts) == 135
    )


def test_the_same_record_from_every_container(tmp_path: Path) -> None:
    one, other = (json.loads(registry_file(nct).read_text()) for nct in ("NCT00763412", "NCT02210780"))
    alone = read_registry(registry_file("NCT00763412"))
    assert read(tmp_path, [one]) == alone
    assert read(tmp_path, [other, {"broken": 1}, one], "nct00763412") == alone
    assert read(tmp_path, {"studies": [one, other], "nextPageToken": "x"}, "NCT00763412") == alone
    assert read(tmp_path, [one, one], "NCT00763412") == alone
    assert alone.payload_sha256 != read(tmp_path, other).payload_sha256


@pytest.mark.parametrize(
    ("document", "nct", "sentence"),
    [
        ([record(f"NCT{n:08}") for n in range(5)], None, 'x.json holds 5 studies ("NCT00000000", "NCT00000001", '),
        ([record(), record("NCT00000002")], "NCT00000003", "x.json holds 2 studies, but not NCT00000003."),
        (record(), "NCT00000003", "x.json holds NCT00000001, but not NCT00000003."),
        ([record(), record(x={})], "NCT00000001", "x.json holds NCT00000001 more than once, with different contents."),
        ([], None, "x.json holds no studies."),
        ({"studies": []}, "NCT00000001", "x.json holds no studies."),
        (7, None, "x.json: the file should be an object, but is a number."),
        ([7], None, "x.json: the file should be an object, but is a number."),
        ({}, None, "x.json is not a ClinicalTrials.gov record: it has no protocolSection."),
        ({"FullStudiesResponse": {}}, None, "x.json comes from the old ClinicalTrials.gov API (version 1)"),
        ({"FullStudy": {"Study": {}}}, None, "x.json comes from the old ClinicalTrials.gov API (version 1)"),
        ({"StudyFieldsResponse": {}}, None, "x.json comes from the old ClinicalTrials.gov API (version 1)"),
        ({"Study": {"ProtocolSection": {}}}, "NCT1", "x.json comes from the old ClinicalTrials.gov API (version 1)"),
        ({"study": {}, "usdmVersion": "4.0.0"}, None, "x.json is a protocol file, not a ClinicalTrials.gov record"),
        ({"protocolSection": {}}, None, "x.json: identificationModule has no nctId."),
        (
            record("NCT1"),
            None,
            'x.json: identificationModule has the nctId "NCT1", which is not "NCT" and eight digits.',
        ),
    ],
)
def test_files_without_the_one_record(tmp_path: Path, document: object, nct: str | None, sentence: str) -> None:
    assert refusal(tmp_path, document, nct).startswith(sentence)


def test_wrong_types_and_unknown_countries_are_named_with_their_place(tmp_path: Path) -> None:
    location = {"country": "France"}
    assert refusal(tmp_path, record("NCT00000001", location, {"country": "Atlantis"})) == (
        'x.json: contactsLocationsModule.locations[1] is in "Atlantis", which is not the name of a country today.'
    )
    assert refusal(tmp_path, record("NCT00000001", {"city": "Nice"})) == (
        "x.json: contactsLocationsModule.locations[0] names no country."
    )
    assert refusal(tmp_path, record(designModule={"enrollmentInfo": {"count": "12"}})) == (
        "x.json: designModule.enrollmentInfo.count should be a number, but is text."
    )
    assert refusal(tmp_path, record("NCT00000001", {**location, "contacts": [{"name": ["x"]}]})) == (
        "x.json: contactsLocationsModule.locations[0].contacts[0].name should be text, but is a list."
    )
    two = [record(), record("NCT00000002", statusModule={"overallStatus": 5})]
    assert refusal(tmp_path, two, "NCT00000002") == (
        "x.json (NCT00000002): statusModule.overallStatus should be text, but is a number."
    )


def test_a_bare_record_is_read_and_its_gaps_are_findings(tmp_path: Path) -> None:
    trial = read(tmp_path, record())
    assert (trial.nct_id, trial.start, trial.enrollment_count, trial.locations) == ("NCT00000001", None, None, ())
    assert {finding.code for finding in trial.findings} == {"MISSING"}
    assert len(trial.findings) == 11


def test_values_that_cannot_be_used_become_findings(tmp_path: Path) -> None:
    trial = read(
        tmp_path,
        record(
            "NCT00000001",
            {"country": "Former Serbia and Montenegro", "city": "Podgorica", "geoPoint": {"lat": 91, "lon": 19.2}},
            {"country": "France", "geoPoint": {"lat": 48.9}, "status": "OPEN"},
            {"country": "France", "geoPoint": {"lat": 0, "lon": 0}},
            designModule={"enrollmentInfo": {"count": -1, "type": "GUESSED"}},
            statusModule={"startDateStruct": {"date": "2015-02-30"}, "completionDateStruct": {"date": "2016"}},
        ),
    )
    assert codes(trial) == {
        *("COUNTRY_HISTORIC", "COORDINATES_DROPPED", "STATUS_UNKNOWN", "ENROLLMENT_UNREADABLE", "KIND_UNKNOWN"),
        *("DATE_UNREADABLE", "FACILITY_MISSING", "FACILITY_SHARED"),
    }
    assert (trial.start, trial.enrollment_count, trial.locations[0].country_code) == (None, None, "ME")
    assert {place.latitude for place in trial.locations} == {None}


def test_zero_participants_are_a_number(tmp_path: Path) -> None:
    trial = read(tmp_path, record(designModule={"enrollmentInfo": {"count": 0, "type": "ACTUAL"}}))
    assert (trial.enrollment_count, trial.enrollment_kind) == (0, "ACTUAL")


def test_texts_are_cleaned(tmp_path: Path) -> None:
    document = record()
    title = " Adults \\> 18 &amp; R&D&region\n\u00a0of  Zu\u0308rich \u0000\ud800"
    document["protocolSection"]["identificationModule"]["briefTitle"] = title
    assert read(tmp_path, document).brief_title == "Adults > 18 & R&D&region of Zürich"


def test_no_contact_details_get_into_any_value(tmp_path: Path) -> None:
    trial = read(
        tmp_path,
        record(
            "NCT00000001",
            {
                "country": "France",
                "facility": f"For additional information contact {PHONE}",
                "contacts": [
                    {"name": f"Call {PHONE}", "role": "CONTACT", "phone": PHONE, "email": EMAIL},
                    {"name": "Dr Who", "role": "PRINCIPAL_INVESTIGATOR", "email": EMAIL},
                ],
            },
            statusModule={"whyStopped": f"Write to {EMAIL} or call {PHONE}"},
            armsInterventionsModule={"armGroups": [{"label": f"A {EMAIL}", "description": f"Tel. {PHONE}"}]},
            sponsorCollaboratorsModule={"leadSponsor": {"name": f"Acme {EMAIL}"}},
        ),
    )
    everything = " ".join(_texts(trial))
    assert EMAIL not in everything
    assert PHONE not in everything
    assert [contact.name for contact in trial.locations[0].contacts] == ["Dr Who"]
    assert trial.locations[0].masked


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        value = tuple(getattr(value, field.name) for field in fields(value))
    return [text for item in value for text in _texts(item)] if isinstance(value, tuple) else []


@pytest.mark.parametrize(
    "name",
    [
        *("Research Site", "RESEARCH SITE", "Local Institution", "Local Institution - 0123", "Investigational Site"),
        *(
            "Investigative Site 1234",
            "Research Facility",
            "Clinical Research Site",
            "Site 12",
            "Site #12",
            "Site US10012",
        ),
        *(
            "Novartis Investigative Site",
            "GSK Investigational Site",
            "Pfizer Investigational Site",
            "Study Site",
            "1004",
        ),
        *(
            "For additional information regarding investigative sites for this trial, contact us",
            "As0006 125",
            "Mg0014",
        ),
        *("Investigational Site Number : 840-001", "1237.5.01001 Boehringer Ingelheim Investigational Site"),
        *("Site Reference ID/Investigator# 12345", "Call For Information (Investigational Site 0012)", "Facility #1"),
        *("Investigational center", "Many Locations", "N/A", "Acme Study Site", "GC2202 Study Site"),
    ],
)
def test_placeholders_of_sponsors(name: str) -> None:
    assert is_masked(name, sponsors=["Acme Pharma Inc."])


@pytest.mark.parametrize(
    "name",
    [
        *("Mayo Clinic Research Site", "Clinical Research Site of Saint Mary Hospital", "Clinical Research Center"),
        *("Johns Hopkins University Clinical Research Site", "Massachusetts General Hospital Investigational Site"),
        *("Acme Pharma", "Acme Clinical Research Unit", "Hospital 12 de Octubre", "Contact Lens Research Center", "3M"),
        *(
            "Clinical Site Partners LLC",
            "Local Health Authority",
            "Multiple Sclerosis Center",
            "Institution Jean Godinot",
        ),
    ],
)
def test_real_names_are_kept(name: str) -> None:
    assert not is_masked(name, sponsors=["Acme Pharma Inc."])


SMALL = json.loads(registry_file("NCT00763412").read_text())
LARGER = json.loads(registry_file("NCT05869903").read_text())
del LARGER["protocolSection"]["contactsLocationsModule"]["locations"][3:]


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), original=st.sampled_from([SMALL, LARGER]))
def test_damaged_records_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, seed: int, original: dict[str, Any]
) -> None:
    with suppress(Unreadable):
        trial = read(tmp_path_factory.mktemp("damaged"), damaged(original, Random(seed)))
        "".join(_texts(trial)).encode()  # nothing a database could not store
