"""Facts about a site, and its people: added, replaced, withdrawn or ended, never changed away."""

from datetime import date, timedelta

import pytest

from ctms.core.refusals import BadInput, NotAllowed, Refusal
from sites.models import EvidenceCode, Person, PersonnelRole, Site, SiteEvidence, SitePersonnel
from sites.services import evidence, personnel
from tests.conftest import act, person

pytestmark = pytest.mark.django_db
CODE = EvidenceCode.CDA_EXE


@pytest.fixture
def site(north) -> Site:
    return Site.objects.filter(operational_status="IDENTIFIED").order_by("number").first()


def record(site, by, now, **said) -> SiteEvidence:
    asked = {"code": CODE, "occurred_on": date(2024, 1, 9), "reference": "eTMF 05.01.04"} | said
    with act(by):
        return evidence.record_evidence(site=site, by=by, at=now, **asked)


def facts(site: Site) -> dict:
    return Site.objects.get(pk=site.pk).facts


def test_a_newer_record_of_a_fact_replaces_the_older(site, petra, now):
    first = record(site, petra, now)
    second = record(site, petra, now, occurred_on=date(2024, 2, 1))
    assert second.replaces == first
    assert facts(site) == {CODE: date(2024, 2, 1)}
    with act(petra):
        evidence.withdraw_evidence(evidence=second, reason="Wrong site", by=petra, at=now)
    assert facts(site) == {}
    assert site.evidence.count() == 3


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"code": "NO_SUCH_FACT"}, "code"),
        ({"occurred_on": date(2031, 1, 1)}, "occurred_on"),
        ({"reference": "  "}, "reference"),
    ],
)
def test_unusable_evidence_is_refused_by_field(site, petra, now, said, field):
    with pytest.raises(BadInput) as error:
        record(site, petra, now, **said)
    assert list(error.value.fields) == [field]
    assert not site.evidence.exists()


def test_the_same_fact_is_not_recorded_twice(site, petra, now):
    record(site, petra, now)
    with pytest.raises(Refusal, match="on record already"):
        record(site, petra, now)
    assert site.evidence.count() == 1


def test_only_what_stands_can_be_withdrawn_and_only_with_a_reason(site, petra, now):
    first = record(site, petra, now)
    record(site, petra, now, occurred_on=date(2024, 2, 1))
    before = site.evidence.count()
    with act(petra), pytest.raises(Refusal, match="already"):
        evidence.withdraw_evidence(evidence=first, reason="No", by=petra, at=now)
    with act(petra), pytest.raises(BadInput):
        evidence.withdraw_evidence(evidence=first, reason=" ", by=petra, at=now)
    assert site.evidence.count() == before


def test_a_role_without_the_verb_records_nothing(site, now):
    with pytest.raises(NotAllowed):
        record(site, person("fumi"), now)
    assert not site.evidence.exists()


class TestPeople:
    def add(self, site, by, **said) -> SitePersonnel:
        asked = {"new_name": "Jo Ray", "role": PersonnelRole.PRINCIPAL_INVESTIGATOR, "starts_on": date(2024, 1, 8)}
        with act(by):
            return personnel.add_personnel(site=site, by=by, **asked | said)

    def test_one_principal_investigator_at_a_time(self, site, petra):
        first = self.add(site, petra)
        with pytest.raises(Refusal, match="Jo Ray is the principal investigator"):
            self.add(site, petra, new_name="Kit Sol")
        assert not Person.objects.filter(name="Kit Sol").exists()
        with act(petra):
            personnel.end_personnel(engagement=first, ends_on=date(2024, 2, 1), by=petra)
        self.add(site, petra, new_name="Kit Sol", starts_on=date(2024, 2, 2))
        assert site.personnel.count() == 2

    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "refused"),
        [(date(2024, 1, 20), date(2024, 1, 25), True), (date(2024, 1, 25), None, True),
         (None, date(2024, 1, 20), True), (date(2023, 1, 1), date(2024, 1, 8), False), (date(2024, 2, 1), None, False)],
    )  # fmt: skip
    def test_nor_on_days_that_are_over(self, site, petra, starts_on, ends_on, refused):
        self.add(site, petra, ends_on=date(2024, 2, 1))
        said = {"new_name": "Kit Sol", "starts_on": starts_on, "ends_on": ends_on}
        if refused:
            with pytest.raises(Refusal, match="until 1 Feb 2024"):
                self.add(site, petra, **said)
        else:
            self.add(site, petra, **said)
        assert site.personnel.count() == 2 - refused

    def test_what_ended_does_not_end_again(self, site, petra):
        one = self.add(site, petra, ends_on=date(2024, 2, 1))
        with act(petra), pytest.raises(Refusal, match="ended on 1 Feb 2024"):
            personnel.end_personnel(engagement=one, ends_on=date(2024, 3, 1), by=petra)
        one.refresh_from_db()
        assert one.ends_on == date(2024, 2, 1)

    def test_days_in_the_wrong_order_are_refused_by_field(self, site, petra):
        one = self.add(site, petra)
        with act(petra), pytest.raises(BadInput):
            personnel.end_personnel(engagement=one, ends_on=one.starts_on - timedelta(days=1), by=petra)
        one.refresh_from_db()
        assert one.ends_on is None

    def test_a_role_without_the_verb_adds_nobody(self, site):
        with pytest.raises(NotAllowed):
            self.add(site, person("ines"))
        assert not site.personnel.exists()
