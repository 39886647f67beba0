"""What waits for the commit is done once, whatever goes wrong; what cannot be done is told."""

import threading
from typing import Any

import pytest
from celery import shared_task
from django.db import connection, transaction
from django.db.models.functions import Now

from ctms.core.acting import current_act, current_tenancy, in_sponsor
from ctms.core.outbox import after_commit
from ctms.core.refusals import Refusal
from ctms.core.tasks import SponsorTask
from ctms.desk import tasks
from ctms.desk.models import Notification, OutboxEntry
from ctms.desk.services import outbox
from ctms.desk.services.notes import notify
from tests.conftest import person

pytestmark = pytest.mark.shows("03-4")
SEEN: list[Any] = []


class Telling(SponsorTask):
    abstract = True

    def given_up(self, sentence: str, **arguments: Any) -> None:
        notify(user=person("mara"), text=f"Given up: {sentence}", url="", kind="TEST", at=Now())


@shared_task(base=Telling)
def effect(username: str, then: str = "") -> None:
    """Telling somebody"""
    notify(user=person(username), text=then or "Told", url="", kind="TEST", at=Now())
    SEEN.append((current_tenancy().sponsor_id, current_act().actor_name))
    if then == "refuse":
        raise Refusal("NO", "Not today.")
    if then == "fail":
        raise ZeroDivisionError("by zero")


PATH = f"{__name__}.effect"


@pytest.fixture(autouse=True)
def forgotten():
    SEEN.clear()


def told() -> list[str]:
    return list(Notification.objects.filter(kind="TEST").order_by("pk").values_list("text", flat=True))


def test_what_is_written_with_a_change_is_done_after_it(north):
    after_commit(PATH, username="petra")
    assert told() == []
    assert outbox.is_anything_due()
    assert outbox.deliver_next()
    assert told() == ["Told"]
    assert [(north.pk, "Worker")] == SEEN
    assert not outbox.deliver_next()
    assert OutboxEntry.objects.get(task=PATH).done_at


def test_what_is_undone_never_waited(north):
    with transaction.atomic():
        after_commit(PATH, username="petra")
        transaction.set_rollback(True)
    assert not OutboxEntry.objects.filter(task=PATH).exists()


@pytest.mark.parametrize("wrong", ["nowhere.at.all", "ctms.desk.services.outbox.nudge"])
def test_a_task_that_is_none_is_noticed_at_once(north, wrong):
    with pytest.raises(LookupError):
        after_commit(wrong)


def test_nothing_waits_for_no_sponsor(db):
    with pytest.raises(LookupError):
        after_commit(PATH, username="petra")


@pytest.mark.parametrize(("then", "sentence"), [("fail", "ZeroDivisionError: by zero"), ("refuse", "Not today.")])
def test_an_error_undoes_the_effect_waits_and_is_given_up_in_the_end(north, then, sentence):
    after_commit(PATH, username="petra", then=then)
    for failures in range(1, outbox.MOST_FAILURES + 1):
        assert outbox.deliver_next()
        assert not outbox.deliver_next()  # it waits
        entry = OutboxEntry.objects.get(task=PATH)
        assert (entry.failures, entry.error) == (failures, sentence)
        OutboxEntry.objects.update(due_at=Now())
    assert entry.given_up_at
    assert told() == [f"Given up: {sentence}"]
    assert not outbox.is_anything_due()
    outbox.retry(entry)
    assert outbox.is_anything_due()


def test_an_entry_that_kills_its_workers_is_given_up(north):
    after_commit(PATH, username="petra")
    OutboxEntry.objects.update(starts=outbox.MOST_STARTS)
    assert outbox.deliver_next()
    assert OutboxEntry.objects.get(task=PATH).given_up_at
    assert told()[0].startswith("Given up: It was begun 50 times")


def test_a_task_that_is_gone_holds_nobody_up(north):
    after_commit(PATH, username="petra")
    OutboxEntry.objects.update(task="ctms.desk.tasks.long_ago")
    after_commit(PATH, username="petra")
    assert outbox.deliver_next()
    assert outbox.deliver_next()
    assert told() == ["Told"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_do_the_same(django_db_setup):
    from ctms.accounts.models import Sponsor

    sponsor = Sponsor.objects.get(code="north")
    with in_sponsor(sponsor.pk), transaction.atomic():
        for _ in range(30):
            after_commit(PATH, username="petra")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            tasks.deliver(sponsor_id=sponsor.pk)
        except Exception as error:  # noqa: BLE001 - shown below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    with in_sponsor(sponsor.pk), transaction.atomic():
        assert len(told()) == 30
        assert not OutboxEntry.objects.filter(task=PATH, done_at=None).exists()


def test_another_sponsor_sees_nothing_of_it(north, south):
    after_commit(PATH, username="petra")
    with in_sponsor(south.pk):
        assert not OutboxEntry.objects.exists()
        assert not outbox.deliver_next()


def test_redis_may_be_away(north, monkeypatch, caplog):
    def away(*arguments: Any, **options: Any) -> None:
        raise ConnectionError("no such socket")

    monkeypatch.setattr(outbox.current_app, "send_task", away)
    outbox.nudge(north.pk)
    assert "Nobody could be woken" in caplog.text
