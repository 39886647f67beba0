"""What the palette and the search page find."""

import pytest

from sites.models import Person
from tests.conftest import act, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db
SEARCH = "/in/north/search/?q=US-0"
MORE = "More match"


def test_the_palette_cuts_a_long_answer_and_says_so_where_the_page_has_it_whole(north):
    petras = signed_in("petra")
    palette = petras.get(SEARCH, headers={"HX-Request": "true"}).content.decode()
    page = petras.get(SEARCH).content.decode()
    assert (palette.count("/site/US-"), MORE in palette) == (6, True)
    assert (page.count("/site/US-"), MORE in page) == (20, False)


def test_nothing_found_says_so(north):
    assert "Nothing found for “Atlantis”" in signed_in("petra").get("/in/north/search/?q=Atlantis").content.decode()


@pytest.mark.parametrize("name", ["Jo Ray & Kit Sol", "Nr. 1 #2", "A+B", "100% Ray"])
def test_a_person_leads_to_the_list_of_just_them(north, petra, name):
    with act(petra):
        make(Person, name=name)
    petras = signed_in("petra")
    (group,) = petras.get("/in/north/search/", {"q": name}).context["groups"]
    (hit,) = group["items"]
    listing = petras.get(hit.url).context["listing"]
    assert [row["cells"][0]["text"] for row in listing["rows"]] == [name]
