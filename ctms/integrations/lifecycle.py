"""What may happen to a connection and to a version of its mapping next."""

from ctms.core.lifecycle import Lifecycle, Move, Request
from ctms.integrations import ports
from ctms.integrations.models import Connection, ConnectionStatus, MappingStatus, MappingVersion

MOST_TRIES = 5  # before a fact that could not be taken becomes a dead letter
_EDIT = "integrations.edit_connection"


def lacks_mapping(connection: Connection, request: Request) -> str | None:
    """An approved version of its mapping."""
    approved = connection.mappings.filter(status=MappingStatus.APPROVED).exists()
    return None if approved else "No version of its mapping is approved yet."


def lacks_credentials(connection: Connection, request: Request) -> str | None:
    """Credentials."""
    return None if connection.secrets.exists() else "It has no credentials yet."


def drafted_it(mapping: MappingVersion, request: Request) -> str | None:
    """Somebody else than who drafted or edited it."""
    theirs = MappingVersion.history.filter(id=mapping.pk, status=MappingStatus.DRAFT, history_user_id=request.by.pk)
    return "Who drafted or edited a mapping does not approve it." if theirs.exists() else None


def is_unfit(mapping: MappingVersion, request: Request) -> str | None:
    """Words of ours for everything it maps."""
    return " ".join(ports.receiver().objections(mapping.content)) or None


CONNECTION = Lifecycle(
    "Connection",
    start=ConnectionStatus.DRAFT,
    statuses=ConnectionStatus,
    moves=(
        Move("go_live", (ConnectionStatus.DRAFT,), ConnectionStatus.LIVE, _EDIT, "Go live", reason=True,
             unless=(lacks_credentials, lacks_mapping)),
        Move("pause", (ConnectionStatus.LIVE,), ConnectionStatus.PAUSED, _EDIT, "Pause", reason=True),
        Move("resume", (ConnectionStatus.PAUSED,), ConnectionStatus.LIVE, _EDIT, "Resume", reason=True,
             unless=(lacks_credentials, lacks_mapping)),
        Move("release", (ConnectionStatus.QUARANTINED,), ConnectionStatus.LIVE, _EDIT, "Read again", reason=True,
             unless=(lacks_credentials, lacks_mapping)),
        Move("accept_drop", (ConnectionStatus.QUARANTINED,), ConnectionStatus.LIVE, _EDIT, "Accept what is missing",
             reason=True, unless=(lacks_credentials, lacks_mapping)),
    ),
    follows=((ConnectionStatus.QUARANTINED, "a delivery holds what this system may not know, or has lost too much"),),
)  # fmt: skip

MAPPING = Lifecycle(
    "Mapping of a connection",
    start=MappingStatus.DRAFT,
    statuses=MappingStatus,
    moves=(
        Move("approve", (MappingStatus.DRAFT,), MappingStatus.APPROVED, "integrations.approve_mapping", "Approve",
             reason=True, unless=(drafted_it, is_unfit), signature="approval"),
    ),
    follows=((MappingStatus.SUPERSEDED, "a later version is approved"),),
)  # fmt: skip
