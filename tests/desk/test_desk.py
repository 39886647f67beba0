"""A person's desk: what waits for them, what they are told, how they look at lists, and the calendar of it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from ctms.accounts.models import Assignment, Delegation, EntryKey, Organisation, User
from ctms.accounts.services.grants import deactivate, end_assignment
from ctms.accounts.services.sponsors import add_member
from ctms.core.acting import in_sponsor
from ctms.core.refusals import Refusal
from ctms.desk.models import CalendarLink, Mail, Notification, OutboxEntry, SavedView
from ctms.desk.queries import due_words, waiting_for
from ctms.desk.services import digests, notes, outbox, views
from ctms.desk.services.mail import send_mail
from sites.models import Site
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db
SITES = "/in/north/s/D3460C00002/sites/"
TODAY = date(2024, 3, 11)


def work() -> None:
    while outbox.deliver_next():
        pass


def kinds(username: str, sponsor, now) -> dict[str, list[str]]:
    groups = waiting_for(person(username), sponsor, now)
    return {group.kind: [item.title for item in group.items] for group in groups}


class TestMyWork:
    def test_each_role_has_its_own(self, north, now):
        petras, idris = kinds("petra", north, now), kinds("idris", north, now)
        assert [title for title in petras["Access"] if "Delegation to" in title]
        assert "Access" not in idris
        assert all(title[:2] in ("AT", "DE", "HU", "PL") for title in idris["Sites that wait longest"])
        assert "Approvals" in kinds("mara", north, now)
        assert "Approvals" not in idris
        assert kinds("fumi", north, now) == {}
        assert list(kinds("ada", north, now)) == ["Access"]

    def test_what_ends_far_away_does_not_wait_yet(self, north, now):
        assert "Access" not in kinds("petra", north, now - timedelta(days=90))

    def test_one_is_told_of_ones_own_end(self, north, now, petra):
        fumi = Assignment.objects.get(user__username="fumi")
        with act(person("ada")):
            end_assignment(assignment=fumi, ends_on=TODAY + timedelta(days=3), by=person("ada"))
        assert kinds("fumi", north, now) == {"Access": [f"Your role Finance analyst at {fumi.scope} ends"]}

    def test_the_page_says_it_and_what_is_next_where_nothing_waits(self, north):
        page = signed_in("petra").get("/in/north/work/").content.decode()
        assert "Sites that wait longest" in page
        assert "30 Apr 2024, in 36 working days" in page
        assert "Nothing waits for you" in signed_in("fumi").get("/in/north/work/").content.decode()

    @pytest.mark.parametrize(
        ("days", "words"),
        [
            (None, ("", "")),
            (0, ("today", "watch")),
            (-4, ("late by 2 working days", "bad")),
            (40, ("20 Apr 2024, in 29 working days", "")),
        ],
    )
    def test_when_something_is_due(self, days, words):
        assert due_words(None if days is None else TODAY + timedelta(days=days), TODAY) == words


class TestNotes:
    def test_the_bell_counts_what_is_new_and_the_page_is_ones_own(self, north, now, mara):
        one = notes.notify(user=mara, text="Something happened", url="/in/north/", kind="TEST", at=now)
        browser = signed_in("mara")
        assert "Notifications, 1 new" in browser.get("/in/north/work/").content.decode()
        other = signed_in("lena")
        assert "Something happened" not in other.get("/in/north/notifications/").content.decode()
        assert other.get(f"/in/north/notifications/{one.pk}/").status_code == 404
        assert Notification.objects.get(pk=one.pk).read_at is None
        assert browser.get(f"/in/north/notifications/{one.pk}/")["Location"] == "/in/north/"
        assert "Notifications, " not in browser.get("/in/north/work/").content.decode()

    def test_all_are_read_at_once(self, north, now, mara):
        for _ in range(3):
            notes.notify(user=mara, text="Something", url="", kind="TEST", at=now)
        signed_in("mara").post("/in/north/notifications/")
        assert not Notification.objects.filter(user=mara, read_at=None).exists()


class TestMail:
    def test_without_a_server_it_is_in_the_mailbox_of_its_person(self, north, now, mara, mailoutbox):
        mail = send_mail(to=mara, subject="Hello", text="See https://example.org/x", at=now)
        work()
        mail.refresh_from_db()
        assert (mail.sent_to, mailoutbox) == ("this mailbox", [])
        assert 'href="https://example.org/x"' in signed_in("mara").get(f"/in/north/mailbox/{mail.pk}/").content.decode()
        assert signed_in("lena").get(f"/in/north/mailbox/{mail.pk}/").status_code == 404
        assert "Hello" not in signed_in("lena").get("/in/north/mailbox/").content.decode()

    def test_with_a_server_it_goes_there_once_under_one_name(self, north, now, mara, mailoutbox, settings):
        settings.EMAIL_HOST, settings.DEFAULT_FROM_EMAIL = "mail.example.org", "CTMS <ctms@example.org>"
        mara.email = "mara" + "@example.org"
        with act(mara):
            mara.save(update_fields=["email"])
        mail = send_mail(to=mara, subject="Hello", text="There", at=now)
        OutboxEntry.objects.filter(done_at=None).count()
        work()
        OutboxEntry.objects.update(done_at=None)  # as if the mark had been lost
        work()
        assert len(mailoutbox) == 1
        assert mailoutbox[0].extra_headers["Message-ID"] == f"<ctms-north-{mail.pk}@example.org>"

    def test_the_same_occasion_is_not_written_of_twice(self, north, now, mara):
        assert send_mail(to=mara, subject="One", text="", at=now, occasion="x")
        assert send_mail(to=mara, subject="Two", text="", at=now, occasion="x") is None


class TestDigests:
    def test_on_mondays_each_gets_what_concerns_them_once(self, north, now):
        assert digests.send_due_digests(at=now) == len(Mail.objects.filter(occasion__startswith="digest"))
        assert digests.send_due_digests(at=now + timedelta(minutes=10)) == 0
        mail = Mail.objects.get(user__username="idris", occasion="digest 2024-03-11")
        assert mail.subject.startswith("Monday, 11 Mar 2024: ")
        assert "http://localhost:8000/in/north/work/" in mail.text
        listed = set(re.findall(r"^- ([A-Z]{2})-\d", mail.text, re.MULTILINE))
        listed -= {"FU"}  # follow-up items of his sites
        assert listed <= {"AT", "DE", "HU", "PL"} and "DE" in listed  # noqa: PT018 - one thought

    def test_it_tells_what_changed_and_where_nothing_did_says_so(self, north, now, petra):
        mail = digests.send_digest(user=petra, sponsor=north, since=now - timedelta(days=60), at=now)
        assert mail
        assert "Changes of status in D3460C00002" in mail.text
        mail = digests.send_digest(user=person("ada"), sponsor=north, since=now - timedelta(days=60), at=now)
        assert mail
        assert "Nothing changed since 11 Jan 2024." in mail.text

    @pytest.mark.parametrize(
        ("rhythm", "at", "due"),
        [("WEEKLY", datetime(2024, 3, 11, 5, tzinfo=UTC), True),  # six in Stockholm
         ("WEEKLY", datetime(2024, 3, 11, 4, 59, tzinfo=UTC), False),
         ("WEEKLY", datetime(2024, 3, 12, 9, tzinfo=UTC), False),
         ("DAILY", datetime(2024, 3, 12, 9, tzinfo=UTC), True),
         ("NEVER", datetime(2024, 3, 11, 9, tzinfo=UTC), False)],
    )  # fmt: skip
    def test_as_the_person_prefers_in_their_own_time_zone(self, north, mara, rhythm, at, due):
        answer = signed_in("mara").post("/in/north/preferences/", {"digest": rhythm})
        assert answer.status_code == 302
        digests.send_due_digests(at=at)
        assert Mail.objects.filter(user=mara, occasion=f"digest {at.date()}").exists() is due

    def test_who_left_gets_none(self, north, now, mara):
        with act(person("ada"), "Left"):
            deactivate(user=mara, by=person("ada"))
        digests.send_due_digests(at=now)
        assert not Mail.objects.filter(user=mara).exists()


class TestViews:
    def save(self, browser: Client, name="Late ones", shared="PRIVATE", query="?country=DE&sort=-since&after=x"):
        said = {"name": name, "shared": shared}
        return browser.post("/in/north/views/save/", said, query_params={"list": f"{SITES}{query}"})

    def test_a_list_is_kept_as_somebody_looks_at_it(self, north, mara):
        browser = signed_in("mara")
        assert self.save(browser)["Location"] == f"{SITES}?country=DE&sort=-since"
        assert "Late ones" in browser.get(SITES).content.decode()
        self.save(browser, query="?country=AT")
        assert SavedView.objects.get(user=mara).query == "country=AT"

    @pytest.mark.parametrize(
        ("shared", "seen", "query"),
        [("PRIVATE", False, "country=DE&sort=-since"), ("LOCKED", True, "country=DE&sort=-since"),
         ("SHARED", True, "country=AT")],
    )  # fmt: skip
    def test_who_sees_it_and_who_writes_over_it(self, north, mara, shared, seen, query):
        self.save(signed_in("mara"), shared=shared)
        view = SavedView.objects.get(user=mara)
        lena = signed_in("lena")
        assert ("Late ones" in lena.get(SITES).content.decode()) is seen
        self.save(lena, query="?country=AT")
        view.refresh_from_db()
        assert view.query == query
        for address in (f"/in/north/views/{view.pk}/", f"/in/north/views/{view.pk}/delete/"):
            assert lena.post(address, {"name": "Mine now", "shared": "PRIVATE"}).status_code == 404
        with act(person("lena")), pytest.raises(Refusal, match="Only who made"):
            views.delete_view(view=view, by=person("lena"))
        view.refresh_from_db()
        assert view.name == "Late ones"

    def test_a_shared_view_shows_each_their_own_rows(self, north):
        self.save(signed_in("mara"), shared="SHARED", query="?sort=-number")
        idris = signed_in("idris").get(f"{SITES}?sort=-number")
        assert "22 sites" in idris.content.decode()

    def test_the_address_of_a_shared_one_is_for_who_has_that_list(self, north, mara):
        self.save(signed_in("mara"), shared="SHARED", query="?q=Dr+Novak")
        with act(person("ada")):
            add_member(sponsor=north, user=(user := make(User)), organisation=Organisation.objects.get(kind="SPONSOR"),
                       starts_on=TODAY)  # fmt: skip
        for address in ("/in/north/views/", "/in/north/work/"):
            assert "Late ones" in signed_in("lena").get(address).content.decode()
            page = signed_in(user.username).get(address).content.decode()
            assert "Late ones" not in page
            assert "D3460C00002" not in page

    def test_ones_own_is_renamed_and_deleted(self, north, mara):
        browser = signed_in("mara")
        self.save(browser)
        self.save(browser, name="Other")
        view = SavedView.objects.get(user=mara, name="Other")
        assert browser.post(f"/in/north/views/{view.pk}/", {"name": "Late ones", "shared": "SHARED"}).status_code == 422
        assert browser.post(f"/in/north/views/{view.pk}/", {"name": "New", "shared": "SHARED"}).status_code == 302
        assert browser.post(f"/in/north/views/{view.pk}/delete/").status_code == 302
        assert list(SavedView.objects.filter(user=mara).values_list("name", flat=True)) == ["Late ones"]

    @pytest.mark.parametrize("address", ["/in/south/s/TAK-861-2003/sites/", "/in/north/", "javascript:alert(1)"])
    def test_only_lists_can_be_kept(self, north, mara, address):
        said = {"name": "x", "shared": "PRIVATE"}
        answer = signed_in("mara").post("/in/north/views/save/", said, query_params={"list": address})
        assert answer.status_code == 404
        assert not SavedView.objects.filter(user=mara).exists()


class TestCalendar:
    def link(self, browser: Client) -> str:
        page = browser.post("/in/north/preferences/calendar/").content.decode()
        return re.search(r"http://testserver(/calendar/ctms_cal_[0-9a-f]{40}\.ics)", page)[1]

    def test_a_calendar_program_reads_it_by_the_link_alone(self, north, mara):
        browser = signed_in("mara")
        address = self.link(browser)
        answer = Client().get(address)
        assert answer["Content-Type"].startswith("text/calendar")
        events = {str(event["summary"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}
        (ends,) = [event for words, event in events.items() if "Delegation to" in words]
        assert ends["dtstart"].dt == date(2024, 4, 30)
        assert any("primary completion" in words for words in events)
        assert address not in browser.get("/in/north/preferences/").content.decode()
        assert not EntryKey.objects.filter(digest__contains=address[-10:-4]).exists()  # no key is kept

    def test_it_ends_at_once_when_revoked_or_its_person_leaves(self, north, mara):
        browser = signed_in("mara")
        first = self.link(browser)
        assert browser.post("/in/north/preferences/calendar/").status_code == 422  # one at a time
        assert browser.post("/in/north/preferences/calendar/revoke/").status_code == 302
        assert Client().get(first).status_code == 404
        second = self.link(browser)
        assert Client().get(second).status_code == 200
        with act(person("ada"), "Left"):
            deactivate(user=mara, by=person("ada"))
        assert Client().get(second).status_code == 404
        assert CalendarLink.history.filter(user_id=mara.pk).count() == 3  # made, revoked, made

    @pytest.mark.parametrize("key", ["x", "ctms_cal_" + "0" * 40, "ctms_pat_" + "0" * 40])
    def test_a_made_up_key_opens_nothing(self, north, key):
        assert Client().get(f"/calendar/{key}.ics").status_code == 404

    def test_it_shows_one_sponsors_days(self, north, south, mara):
        body = Client().get(self.link(signed_in("mara"))).content.decode()
        with in_sponsor(south.pk):
            assert "TAK-861" not in body
        assert Delegation.objects.exists()


class TestBackgroundWork:
    def test_the_administrator_sees_what_was_given_up_and_has_it_tried_again(self, north, now, mara):
        mail = send_mail(to=mara, subject="Hello", text="", at=now)
        OutboxEntry.objects.filter(done_at=None).update(given_up_at=now, failures=6, error="The server is away.")
        entry = OutboxEntry.objects.get(arguments__mail_id=mail.pk)
        assert signed_in("mara").get("/in/north/outbox/").status_code == 404
        assert signed_in("mara").post(f"/in/north/outbox/{entry.pk}/retry/").status_code == 404
        ada = signed_in("ada")
        assert "The server is away." in ada.get("/in/north/outbox/").content.decode()
        assert ada.post(f"/in/north/outbox/{entry.pk}/retry/").status_code == 302
        work()
        mail.refresh_from_db()
        assert mail.sent_at


def test_the_dossier_holds_what_is_on_record(north, mara, now):
    import io

    from pypdf import PdfReader

    browser = signed_in("mara")
    site = Site.objects.filter(operational_status="ACTIVATED").first()
    page = browser.post(f"/in/north/s/D3460C00002/site/{site.number}/dossier/")["Location"]
    work()
    document = PdfReader(io.BytesIO(browser.get(f"{page}file/").content))
    words = " ".join(" ".join(sheet.extract_text() for sheet in document.pages).split())
    for expected in (f"Dossier of site {site.number}", "Changes of status", "Initiation visit done", "Simulated data."):
        assert expected in words
    assert signed_in("idris").post("/in/north/s/D3460C00002/site/US-001/dossier/").status_code == 404
