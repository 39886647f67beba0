"""A use case is all or nothing, speaks in refusals, and knows who acts."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from audit.models import AccessEvent
from ctms.accounts.models import Curriculum, Organisation
from ctms.core.acting import NobodyActs
from ctms.core.refusals import BadInput, Conflict, Refusal
from ctms.core.use_case import use_case
from tests.conftest import act, person
from tests.factories import make

pytestmark = pytest.mark.django_db


def writing(then: Callable[[], None]) -> Callable[..., None]:
    @use_case
    def service(*, by: object) -> None:
        make(Organisation, kind="VENDOR", name="Half done")
        then()

    return service


def raising(error: Exception) -> Callable[[], None]:
    def then() -> None:
        raise error

    return then


@pytest.mark.parametrize("recorded", [True, False])
def test_a_refusal_undoes_everything_but_its_own_record(north, petra, recorded):
    before = AccessEvent.objects.count()
    with act(petra), pytest.raises(Refusal):
        writing(raising(Refusal("NO", "Not like this.", recorded=recorded)))(by=petra)
    assert not Organisation.objects.filter(name="Half done").exists()
    assert AccessEvent.objects.count() == before + recorded


def test_what_validation_objects_to_is_named_by_field(north, petra):
    error = ValidationError({"name": ["Too short.", "Too plain."], "__all__": ["No."]})
    with act(petra), pytest.raises(BadInput) as refusal:
        writing(raising(error))(by=petra)
    assert (refusal.value.message, refusal.value.fields) == ("No.", {"name": "Too short. Too plain."})
    assert not Organisation.objects.filter(name="Half done").exists()


def test_what_only_the_database_saw_has_words_too(north, petra):
    with act(petra), pytest.raises(Conflict, match="exists already"):
        writing(lambda: make(Organisation, kind="VENDOR", name="Half done"))(by=petra)
    assert not Organisation.objects.filter(name="Half done").exists()


def test_somebody_faster_is_no_error_of_ours(north, petra):
    said = {"role": "CTA", "number": 77}
    with act(petra), pytest.raises(Conflict, match="a moment ago"):
        writing(lambda: [make(Curriculum, **said), make(Curriculum, **said)])(by=petra)
    assert not Curriculum.objects.filter(number=77).exists()


def test_nobody_acts_in_anothers_name(north, petra):
    with act(person("mara")), pytest.raises(NobodyActs, match="inside an act of Mara"):
        writing(lambda: None)(by=petra)
    with pytest.raises(NobodyActs, match="No act is open"):
        writing(lambda: None)(by=petra)
    assert not Organisation.objects.filter(name="Half done").exists()
