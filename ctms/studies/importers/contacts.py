"""The contacts on the main timeline of a USDM study design, and the visits they take place under."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from ctms.core.wording import counted, listed

from .findings import Findings
from .node import Node
from .placement import place, report_unplaced
from .schedule import Contact, Repeat, Visit
from .timeline import Walk, index_instances, is_decision, name_of, walk
from .timings import UNTIMED, read_timings

_DAY_NUMBER = re.compile(r"day[ _]?(-?\d+)\b", re.IGNORECASE)


def read_contacts(
    timeline: Node,
    *,
    epochs: Mapping[str, str],
    activities: Collection[str],
    encounters: Mapping[str, Node],
    findings: Findings,
) -> tuple[Contact, ...]:
    """The scheduled activity instances in the order a subject meets them. `epochs` gives the label for each key."""
    instances = index_instances(timeline)
    names = {key: name_of(node) for key, node in instances.items()}
    way = walk(timeline, instances, findings)
    timings = read_timings(timeline.children("timings"), instances, findings)
    days = place(way.keys, timings, names, findings)
    keys = {key: None for key in way.keys if not is_decision(instances[key])}
    report_unplaced(list(keys), days, timings, names, findings)
    repeats = _repeats(way, keys, days, names, findings)
    contacts = []
    for order, key in enumerate(keys, start=1):
        node = instances[key]
        timing = timings.get(key, UNTIMED)
        where = f"contact {names[key]}"
        visit_key = _known(node, "encounterId", encounters, where, findings)
        epoch_key = _known(node, "epochId", epochs, where, findings)
        contacts.append(
            Contact(
                key=key,
                order=order,
                name=node.text("name") or key,
                label=node.text("label") or node.text("name") or key,
                visit_key=visit_key,
                epoch=epochs[epoch_key] if epoch_key else None,
                activity_keys=_activity_keys(node, activities, where, findings),
                contact_modes=contact_modes(encounters[visit_key]) if visit_key else (),
                anchor_key=timing.reference if timing.reference in keys and timing.reference != key else None,
                relation=timing.relation,
                offset=timing.offset,
                offset_iso=timing.offset_iso,
                day_offset=days.get(key),
                window_before=timing.window_before,
                window_after=timing.window_after,
                window_label=timing.window_label,
                repeat=repeats.get(key),
            )
        )
        if other := node.identifier("timelineId"):
            findings.add("SUB_TIMELINE", where, f'It runs through timeline "{other}", whose steps were not read.')
    return tuple(contacts)


def read_visits(contacts: Sequence[Contact], encounters: Mapping[str, Node]) -> tuple[Visit, ...]:
    """The visits of the contacts, in the order of their first contact."""
    firsts: dict[str, Contact] = {}
    for contact in contacts:
        if contact.visit_key:
            firsts.setdefault(contact.visit_key, contact)
    return tuple(
        _visit(key, order, encounters[key], first.epoch) for order, (key, first) in enumerate(firsts.items(), start=1)
    )


def contact_modes(encounter: Node) -> tuple[str, ...]:
    """How the visit may take place: "In Person", "Telephone Call"."""
    modes = (mode.text("decode") or mode.text("code") for mode in encounter.children("contactModes"))
    return tuple(mode for mode in modes if mode)


def report_contacts(
    contacts: Sequence[Contact], visits: Sequence[Visit], encounters: Mapping[str, Node], findings: Findings
) -> None:
    """What a person should know about how contacts and visits fit together."""
    used = {visit.key for visit in visits}
    unused = [name_of(node) for key, node in encounters.items() if key not in used]
    if unused:
        message = f"{counted(len(unused), 'visit')} not on the main timeline, so not in the schedule: {listed(unused)}."
        findings.add("VISIT_UNUSED", "encounters", message)
    alone = [contact.label for contact in contacts if contact.visit_key is None]
    if alone:
        message = f"{counted(len(alone), 'contact')} without a visit of the protocol: {listed(alone)}."
        findings.add("CONTACT_WITHOUT_VISIT", "instances", message)
    labels = {visit.key: visit.label for visit in visits}
    together: dict[str, list[str]] = {key: [] for key in labels}
    for contact in contacts:
        if contact.visit_key:
            together[contact.visit_key].append(contact.label)
    for key, shared in together.items():
        if len(shared) > 1:
            message = f"{len(shared)} contacts take place under this one visit: {listed(shared)}."
            findings.add("VISIT_SHARED", f"visit {labels[key]}", message)
    crossed = [contact for contact in contacts if _disagree(contact, labels.get(contact.visit_key or "", ""))]
    if crossed:
        pairs = [f"{contact.name} under {labels[contact.visit_key or '']}" for contact in crossed]
        message = f"{counted(len(crossed), 'contact')} and their visits name different days: {listed(pairs)}."
        findings.add("LABELS_DISAGREE", "encounters", message)


def _visit(key: str, order: int, node: Node, epoch: str | None) -> Visit:
    name = node.text("name") or key
    return Visit(
        key=key,
        order=order,
        name=name,
        label=node.text("label") or name,
        epoch=epoch,
        contact_modes=contact_modes(node),
    )


def _known(node: Node, field: str, known: Collection[str], where: str, findings: Findings) -> str | None:
    """The key in the field, if it refers to something in the file."""
    key = node.identifier(field)
    if key is None or key in known:
        return key
    findings.add("REFERENCE_UNKNOWN", where, f'Its {field} is "{key}", which is not in the file; it was left out.')
    return None


def _activity_keys(node: Node, known: Collection[str], where: str, findings: Findings) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(node.identifiers("activityIds")))
    unknown = [key for key in keys if key not in known]
    if unknown:
        message = f"{counted(len(unknown), 'activity', 'activities')} not in the file: {listed(unknown)}; left out."
        findings.add("REFERENCE_UNKNOWN", where, message)
    return tuple(key for key in keys if key in known)


def _repeats(
    way: Walk,
    contacts: Collection[str],
    days: Mapping[str, timedelta | None],
    names: Mapping[str, str],
    findings: Findings,
) -> dict[str, Repeat]:
    """For each contact inside a loop, what is repeated; the loop met first counts."""
    position = {key: index for index, key in enumerate(way.keys)}
    repeats: dict[str, Repeat] = {}
    for loop in way.loops:
        inside = [key for key in contacts if position[loop.back_to] <= position[key] <= position[loop.leaves_from]]
        if not inside:
            continue
        repeat = Repeat(
            first_key=inside[0],
            last_key=inside[-1],
            every=_period(loop.back_to, loop.leaves_from, days) if loop.leaves_from not in contacts else None,
            condition=loop.condition,
        )
        for key in inside:
            repeats.setdefault(key, repeat)
        reason = f', on condition "{loop.condition}".' if loop.condition else "."
        message = f'After "{names[inside[-1]]}" the schedule goes back to "{names[inside[0]]}"'
        findings.add("REPEAT", f"instance {names[loop.leaves_from]}", message + reason)
    return repeats


def _period(back_to: str, decision: str, days: Mapping[str, timedelta | None]) -> timedelta | None:
    """From one pass to the next: the decision is taken when the next pass begins."""
    start, again = days.get(back_to), days.get(decision)
    return again - start if start is not None and again is not None and again > start else None


def _disagree(contact: Contact, visit_label: str) -> bool:
    mine, theirs = (set(_DAY_NUMBER.findall(text)) for text in (f"{contact.name} {contact.label}", visit_label))
    return bool(mine and theirs and not mine & theirs)
