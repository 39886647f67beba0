"""Finding one study record in the files ClinicalTrials.gov hands out."""

from pathlib import Path

from ctms.core.wording import counted, listed

from .node import Node
from .reading import Unreadable, file_name, read_json

_API_V1 = ("FullStudiesResponse", "FullStudy", "StudyFieldsResponse", "Study", "ProtocolSection")


def find_record(path: Path | str, *, nct: str | None) -> Node:
    """The record in a single-record file, a website download (an array) or a page of API v2 ({"studies": [...]}).

    With several studies in the file, `nct` says which.
    """
    file = file_name(Path(path))
    nct = nct.strip().upper() if nct else None
    records = _records(read_json(path), file)
    ids = [_nct_of(record) for record in records]
    named = [found for found in ids if found]
    if not named:  # then the first one tells what this file is
        return _section_holder(records[0], file)
    if not nct:
        if len(records) > 1:
            raise Unreadable(f"{file} holds {_studies(records)} ({listed(named, most=3)}); say which one with --nct.")
        return _section_holder(records[0], file)
    copies = [record for record, found in zip(records, ids, strict=True) if found == nct]
    if not copies:
        held = named[0] if len(records) == 1 else _studies(records)
        raise Unreadable(f"{file} holds {held}, but not {nct}.")
    if any(copy != copies[0] for copy in copies):
        raise Unreadable(f"{file} holds {nct} more than once, with different contents.")
    return _section_holder(copies[0], file if len(records) == 1 else f"{file} ({nct})")


def _records(document: object, file: str) -> list[object]:
    if isinstance(document, list):
        records = document
    else:
        root = Node.of(document, file=file)
        records = root.values("studies") if "studies" in root else [document]
    if not records:
        raise Unreadable(f"{file} holds no studies.")
    return records


def _nct_of(record: object) -> str | None:
    """The record's NCT number as far as it can be told: other records in the file may be broken."""
    for key in ("protocolSection", "identificationModule", "nctId"):
        record = record.get(key) if isinstance(record, dict) else None
    return record.strip().upper() if isinstance(record, str) else None


def _section_holder(record: object, file: str) -> Node:
    node = Node.of(record, file=file)
    if "protocolSection" not in node:
        raise Unreadable(_not_a_record(node))
    return node


def _studies(records: list[object]) -> str:
    return counted(len(records), "study", "studies")


def _not_a_record(root: Node) -> str:
    if any(key in root for key in _API_V1):
        return f"{root.file} comes from the old ClinicalTrials.gov API (version 1); download the record again."
    if "study" in root:
        return f"{root.file} is a protocol file, not a ClinicalTrials.gov record; give it as the protocol."
    return f"{root.file} is not a ClinicalTrials.gov record: it has no protocolSection."
