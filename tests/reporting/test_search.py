"""What the palette and the search page find."""

import pytest

from ctms.core.acting import Channel, Service, acting
from enrollment.models import Subject
from finance.models import Agreement, PaymentRun
from monitoring.models import Deviation, FollowUpItem
from sites.models import Person, Site
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


@pytest.mark.parametrize("model", [Subject, Deviation, FollowUpItem, PaymentRun, Agreement])
def test_records_are_found_by_number_by_who_sees_them_alone(north, model):
    with acting(Service("Feed of a test"), reason="Something to look for", channel=Channel.FEED):
        one = model.objects.first() or make(model, site=Site.objects.get(number="DE-004"))

    def hits(who):
        groups = signed_in(who).get("/in/north/search/", {"q": str(one)}).context["groups"]
        return [hit for group in groups for hit in group["items"] if hit.label == str(one)]

    (hit,) = hits("petra")
    assert str(one) in signed_in("petra").get(hit.url).content.decode()
    assert not hits("ada")


def test_pages_are_found_by_name_and_people_with_where_they_work(north, django_assert_max_num_queries):
    petras = signed_in("petra")
    with django_assert_max_num_queries(20):
        (group,) = petras.get("/in/north/search/", {"q": "reconcil"}).context["groups"]
    assert [hit.url for hit in group["items"]] == ["/in/north/s/D3460C00002/reconciliation/"]
    one = Person.objects.filter(engagements__ends_on=None, engagements__voided=False).first()
    assert one is not None
    (group,) = petras.get("/in/north/search/", {"q": one.name}).context["groups"]
    assert any(one.engagements.first().site.number in hit.sub for hit in group["items"])
