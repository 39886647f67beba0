"""From another system's message to money, back from the amount to the message, and back again when it is corrected."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ctms.core.acting import on_simulated_day
from ctms.integrations.models import Format
from ctms.integrations.ports import Fact, Page, Probe
from ctms.integrations.services.connections import draft_mapping
from ctms.integrations.services.feeding import read_connection
from enrollment.models import Subject
from finance.models import FactKind, Payable
from finance.services.posting import post_payables
from sites.models import Site
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.finance.world import agreement, in_force
from tests.outside import connect, sign

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
S = "/in/north/s/D3460C00002/"
DAY = date(2024, 2, 1)


class Told:
    """An EDC that says what a test has it say."""

    def __init__(self) -> None:
        self.resources, self.facts, self.asked = (), [], 0

    def probe(self):
        return Probe("1", ())

    def pull(self, resource, cursor):
        if resource == "audits":
            self.asked += 1
            yield Page(tuple(self.facts), datetime(2024, 3, 11, 6, self.asked, tzinfo=UTC), f"{self.asked:064}", 4711)


@pytest.fixture
def paid_for(north, now):
    """A site with an agreement, and a reading of its EDC."""
    site = Site.objects.filter(agreements=None).select_related("study").order_by("number")[0]
    fees = [{"code": "VISIT", "item": ""}, {"code": "DOSE", "item": "TREATED", "trigger": FactKind.SUBJECT_MILESTONE}]
    agreement(site, now, fees=fees)
    told, edc = Told(), connect(Format.RWS)

    def read(*facts):
        told.facts = [Fact(key, what, version, now, site.number, "S1", event, "", day)
                      for key, what, event, day, version in facts]  # fmt: skip
        with on_simulated_day(now):
            runs = read_connection(edc, now=lambda: now, adapter=told)
        with act(person("fumi")):
            post_payables(study=site.study, at=now + timedelta(minutes=told.asked))
        return runs[-1], [(one.item, one.subject, one.net) for one in in_force(site.study) if one.site_id == site.pk]

    return edc, read


VISITS = (("K1", "SUBJECT", "", "", 1), ("K2", "VISIT", "V 2", str(DAY), 2), ("K4", "DAY", "EX.FDOSDT", str(DAY), 4))
ENTERED = ("K3", "FORM", "V 2", "", 3)


def test_a_message_becomes_money_and_the_amount_leads_back_to_the_message(paid_for):
    edc, read = paid_for
    _, due = read(*VISITS)
    assert due == [("DOSE", "S1", 1000)], "the visit took place and is not entered"
    run, due = read(ENTERED)
    assert sorted(due) == [("DOSE", "S1", 1000), ("VISIT", "S1", 1000)]
    payable = Payable.objects.get(item="VISIT", subject="S1")
    page = signed_in("mara").get(f"{S}payables/{payable.pk}/").content.decode()
    behind = (f"{edc}: visit took place", "Record K2, version 2", f"{edc}: data entered", "Record K3, version 3")
    for words in (*behind, f"run {run.pk} under version 1 of the mapping", "Visit V 2 of subject S1, done and entered"):
        assert words in page, words
    program = Program("mara")
    said = program.get(f"/api/v1/studies/D3460C00002/payables/{payable.pk}/").json()["messages"]
    assert [(one["key"], one["reply_sha256"]) for one in said] == [("K2", f"{1:064}"), ("K3", f"{2:064}")]
    subject = Subject.objects.get(number="S1")
    listed = program.get(f"/api/v1/studies/D3460C00002/subjects/{subject.pk}/messages/").json()["results"]
    assert {one["key"] for one in listed} == {"K1", "K2", "K3", "K4"}
    message = signed_in("mara").get(f"{S}subject/{subject.pk}/messages/{said[1]['id']}/").content.decode()
    for words in ("Data entered", "K3", f"{2:064}", "4.6", "Version 1, approved", "Mara Lindqvist"):
        assert words in message, words
    listed = signed_in("mara").get(f"{S}subject/{subject.pk}/messages/").content.decode()
    assert "K4" in listed
    assert "Day of a milestone: First dose" in listed, "what EX.FDOSDT means here"
    dose = Payable.objects.get(item="DOSE", subject="S1")
    assert "EX.FDOSDT" not in page
    assert "Record K4" in signed_in("mara").get(f"{S}payables/{dose.pk}/").content.decode()


def test_what_the_source_takes_back_is_reversed(paid_for):
    edc, read = paid_for
    read(*VISITS, ENTERED)
    first = list(Payable.objects.filter(subject="S1").values())
    _, due = read(("K2", "VISIT", "V 2", "", 5))  # undone there
    assert due == [("DOSE", "S1", 1000)]
    _, due = read(("K2", "VISIT", "V 2", str(DAY + timedelta(days=1)), 6))
    assert sorted(due) == [("DOSE", "S1", 1000), ("VISIT", "S1", 1000)]
    mara = person("mara")
    content = edc.mappings.get().content | {"visits": {"V 2": "V2"}}
    with act(mara):
        draft = draft_mapping(connection=edc, content=content, by=mara)
    sign(draft)
    _, due = read()  # the same visit under the name that the mapping gives it now: paid once
    assert sorted(due) == [("DOSE", "S1", 1000), ("VISIT", "S1", 1000)]
    rows = Payable.objects.filter(subject="S1", item="VISIT").order_by("id")
    assert [(one.revision, one.net, one.cause) for one in rows] == [
        (1, 1000, "EARNED"), (2, -1000, "GONE"), (3, 1000, "EARNED"), (4, -1000, "GONE"), (1, 1000, "EARNED"),
    ]  # fmt: skip
    assert list(Payable.objects.filter(pk__in=[one["id"] for one in first]).values()) == first, "nothing was edited"
