"""Reading the visit schedule of a CDISC USDM protocol file (version 4 or 3)."""

from pathlib import Path

from ctms.core.wording import counted, listed

from .contacts import read_contacts, read_visits, report_contacts
from .durations import as_days
from .findings import Findings
from .identity import study_numbers, title
from .node import Node
from .reading import Unreadable, canonical_sha256, file_name, read_json
from .schedule import Activity, Contact, Epoch, PlannedEnrollment, ProtocolSchedule, Relation, Repeat, Visit
from .timeline import name_of

__all__ = [
    "Activity",
    "Contact",
    "Epoch",
    "PlannedEnrollment",
    "ProtocolSchedule",
    "Relation",
    "Repeat",
    "Unreadable",
    "Visit",
    "as_days",
    "read_protocol",
]

_OLD_STUDY = ("studyDesigns", "studyVersions", "studyProtocolVersions", "studyIdentifiers", "studyTitle")
_PARTS = ("studyDesigns", "studyScheduleTimelines", "scheduleTimelines", "SoA", "soa")
_MOST_PARTICIPANTS = 2**31 - 1


def read_protocol(path: Path | str) -> ProtocolSchedule:
    """The visit schedule on the main timeline of the file, or Unreadable with a sentence saying what is wrong."""
    document = read_json(path)
    root = Node.of(document, file=file_name(Path(path)))
    findings = Findings()
    version = _first(_study(root), "versions", "version", findings)
    design = _first(version, "studyDesigns", "study design", findings)
    timeline = _main_timeline(design, findings)
    source_study, nct_id = study_numbers(version, findings)
    planned = _planned_enrollment(design.child("population"), findings)

    epochs = _by_id(design, "epochs")
    activities = _by_id(design, "activities")
    encounters = _by_id(design, "encounters")
    contacts = read_contacts(
        timeline,
        epochs={key: _label(key, node) for key, node in epochs.items()},
        activities=activities,
        encounters=encounters,
        findings=findings,
    )
    visits = read_visits(contacts, encounters)
    report_contacts(contacts, visits, encounters, findings)
    return ProtocolSchedule(
        source_study=source_study,
        nct_id=nct_id,
        usdm_version=root.identifier("usdmVersion"),
        protocol_version=version.identifier("versionIdentifier"),
        title=title(version),
        planned_enrollment=planned,
        epochs=tuple(Epoch(key, _name(key, node), _label(key, node)) for key, node in epochs.items()),
        visits=visits,
        contacts=contacts,
        activities=tuple(Activity(key, _name(key, node), _label(key, node)) for key, node in activities.items()),
        payload_sha256=canonical_sha256(document),
        findings=tuple(findings),
    )


def _study(root: Node) -> Node:
    """The study in the file; a refusal in plain words for everything that only looks like a protocol file."""
    if "protocolSection" in root or "studies" in root:
        raise Unreadable(f"{root.file} is a ClinicalTrials.gov record, not a protocol; give it as the registry record.")
    if "clinicalStudy" in root:
        raise Unreadable(_too_old(root.file))
    if "study" not in root:
        if any(key in root for key in _PARTS):
            raise Unreadable(f"{root.file} is a rendered schedule or a part of a study, not a protocol file.")
        raise Unreadable(f"{root.file} is not a USDM protocol file: it has no study.")
    study = root.child("study")
    if "versions" not in study and any(key in study for key in _OLD_STUDY):
        raise Unreadable(_too_old(root.file))
    return study


def _too_old(file: str) -> str:
    return f"{file} is in USDM version 1 or 2, which has no study versions; export it again as version 4 or 3."


def _first(parent: Node, key: str, what: str, findings: Findings) -> Node:
    nodes = parent.children(key)
    if not nodes:
        parent.refuse(f"has no {what}")
    if len(nodes) > 1:
        message = f"The file holds {counted(len(nodes), what)}; the first one was read."
        findings.add("SEVERAL", parent.at(key), message)
    return nodes[0]


def _main_timeline(design: Node, findings: Findings) -> Node:
    timelines = design.children("scheduleTimelines")
    if not timelines:
        design.refuse("has no timeline, so no visit schedule")
    marked = [node for node in timelines if node.flag("mainTimeline")]
    if not marked and len(timelines) > 1:
        design.refuse(f"has {len(timelines)} timelines, and none is marked as the main one")
    main = (marked or timelines)[0]
    where = design.at("scheduleTimelines")
    if len(marked) != 1:
        findings.add("MAIN_TIMELINE_ASSUMED", where, f'"{name_of(main)}" was taken for the main timeline.')
    others = [name_of(node) for node in timelines if node is not main]
    if others:
        findings.add("OTHER_TIMELINES", where, f"Not part of the visit schedule, so not read: {listed(others)}.")
    return main


def _planned_enrollment(population: Node, findings: Findings) -> PlannedEnrollment | None:
    """USDM 4 gives one quantity or a range of two; USDM 3 a range of two plain numbers."""
    planned = population.child("plannedEnrollmentNumber")
    lower, upper = _quantity(planned, "minValue"), _quantity(planned, "maxValue")
    if lower is None and upper is None:
        lower = upper = planned.number("value")
    lower, upper = (upper if lower is None else lower), (lower if upper is None else upper)
    if lower is None or upper is None:
        return None
    if isinstance(lower, float) or isinstance(upper, float) or not 0 <= lower <= upper <= _MOST_PARTICIPANTS:
        findings.add("ENROLLMENT_UNREADABLE", planned.place, f"{lower} to {upper} is not a number of participants.")
        return None
    return PlannedEnrollment(lower, upper)


def _quantity(node: Node, key: str) -> int | float | None:
    return node.child(key).number("value") if isinstance(node.fields.get(key), dict) else node.number(key)


def _by_id(design: Node, key: str) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for node in design.children(key):
        nodes.setdefault(node.identifier("id") or node.place, node)
    return nodes


def _name(key: str, node: Node) -> str:
    return node.text("name") or key


def _label(key: str, node: Node) -> str:
    return node.text("label") or _name(key, node)
