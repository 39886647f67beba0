"""How old it is what another system said: as old as the oldest of what is read from it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from ctms.integrations.formats import resources_in


def read_of(format: str, cursors: Iterable[tuple[str, datetime | None, datetime | None]]) -> list[datetime | None]:
    """Of when each resource of a connection of this format is; None for one that was never read to the end.

    Args:
        cursors: resource, when it was last read to the end, and of when what was read is.
    """
    read = {resource: as_of for resource, succeeded_at, as_of in cursors if succeeded_at}
    return [read.get(resource.name) for resource in resources_in(format)]


def as_of(instants: Collection[datetime | None]) -> datetime | None:
    """Of when a system is; None while any of it was never read to the end: a part is not taken for the whole."""
    known = [at for at in instants if at is not None]
    return min(known) if known and len(known) == len(instants) else None
