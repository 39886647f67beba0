"""What all tests share: the database, and the cast with its sponsors."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import settings as examples

from ctms.accounts.models import Sponsor, User
from ctms.core.acting import Channel, acting, in_sponsor, on_simulated_day
from tests import database
from tests.calendar import SHOWN_FROM

# How long an example takes says how busy the machine is.
examples.register_profile("house", deadline=None)
examples.load_profile("house")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    with database.prepared() as name, django_db_blocker.unblock():
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = name
        TransactionTestCase._fixture_teardown = _renew  # type: ignore[method-assign]
        yield
        connections["default"].close()


def _renew(self: TransactionTestCase) -> None:
    """Instead of Django's flush, which the guards rightly refuse."""
    connections["default"].close()
    database.renew()


@pytest.fixture(scope="session", autouse=True)
def static_files_are_looked_up() -> Iterator[None]:
    """Each test client has middleware of its own; to list all static files for each took longer than most tests."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture
def now() -> datetime:
    """The demo's today."""
    return SHOWN_FROM


@pytest.fixture
def north(db: None, now: datetime) -> Iterator[Sponsor]:
    """Inside Sponsor North, on the demo's today."""
    sponsor = Sponsor.objects.get(code="north")
    with in_sponsor(sponsor.pk), on_simulated_day(now):
        yield sponsor


@pytest.fixture
def south(db: None) -> Sponsor:
    """The other sponsor; not entered."""
    return Sponsor.objects.get(code="south")


@pytest.fixture
def mara(db: None) -> User:
    """Study manager of Sponsor North's study."""
    return person("mara")


@pytest.fixture
def petra(db: None) -> User:
    """Clinical operations lead of Sponsor North: she may make every move of a site."""
    return person("petra")


@pytest.fixture
def otto(db: None) -> User:
    """Study manager of the other sponsor."""
    return person("otto")


def person(username: str) -> User:
    """Somebody of the cast."""
    return User.objects.get(username=username)


@contextmanager
def act(user: User, reason: str = "Because the test says so") -> Iterator[None]:
    """As this person, in the browser, with a reason of their own."""
    with acting(user, reason=reason, channel=Channel.WEB, by_person=True):
        yield


def signed_in(username: str) -> Client:
    """A browser in which this person has signed in."""
    client = Client()
    client.force_login(person(username))
    session = client.session
    session["began"] = session["seen"] = time.time()
    session.save()
    return client
