"""Other systems: who is master of what, how they are reached, what they said and what became of it."""

from ctms.integrations.models.connections import (
    Connection,
    ConnectionStatus,
    Format,
    Kind,
    MappingStatus,
    MappingVersion,
    Secret,
    SystemOfRecord,
)
from ctms.integrations.models.feeds import FeedCursor, FeedItem, FeedPayload, FeedRun, ItemStatus, RunStatus, SourceFact

__all__ = [
    "Connection",
    "ConnectionStatus",
    "FeedCursor",
    "FeedItem",
    "FeedPayload",
    "FeedRun",
    "Format",
    "ItemStatus",
    "Kind",
    "MappingStatus",
    "MappingVersion",
    "RunStatus",
    "Secret",
    "SourceFact",
    "SystemOfRecord",
]
