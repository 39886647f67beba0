"""A record changed past the trail is found; the nightly task says so in the access log."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from audit import gaps, tasks
from audit.models import AccessEvent
from ctms.accounts.tasks import for_each_sponsor
from ctms.celery import app
from ctms.core.acting import current_act_or_none, current_tenancy
from ctms.run import logins
from tests import database


@pytest.mark.django_db
def test_an_untouched_house_has_none(north):
    assert list(gaps.gaps()) == []
    said = StringIO()
    call_command("audit_gaps", stdout=said)
    assert "No gaps" in said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_what_was_changed_with_the_triggers_off_is_named(north):
    with database.connect(logins.OWNER) as owner:
        for table in ("sites_site", "sites_facility", "sites_siteevidence"):
            owner.execute(f"alter table {table} disable trigger user")
        ours = [north.pk]
        changed = owner.execute(
            """update sites_site set number = 'XX-001'
               where id = (select min(id) from sites_site where sponsor_id = %s) returning id""", ours
        ).fetchone()  # fmt: skip
        made = owner.execute(
            """insert into sites_facility (sponsor_id, name, city, region, postal_code, country, time_zone)
               select sponsor_id, 'Planted', city, region, postal_code, country, time_zone
               from sites_facility where sponsor_id = %s limit 1 returning id""", ours
        ).fetchone()  # fmt: skip
        gone = owner.execute(
            "delete from sites_siteevidence where id = (select max(id) from sites_siteevidence) returning id"
        ).fetchone()
    planted = {("sites_site", *changed), ("sites_facility", *made), ("sites_siteevidence", *gone)}
    said = StringIO()
    with transaction.atomic():
        assert {(gap.table, gap.key) for gap in gaps.gaps()} == planted
        with pytest.raises(SystemExit) as left:
            call_command("audit_gaps", stdout=said, stderr=StringIO())
    assert left.value.code == 1
    assert f"sites_site {changed[0]}: differs" in said.getvalue()
    tasks.compare_with_trail(sponsor_id=north.pk)
    with transaction.atomic():
        event = AccessEvent.objects.latest("id")
    assert (event.kind, event.detail["gaps"], event.channel) == ("TRAIL_COMPARED", 3, "task")


@pytest.mark.django_db
class TestTasks:
    def test_without_a_sponsor_it_refuses_to_run(self, db):
        with pytest.raises(LookupError, match="sponsor_id"):
            tasks.compare_with_trail()
        assert not AccessEvent.objects.exists()

    def test_it_acts_in_its_own_name_and_leaves_nothing_behind(self, south):
        before = current_tenancy()
        tasks.compare_with_trail(sponsor_id=south.pk)
        assert (current_tenancy(), current_act_or_none()) == (before, None)

    def test_beat_starts_one_per_sponsor(self, north, south, monkeypatch):
        sent = []
        monkeypatch.setattr(
            "celery.current_app.send_task", lambda name, kwargs: sent.append((name, kwargs["sponsor_id"]))
        )
        for_each_sponsor("audit.tasks.compare_with_trail")
        assert sent == [("audit.tasks.compare_with_trail", north.pk), ("audit.tasks.compare_with_trail", south.pk)]

    def test_everything_scheduled_exists(self):
        app.loader.import_default_modules()
        for entry in settings.CELERY_BEAT_SCHEDULE.values():
            assert {entry["task"], *entry.get("args", ())} <= set(app.tasks)
