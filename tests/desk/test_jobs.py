"""Jobs: begun with a click, done by a worker as their owner, and nobody else's."""

import io

import pytest
from openpyxl import load_workbook

from audit.models import AccessEvent
from ctms.core.refusals import Refusal
from ctms.desk import lists
from ctms.desk.models import Job, JobFile, JobStatus, Notification
from ctms.desk.services import jobs, outbox
from tests.conftest import act, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-4")]
SITES = "/in/north/s/D3460C00002/sites/"


def begin(user, now, **arguments):
    given = {"address": f"{SITES}?country=DE&sort=-number", "sponsor": "north"} | arguments
    with act(user):
        return jobs.start_job(kind="list", arguments=given, title="Sites as Excel", by=user, at=now)


def work() -> None:
    while outbox.deliver_next():
        pass


def test_a_list_is_prepared_as_its_owner_sees_it(north, mara, now):
    browser = signed_in("mara")
    answer = browser.post("/in/north/jobs/list/", {"list": f"{SITES}?country=DE&sort=-number"}, follow=True)
    page = answer.redirect_chain[0][0]
    assert "Waiting" in answer.content.decode()
    assert browser.get(page, headers={"HX-Request": "true"}).status_code == 200
    work()
    over = browser.get(page, headers={"HX-Request": "true"})
    assert over.status_code == 286
    assert "<html" not in over.content.decode()
    job = Job.objects.get(user=mara)
    assert (job.status, job.progress) == (JobStatus.DONE, 100)
    sheet = load_workbook(io.BytesIO(browser.get(f"{page}file/").content)).active
    numbers = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True) if str(row[0]).startswith("DE-")]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 3
    assert AccessEvent.objects.filter(kind="DOWNLOADED", actor_name="Mara Lindqvist").count() == 1
    assert "ready" in Notification.objects.get(user=mara).text


def test_a_job_is_its_owners_alone(north, mara, now):
    page = f"/in/north/jobs/{begin(mara, now).pk}/"
    work()
    for name in ("petra", "ada", "ines"):
        browser = signed_in(name)
        assert browser.get(page).status_code == browser.get(f"{page}file/").status_code == 404
        assert browser.post(page).status_code == 404
        assert "Sites as Excel" not in browser.get("/in/north/jobs/").content.decode()
    assert signed_in("mara").get(f"{page}file/").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/in/south/s/TAK-861-2003/sites/",
        "/in/north/s/TAK-861-2003/sites/",
        "/health/",
        "//elsewhere/",
        "",
        "/in/north/",
    ],
)
def test_only_lists_one_may_see_are_prepared(north, mara, now, address):
    browser = signed_in("mara")
    assert browser.post("/in/north/jobs/list/", {"list": address}).status_code == 404
    assert not Job.objects.filter(user=mara, ended_at=None).exists()
    job = begin(mara, now, address=address)
    work()
    job.refresh_from_db()
    assert (job.status, job.sentence) == (
        JobStatus.FAILED, "This list is not there any more, or not for you.",
    )  # fmt: skip
    assert not JobFile.objects.filter(job=job).exists()


def test_who_left_gets_nothing(north, mara, now):
    from ctms.accounts.models import User
    from ctms.accounts.services.grants import deactivate

    job = begin(mara, now)
    ada = User.objects.get(username="ada")
    with act(ada, "Left the company"):
        deactivate(user=mara, by=ada)
    work()
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert not JobFile.objects.filter(job=job).exists()


def test_whose_roles_wait_for_training_is_told_so(north, now):
    job = begin(person("tom"), now)
    work()
    job.refresh_from_db()
    assert (job.status, "Your training" in job.sentence) == (JobStatus.FAILED, True)
    assert not JobFile.objects.filter(job=job).exists()


def test_a_waiting_job_can_be_cancelled_and_is_then_not_done(north, mara, now):
    job = begin(mara, now)
    assert signed_in("mara").post(f"/in/north/jobs/{job.pk}/").status_code == 302
    work()
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert not JobFile.objects.filter(job=job).exists()
    assert signed_in("mara").post(f"/in/north/jobs/{job.pk}/").status_code == 409


def test_a_job_that_keeps_failing_ends_with_the_reason(north, mara, now, monkeypatch):
    from ctms.desk.models import OutboxEntry

    def broken(*_, **__):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(lists.files, "workbook", broken)
    job = begin(mara, now)
    for _ in range(outbox.MOST_FAILURES):
        OutboxEntry.objects.filter(done_at=None).update(due_at="2020-01-01T00:00Z")
        assert outbox.deliver_next()
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "ZeroDivisionError" in job.sentence


def test_nobody_floods_the_workers(north, mara, now):
    for _ in range(jobs.MOST_AT_ONCE):
        begin(mara, now)
    with pytest.raises(Refusal, match="waiting already"):
        begin(mara, now)


def test_a_file_goes_after_a_week_and_its_job_later(north, mara, now):
    job = begin(mara, now)
    work()
    jobs.drop_old(at=now + jobs.KEPT)
    assert not JobFile.objects.filter(job=job).exists()
    assert Job.objects.filter(pk=job.pk).exists()
    jobs.drop_old(at=now + jobs.REMEMBERED + jobs.KEPT)
    assert not Job.objects.filter(pk=job.pk).exists()


def test_a_long_list_goes_to_the_background(north, monkeypatch):
    monkeypatch.setattr("ctms.web.files.XLSX_AT_ONCE", 2)
    answer = signed_in("mara").get(f"{SITES}?format=xlsx&country=DE")
    assert answer.status_code == 302
    assert answer["Location"] == "/in/north/jobs/list/?list=%2Fin%2Fnorth%2Fs%2FD3460C00002%2Fsites%2F%3Fcountry%3DDE"
