"""USDM protocol files: real ones, small ones made here, and damaged ones."""

import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctms.studies.importers.protocol import (
    PlannedEnrollment,
    ProtocolSchedule,
    Repeat,
    Unreadable,
    as_days,
    read_protocol,
)
from tests.data import protocol_file

from .mutations import damaged

pytestmark = pytest.mark.shows("02-2")

PILOT = protocol_file("CDISC_Pilot_Study")
TOOL_EXPORT = protocol_file("ddf-sdr-api-study-3111-302-001-sample-usdm_4")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def chain(*keys: str) -> list[dict[str, Any]]:
    """Activity instances, each followed by the next."""
    return [
        {"id": key, "name": key, "instanceType": "ScheduledActivityInstance", "defaultConditionId": after}
        for key, after in zip(keys, (*keys[1:], None), strict=True)
    ]


def timing(placed: str, kind: str, value: str | None, reference: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "name": f"T-{placed}",
        "type": {"decode": kind},
        "value": value,
        "relativeFromScheduledInstanceId": placed,
        "relativeToScheduledInstanceId": reference,
        **more,
    }


DAY_0 = timing("D", "Fixed Reference", "P1D", "D")


def protocol(instances: list[dict[str, Any]], *timings: dict[str, Any], **design: Any) -> dict[str, Any]:
    timeline = {"mainTimeline": True, "entryId": instances[0]["id"], "instances": instances, "timings": list(timings)}
    return {
        "usdmVersion": "4.0.0",
        "study": {"versions": [{"studyDesigns": [{"scheduleTimelines": [timeline], **design}]}]},
    }


def read(folder: Path, document: object) -> ProtocolSchedule:
    path = folder / "x.json"
    path.write_text(json.dumps(document))
    return read_protocol(path)


def refusal(folder: Path, document: object) -> str:
    with pytest.raises(Unreadable) as found:
        read(folder, document)
    return str(found.value)


def days(schedule: ProtocolSchedule) -> dict[str, float | None]:
    return {found.key: None if found.day_offset is None else as_days(found.day_offset) for found in schedule.contacts}


def codes(schedule: ProtocolSchedule) -> list[str]:
    ignored = ("MISSING", "CONTACT_WITHOUT_VISIT", "DAY_MISSING")
    return [finding.code for finding in schedule.findings if finding.code not in ignored]


def test_the_pilot() -> None:
    pilot = read_protocol(PILOT)
    assert (pilot.source_study, pilot.nct_id, pilot.usdm_version) == ("H2Q-MC-LZZT", "NCT12345678", "4.0.0")
    assert pilot.title is not None
    assert pilot.title.startswith("Safety and Efficacy of the Xanomeline")
    assert pilot.planned_enrollment == PlannedEnrollment(300, 300)
    expected = [-14, -2, 0, 14, 28, 42, 56, 70, 84, 98, 112, 126, 140, 154, 168, 182]
    assert list(days(pilot).values()) == expected
    assert [visit.order for visit in pilot.visits] == list(range(1, 13))
    assert (len(pilot.contacts), len(pilot.epochs), len(pilot.activities)) == (16, 5, 36)
    assert codes(pilot) == ["OTHER_TIMELINES"] + ["VISIT_SHARED"] * 4

    second = pilot.contacts[1]
    assert (second.label, second.relation, second.offset, second.offset_iso) == (
        "Screen Two",
        "BEFORE",
        -2 * DAY,
        "P2D",
    )
    assert (second.window_before, second.window_after, second.window_label) == (4 * HOUR, 0 * HOUR, "-4..0 hours")
    anchor = pilot.contacts[2]
    assert (anchor.relation, anchor.anchor_key, anchor.offset, anchor.offset_iso) == ("ANCHOR", None, None, "P1D")
    assert (anchor.window_before, anchor.window_after) == (None, None)
    clinic, phone = pilot.contacts[6:8]
    assert clinic.visit_key == phone.visit_key == pilot.visits[6].key
    assert phone.anchor_key == clinic.key
    assert pilot.visits[6].contact_modes == ("In Person", "Telephone Call")
    assert (pilot.visits[6].label, pilot.visits[6].epoch) == ("Week 8", "Treatment Two")
    assert len(clinic.activity_keys) == 10


def test_a_loop_and_an_anchor_in_the_middle() -> None:
    alexion = read_protocol(protocol_file("Alexion_NCT04573309_Wilsons"))
    assert (alexion.source_study, len(alexion.contacts), len(alexion.visits)) == ("ALXN1840-WD-204", 51, 50)
    assert list(days(alexion).values()) == [-42, -21, -8, -7, -7, -6, -4, -3, -2, -1, *range(40), 53]
    start, last = alexion.contacts[4:6]
    assert start.repeat == last.repeat == Repeat(start.key, last.key, DAY, "Day = -6")
    assert [found.order for found in alexion.contacts if found.repeat] == [5, 6]
    assert codes(alexion) == ["OTHER_TIMELINES", "REPEAT"]


def test_minutes_are_kept() -> None:
    observational = read_protocol(protocol_file("observational"))
    assert observational.source_study == "AP1234"
    assert observational.contacts[1].day_offset == timedelta(minutes=-15)
    assert observational.contacts[0].day_offset == timedelta(days=-2, minutes=-15)
    assert codes(observational) == ["BRANCH"]


def test_an_export_that_places_one_contact_of_seven() -> None:
    export = read_protocol(TOOL_EXPORT)
    assert (export.source_study, export.nct_id) == ("3111-302-001", "NCT03739203")
    assert list(days(export).values()) == [0, None, None, None, None, None, None]
    assert [found.name for found in export.contacts][1:4] == ["DAY_1", "DAY_8", "DAY_15"]
    assert codes(export) == ["ENTRY_MISSING", "WINDOW_FOREIGN", "DAYS_MISSING", "LABELS_DISAGREE"]
    messages = [finding.message for finding in export.findings]
    assert "6 of 7 contacts have no day: enter them by hand." in messages
    assert sum(finding.code == "DAY_MISSING" for finding in export.findings) == 6


def test_version_3_reads_the_same(tmp_path: Path) -> None:
    document = json.loads(PILOT.read_text())
    document["usdmVersion"] = "3.0.0"
    version = document["study"]["versions"][0]
    organizations = {node["id"]: node for node in version.pop("organizations")}
    version["studyIdentifiers"] = [
        {
            "studyIdentifier": node["text"],
            "studyIdentifierScope": {"organizationType": organizations[node["scopeId"]]["type"]},
        }
        for node in version["studyIdentifiers"]
    ]
    del version["roles"]
    design = version["studyDesigns"][0]
    design["population"]["plannedEnrollmentNumber"] = {"minValue": 250, "maxValue": 300.0}
    for node in design["scheduleTimelines"][0]["timings"]:
        node["type"]["code"] = "C99901x1"  # the draft codes of version 3
    old, new = read(tmp_path, document), read_protocol(PILOT)
    assert (old.source_study, old.nct_id) == (new.source_study, new.nct_id)
    assert (old.contacts, old.visits) == (new.contacts, new.visits)
    assert old.planned_enrollment == PlannedEnrollment(250, 300)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"clinicalStudy": {}}, "x.json is in USDM version 1 or 2"),
        ({"study": {"studyDesigns": []}}, "x.json is in USDM version 1 or 2"),
        ({"study": {"studyTitle": "x", "studyProtocolVersions": []}}, "x.json is in USDM version 1 or 2"),
        ({"studyId": "x", "studyDesigns": []}, "x.json is a rendered schedule or a part of a study"),
        ({"protocolSection": {}}, "x.json is a ClinicalTrials.gov record, not a protocol"),
        ({"a": 1}, "x.json is not a USDM protocol file: it has no study."),
        ([], "x.json: the file should be an object, but is a list."),
        ({"study": {}}, "x.json: study has no version."),
        ({"study": {"versions": [{}]}}, "x.json: study.versions[0] has no study design."),
        (
            {"study": {"versions": [{"studyDesigns": [{}]}]}},
            "x.json: study.versions[0].studyDesigns[0] has no timeline",
        ),
        (
            protocol([{"id": "X", "instanceType": "ScheduledDecisionInstance"}]),
            "x.json: study.versions[0].studyDesigns[0]",
        ),
        (
            protocol([*chain("A"), *chain("A")]),
            "x.json: study.versions[0].studyDesigns[0].scheduleTimelines[0].instances[1]",
        ),
        (
            protocol(chain("A"), {"name": 5}),
            "x.json: study.versions[0].studyDesigns[0].scheduleTimelines[0].timings[0].name",
        ),
    ],
)
def test_files_that_are_refused(tmp_path: Path, document: object, sentence: str) -> None:
    assert refusal(tmp_path, document).startswith(sentence)


def test_chains_are_followed_through_decisions(tmp_path: Path) -> None:
    fork = {"id": "F", "instanceType": "ScheduledDecisionInstance", "defaultConditionId": "B"}
    first, *rest = chain("D", "B", "C")
    schedule = read(
        tmp_path,
        protocol(
            [{**first, "defaultConditionId": "F"}, fork, *rest],
            *(
                timing("C", "After", "P1W", "B"),
                timing("B", "AFTER", "P2D", "F"),
                timing("F", "after", "P1D", "D"),
                DAY_0,
            ),
        ),
    )
    assert days(schedule) == {"D": 0, "B": 3, "C": 10}
    assert schedule.contacts[1].anchor_key is None  # a decision is not a contact
    assert codes(schedule) == []


@pytest.mark.parametrize(
    ("timings", "found", "code"),
    [
        ([timing("B", "After", "P1D", "C"), timing("C", "After", "P1D", "B"), DAY_0], (0, None, None), "TIMING_CIRCLE"),
        ([timing("B", "After", "P1D", "B"), DAY_0], (0, None, None), "TIMING_CIRCLE"),
        ([timing("B", "After", "P1D", "elsewhere"), DAY_0], (0, None, None), "DAYS_MISSING"),
        ([timing("elsewhere", "After", "P1D", "D"), DAY_0], (0, None, None), "TIMING_UNUSED"),
        ([timing("B", "After", "P1D", "D")], (None, None, None), "NO_ANCHOR"),
        (
            [DAY_0, timing("B", "Fixed Reference", "P1D"), timing("C", "After", "P1D", "B")],
            (0, None, None),
            "ANCHOR_EXTRA",
        ),
        ([DAY_0, timing("B", "After", "P1D", "D"), timing("B", "After", "P2D", "D")], (0, 1, None), "TIMING_CONFLICT"),
        ([DAY_0, timing("B", "Sometime", "P1D", "D")], (0, None, None), "TIMING_TYPE_UNKNOWN"),
        ([DAY_0, timing("B", "After", None, "D")], (0, None, None), "DURATION_MISSING"),
        ([DAY_0, timing("B", "After", "2 weeks", "D")], (0, None, None), "DURATION_UNREADABLE"),
        ([DAY_0, timing("B", "After", "P1M", "D"), timing("C", "After", "P1Y", "D")], (0, 30, 365), "MONTHS_ASSUMED"),
        ([DAY_0, timing("B", "Before", "-P3D", "D")], (0, -3, None), "DURATION_NEGATIVE"),
        ([DAY_0, timing("B", "After", "-P3D", "D")], (0, None, None), "DURATION_NEGATIVE"),
        (
            [DAY_0, timing("B", "After", "P99Y", "D"), timing("C", "After", "P99Y", "B")],
            (0, 36135, None),
            "DAY_IMPLAUSIBLE",
        ),
        ([DAY_0, timing("B", "After", "P101Y", "D")], (0, None, None), "DURATION_UNREADABLE"),
    ],
)
def test_timings_that_need_a_word(
    tmp_path: Path, timings: list[dict[str, Any]], found: tuple[float | None, ...], code: str
) -> None:
    schedule = read(tmp_path, protocol(chain("D", "B", "C"), *timings))
    assert tuple(days(schedule).values()) == found
    assert code in codes(schedule)


def test_ends_of_visits_count_only_where_they_cannot_change_the_day(tmp_path: Path) -> None:
    end_to_start = {"relativeToFrom": {"decode": "End to Start"}}
    schedule = read(
        tmp_path,
        protocol(
            chain("D", "B", "C"),
            *(
                DAY_0,
                timing("B", "After", "P7D", "D", **end_to_start),
                timing("C", "After", "PT20H", "D", **end_to_start),
            ),
        ),
    )
    assert days(schedule) == {"D": 0, "B": 7, "C": None}
    assert codes(schedule) == ["NOT_START_TO_START", "NOT_START_TO_START", "DAYS_MISSING"]


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        ("P3D", "P4D", (3 * DAY, 4 * DAY)),
        ("PT4H", "PT0H", (4 * HOUR, 0 * DAY)),
        (None, "P0D", (None, 0 * DAY)),
        ("", None, (None, None)),
        ("-P3D", "-P1D", (3 * DAY, None)),
        ("soon", "P1D", (None, DAY)),
    ],
)
def test_windows(tmp_path: Path, lower: str, upper: str, expected: tuple[timedelta | None, ...]) -> None:
    window = timing("D", "Fixed Reference", "P1D", "D", windowLower=lower, windowUpper=upper)
    contact = read(tmp_path, protocol(chain("D"), window)).contacts[0]
    assert (contact.window_before, contact.window_after) == expected


def test_order_is_that_of_the_walk_and_nothing_is_lost(tmp_path: Path) -> None:
    instances = chain("A", "B", "C", "X", "Y")
    instances[2]["defaultConditionId"] = "A"  # a circle: A, B, C, A, ...
    schedule = read(tmp_path, protocol(instances[::-1]) | {"usdmVersion": "4.0.0"})
    assert [found.key for found in schedule.contacts] == ["Y", "X", "C", "B", "A"]
    document = protocol(instances)
    schedule = read(tmp_path, document)
    assert [found.key for found in schedule.contacts] == ["A", "B", "C", "X", "Y"]
    assert codes(schedule) == ["OFF_PATH", "NO_ANCHOR", "DAYS_MISSING", "REPEAT"]
    assert schedule.contacts[1].repeat == Repeat("A", "C", None, None)
    assert schedule.contacts[3].repeat is None


def test_references_to_nothing_are_left_out(tmp_path: Path) -> None:
    instances = chain("D")
    instances[0] |= {"encounterId": "E9", "epochId": "P9", "activityIds": ["A1", "A9", "A1"], "defaultConditionId": "Z"}
    schedule = read(
        tmp_path,
        protocol(instances, DAY_0, activities=[{"id": "A1", "name": "ECG"}], encounters=[{"id": "E1", "name": "V1"}]),
    )
    contact = schedule.contacts[0]
    assert (contact.visit_key, contact.epoch, contact.activity_keys) == (None, None, ("A1",))
    assert schedule.visits == ()
    assert codes(schedule) == ["PATH_BROKEN", *["REFERENCE_UNKNOWN"] * 3, "VISIT_UNUSED"]


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        ({"value": 300.0}, PlannedEnrollment(300, 300)),
        ({"minValue": {"value": 10}, "maxValue": {"value": 20}}, PlannedEnrollment(10, 20)),
        ({"minValue": 0, "maxValue": 0}, PlannedEnrollment(0, 0)),
        ({"minValue": 20, "maxValue": 10}, None),
        ({"value": 0.5}, None),
        (None, None),
    ],
)
def test_planned_enrollment(tmp_path: Path, planned: Any, expected: PlannedEnrollment | None) -> None:
    document = protocol(chain("D"), DAY_0, population={"plannedEnrollmentNumber": planned})
    assert read(tmp_path, document).planned_enrollment == expected


@settings(max_examples=60)
@given(data=st.data(), size=st.integers(1, 12))
def test_days_are_sums_along_the_chains(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, size: int
) -> None:
    expected = {"D": 0}
    timings = [DAY_0]
    for number in range(size):
        reference = data.draw(st.sampled_from(sorted(expected)))
        offset = data.draw(st.integers(-400, 400))
        expected[f"C{number}"] = expected[reference] + offset
        kind = "Before" if offset < 0 else "After"
        timings.append(timing(f"C{number}", kind, f"P{abs(offset)}D", reference))
    document = protocol(chain(*expected), *data.draw(st.permutations(timings)))
    assert days(read(tmp_path_factory.mktemp("chains"), document)) == expected


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), path=st.sampled_from([PILOT, TOOL_EXPORT, protocol_file("observational")]))
def test_damaged_protocols_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, seed: int, path: Path) -> None:
    document = damaged(json.loads(path.read_text()), Random(seed))
    with suppress(Unreadable):
        schedule = read(tmp_path_factory.mktemp("damaged"), document)
        keys = [found.key for found in schedule.contacts]
        assert len(set(keys)) == len(keys)
        assert all(found.anchor_key is None or found.anchor_key in keys for found in schedule.contacts)
