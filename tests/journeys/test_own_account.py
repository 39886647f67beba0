"""Mara looks after her own account: an app for the second step, a code from the drawer, a lost laptop, a password."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.visitor import PHONE
from tests.seed import PASSWORD

NEW = "seven kites over the harbour"
PAGES = ("", "history/", "time-zone/", "password/", "second-step/", "second-step/off/", "recovery-codes/")


def app_shows(secret: str, *, ahead: int = 0) -> str:
    """What an authenticator app shows for this secret, or will after so many half minutes."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def gives(page: Page, username: str = "mara", password: str = PASSWORD) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def says(page: Page, code: str) -> None:
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.heavy
@pytest.mark.shows("03-5")
@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_the_pages_of_an_account_are_accessible_and_fit(visit, size):
    petra = visit("petra", **({"size": size, "has_touch": True, "is_mobile": True} if size else {}))
    for place in PAGES:
        petra.goes(f"/account/{place}")
        expect(petra.page.get_by_role("heading", level=1)).to_be_visible()
        assert petra.violations() == []
        assert petra.overflow() <= 0, place


@pytest.mark.heavy
@pytest.mark.shows("03-5")
def test_second_step_sessions_and_password(visit):
    laptop, desk = visit("mara"), visit("mara")
    page = desk.page
    page.get_by_role("button", name="Mara Lindqvist").click()
    page.get_by_role("link", name="Your account").click()

    page.get_by_role("link", name="Switch on").click()
    assert page.locator(".p-enrol__code svg").bounding_box()["width"] > 150
    secret = page.locator(".p-enrol .c-hash").inner_text().replace(" ", "")
    page.get_by_role("textbox", name="Code").fill(app_shows(secret))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("They are shown this once")).to_be_visible()
    assert desk.violations() == []
    codes = re.findall(r"\d{4} \d{4}", page.locator(".p-recovery__codes").inner_text())
    assert len(codes) == 10

    new_phone = visit()
    gives(new_phone.page)
    says(new_phone.page, "000000")
    expect(new_phone.page.get_by_role("alert")).to_contain_text("not correct")
    says(new_phone.page, app_shows(secret, ahead=1))
    new_phone.page.wait_for_url("**/in/north/**")
    no_phone = visit()
    gives(no_phone.page)
    says(no_phone.page, codes[0])
    no_phone.page.wait_for_url("**/in/north/**")

    desk.goes("/account/")
    expect(page.get_by_text("9 recovery codes are unused")).to_be_visible()
    rows = page.locator("#sessions tbody tr")
    expect(rows).to_have_count(4)
    for _ in range(3):  # the laptop's is the oldest
        rows.last.get_by_role("button", name="End").click()
        if laptop.goes("/in/north/").url.endswith("/sign-in/?next=/in/north/"):
            break
        desk.goes("/account/")
    expect(laptop.page.get_by_role("heading", name="Sign in")).to_be_visible()

    desk.goes("/account/password/")
    page.get_by_label("Password you have now").fill(PASSWORD)
    page.get_by_label("Code").fill(codes[1])
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password, again").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed.")).to_be_visible()
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    expect(page.get_by_text("Second step switched on").first).to_be_visible()
    assert no_phone.goes("/in/north/").url.endswith("/sign-in/?next=/in/north/")
    gives(no_phone.page, password=NEW)
    says(no_phone.page, codes[2])
    no_phone.page.wait_for_url("**/in/north/**")


def test_a_lock_has_words(visit):
    stranger = visit()
    for _ in range(5):
        gives(stranger.page, "lena", "guess")
        expect(stranger.page.get_by_role("alert")).to_contain_text("not correct")
    gives(stranger.page, "lena")
    expect(stranger.page.get_by_role("alert")).to_contain_text("locked for 15 minutes")
    assert stranger.violations() == []
