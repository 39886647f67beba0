"""Every rule holds in the house, and finds the violation planted beside it."""

import subprocess
from email.message import Message
from importlib.metadata import distributions
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.test.utils import isolate_apps
from django.utils.module_loading import import_string

from ctms.accounts.roles import VERBS
from ctms.core.keys import TenantKey
from ctms.core.records import Regulated, SponsorOwned
from ctms.core.trail.history import regulated_models
from ctms.reporting import generated
from ctms.run.places import ROOT
from tests.factories import Factory
from tests.house import licences, rules

pytestmark = pytest.mark.shows("02-7")

ALL = apps.get_models(include_auto_created=True)
ALL_VERBS = frozenset().union(*VERBS.values())


def tracked() -> list[tuple[str, str]]:
    """(path, text) of every file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = []
    for path in listed.stdout.splitlines():
        if (ROOT / path).is_file():
            try:
                files.append((path, (ROOT / path).read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue  # a picture
    return files


FILES = tracked()


@pytest.mark.parametrize(
    "rule",
    [
        rules.unregulated,
        rules.without_a_sponsor,
        rules.keys_upwards,
        rules.keys_that_forget,
        rules.keys_across_sponsors,
        rules.automatic_many_to_many,
        rules.floats,
        lambda listed: rules.nameless(listed, ALL_VERBS),
    ],
    ids=["trail", "sponsor", "keys down", "keys protect", "keys in sponsor", "many-to-many", "floats", "known by"],
)
def test_models(rule: Any) -> None:
    assert rule(ALL) == []
    with isolate_apps("sites", "ctms.studies", "finance"):
        assert rule(_planted()) != []


def _planted() -> list[type[models.Model]]:
    class Payment(models.Model):
        price = models.FloatField()
        friends = models.ManyToManyField("self")

        class Meta:
            app_label = "finance"

    class Lonely(Regulated):  # but of no sponsor
        class Meta:
            app_label = "sites"

    class Careless(SponsorOwned):
        view_verb: ClassVar[str] = "nobody.knows"
        upwards = models.ForeignKey(Payment, models.SET_NULL, null=True)
        across = TenantKey("self", related_name="+")

        class Meta:
            app_label = "studies"

    return [Payment, Lonely, Careless]


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        (rules.too_long, ("ctms/long.py", "x = 1\n" * 401)),
        (rules.too_long, ("ctms/wide.py", "x" * 121)),
        (rules.private_data, ("tests/data/record.json", '{"email": "someone' + "@" + 'example.org"}')),
        (rules.private_data, ("tests/data/record.json", "call 1-877-555-" + "0100")),
        (rules.addresses, ("requirements/base.txt", "--index-url " + "https" + "://example.org")),
        (rules.addresses, ("docs/x.md", "see " + "/ro" + "ot/notes.txt")),
        (rules.clock_reads, ("sites/services/x.py", "from datetime import date\nd = date.today()")),
        (rules.counts_in_templates, ("templates/sites/x.html", "{{ sites|length }} sites")),
    ],
    ids=["file", "line", "e-mail", "phone", "registry", "machine path", "clock", "count"],
)
def test_files(rule: Any, planted: tuple[str, str]) -> None:
    assert rule(FILES) == []
    assert rule([planted]) != []


def test_migrations_keep_history() -> None:
    loader = MigrationLoader(None)
    ours = [
        (f"{app}.{name}", migration) for (app, name), migration in loader.disk_migrations.items() if app in rules.LAYERS
    ]
    assert rules.history_dropped(ours) == []
    planted = migrations.Migration("0002", "sites")
    planted.operations = [migrations.RemoveField("historicalsite", "number")]
    assert rules.history_dropped([("sites.0002", planted)]) != []


def test_every_regulated_model_has_a_factory() -> None:
    for model in regulated_models():
        assert Factory.for_model(model)
    with pytest.raises(LookupError):
        Factory.for_model(Permission)


def test_what_settings_name_is_there(settings: Any) -> None:
    named = [*settings.SITE_TABS, *settings.SEARCHES, settings.CTMS_AUTHORITY, settings.CTMS_JOURNAL]
    assert all(callable(import_string(path)) for path in named)
    with pytest.raises(ImportError):
        import_string("sites.tabs.nowhere")


def test_generated_documents_are_current() -> None:
    assert generated.outdated() == []
    assert generated.outdated({"lifecycles.md": "Something else."}) == ["lifecycles.md"]


class _Planted:
    """An installed distribution that states this licence."""

    def __init__(self, licence: str) -> None:
        self.metadata = Message()
        self.metadata["Name"] = "planted"
        self.metadata["License-Expression"] = licence


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "GPL-2.0-or-later", "BUSL-1.1", "Proprietary", ""])
def test_everything_installed_may_be_carried(licence: str) -> None:
    assert licences.unlicensed(distributions()) == []
    assert licences.unlicensed([_Planted(licence)]) != []  # type: ignore[list-item]
