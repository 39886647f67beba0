"""Places in the scope tree: one of these, below, or above; and none where none is named."""

import pytest

from ctms.accounts.models import Scope
from ctms.studies.models import Study
from sites.models import Site
from tests.conftest import act, person
from tests.factories import make

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1")]


def test_within_and_touching(north):
    study = Study.objects.get()
    germany = Scope.objects.get(label="Germany")
    below = set(Scope.objects.filter(path__within=(germany.path,)))
    assert below == {scope for scope in Scope.objects.all() if germany.contains(scope)}
    touching = set(Scope.objects.filter(path__touching=(germany.path,)))
    assert touching == below | {study.scope, Scope.objects.get(path=Scope.ROOT)}
    for paths in ((), set(), []):
        assert not Scope.objects.filter(path__within=paths).exists()
        assert not Scope.objects.filter(path__touching=paths).exists()


def test_of_a_study_each_sees_what_their_roles_show(north):
    study = Study.objects.get()
    with act(person("mara")):
        other = make(Study)
    for name in ("mara", "idris", "petra", "ada", "otto"):
        user = person(name)
        assert set(Site.objects.visible_in(study, user)) == set(Site.objects.visible_to(user).filter(study=study))
        assert not Site.objects.visible_in(other, user).exists()
