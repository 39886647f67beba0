"""A study made and changed by hand."""

from datetime import date
from typing import Any

import pytest

from ctms.accounts.models import Scope
from ctms.core.refusals import BadInput, NotAllowed
from ctms.core.versions import Stale, version_of
from ctms.studies.models import Programme, Study
from ctms.studies.services import design, studies
from tests.conftest import act, person

pytestmark = pytest.mark.django_db


def made(by: Any, sponsor: Any, **fields: Any) -> Study:
    with act(by):
        return studies.create_study(
            sponsor=sponsor, fields={"protocol_no": "NEW 1/2", "title": "A new study", **fields}, by=by
        )


def test_a_new_study_has_its_place_in_the_tree(north, petra):
    study = made(petra, north, start="2024-09")
    assert (study.slug, study.scope.parent.path, study.scope.label) == ("NEW-1-2", "/", "NEW 1/2")
    assert Study.objects.visible_to(petra).filter(pk=study.pk).exists()
    assert not Study.objects.visible_to(person("mara")).filter(pk=study.pk).exists()


def test_only_who_works_for_the_whole_sponsor_makes_studies(north, mara):
    before = (Study.objects.count(), Scope.objects.count())
    with pytest.raises(NotAllowed):
        made(mara, north)
    assert (Study.objects.count(), Scope.objects.count()) == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"protocol_no": "D3460C00002"}, "slug"),
        ({"title": ""}, "title"),
        ({"start": "2024-09", "completion": "2024-08"}, "completion"),
        ({"masking": "BLIND"}, "masking"),
    ],
)
def test_what_cannot_be_is_refused(north, petra, fields, field):
    before = (Study.objects.count(), Scope.objects.count())
    with pytest.raises(BadInput) as error:
        made(petra, north, **fields)
    assert field in error.value.fields or "exists already" in error.value.message
    assert (Study.objects.count(), Scope.objects.count()) == before


def test_a_new_protocol_number_renames_its_place(north, petra):
    study = made(petra, north)
    with act(petra):
        studies.edit_study(
            study=study, changes={"protocol_no": "NEW-2"}, new_programme="PRG", version=version_of(study), by=petra
        )
    study = Study.objects.select_related("scope").get(pk=study.pk)
    assert (study.slug, study.scope.label, study.programme) == ("NEW-2", "NEW-2", Programme.objects.get(code="PRG"))


def test_countries_arms_and_protocols(north, petra):
    study = made(petra, north)
    with act(petra):
        country = studies.add_country(study=study, country="SE", by=petra)
        with pytest.raises(BadInput, match="already"):
            studies.add_country(study=study, country="SE", by=petra)
        with pytest.raises(BadInput):
            studies.add_country(study=study, country="QQ", by=petra)
        arm = design.add_arm(study=study, fields={"label": "Drug", "kind": "", "description": ""}, by=petra)
        version = design.add_protocol_version(study=study, fields={"version": "1.0"}, by=petra)
        said = {"scope": country.scope, "effective_on": date(2024, 2, 1)}
        effect = design.add_effect(protocol_version=version, fields=said, by=petra)
        with pytest.raises(BadInput, match="country or a site of this study"):
            design.add_effect(protocol_version=version, fields=said | {"scope": study.scope}, by=petra)
        read = version_of(arm)
        design.edit_arm(arm=arm, changes={"label": "Drug 5 mg"}, version=read, by=petra)
        with pytest.raises(Stale):
            design.edit_arm(arm=arm, changes={"label": "Drug 10 mg"}, version=read, by=petra)
    arm.refresh_from_db()
    assert (arm.label, arm.position, str(effect)) == ("Drug 5 mg", 1, "1.0 from 2024-02-01")
    assert [str(one) for one in study.studycountry_set.all()] == ["Sweden"]
