"""Who says what of a study's subjects: the connections that count, and what is compared with what."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from ctms.integrations import ages, registry
from ctms.integrations.models import Connection, Format, MappingStatus, MappingVersion
from ctms.integrations.registry import Domain, Kind
from ctms.studies.models import Study
from enrollment.models import MILESTONES, EnrolledDefinition, Milestone
from enrollment.reconcile import SYSTEMS, Sides

_CONNECTION = "scope__connections"


def said_in(study: Study) -> list[tuple[Connection, dict[str, Any]]]:
    """The connections of the study that count, each with its signed mapping."""
    connections = list(Connection.objects.filter(scope=study.scope).exclude(status="DRAFT").order_by("pk"))
    content = dict(
        MappingVersion.objects.filter(connection__in=connections, status=MappingStatus.APPROVED).values_list(
            "connection", "content"
        )
    )
    return [(one, content[one.pk]) for one in connections if one.pk in content]


@dataclass(frozen=True, slots=True)
class Told:
    """Of a study: from which milestone on it counts subjects as enrolled; and of when each system is that counts.

    A system is as old as the oldest of what is read from it, and says nothing before all of it was read to the end.
    What was read of it grows old all the same: `oldest`.
    """

    enrolled_by: Milestone
    as_of: dict[Kind, datetime]
    oldest: dict[Kind, datetime]


def told_in(studies: Collection[int]) -> dict[int, Told]:
    """The same of several studies, in one statement."""
    counts = MappingVersion.objects.filter(connection=OuterRef(_CONNECTION), status=MappingStatus.APPROVED)
    rows = Study.objects.filter(pk__in=studies).order_by().annotate(counts=Exists(counts)).values_list(
        "pk", "enrolleddefinition_set__milestone", _CONNECTION, f"{_CONNECTION}__format", f"{_CONNECTION}__status",
        "counts", f"{_CONNECTION}__cursors__resource", f"{_CONNECTION}__cursors__succeeded_at",
        f"{_CONNECTION}__cursors__source_as_of",
    )  # fmt: skip
    milestones: dict[int, Milestone] = {}
    formats: dict[int, dict[int, str]] = {}
    cursors: defaultdict[int, list[tuple[str, datetime | None, datetime | None]]] = defaultdict(list)
    for study, milestone, connection, format_, status, has_mapping, resource, succeeded_at, at in rows:
        milestones[study] = Milestone(milestone) if milestone else EnrolledDefinition.DEFAULT
        here = formats.setdefault(study, {})
        if has_mapping and status != "DRAFT":
            here[connection] = format_
            cursors[connection].append((resource, succeeded_at, at))
    told = {}
    for study, here in formats.items():
        instants: defaultdict[Kind, list[datetime | None]] = defaultdict(list)
        for connection, format_ in here.items():
            instants[Format(format_).kind] += ages.read_of(format_, cursors[connection])
        told[study] = Told(
            milestones[study],
            as_of={kind: at for kind, known in instants.items() if (at := ages.as_of(known))},
            oldest={kind: min(filter(None, known)) for kind, known in instants.items() if any(known)},
        )
    return told


def sides_of(study: Study) -> Sides:
    """What is compared with what in this study. A system counts once each of its resources was read to the end."""
    masters = registry.masters(study.scope)
    said = said_in(study)
    connections: dict[Kind, list[int]] = {}
    for one, _ in said:
        if one.kind in SYSTEMS:
            connections.setdefault(one.kind, []).append(one.pk)
    as_of = told_in([study.pk])[study.pk].as_of
    return Sides(
        sponsor=study.sponsor_id,
        study=study.pk,
        connections=connections,
        as_of={kind: at for kind, at in as_of.items() if kind in SYSTEMS},
        words=[(one.pk, theirs, ours) for one, words in said for theirs, ours in words.get("days", {}).items()],
        places=[(one.pk, theirs, ours) for one, words in said for theirs, ours in words.get("sites", {}).items()],
        masters={milestone: masters[domain] for milestone, domain in MILESTONES.items()},
        subjects=masters[Domain.SUBJECTS],
    )
