"""Tables from a file: uploaded, looked at, and then applied as a whole or not at all."""

import hashlib
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from ctms.accounts.models import User
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from sites.importers.cells import UnreadableTable
from sites.importers.kinds import Kind, read_lines
from sites.importers.tables import CellError, Row, Table, read_table
from sites.models import Upload, UploadKind
from sites.services.import_evidence import EvidenceLoader
from sites.services.import_history import HistoryLoader
from sites.services.import_people import PeopleLoader
from sites.services.import_sites import SiteLoader
from sites.services.loading import Loader

KEPT_FOR = timedelta(hours=24)
LOADERS: dict[str, type[Loader]] = {
    UploadKind.SITES: SiteLoader,
    UploadKind.PEOPLE: PeopleLoader,
    UploadKind.EVIDENCE: EvidenceLoader,
    UploadKind.HISTORY: HistoryLoader,
}


def kind_of(name: str) -> Kind:
    return LOADERS[name].kind


@use_case
def stage_upload(*, study: Study, kind: str, file_name: str, content: bytes, by: User, at: datetime) -> Upload:
    """Reads a file and keeps its rows as texts for a day. Nothing else is written.

    Raises:
        BadInput: it is no table of this kind; the sentence says why.
    """
    if kind not in LOADERS:
        raise BadInput("KIND", "Choose what the table holds.", fields={"kind": "Choose what the table holds."})
    try:
        table = read_table(content, file_name)
    except UnreadableTable as error:
        raise BadInput("UNREADABLE", str(error), fields={"file": str(error)}) from error
    return Upload.objects.create(
        sponsor_id=study.sponsor_id, study=study, kind=kind, file_name=file_name[:200],
        payload_sha256=hashlib.sha256(content).hexdigest(), content=_packed(table), uploaded_by=by, uploaded_at=at,
        expires_at=at + KEPT_FOR,
    )  # fmt: skip


def prepare(upload: Upload, *, by: User, at: datetime) -> Loader:
    """The loader of this upload with its plan against the records as they are now."""
    maker = LOADERS[upload.kind]
    reading = read_lines(_unpacked(upload.content), maker.kind)
    study = Study.objects.select_related("scope").get(pk=upload.study_id)
    loader = maker(study=study, reading=reading, file_name=upload.file_name, by=by, at=at)
    loader.prepare()
    return loader


@use_case
def apply_upload(*, upload: Upload, by: User, at: datetime) -> Loader:
    """Writes what the table says, all of it in one transaction, planned anew on the records as they are then.

    Raises:
        Refusal: something in the table is wrong; nothing was written.
    """
    Study.objects.locked(upload.study_id)  # two tables for one study are applied one after the other
    waiting = Upload.objects.select_for_update().filter(pk=upload.pk, uploaded_by=by, expires_at__gt=at).first()
    if waiting is None:
        raise Refusal("NOT_WAITING", "This table was applied, discarded or has waited too long: upload it again.")
    loader = prepare(waiting, by=by, at=at)
    if loader.plan.errors:
        raise Refusal("ERRORS", "Something in the table is wrong: nothing was applied.")
    loader.write()
    waiting.delete()
    return loader


@use_case
def discard_upload(*, upload: Upload, by: User) -> None:
    """Forgets an uploaded table."""
    Upload.objects.filter(pk=upload.pk, uploaded_by=by).delete()


@use_case
def drop_expired(*, at: datetime) -> int:
    """Forgets the tables that have waited too long; how many."""
    dropped, _ = Upload.objects.filter(expires_at__lte=at).delete()
    return dropped


def _packed(table: Table) -> dict[str, object]:
    return {
        "headings": list(table.headings),
        "rows": [[row.number, *row.cells] for row in table.rows],
        "errors": [asdict(error) for error in table.errors],
    }


def _unpacked(content: dict[str, Any]) -> Table:
    rows = [Row(number, tuple(cells)) for number, *cells in content["rows"]]
    return Table(tuple(content["headings"]), rows, [CellError(**error) for error in content["errors"]])
