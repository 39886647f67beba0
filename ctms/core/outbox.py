"""Effects that wait for the commit: a row written with the change, so that neither happens without the other."""

from typing import Any

from ctms.core import protocols


def after_commit(task: str, **arguments: Any) -> None:
    """Has a task done once the open transaction is committed, exactly once, for the open sponsor.

    Args:
        task: dotted path of a task, such as "monitoring.tasks.file_approved_report".
        arguments: plain values, as JSON has them; ids, not records.

    Raises:
        LookupError: no sponsor is open, or there is no such task.
    """
    protocols.outbox().add(task, arguments)
