"""Changing a record's fields: what services that edit have in common."""

from collections.abc import Mapping
from typing import Any

from ctms.core.permission import demand
from ctms.core.versions import refuse_stale


def revise(record: Any, changes: Mapping[str, Any], version: int | None) -> list[str]:
    """Sets what differs on a record locked by the caller, validates the whole of it, and saves just these fields.

    Args:
        changes: field name -> new value; a field that says so already is no change.
        version: what the person had read.

    Returns:
        The names of the fields that changed.

    Raises:
        Stale: somebody changed the record meanwhile.
        ValidationError: the record would not be valid; `use_case` makes a refusal of it.
    """
    refuse_stale(record, version)
    changed = []
    for name, value in changes.items():
        field = record._meta.get_field(name)
        if getattr(record, field.attname) != getattr(value, "pk", value):
            setattr(record, name, value)
            changed.append(name)
    if changed:
        record.full_clean()
        record.save(update_fields=changed)
    return changed


def refuse_without(by: Any, verb: str, record: Any, doing: str) -> None:
    """Refuses a person whose roles at the record's place do not include the verb.

    Args:
        doing: what the roles do not include, in words: "editing this study".
    """
    demand(by=by, verb=verb, record=record, code="MAY_NOT_EDIT", sentence=f"Your roles do not include {doing}.")
