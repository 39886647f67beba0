"""How old it is what another system said: as old as the oldest of what is read from it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from ctms.integrations.formats import resources_in


def read_of(format: str, read: Mapping[str, datetime]) -> list[datetime | None]:
    """Of when each resource of a connection of this format is; None for one that was never read to the end.

    Args:
        read: resource -> of when it is, of those that were.
    """
    return [read.get(resource.name) for resource in resources_in(format)]


def as_of(instants: Collection[datetime | None]) -> datetime | None:
    """Of when a system is; None while any of it was never read to the end: a part is not taken for the whole."""
    known = [at for at in instants if at is not None]
    return min(known) if known and len(known) == len(instants) else None
