"""What intruders and the hasty try with tables, migrations and merges: refused, and nothing changes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from ctms.accounts.models import Sponsor
from ctms.core.acting import Channel, acting, in_sponsor
from ctms.core.refusals import Refusal
from ctms.studies.models import Study, StudyCountry
from ctms.web.uploads import LARGEST
from sites.models import Facility, MigrationLine, Site, Upload
from sites.services import golive, uploads
from sites.services.import_sites import SiteLoader
from tests.accounts.test_isolation import written
from tests.conftest import act, signed_in
from tests.factories import make
from tests.sites.test_imports import NEW, SITES, staged

pytestmark = pytest.mark.django_db
STUDY = "/in/north/s/D3460C00002/"
IMPORT = f"{STUDY}import/"
TABLE = ";".join(SITES).encode() + b"\nAT-801;Austria;Graz;LKH Graz;8036\n"


def sent(client: Client, content: bytes = TABLE, kind: str = "sites") -> Any:
    return client.post(IMPORT, {"kind": kind, "file": SimpleUploadedFile("own.csv", content)})


def test_too_large_or_no_form_at_all_is_refused_before_it_is_kept(north, monkeypatch):
    client = signed_in("mara")
    client.raise_request_exception = False
    read: list[int] = []
    monkeypatch.setattr("ctms.web.uploads.BoundedUpload.receive_data_chunk", lambda self, data, start: read.append(1))
    assert sent(client, b"x" * LARGEST).status_code == 400
    assert read == []
    assert client.post(IMPORT, b'{"kind": "sites"}', content_type="application/json").status_code == 422
    assert client.post(IMPORT, {"kind": "sites", "file": "own.csv"}).status_code == 422
    assert client.post(IMPORT, b"--x\r\nrubbish", content_type="multipart/form-data; boundary=x").status_code in (
        400,
        422,
    )
    assert sent(client, kind="nothing").status_code == 422
    assert not Upload.objects.exists()


def test_an_upload_is_its_owners_and_its_studys_alone(north, mara, petra, now):
    upload = staged(mara, now, "sites", SITES, NEW)
    with act(petra):
        other = make(Study)
    before = written()
    theirs, elsewhere = f"{IMPORT}{upload.pk}/", f"/in/north/s/{other.slug}/import/{upload.pk}/"
    for name, address in (("petra", theirs), ("petra", elsewhere), ("otto", theirs), ("ines", theirs)):
        client = signed_in(name)
        for answer in (client.get(address), client.post(address), client.get(f"{address}errors/"),
                       client.post(f"{address}discard/")):  # fmt: skip
            assert answer.status_code == 404, (name, address)
    assert (written(), Upload.objects.count()) == (before, 1)


def test_an_applied_table_is_gone(north):
    client = signed_in("mara")
    preview = sent(client)["Location"]
    assert client.post(preview).status_code == 302
    before = written()
    assert client.post(preview).status_code == 404
    assert written() == before


def test_a_number_that_was_taken_in_the_same_moment_is_a_sentence(north, mara, now, monkeypatch):
    seen = SiteLoader.begin

    def late(self: SiteLoader) -> None:
        """As if the site were made after the records were read."""
        seen(self)
        self.sites.clear()

    upload = staged(mara, now, "sites", SITES, [*NEW, ("AT-001", "Austria", "Graz", "", "")])
    monkeypatch.setattr(SiteLoader, "begin", late)
    with (
        acting(mara, reason="Table", channel=Channel.IMPORT),
        pytest.raises(Refusal, match="a site with this number already"),
    ):
        uploads.apply_upload(upload=upload, by=mara, at=now)
    assert not Site.objects.filter(number="AT-801").exists()


def test_keys_of_another_study_or_sponsor_do_not_fit(north, south, petra, now):
    with act(petra):
        batch = golive.draft_migration(study=Study.objects.get(), source="Old system", by=petra, at=now)
        study = make(Study)
        far = make(Site, study=study, country=make(StudyCountry, study=study, country="NO", scope__parent=study.scope))
        mine = make(Facility)
    with in_sponsor(south.pk):
        theirs, site = Facility.objects.first(), Site.objects.first()
    client, line = (
        signed_in("petra"),
        {"kind": "OPERATIONAL", "status": "SELECTED", "since": "2023-01-01", "proof": "x"},
    )
    for key in (far.pk, site.pk):
        assert client.post(f"{STUDY}go-live/{batch.number}/lines/add/", {**line, "site": key}).status_code == 422
    assert not MigrationLine.objects.exists()
    merge = "/in/north/facilities/duplicates"
    assert client.get(f"{merge}/{mine.pk}/{theirs.pk}/").status_code == 404
    said = {"survivor": mine.pk, "reason": "Mine now"}
    assert client.post(f"{merge}/{mine.pk}/{theirs.pk}/", said).status_code == 404
    own = Facility.objects.exclude(pk=mine.pk).first()
    assert client.post(f"{merge}/{mine.pk}/{own.pk}/", {**said, "survivor": theirs.pk}).status_code == 422
    assert client.post(f"{merge}/{mine.pk}/{mine.pk}/", said).status_code == 422
    mine.refresh_from_db()
    assert mine.merged_into is None
    table = f"Site number;Name;Role\n{site.number}-x;A;PI\n{far.number};B;PI\n".encode()
    page = client.get(sent(client, table, "people")["Location"]).content.decode()
    assert page.count("The study has no site of this number that you can see.") == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_apply_one_table_at_once_one_does():
    preview, together = sent(signed_in("mara"))["Location"], Barrier(4)
    windows = [signed_in("mara") for _ in range(4)]

    def apply(client: Client) -> int:
        together.wait(30)
        status = client.post(preview).status_code
        together.wait(30)
        connection.close()
        return status

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(apply, windows))
    assert statuses[0] == 302
    assert set(statuses[1:]) <= {404, 409}
    with transaction.atomic(), in_sponsor(Sponsor.objects.get(code="north").pk):
        assert Site.objects.get(number="AT-801").status_events.count() == 1
