"""Tables of sites, people and facts: planned, refused by cell, applied as a whole, and idle the second time."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ctms.core.acting import Channel, acting
from ctms.core.refusals import BadInput, Refusal
from ctms.studies.models import Study, StudyCountry
from sites.models import Facility, Person, Site, SitePersonnel, SiteStatusEvent, Upload
from sites.services import uploads
from tests.accounts.test_isolation import written
from tests.conftest import person, signed_in
from tests.sites.importers.test_tables import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-3")]
SITES = ("Site number", "Country", "City", "Facility", "Postal code")
PEOPLE = ("Site number", "Name", "Role", "From", "Until")
FACTS = ("Site number", "Fact", "Day", "Proof")
NEW = [("AT-801", "Austria", "Graz", "LKH Graz", "8036"), ("AT-802", "AUT", "Wien", "", "1090")]


@pytest.fixture(autouse=True)
def _inside(north: Any) -> None:
    """Inside Sponsor North."""


def staged(by: Any, at: Any, kind: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Upload:
    text = "\r\n".join(";".join(row) for row in (headings, *rows))
    with acting(by, reason="Uploading", channel=Channel.WEB):
        return uploads.stage_upload(
            study=Study.objects.get(), kind=kind, file_name="own.csv", content=text.encode(), by=by, at=at
        )


def applied(by: Any, at: Any, kind: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    upload = staged(by, at, kind, headings, rows)
    with acting(by, reason="Table: own.csv", channel=Channel.IMPORT):
        return uploads.apply_upload(upload=upload, by=by, at=at).plan


def wrong(by: Any, at: Any, kind: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    """(row, column) of what is wrong; and that nothing can be applied."""
    upload = staged(by, at, kind, headings, rows)
    before = written()
    with acting(by, reason="Table: own.csv", channel=Channel.IMPORT), pytest.raises(Refusal, match="was applied"):
        uploads.apply_upload(upload=upload, by=by, at=at)
    assert written() == before
    return [(error.row, error.column) for error in uploads.prepare(upload, by=by, at=at).plan.errors]


class TestSites:
    def test_new_ones_are_made_and_the_second_time_nothing_happens(self, mara, now):
        plan = applied(mara, now, "sites", SITES, NEW)
        assert (plan.new, plan.changed, plan.unchanged) == (2, 0, 0)
        site = Site.objects.get(number="AT-801")
        assert (site.facility.name, site.facility.time_zone, site.country.country) == (
            "LKH Graz",
            "Europe/Vienna",
            "AT",
        )
        assert site.scope.label == "AT-801"
        (event,) = site.status_events.all()
        assert (event.to_status, event.recorded_by, event.reason) == ("IDENTIFIED", mara, "Listed in own.csv")
        rows = written()
        plan = applied(mara, now, "sites", SITES, NEW)
        assert (plan.new, plan.changed, plan.unchanged) == (0, 0, 2)
        assert written() == rows
        assert not Upload.objects.exists()

    def test_changes_are_said_field_by_field_and_empty_cells_change_nothing(self, mara, now):
        applied(mara, now, "sites", SITES, NEW)
        upload = staged(mara, now, "sites", SITES, [("AT-801", "AT", "Graz", "Klinik Graz", ""), NEW[1]])
        plan = uploads.prepare(upload, by=mara, at=now).plan
        (change,) = plan.changes
        assert (change.what, change.label, change.old, change.new) == ("AT-801", "Facility", "LKH Graz", "Klinik Graz")
        with acting(mara, reason="Table", channel=Channel.IMPORT):
            uploads.apply_upload(upload=upload, by=mara, at=now)
        assert Site.objects.get(number="AT-801").facility.postal_code == "8036"
        assert Facility.objects.filter(name="LKH Graz").exists()

    def test_a_country_that_is_new_comes_with_who_may_add_it(self, mara, now):
        idris = person("idris")
        assert wrong(idris, now, "sites", SITES, [("SE-1", "Sweden", "Lund", "", "")]) == [(2, "B (Country)")]
        upload = staged(mara, now, "sites", SITES, [("SE-1", "Sweden", "Lund", "", "")])
        assert uploads.prepare(upload, by=mara, at=now).plan.notes == [
            "These countries are added to the study: Sweden."
        ]
        applied(mara, now, "sites", SITES, [("SE-1", "Sweden", "Lund", "", "")])
        assert StudyCountry.objects.filter(country="SE").exists()

    def test_each_wrong_cell_is_named(self, mara, now):
        rows = [
            ("AT 803", "Austria", "Graz"),  # a blank
            ("AT-804", "Atlantis", "Graz"),  # no country
            ("AT-805", "Austria", ""),  # no city
            ("DE-001", "Austria", "Graz"),  # is in Germany
            ("AT-806", "Austria", "Graz"),
            ("at-806", "Austria", "Graz"),  # twice
        ]
        found = wrong(mara, now, "sites", SITES[:3], rows)
        assert found == [(2, "A (Site number)"), (3, "B (Country)"), (4, "C (City)"), (5, "B (Country)"),
                         (7, "A (Site number)")]  # fmt: skip
        assert wrong(mara, now, "sites", ("Site number", "City"), [("AT-1", "Graz")]) == [(1, "Country")]

    def test_a_monitor_brings_sites_of_their_countries_only(self, now):
        idris = person("idris")
        rows = [("AT-801", "AT", "Graz"), ("US-901", "US", "Mesa"), ("US-001", "US", "Mesa")]
        assert wrong(idris, now, "sites", SITES[:3], rows) == [(3, "B (Country)"), (4, "B (Country)")]
        assert applied(idris, now, "sites", SITES[:3], rows[:1]).new == 1


class TestPeople:
    def test_people_come_with_role_and_days_and_later_get_an_end(self, mara, now):
        applied(mara, now, "sites", SITES, NEW)
        rows = [
            ("AT-801", "Anna Gruber", "PI", "2024-01-15", ""),
            ("AT-802", "Anna Gruber", "Sub-investigator", "", ""),
        ]
        assert applied(mara, now, "people", PEOPLE, rows).new == 2
        assert Person.objects.filter(name="Anna Gruber").count() == 1
        history = written()
        assert applied(mara, now, "people", PEOPLE, rows).is_idle
        assert written() == history
        rows[0] = ("AT-801", "Anna Gruber", "PI", "", "1 Mar 2024")
        plan = applied(mara, now, "people", PEOPLE, rows)
        assert (plan.new, plan.changed, plan.unchanged) == (0, 1, 1)
        one = SitePersonnel.objects.get(site__number="AT-801")
        assert (one.starts_on, one.ends_on) == (date(2024, 1, 15), date(2024, 3, 1))

    def test_what_cannot_be_is_named(self, mara, now):
        applied(mara, now, "sites", SITES, NEW)
        rows = [
            ("AT-801", "A", "PI", "", ""), ("AT-801", "B", "PI", "", ""),  # two at once
            ("AT-802", "C", "Nurse", "", ""), ("AT-802", "D", "PI", "2024-02-01", "2024-01-01"),
            ("AT-999", "E", "PI", "", ""), ("AT-802", "F", "PI", "03/04/2024", ""),
        ]  # fmt: skip
        assert wrong(mara, now, "people", PEOPLE, rows) == [
            (2, "C (Role)"), (3, "C (Role)"), (4, "C (Role)"), (5, "E (Until)"), (6, "A (Site number)"),
            (7, "D (From)"),
        ]  # fmt: skip


class TestFacts:
    def test_facts_open_moves_and_replace_older_ones(self, mara, now):
        applied(mara, now, "sites", SITES, NEW)
        rows = [("AT-801", "Confidentiality agreement fully executed", "2024-02-01", "eTMF 1")]
        assert applied(mara, now, "evidence", FACTS, rows).new == 1
        assert applied(mara, now, "evidence", FACTS, rows).is_idle
        rows = [("AT-801", "CDA_EXE", "2 Feb 2024", "eTMF 1")]
        assert applied(mara, now, "evidence", FACTS, rows).changed == 1
        assert Site.objects.get(number="AT-801").facts == {"CDA_EXE": date(2024, 2, 2)}
        rows = [("AT-801", "SIV", "2031-01-01", "x"), ("AT-801", "SIV!", "", "")]
        assert wrong(mara, now, "evidence", FACTS, rows) == [
            (2, "C (Day)"), (3, "C (Day)"), (3, "D (Proof)"),
        ]  # fmt: skip


def test_a_table_waits_a_day_for_its_owner_alone(mara, petra, now):
    upload = staged(mara, now, "sites", SITES, NEW)
    for by, at in ((petra, now), (mara, now + timedelta(hours=25))):
        with acting(by, reason="Table", channel=Channel.IMPORT), pytest.raises(Refusal, match="upload it again"):
            uploads.apply_upload(upload=upload, by=by, at=at)
    with acting(mara, reason="Nightly", channel=Channel.TASK):
        assert uploads.drop_expired(at=now) == 0
        assert uploads.drop_expired(at=now + timedelta(hours=25)) == 1
    assert not Site.objects.filter(number="AT-801").exists()


def test_no_table_no_upload(mara, now):
    with acting(mara, reason="Uploading", channel=Channel.WEB), pytest.raises(BadInput, match="neither"):
        uploads.stage_upload(
            study=Study.objects.get(), kind="sites", file_name="x.pdf", content=b"%PDF", by=mara, at=now
        )
    assert not Upload.objects.exists()


def test_over_the_pages(now):
    client, base = signed_in("mara"), "/in/north/s/D3460C00002/import/"
    table = workbook(list(SITES), ["AT-803", "Austria", "Graz", "=x", "8010"], ["AT-804", "Nowhere", "Graz", "", ""])
    file = SimpleUploadedFile("own.xlsx", table)
    answer = client.post(base, {"kind": "sites", "file": file})
    preview = answer["Location"]
    page = client.get(preview).content.decode()
    assert "D (Facility)" in page
    assert "There is no country of this name or ISO code." in page
    errors = client.get(f"{preview}errors/").content.decode("utf-8-sig")
    assert errors.splitlines()[1:] == [
        "2,D (Facility),'=x,This is a formula. Put its result there: nothing in a file is computed.",
        "3,B (Country),Nowhere,There is no country of this name or ISO code.",
    ]
    before = Site.objects.count()
    assert client.post(preview).status_code == 409
    assert Site.objects.count() == before
    assert client.post(f"{preview}discard/").status_code == 302
    assert client.get(preview).status_code == 404
    template = client.get(f"{base}template/people/")
    answer = client.post(base, {"kind": "people", "file": SimpleUploadedFile("t.xlsx", template.content)})
    assert "no rows below its headings" in answer.content.decode()
    file = SimpleUploadedFile("own.xlsx", workbook(list(SITES), ["AT-803", "Austria", "Graz", "LKH", "8010"]))
    preview = client.post(base, {"kind": "sites", "file": file})["Location"]
    page = client.post(preview, follow=True).content.decode()
    assert "own.xlsx: 1 new, 0 changed, 0 unchanged sites." in page
    assert SiteStatusEvent.objects.filter(site__number="AT-803").count() == 1
    assert signed_in("ines").get(base).status_code == 404
