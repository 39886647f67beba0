"""Coming in, staying, and being sent away."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from audit.models import AccessEvent
from ctms.accounts.models import User
from ctms.accounts.services.passwords import set_password
from ctms.core.acting import in_sponsor
from tests.conftest import act, person, signed_in
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1")]
INSIDE = "/in/north/work/"


def events(sponsor) -> list[tuple[str, str]]:
    with in_sponsor(sponsor.pk):
        return list(AccessEvent.objects.order_by("id").values_list("kind", "actor_name"))


def test_name_and_password_lead_to_the_home_of_ones_role_and_are_on_record(north):
    browser = Client()
    answer = browser.post("/sign-in/", {"username": " Mara ", "password": PASSWORD}, follow=True)
    assert [address for address, _ in answer.redirect_chain] == ["/", "/in/north/", "/in/north/s/D3460C00002/"]
    assert events(north)[-1] == ("SIGNED_IN", "Mara Lindqvist")
    browser.post("/sign-out/")
    assert events(north)[-1] == ("SIGNED_OUT", "Mara Lindqvist")
    assert browser.get(INSIDE).url.startswith("/sign-in/")


@pytest.mark.parametrize(
    "said", [{"username": "mara", "password": "wrong"}, {"username": "nobody\0", "password": PASSWORD}, {}]
)
def test_a_failure_does_not_tell_what_was_wrong(db, said):
    browser = Client()
    answer = browser.post("/sign-in/", said)
    assert answer.status_code == 200
    assert "_auth_user_id" not in browser.session
    words = answer.content.decode()
    assert ("correct" in words) == bool(said.get("username") == "mara")
    failed = AccessEvent.objects.filter(kind="SIGN_IN_FAILED").last()
    assert (failed is not None) == (said.get("username") == "mara")  # the others were no name or no password
    assert failed is None or (failed.sponsor_id, failed.subject, set(failed.detail)) == (None, "mara", {"from"})


def test_where_one_was_going_is_kept_unless_it_is_elsewhere(db):
    elsewhere = ("https://example.org/", "//example.org/", "portfolio", "ctms.accounts.views.home")
    for wanted, target in (("/in/north/audit/", "/in/north/audit/"), *((address, "/") for address in elsewhere)):
        answer = Client().post("/sign-in/", {"username": "mara", "password": PASSWORD, "next": wanted})
        assert answer.url == target


@pytest.mark.parametrize(("limit", "key"), [("SESSION_IDLE_LIMIT", "seen"), ("SESSION_ABSOLUTE_LIMIT", "began")])
def test_a_session_ends_by_idleness_and_by_age(north, limit, key):
    browser = signed_in("mara")
    assert browser.get(INSIDE).status_code == 200
    session = browser.session
    session[key] = time.time() - getattr(settings, limit).total_seconds() - 1
    session["seen"] = session["seen"] if key == "seen" else time.time()
    session.save()
    assert browser.get(INSIDE).url.startswith("/sign-in/")
    assert events(north)[-1] == ("SESSION_ENDED", "Mara Lindqvist")
    assert "You were signed out" in browser.get("/sign-in/").content.decode()


def test_deactivation_and_the_end_of_a_membership_count_with_the_next_request(north, now):
    mara, lena = signed_in("mara"), signed_in("lena")
    assert (mara.get(INSIDE).status_code, lena.get(INSIDE).status_code) == (200, 200)
    with act(person("ada")):
        User.objects.filter(username="mara").update(is_active=False)
        person("lena").memberships.update(ends_on=now.date() - timedelta(days=1))
    assert mara.get(INSIDE).url.startswith("/sign-in/")
    assert lena.get(INSIDE).status_code == 404


def test_a_password_that_changed_ends_the_sessions_begun_with_the_old_one(north):
    browser = signed_in("mara")
    with act(person("mara")):
        set_password(user=person("mara"), password="another long password", by=None)
    assert events(north)[-1] == ("PASSWORD_SET", "Mara Lindqvist")
    assert browser.get(INSIDE).url.startswith("/sign-in/")


@pytest.mark.parametrize("address", ["/in/north/s/a%00b/", "/in/no%00rth/", "/in/north/search/?q=a%00b"])
def test_what_no_text_holds_is_refused_at_the_door(db, address):
    assert signed_in("mara").get(address).status_code == 400


@pytest.mark.parametrize("address", [INSIDE, "/in/south/", "/in/north/facilities/?format=csv", "/sign-in/"])
def test_no_browser_keeps_a_page(north, address):
    assert "no-store" in signed_in("mara").get(address)["Cache-Control"]


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "latin-1"])
def test_a_request_that_claims_another_alphabet_is_read_as_ours(north, charset):
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    strict = Client(enforce_csrf_checks=True)
    assert strict.get("/sign-in/?q=%ff", CONTENT_TYPE=kind).status_code == 200
    assert strict.generic("POST", "/sign-in/", b"a=\xff", kind).status_code == 403
