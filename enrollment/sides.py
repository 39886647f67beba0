"""Who says what of a study's subjects: the connections that count, and what is compared with what."""

from datetime import datetime
from typing import Any

from ctms.integrations import registry
from ctms.integrations.formats import resources_of
from ctms.integrations.models import Connection, FeedCursor, MappingStatus, MappingVersion
from ctms.integrations.registry import Domain, Kind
from ctms.studies.models import Study
from enrollment.models import MILESTONES
from enrollment.reconcile import SYSTEMS, Sides


def said_in(study: Study) -> list[tuple[Connection, dict[str, Any]]]:
    """The connections of the study that count, each with its signed mapping."""
    connections = list(Connection.objects.filter(scope=study.scope).exclude(status="DRAFT").order_by("pk"))
    content = dict(
        MappingVersion.objects.filter(connection__in=connections, status=MappingStatus.APPROVED).values_list(
            "connection", "content"
        )
    )
    return [(one, content[one.pk]) for one in connections if one.pk in content]


def sides_of(study: Study) -> Sides:
    """What is compared with what in this study. A system counts once each of its resources was read to the end."""
    masters = registry.masters(study.scope)
    said = said_in(study)
    read = {(key, name): at for key, name, at in FeedCursor.objects.filter(
        connection__in=[one for one, _ in said]).exclude(succeeded_at=None).values_list(
        "connection", "resource", "source_as_of")}  # fmt: skip
    connections: dict[Kind, list[int]] = {}
    as_of: dict[Kind, datetime | None] = {}
    for one, _ in said:
        if one.kind in SYSTEMS:
            connections.setdefault(one.kind, []).append(one.pk)
            for resource in resources_of(one):
                at = read.get((one.pk, resource.name))
                before = as_of.get(one.kind, at)
                as_of[one.kind] = min(before, at) if before and at else None
    return Sides(
        sponsor=study.sponsor_id,
        study=study.pk,
        connections=connections,
        as_of={kind: at for kind, at in as_of.items() if at is not None},
        words=[(one.pk, theirs, ours) for one, words in said for theirs, ours in words.get("days", {}).items()],
        places=[(one.pk, theirs, ours) for one, words in said for theirs, ours in words.get("sites", {}).items()],
        masters={milestone: masters[domain] for milestone, domain in MILESTONES.items()},
        subjects=masters[Domain.SUBJECTS],
    )
