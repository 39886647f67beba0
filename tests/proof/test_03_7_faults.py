"""Faults in who may do what, planted one at a time: each is noticed by the access matrix or a walk of isolation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db.models import DateField, Value
from django.urls import resolve
from django.views import View

from ctms.accounts import access
from ctms.accounts.models import Membership
from ctms.accounts.views.access import Grant
from ctms.core import records
from ctms.run import embedded, logins
from ctms.web.places import InSponsor
from sites.forms import PersonnelForm
from sites.models import Person, Site
from sites.views.lists import SiteList
from sites.views.records import People
from sites.views.site import History
from tests import database
from tests.accounts import matrix, test_isolation
from tests.api import test_isolation as api_isolation
from tests.conftest import person

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-7")]


@dataclass(frozen=True)
class Fault:
    """Args:
    plant: what goes wrong, by monkeypatch.
    seen_by: the names of addresses in which the matrix must then find complaints, or the walk that must fail.
    """

    name: str
    plant: Callable[[pytest.MonkeyPatch], None]
    seen_by: set[str] | Callable[[Any, Any], None]


def _everything(self: Any) -> Any:
    sites = Site.objects.filter(study=self.study).select_related("facility", "country")
    return sites.annotate(registry_status=Value(""), registry_as_of=Value(None, DateField()))


def _unasked(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    request.place = self.place
    return View.dispatch(self, request, *args, **kwargs)


def _anybodys(user: Any, code: str) -> Any:
    return Membership.objects.filter(sponsor__code=code).select_related("sponsor").first()


FAULTS = (
    Fault("a missing visible_to", lambda patch: patch.setattr(records.Records, "visible_to", lambda rows, user: rows),
          {"site"}),
    Fault("a missing permission check", lambda patch: patch.setattr(History, "may_enter", lambda page: True),
          {"site-history"}),
    Fault("a wrong verb", lambda patch: patch.setattr(Grant, "verb", "accounts.view_access"), {"access-grant"}),
    Fault("a sponsor open to whoever asks", lambda patch: patch.setattr(access, "current_membership", _anybodys),
          {"organisations"}),
    Fault("a view that asks nobody", lambda patch: patch.setattr(InSponsor, "dispatch", _unasked), {"audit"}),
    Fault("a public address",
          lambda patch: patch.setattr(resolve("/in/north/organisations/").func, "login_required", False, raising=False),
          {"organisations"}),
    Fault("a list of all rows", lambda patch: patch.setattr(SiteList, "rows", _everything),
          lambda north, south: test_isolation.test_a_cro_monitor_sees_their_countries_and_no_other_site(north)),
    Fault("a REST list of all rows", lambda patch: patch.setattr(SiteList, "rows", _everything),
          lambda north, south: api_isolation.test_sites_of_others_are_not_counted(north)),
    Fault("a form that offers all people",
          lambda patch: patch.setattr(
              People, "make_form", lambda tab, data=None: PersonnelForm(data, people=Person.objects.order_by("name"))),
          lambda north, south: test_isolation.test_the_directory_reaches_as_far_as_ones_sites(
              north, person("mara"), person("petra"))),
    Fault("a key in a body that is taken unseen",
          lambda patch: patch.setattr("ctms.api.views.sites.found", lambda rows: Person(pk=1)),
          lambda north, south: api_isolation.test_another_sponsors_key_in_a_body_is_not_there(south, north)),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed(north, south, monkeypatch, measured, fault):
    if isinstance(fault.seen_by, set):
        house = matrix.build(north, south)
        with matrix.undrawn(monkeypatch):
            assert matrix.complaints(house, fault.seen_by, every=True) == []
            with monkeypatch.context() as patch:
                fault.plant(patch)
                found = matrix.complaints(house, fault.seen_by, every=True)
    else:
        with monkeypatch.context() as patch:
            fault.plant(patch)
            with pytest.raises(AssertionError) as noticed:
                fault.seen_by(north, south)
        found = [str(noticed.value)]
    measured(f"{fault.name}: complaints", len(found), 1, bool(found))


def test_a_dropped_row_policy_is_noticed(django_db_setup, measured):
    with database.copied("faults") as name:
        with psycopg.connect(embedded.dsn(logins.OWNER, name)) as owner:
            owner.execute("alter table sites_site disable row level security")
        with psycopg.connect(embedded.dsn(logins.APP, name)) as app:
            found = test_isolation.shown_without_a_sponsor(app)
    measured("a dropped row policy: tables seen without a sponsor", found, ["sites_site"], found == ["sites_site"])
