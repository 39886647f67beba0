"""Makes the input files of demo and tests from real ones: only what the readers use, and nobody's name or address.

    python tests/data/trim.py SOURCE

SOURCE holds ctgov_v2/, usdm/ and a MANIFEST.csv saying where each file comes from. Writes the demo's files into
ctms/demo/data, the others beside itself, and lists in an ORIGINS.csv there what was taken from where and removed.
"""

import csv
import json
import sys
from itertools import count
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
DEMO = TESTS.parents[1] / "ctms" / "demo" / "data"
IN_THE_DEMO = {"NCT05925803", "NCT05816382", "CDISC_Pilot_Study"}
RECORDS = (
    "NCT00763412",  # one site; the start date does not say whether it is actual
    "NCT02210780",  # 42 sites without a facility
    "NCT02552212",  # dates to the month; sites named by protocol and number; "Russian Federation"
    "NCT05809934",  # 148 sites, all "Research Site", in 23 countries
    "NCT05816382",  # two phases; sites with statuses of their own
    "NCT05838625",  # a record of 2025
    "NCT05850520",  # 315 sites in 27 countries
    "NCT05869903",  # an investigator named at every site
    "NCT05925803",  # 131 sites in 19 countries
)
PROTOCOLS = (
    "Alexion_NCT04573309_Wilsons",  # a loop; an anchor in the middle; 51 contacts
    "CDISC_Pilot_Study",  # phone contacts within visits; a window in hours
    "ddf-sdr-api-study-3111-302-001-sample-usdm_4",  # a tool's export, which places 1 contact of 7
    "observational",  # minutes, a branch, five identifiers
)

# Fields of a registry record that the reader uses, at whatever depth. Telephone and e-mail are not among them.
RECORD_FIELDS = {
    *("protocolSection", "derivedSection", "miscInfoModule", "versionHolder"),
    *("identificationModule", "nctId", "orgStudyIdInfo", "id", "secondaryIdInfos", "type", "domain"),
    *("briefTitle", "officialTitle", "acronym"),
    *("statusModule", "overallStatus", "whyStopped", "date", "lastUpdateSubmitDate"),
    *("startDateStruct", "primaryCompletionDateStruct", "completionDateStruct"),
    *("studyFirstPostDateStruct", "lastUpdatePostDateStruct"),
    *("sponsorCollaboratorsModule", "leadSponsor", "collaborators", "name", "class"),
    *("oversightModule", "isFdaRegulatedDrug"),
    *("designModule", "studyType", "phases", "designInfo", "allocation", "maskingInfo", "masking", "whoMasked"),
    *("enrollmentInfo", "count"),
    *("armsInterventionsModule", "armGroups", "label"),
    *("contactsLocationsModule", "locations", "facility", "status", "city", "state", "zip", "country"),
    *("geoPoint", "lat", "lon", "contacts", "role"),
}
PROTOCOL_FIELDS = {
    *("study", "usdmVersion", "versions", "versionIdentifier", "studyDesigns", "id", "name", "label"),
    *("studyIdentifiers", "text", "scopeId", "organizations", "type", "code", "decode", "titles"),
    *("roles", "organizationIds", "population", "plannedEnrollmentNumber", "value", "minValue", "maxValue"),
    *("epochs", "activities", "encounters", "contactModes"),
    *("scheduleTimelines", "mainTimeline", "entryId", "instances", "instanceType", "defaultConditionId", "epochId"),
    *("encounterId", "activityIds", "timelineId", "conditionAssignments", "condition", "conditionTargetId"),
    *("timings", "relativeToFrom", "relativeFromScheduledInstanceId", "relativeToScheduledInstanceId"),
    *("windowLower", "windowUpper", "windowLabel", "windowLowerBound", "windowUpperBound"),
}


def main(source: Path) -> None:
    manifest = {row["path"]: row for row in csv.DictReader((source / "MANIFEST.csv").open(encoding="utf-8"))}
    origins = []
    for name in RECORDS:
        record = kept(read(source / "ctgov_v2" / f"{name}.json"), RECORD_FIELDS)
        removed = "results; documents; texts; outcomes; officials; e-mail; telephone"
        removed += without_names(record)
        version_date = record["derivedSection"]["miscInfoModule"]["versionHolder"]
        origins.append(written(f"ctgov_v2/{name}.json", record, manifest, version_date, removed))
    for name in PROTOCOLS:
        document = read(source / "usdm" / f"{name}.json")
        dates = document["study"]["versions"][0].get("dateValues") or [{}]
        removed = "narrative; biomedical concepts; eligibility; objectives; addresses; all else the reader does not use"
        document = kept(document, PROTOCOL_FIELDS)
        origins.append(written(f"usdm/{name}.json", document, manifest, dates[0].get("dateValue", ""), removed))
    for folder in (DEMO, TESTS):
        with (folder / "ORIGINS.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, origins[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in origins if (folder / row["path"]).exists())


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def kept(value: Any, fields: set[str]) -> Any:
    """The value with those fields of its objects."""
    if isinstance(value, dict):
        return {key: kept(item, fields) for key, item in value.items() if key in fields}
    return [kept(item, fields) for item in value] if isinstance(value, list) else value


def without_names(record: Any) -> str:
    """Put invented names in place of persons' names, and say so."""
    numbers = count(1)
    protocol = record["protocolSection"]
    sponsor = protocol["sponsorCollaboratorsModule"]["leadSponsor"]
    people = [
        person for place in protocol["contactsLocationsModule"]["locations"] for person in place.get("contacts", [])
    ]
    if sponsor["class"] == "INDIV":
        people.append(sponsor)
    for person in people:
        if "name" in person:
            person["name"] = f"Investigator {next(numbers):03}"
    return "; persons' names (replaced by invented ones)" if people else ""


def written(path: str, document: Any, manifest: dict[str, Any], version_date: str, removed: str) -> dict[str, str]:
    """Write the file, and tell its origin."""
    target = (DEMO if Path(path).stem in IN_THE_DEMO else TESTS) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    origin = manifest[path]
    return {
        "path": path,
        "source": f"{origin['origin_repo']}: {origin['origin_path']}",
        "commit": origin["commit"],
        "licence": origin["licence"],
        "version_date": version_date,
        "removed": removed,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
