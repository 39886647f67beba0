"""Violations of the house's rules: what to write where, and what `make check` must then complain of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """Text added to a file, or put in place of `instead_of` in it; `red` is what fails then."""

    rule: str
    path: str
    text: str
    red: str
    instead_of: str = ""


def _models(rule: str) -> str:
    return f"test_models[{rule}]"


_PLANTED_MODELS = '''
"""Models that break the rules."""

from typing import ClassVar

from django.db import models

from ctms.core.keys import TenantKey
from ctms.core.records import Regulated, SponsorOwned


class Payment(models.Model):
    price = models.FloatField()
    friends = models.ManyToManyField("self")


class Lonely(Regulated):
    """Regulated, but of no sponsor."""

    class Meta:
        app_label = "sites"


class Careless(SponsorOwned):
    view_verb: ClassVar[str] = "nobody.knows"
    upwards = models.ForeignKey(Payment, models.SET_NULL, null=True)
    across = TenantKey("self", related_name="+")

    class Meta:
        app_label = "studies"
'''
_REMOVES_HISTORY = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sites", "0001_initial")]
    operations = [migrations.RemoveField("historicalsite", "number")]
"""
_MAKES_A_VIEW = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sites", "0001_initial")]
    operations = [migrations.RunSQL("create view planted as select * from sites_site")]
"""

ON_FILES = (
    Violation("lint", "ctms/unused.py", "import os\n", "lint]"),
    Violation("types", "ctms/mistyped.py", 'NUMBER: int = "one"\n', "types]"),
    Violation("layers", "ctms/core/upwards.py", "import finance.apps\n\nprint(finance)\n", "layers]"),
    *(
        Violation(rule, "finance/models.py", _PLANTED_MODELS, _models(rule))
        for rule in ("trail", "sponsor", "keys down", "keys protect", "keys in sponsor", "many-to-many", "floats",
                     "known by")
    ),
    Violation("factories", "finance/models.py", _PLANTED_MODELS, "test_every_regulated_model_has_a_factory"),
    Violation("file length", "ctms/long.py", "x = 1\n" * 401, "test_files[file]"),
    Violation("line length", "ctms/wide.py", f"x = '{'x' * 121}'\n", "test_files[line]"),
    Violation("e-mail", "tests/data/record.json", '{"email": "someone' + '@example.org"}', "test_files[e-mail]"),
    Violation("phone", "tests/data/call.json", '{"phone": "1-877-555' + '-0100"}', "test_files[phone]"),
    Violation("registry", "requirements/extra.txt", "--index-url " + "https:" + "//example.org",
              "test_files[registry]"),
    Violation("machine path", "docs/path.md", "See /ro" + "ot/notes.txt", "test_files[machine path]"),
    Violation("clock", "sites/services/late.py", "from datetime import date\n\nDAY = date.today()\n",
              "test_files[clock]"),
    Violation("count", "templates/sites/count.html", "{{ sites|length }} sites", "test_files[count]"),
    Violation("markup", "templates/sites/markup.html", "<table></table>",
              "test_templates_keep_the_rule[tables by components]"),
    Violation("inline style", "templates/sites/style.html", '<p style="color:red"></p>',
              "test_templates_keep_the_rule[no style attribute]"),
    Violation("history kept", "sites/migrations/0099_planted.py", _REMOVES_HISTORY, "test_migrations_keep_history"),
    Violation("settings", "ctms/settings.py", '"sites.tabs.nowhere"', "test_what_settings_name_is_there",
              instead_of='"sites.tabs.overview"'),
    Violation("documents", "docs/roles.md", "Something else.", "test_generated_documents_are_current"),
    Violation("licences", "planted-1.0.dist-info/METADATA", "Name: planted\nLicense-Expression: AGPL-3.0-only\n",
              "test_everything_installed_may_be_carried"),
)  # fmt: skip

ON_THE_CATALOG = (
    Violation("trail in the catalog", "ctms/core/trail/install.py", "trigger ctms_trail_changed after update",
              "test_the_catalog_is_as_declared[trail_gaps]", instead_of="trigger ctms_trail_update after update"),
    Violation("policies in the catalog", "ctms/core/trail/install.py", "no force row level security",
              "test_the_catalog_is_as_declared[policy_gaps]", instead_of="force row level security"),
    Violation("grants in the catalog", "ctms/core/grants.py", """f"grant truncate, {', '""",
              "test_the_catalog_is_as_declared[grant_gaps]", instead_of="""f"grant {', '"""),
    Violation("no views", "sites/migrations/0099_planted.py", _MAKES_A_VIEW, "test_there_are_no_naive_times"),
)  # fmt: skip
