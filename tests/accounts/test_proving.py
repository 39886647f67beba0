"""Wrong secrets are counted by name, wherever they are given; what they tell nobody."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connections, transaction
from django.test import Client

from audit.models import AccessEvent
from ctms.accounts.models import User, WrongSecrets
from ctms.accounts.services.alarms import tell_failed_sign_ins
from ctms.accounts.services.proving import prove
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.core.refusals import Refusal
from ctms.core.use_case import use_case
from ctms.desk.models import Mail, Notification, OutboxEntry
from ctms.desk.services.alarms import warn_of_lock
from tests.conftest import act, person
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-300d-1"), pytest.mark.shows("03-5")]
LOCKED = "Too many wrong attempts"


def kinds(sponsor) -> list[str]:
    with in_sponsor(sponsor.pk):
        told = AccessEvent.objects.filter(subject="")  # with the name typed: the one that belongs to no sponsor
        return list(told.order_by("id").values_list("kind", flat=True))


def sign(user: User, password: str, at, code: str = "") -> None:
    """As a signature does it: inside a use case, whose refusal undoes what it did."""

    @use_case
    def signing(*, by: User) -> None:
        prove(user=user, password=password, code=code, where="signature", at=at)

    with act(user):
        signing(by=user)


def refused(user: User, password: str, at) -> str:
    with pytest.raises(Refusal) as refusal:
        sign(user, password, at)
    return refusal.value.code


def told(now) -> int:
    """What the task tells that beat starts every few seconds."""
    with acting(Service("Worker"), reason="Telling access logs of failed sign-ins", channel=Channel.TASK):
        return tell_failed_sign_ins(at=now)


def signs_in(username: str, password: str) -> str:
    answer = Client().post("/sign-in/", {"username": username, "password": password}, follow=True)
    return re.sub(r'"(csrfmiddlewaretoken" value=".+?|.{64})"', "", answer.content.decode()).replace(username, "NAME")


def test_five_wrong_secrets_over_sign_in_and_signing_lock_both(north, mara, now):
    for turn in range(4):
        if turn % 2:
            assert refused(mara, "wrong", now) == "WRONG_SECRET"
        else:
            assert "not correct" in signs_in("mara", "wrong")
    assert "LOCKED" not in kinds(north)
    assert refused(mara, "wrong", now) == "WRONG_SECRET"
    assert kinds(north)[-1] == "LOCKED"
    assert refused(mara, PASSWORD, now) == "LOCKED"
    assert LOCKED in signs_in(" MARA", PASSWORD)
    assert kinds(north).count("SIGN_IN_FAILED") == 0
    assert told(now) == 2
    assert told(now) == 0
    assert kinds(north).count("SIGN_IN_FAILED") == 2
    assert kinds(north).count("PROOF_FAILED") == 3
    WrongSecrets.objects.update(locked_until=now)
    assert LOCKED not in signs_in("mara", PASSWORD)


def test_a_lock_is_told_to_the_person_and_to_administrators(north, now):
    for _ in range(5):
        signs_in("mara", "wrong")
        signs_in("nemo", "wrong")
    assert told(now) == 10
    assert kinds(north).count("LOCKED") == 1
    warnings = OutboxEntry.objects.filter(task="ctms.desk.tasks.warn_of_lock")
    said = warnings.get().arguments
    for _ in range(2):
        warn_of_lock(**said | {"locked_at": datetime.fromisoformat(said["locked_at"])}, at=now)
    mailed = Mail.objects.filter(occasion__startswith="lock").values_list("user__username", flat=True)
    assert sorted(mailed) == ["ada", "mara"]
    notified = Notification.objects.filter(kind="LOCK").values_list("user__username", flat=True)
    assert sorted(notified) == ["ada", "mara"]


def test_a_right_secret_clears_the_count_and_old_ones_do_not_count(north, mara, now):
    for _ in range(4):
        refused(mara, "wrong", now)
    sign(mara, PASSWORD, now)
    assert WrongSecrets.objects.latest("changed_at").given_at == []
    for minutes in (0, 12, 13, 14, 15.1):  # five, but never within fifteen minutes
        assert refused(mara, "wrong", now + timedelta(minutes=minutes)) == "WRONG_SECRET"
    assert refused(mara, "wrong", now + timedelta(minutes=16)) == "WRONG_SECRET"
    assert refused(mara, PASSWORD, now + timedelta(minutes=16)) == "LOCKED"


def test_a_name_that_nobody_has_gets_the_same_words(north):
    with transaction.atomic():
        for _ in range(6):
            answers = [signs_in(name, "wrong") for name in ("mara", "nemo")]
            assert answers[0] == answers[1]
        assert LOCKED in answers[1]


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_once_are_five_at_most(now):
    from concurrent.futures import ThreadPoolExecutor

    def guess(_: int) -> str:
        try:
            with transaction.atomic(), pytest.raises(Refusal) as refusal:
                prove(user=person("mara"), password="wrong", where="signature", at=now)
            return refusal.value.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as crowd:
        codes = list(crowd.map(guess, range(16)))
    assert (codes.count("WRONG_SECRET"), codes.count("LOCKED")) == (5, 11)
