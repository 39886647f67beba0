"""Your account: password, second step, sessions, and what the operator does for it."""

import re
import time
from datetime import date, timedelta
from io import StringIO
from typing import ClassVar

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.management import call_command
from django.test import Client

from audit.models import AccessEvent
from ctms.accounts import second_step
from ctms.accounts.apps import two_step_roles_exist
from ctms.accounts.models import Assignment, Organisation, Session, User, WrongSecrets
from ctms.accounts.roles import Role
from ctms.accounts.services.grants import assign_role
from ctms.accounts.services.second_steps import switch_on
from ctms.accounts.services.sessions import drop_ended
from ctms.core.acting import in_sponsor
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-300d-1")]
NEW = "a river of nine lanterns"


def code_of(secret: str, *, ahead: int = 0) -> str:
    """What an app shows for this secret, or will after so many half minutes."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + ahead))


def with_second_step(user: User, at) -> tuple[str, list[str]]:
    secret = second_step.new_secret()
    with act(user):
        said = {"password": PASSWORD, "code": code_of(secret), "at": at, "address": ""}
        return secret, switch_on(secret=secret, by=user, **said)


def half_way(username: str = "mara") -> Client:
    browser = Client()
    answer = browser.post("/sign-in/", {"username": username, "password": PASSWORD, "next": "/in/north/audit/"})
    assert answer.url == "/sign-in/code/?next=%2Fin%2Fnorth%2Faudit%2F"
    assert browser.get("/in/north/work/").status_code == 302
    return browser


def events(sponsor, kind: str) -> int:
    with in_sponsor(sponsor.pk):
        return AccessEvent.objects.filter(kind=kind).count()


class TestSecondStep:
    def test_a_code_of_the_app_counts_once(self, north, mara, now):
        secret, _ = with_second_step(mara, now)
        browser, code = half_way(), code_of(secret, ahead=1)
        answer = browser.post("/sign-in/code/?next=/in/north/audit/", {"code": f"{code[:3]} {code[3:]}"})
        assert answer.url == "/in/north/audit/"
        assert browser.get("/in/north/work/").status_code == 200
        again = half_way()
        assert "not correct" in again.post("/sign-in/code/", {"code": code}).content.decode()
        assert again.get("/in/north/work/").status_code == 302

    def test_a_recovery_code_signs_in_once(self, north, mara, now):
        _, codes = with_second_step(mara, now)
        assert (len(codes), second_step.codes_left(mara)) == (10, 10)
        assert half_way().post("/sign-in/code/", {"code": codes[3]}).status_code == 302
        assert half_way().post("/sign-in/code/", {"code": codes[3]}).status_code == 200
        assert second_step.codes_left(mara) == 9
        assert events(north, "RECOVERY_CODE_USED") == 1

    def test_wrong_codes_lock_as_wrong_passwords_do(self, north, mara, now):
        with_second_step(mara, now)
        browser = half_way()
        for _ in range(5):
            browser.post("/sign-in/code/", {"code": "000000"})
            half_way() if not WrongSecrets.objects.latest(
                "changed_at"
            ).locked_until else None  # the password alone clears nothing
        assert events(north, "LOCKED") == 1
        assert "Too many" in browser.post("/sign-in/code/", {"code": "000000"}).content.decode()

    def test_the_way_from_password_to_code_is_short_and_for_this_password(self, north, mara, now):
        with_second_step(mara, now)
        late, changed = half_way(), half_way()
        session = late.session
        session["half_way"] = session["half_way"] | {"at": time.time() - 301}
        session.save()
        assert late.get("/sign-in/code/").url == "/sign-in/"
        with act(mara):
            User.objects.filter(pk=mara.pk).update(password="!")
        assert changed.get("/sign-in/code/").url == "/sign-in/"
        assert Client().get("/sign-in/code/").url == "/sign-in/"

    def test_it_is_switched_on_by_a_code_and_off_by_both_secrets(self, north, mara):
        browser = signed_in("mara")
        page = browser.get("/account/second-step/").content.decode()
        secret = re.search(r'c-hash">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        assert "<svg" in page
        wrong = browser.post("/account/second-step/", {"password": PASSWORD, "code": "000000"})
        assert (wrong.status_code, second_step.is_on(mara)) == (422, False)
        right = browser.post("/account/second-step/", {"password": PASSWORD, "code": code_of(secret)})
        codes = re.findall(r"\d{4} \d{4}", right.content.decode())
        assert (len(codes), events(north, "TWO_STEP_ON")) == (10, 1)
        assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
        assert browser.post("/account/second-step/off/", {"password": "wrong", "code": codes[0]}).status_code == 422
        assert second_step.is_on(mara)
        assert browser.post("/account/second-step/off/", {"password": PASSWORD, "code": codes[0]}).status_code == 302
        assert not Authenticator.objects.exists()

    def test_new_recovery_codes_end_the_old_ones(self, north, mara, now):
        secret, old = with_second_step(mara, now)
        browser = signed_in("mara")
        answer = browser.post("/account/recovery-codes/", {"password": PASSWORD, "code": code_of(secret, ahead=1)})
        assert len(re.findall(r"\d{4} \d{4}", answer.content.decode())) == 10
        assert "once" in answer.content.decode()
        assert half_way().post("/sign-in/code/", {"code": old[0]}).status_code == 200

    def test_a_role_may_demand_it(self, north, settings):
        settings.TWO_STEP_ROLES = ("ADMINISTRATOR",)
        browser = Client()
        browser.post("/sign-in/", {"username": "ada", "password": PASSWORD})
        assert browser.get("/in/north/work/").url == "/account/second-step/"
        page = browser.get("/account/second-step/").content.decode()
        secret = re.search(r'c-hash">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        browser.post("/account/second-step/", {"password": PASSWORD, "code": code_of(secret)})
        assert browser.get("/in/north/work/").status_code == 200
        off = browser.post("/account/second-step/off/", {"password": PASSWORD, "code": code_of(secret, ahead=1)})
        assert (off.status_code, second_step.is_on(person("ada"))) == (409, True)
        settings.TWO_STEP_ROLES = ("ADMIN",)
        assert [error.msg for error in two_step_roles_exist()] == ["CTMS_TWO_STEP_ROLES names no role of ours: ADMIN."]
        other = Client()
        other.post("/sign-in/", {"username": "mara", "password": PASSWORD})
        assert other.get("/in/north/work/").status_code == 200

    @pytest.mark.parametrize("trained", [True, False])
    def test_a_role_demands_it_also_of_who_got_it_after_signing_in(self, north, settings, trained):
        browser, tom = signed_in("tom"), person("tom")  # holds a role that waits for its training
        settings.TWO_STEP_ROLES = ("INSPECTOR",) if trained else ("CTA",)
        assert second_step.is_demanded(tom) is not trained
        if trained:
            with act(person("ada")):
                study = Assignment.objects.get(user=tom).scope
                assign_role(user=tom, role=Role.INSPECTOR, scope=study, starts_on=date(2024, 1, 1), by=person("ada"))
        for address in ("/in/north/", "/in/north/training/"):
            assert browser.get(address).url == "/account/second-step/"


class TestPassword:
    def change(self, browser: Client, **said: str):
        return browser.post("/account/password/", {"password": PASSWORD, "new_password": NEW, "again": NEW} | said)

    def test_changing_it_ends_all_other_sessions(self, north, mara):
        here, there = signed_in("mara"), signed_in("mara")
        assert self.change(here).status_code == 302
        assert here.get("/in/north/work/").status_code == 200
        assert there.get("/in/north/work/").status_code == 302
        assert Session.objects.filter(user=mara).count() == 1
        assert person("mara").check_password(NEW)

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"password": "wrong"}, "not correct"),
            ({"new_password": "short", "again": "short"}, "too short"),
            ({"new_password": "1qaz2wsx3edc", "again": "1qaz2wsx3edc"}, "too common"),
            ({"new_password": "mara lindqvist", "again": "mara lindqvist"}, "too similar"),
            ({"again": "something else"}, "not the same"),
            ({"new_password": PASSWORD, "again": PASSWORD}, "the password you have"),
        ],
    )
    def test_what_is_no_new_password_changes_nothing(self, north, mara, said, words):
        browser, set_before = signed_in("mara"), events(north, "PASSWORD_SET")
        answer = self.change(browser, **said)
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
        assert person("mara").check_password(PASSWORD)
        assert events(north, "PASSWORD_SET") == set_before

    def test_wrong_ones_on_the_account_page_count_too(self, north):
        browser = signed_in("mara")
        for _ in range(5):
            self.change(browser, password="wrong")
        assert self.change(browser).status_code == 429
        assert events(north, "LOCKED") == 1


class TestSessions:
    def test_a_revoked_session_is_out_with_its_next_request(self, north, mara):
        here, there = signed_in("mara"), signed_in("mara")
        page = here.get("/account/").content.decode()
        ids = re.findall(r'name="session" value="(\w+)"', page)
        assert ids == [Session.objects.get(pk=there.session.session_key).public_id]
        assert there.session.session_key not in page
        assert here.post("/account/sessions/end/", {"session": ids[0]}).status_code == 302
        assert there.get("/in/north/work/").status_code == 302
        assert here.get("/in/north/work/").status_code == 200
        assert events(north, "SESSION_REVOKED") == 1

    def test_nobody_ends_anothers(self, north, mara):
        there = signed_in("petra")
        theirs = Session.objects.get(pk=there.session.session_key).public_id
        assert signed_in("mara").post("/account/sessions/end/", {"session": theirs}).status_code == 409
        assert there.get("/in/north/work/").status_code == 200

    def test_what_a_browser_says_it_is(self):
        agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
        assert Session(agent=agent).device == "Chrome on Linux"
        assert Session(agent=agent + " Edg/130.0").device == "Edge on Linux"
        assert Session(agent="").device == "A browser"


def test_what_has_ended_or_counts_no_more_is_cleared_away(north, mara, now):
    signed_in("mara"), signed_in("petra")
    Session.objects.filter(user=mara).update(expire_date=now)
    for name, days in (("a", 2), ("b", 0)):
        WrongSecrets.objects.create(name_digest=name, changed_at=now - timedelta(days=days))
    drop_ended(server_time=now + timedelta(days=1), at=now)
    assert list(Session.objects.values_list("user__username", flat=True)) == ["petra"]
    assert list(WrongSecrets.objects.values_list("name_digest", flat=True)) == ["b"]


def test_a_time_zone_is_changed_with_a_reason_and_seen_in_the_history(north):
    browser = signed_in("mara")
    assert browser.post("/account/time-zone/", {"time_zone": "Asia/Tokyo", "reason": "?"}).status_code == 422
    assert browser.post("/account/time-zone/", {"time_zone": "Asia/Tokyo", "reason": "Moved"}).status_code == 302
    history = browser.get("/account/history/").content.decode()
    assert "time zone: Europe/Stockholm → Asia/Tokyo" in history
    assert "Moved" in history
    assert "Password set" in history


def test_a_sponsor_begins_with_an_administrator_who_chooses_a_password(db, settings):
    printed = StringIO()
    call_command(
        "create_sponsor", "east", "Sponsor East", "--administrator", "Emil", "--name", "Emil Berg", stdout=printed
    )
    password = re.search(r"with (\S+),", printed.getvalue())[1]
    browser = Client()
    browser.post("/sign-in/", {"username": "emil", "password": password})
    assert browser.get("/in/east/").url == "/account/password/"
    said = {"password": password, "new_password": NEW, "again": NEW}
    assert browser.post("/account/password/", said).status_code == 302
    assert browser.get("/in/east/work/").status_code == 200
    user = person("emil")
    assert list(Assignment.objects.filter(user=user)) == []  # no sponsor is open
    with in_sponsor(user.memberships.get().sponsor_id):
        assert Assignment.objects.get(user=user).role == "ADMINISTRATOR"
    with pytest.raises(SystemExit):
        call_command("create_sponsor", "west", "West", "--administrator", "EMIL", "--name", "E", stderr=StringIO())
    assert not user.memberships.filter(sponsor__code="west").exists()


class TestAddingAPerson:
    SAID: ClassVar = {"full_name": "Nina Holm", "username": "Nina", "time_zone": "UTC", "starts_on": "2024-03-01",
                      "reason": "Joins the team, ticket 7"}  # fmt: skip

    def add(self, north, **said):
        own = Organisation.objects.get(kind="SPONSOR")
        return signed_in("ada").post("/in/north/access/people/add/", self.SAID | {"organisation": own.pk} | said)

    def test_who_is_added_signs_in_once_with_the_password_shown_once(self, north):
        page = self.add(north).content.decode()
        password = re.search(r'c-hash">([0-9a-f-]{29})<', page)[1]
        nina = Client()
        assert nina.post("/sign-in/", {"username": "nina", "password": password}).status_code == 302
        assert nina.get("/in/north/work/").url == "/account/password/"
        nina.post("/account/password/", {"password": password, "new_password": NEW, "again": NEW})
        assert nina.get("/in/north/work/").status_code == 200
        assert person("nina").history.get().history_change_reason == "Joins the team, ticket 7"

    @pytest.mark.parametrize(
        ("said", "words"), [({"username": "MARA"}, "never used again"), ({"ends_on": "2024-01-01"}, "dates")]
    )
    def test_what_makes_no_sense_adds_nobody(self, north, said, words):
        before = User.objects.count()
        answer = self.add(north, **said)
        assert (answer.status_code, User.objects.count()) == (422, before)
        assert words in answer.content.decode()


def test_the_operator_resets_what_was_lost(north, mara, now):
    with_second_step(mara, now)
    browser, program, printed = signed_in("mara"), Program("mara"), StringIO()
    assert program.get("/api/v1/me/").status_code == 200
    call_command("reset_password", "mara", "--second-step", "--reason", "Ticket 4, called back", stdout=printed)
    assert browser.get("/in/north/work/").status_code == 302
    assert program.get("/api/v1/me/").status_code == 401
    password = re.search(r"with (\S+),", printed.getvalue())[1]
    assert browser.post("/sign-in/", {"username": "mara", "password": password}).url == "/"
    assert browser.get("/in/north/work/").url == "/account/password/"
    assert not second_step.is_on(mara)
