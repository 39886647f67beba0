"""The order of a USDM timeline: the walk from its entry along the default path, its loops and its branches."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ctms.core.wording import listed

from .findings import Findings
from .node import Node


@dataclass(frozen=True, slots=True)
class Loop:
    """A step back to an instance the walk has already passed."""

    back_to: str
    leaves_from: str
    condition: str | None


@dataclass(frozen=True, slots=True)
class Walk:
    """All instances of a timeline, decisions included, in the order a subject meets them."""

    keys: tuple[str, ...]
    loops: tuple[Loop, ...]


def index_instances(timeline: Node) -> dict[str, Node]:
    """The scheduled instances of the timeline by their id, in authored order."""
    instances: dict[str, Node] = {}
    for node in timeline.children("instances"):
        key = node.identifier("id")
        if key is None:
            node.refuse("has no id")
        if key in instances:
            node.refuse(f'has the id "{key}", which another scheduled instance has too')
        instances[key] = node
    if not any(not is_decision(node) for node in instances.values()):
        timeline.refuse("schedules no activities")
    return instances


def is_decision(node: Node) -> bool:
    """Whether the instance is a fork in the road rather than a contact."""
    kind = node.identifier("instanceType")
    return "decision" in kind.lower() if kind else "conditionAssignments" in node


def name_of(node: Node) -> str:
    """How findings name an instance: "Week 8 (WK8)"."""
    label, name = node.text("label"), node.text("name")
    if label and name and label != name:
        return f"{label} ({name})"
    return label or name or node.identifier("id") or node.place


def walk(timeline: Node, instances: Mapping[str, Node], findings: Findings) -> Walk:
    """Follow the default path from the entry; what it does not reach comes after it, in authored order."""
    order: dict[str, None] = {}
    loops: list[Loop] = []
    key: str | None = _entry(timeline, instances, findings)
    while key is not None:
        order[key] = None
        onward = None
        for target, condition in _steps(instances[key], instances, findings):
            if target in order:
                loops.append(Loop(back_to=target, leaves_from=key, condition=condition))
            elif onward is None:
                onward = target
            elif target != onward:
                message = f'After it the schedule may go on at "{name_of(instances[target])}" instead'
                reason = f', on condition "{condition}".' if condition else "."
                findings.add("BRANCH", f"instance {name_of(instances[key])}", message + reason)
        key = onward
    off_path = [key for key in instances if key not in order]
    if off_path:
        names = listed([name_of(instances[key]) for key in off_path])
        message = f"The default path does not reach {names}; they were put at the end."
        findings.add("OFF_PATH", timeline.at("instances"), message)
    return Walk(keys=(*order, *off_path), loops=tuple(loops))


def _entry(timeline: Node, instances: Mapping[str, Node], findings: Findings) -> str:
    key = timeline.identifier("entryId")
    if key is not None and key in instances:
        return key
    first = next(iter(instances))
    message = f'The timeline does not say where it begins; it was read from "{name_of(instances[first])}", its first.'
    findings.add("ENTRY_MISSING", timeline.at("entryId"), message)
    return first


def _steps(node: Node, instances: Mapping[str, Node], findings: Findings) -> Iterator[tuple[str, str | None]]:
    """Where the schedule can go from here, and on what condition; the default, which has none, comes first."""
    targets: list[tuple[str | None, str | None]] = [(node.identifier("defaultConditionId"), None)]
    for assignment in node.children("conditionAssignments"):
        targets.append((assignment.identifier("conditionTargetId"), assignment.text("condition")))
    for target, condition in targets:
        if target is None:
            continue
        if target in instances:
            yield target, condition
        else:
            message = f'It goes on at "{target}", which is not on the main timeline.'
            findings.add("PATH_BROKEN", f"instance {name_of(node)}", message)
