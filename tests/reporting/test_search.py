"""What the palette and the search page find."""

import pytest

from tests.conftest import signed_in

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
