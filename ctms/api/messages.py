"""Messages of other systems as REST gives them: what was said, by which run it was read, under which mapping."""

from typing import Any

from ctms.api.fields import Schema, an_object
from ctms.integrations.models import SourceFact

_TEXTS = {
    "system": "Name of the connection.", "resource": "What of that system it was read from.",
    "key": "Key of the record there.", "what": "SUBJECT, STATUS, DAY, VISIT, FORM, VERIFIED, QUERY or CORRECTION.",
    "event": "As that system calls it.", "state": "In that system's own word.",
    "ref": "Key of the record that it corrects.",
}  # fmt: skip
MESSAGE: Schema = an_object({
    "id": {"type": "integer", "description": "Its key."},
    **{name: {"type": "string", "description": words} for name, words in _TEXTS.items()},
    "day": {"type": ["string", "null"], "format": "date"},
    "version": {"type": "integer", "description": "Of two sayings with one key the higher one holds."},
    "as_of": {"type": "string", "format": "date-time", "description": "When that system knew it."},
    "run": {"type": "integer", "description": "Key of the run that read it, or missed it."},
    "mapping": {"type": "integer", "description": "Version of the mapping that the run read by."},
    "gone_at": {"type": ["string", "null"], "format": "date-time", "description": "Since when it is missing there."},
})  # fmt: skip


def as_json(fact: SourceFact) -> dict[str, Any]:
    """One message; its `connection` and `run.mapping` are fetched."""
    same = ("id", "resource", "key", "what", "event", "state", "ref", "day", "version", "as_of", "gone_at")
    more = {"system": fact.connection.name, "run": fact.run_id, "mapping": fact.run.mapping.number}
    return {name: getattr(fact, name) for name in same} | more
