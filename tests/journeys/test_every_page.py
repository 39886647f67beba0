"""Every page, as it stands: nothing in the console, nothing for axe, nothing too wide, nothing too heavy."""

import pytest

from ctms.accounts.models import Sponsor
from tests.accounts.addresses import filled, harvested
from tests.journeys.visitor import DESKTOP, PHONE

pytestmark = pytest.mark.shows("02-5")

MOST_NODES, MOST_BYTES = 2_500, 200_000
STYLE_GUIDE = "/style-guide/"
_FILES = {"site-history-pdf", "signature-pdf", "job-file", "import-template", "import-errors", "remittance-pdf",
          "remittance-csv", "run-erp", "trip-pdf", "letter-pdf"}  # fmt: skip


@pytest.fixture(scope="module")
def pages(django_db_setup, django_db_blocker) -> list[str]:
    """One address of every page that can be read, with North's own keys."""
    with django_db_blocker.unblock():
        from django.db import transaction

        with transaction.atomic():
            keys = harvested(Sponsor.objects.get(code="north"))
            return list(dict(entry for entry in filled("north", keys) if entry[0] not in _FILES).values())


def test_every_sixth_page_is_accessible_fits_desk_and_phone_and_is_light(visit, pages):
    assert looked_at(visit("petra"), pages[::6]) > 10


@pytest.mark.heavy
def test_every_page_is_accessible_fits_desk_and_phone_and_is_light(visit, pages):
    assert looked_at(visit("petra"), pages) > 60


def looked_at(visitor, pages: list[str]) -> int:
    """How many of the pages there are for this person; nothing is wrong with any of them."""
    seen = 0
    for address in pages:
        answer = visitor.page.goto(address)
        if answer is None or answer.status in (404, 405):  # a move that is not open from here, a form's target
            continue
        assert answer.status == 200, address
        seen += 1
        assert visitor.violations() == []
        assert visitor.nodes() <= MOST_NODES, address
        for width, height in (PHONE, DESKTOP):
            visitor.page.set_viewport_size({"width": width, "height": height})
            assert visitor.overflow() <= 0, (address, width)
    return seen


@pytest.mark.parametrize("address", ["/sign-in/", "/in/north/nowhere/", "/"])
def test_pages_before_and_beside_the_house(visit, address):
    visitor = visit()
    visitor.goes(address)
    assert visitor.violations() == []
    assert visitor.overflow() <= 0


@pytest.mark.parametrize(
    "options",
    [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"size": PHONE, "has_touch": True}],
    ids=["light", "dark", "phone"],
)
def test_the_style_guide_shows_every_component_accessibly(visit, options):
    visitor = visit(**{"size": DESKTOP} | options)
    visitor.goes(STYLE_GUIDE)
    assert visitor.violations() == []
    assert visitor.overflow() <= 0


@pytest.mark.parametrize("place", ["/in/north/s/D3460C00002/", "/in/north/s/D3460C00002/sites/"])
def test_a_first_load_stays_under_its_budget(visit, place):
    """Compressed bytes of everything but fonts, with nothing in the cache."""
    visitor = visit("petra")
    cookies = visitor.context.cookies()
    fresh = visit()
    fresh.context.add_cookies(cookies)
    loaded: dict[str, int] = {}
    kinds: dict[str, str] = {}
    wire = fresh.context.new_cdp_session(fresh.page)
    wire.send("Network.enable")
    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    wire.on("Network.loadingFinished", lambda event: loaded.update({event["requestId"]: event["encodedDataLength"]}))
    fresh.page.goto(place, wait_until="networkidle")
    weight = sum(size for request, size in loaded.items() if kinds.get(request) != "Font")
    assert len(loaded) > 3
    assert 10_000 < weight < MOST_BYTES, weight
