"""What is typed into forms: reasons that say something, and no text that is not what it looks like."""

import pytest

from audit.queries import record_trail
from sites.models import Person, Site
from tests.conftest import person, signed_in

pytestmark = pytest.mark.django_db
SITE = "/in/north/s/D3460C00002/site/HU-003/"
_BLANK = [".", "...", "-", "\u2800"]
_HIDDEN = ["a\u200bb", "\u202eelpoep", "a\x01b", "a\u2066b", "\ufeffa"]


@pytest.fixture
def site(north) -> Site:
    return Site.objects.get(number="HU-003")


@pytest.mark.parametrize("reason", [*_BLANK, *_HIDDEN])
def test_a_reason_that_says_nothing_is_asked_for_again(site, reason):
    before = record_trail(site, person("petra"))
    answer = signed_in("petra").post(f"{SITE}people/", {"name": "Dr. New", "role": "OTHER", "reason": reason})
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert not Person.objects.filter(name="Dr. New").exists()
    assert record_trail(site, person("petra")) == before


@pytest.mark.parametrize("name", _HIDDEN)
def test_a_name_is_what_it_looks_like(site, name):
    answer = signed_in("petra").post(f"{SITE}people/", {"name": name, "role": "OTHER", "reason": "Delegation log"})
    assert answer.status_code == 422
    assert "name" in answer.context["form"].errors


@pytest.mark.parametrize(
    "reason", ["Grund", "\u7406\u7531", "\u05e1\u05d9\u05d1\u05d4 \u200f(1)", "\u0915\u094d\u200d\u0937"]
)
def test_a_reason_in_any_script_will_do(site, reason):
    answer = signed_in("petra").post(f"{SITE}people/", {"name": "Dr. New", "role": "OTHER", "reason": reason})
    assert answer.status_code == 302
