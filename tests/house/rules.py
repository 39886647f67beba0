"""Rules on models and files, as functions from what they look at to the violations they find."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import models

from ctms.core.keys import SameSponsor
from ctms.core.records import SponsorOwned, StudyOwned, Working
from ctms.core.reviewed import MAY_LACK_A_SPONSOR, UNREGULATED, WITHOUT_TENANT_POLICY
from ctms.core.trail.history import TrailRow

LAYERS = ("core", "web", "accounts", "desk", "audit", "integrations", "studies", "sites", "enrollment", "monitoring",
          "milestones", "finance", "reporting", "api", "demo")  # fmt: skip
FOREIGN = ("auth", "contenttypes", "guardian", "messages", "staticfiles", "postgres")
LONGEST_FILE, LONGEST_LINE = 400, 120
CODE = {".py", ".html", ".css", ".js", ".sql", ".sh"}
_EXEMPT = re.compile(r"(^|/)(migrations|\.venv|var|data)/|world\.svg$")
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(?<![\w.-])\+?\d{1,3}[ -]\(?\d{3}\)?[ -]\d{3}[ -]\d{4}(?!\d)")

_PRAGMA = re.compile(r"  # (type: ignore|noqa|fmt)\b.*$")
_CLOCKS = {"datetime.now", "datetime.utcnow", "date.today", "timezone.now", "clock.now", "clock.today"}

Model = type[models.Model]


def unregulated(listed: Iterable[Model]) -> list[str]:
    """Models with neither a trail nor a place on the reviewed list."""
    return [
        model._meta.label
        for model in listed
        if not hasattr(model._meta, "simple_history_manager_attribute")
        and not issubclass(model, TrailRow)
        and not issubclass(model, Working)
        and not getattr(model, "only_grows", False)
        and model._meta.db_table not in UNREGULATED
    ]


def without_a_sponsor(listed: Iterable[Model]) -> list[str]:
    """Regulated models that belong to no sponsor and are on no reviewed list."""
    return [
        model._meta.label
        for model in listed
        if (hasattr(model._meta, "simple_history_manager_attribute") or getattr(model, "only_grows", False))
        and not issubclass(model, SponsorOwned)
        and model._meta.db_table not in WITHOUT_TENANT_POLICY
        and model._meta.db_table not in MAY_LACK_A_SPONSOR
    ]


def keys_upwards(listed: Iterable[Model]) -> list[str]:
    """Foreign keys to a floor above."""
    return [
        f"{field} -> {field.related_model._meta.label}"
        for field, here, there in _keys(listed)
        if here in LAYERS and there in LAYERS and LAYERS.index(there) > LAYERS.index(here)
    ]


def keys_that_forget(listed: Iterable[Model]) -> list[str]:
    """Foreign keys of regulated models that would change or remove rows by themselves."""
    return [
        str(field)
        for field, _, _ in _keys(listed)
        if _is_regulated(field.model) and field.remote_field.on_delete is not models.PROTECT
    ]


def keys_across_sponsors(listed: Iterable[Model]) -> list[str]:
    """Keys between rows of sponsors that the database does not hold inside one sponsor."""
    found = []
    for field, _, _ in _keys(listed):
        if not (issubclass(field.model, SponsorOwned) or field.model._meta.label == "accounts.Membership"):
            continue
        if issubclass(field.related_model, SponsorOwned):
            held = {c.field: c for c in field.model._meta.constraints if isinstance(c, SameSponsor)}
            within = held[field.name].within if field.name in held else ()
            if field.name not in held or field.db_constraint:
                found.append(str(field))
            elif field.name != "study" and _shares_study(field) and not {"study", "schedule", "site"} & set(within):
                found.append(f"{field}: not held inside one study")
    return found


def automatic_many_to_many(listed: Iterable[Model]) -> list[str]:
    """Many-to-many fields of ours without an explicit, audited model in between."""
    return [
        str(field)
        for model in listed
        if model._meta.app_label not in FOREIGN
        for field in model._meta.local_many_to_many
        if field.remote_field.through._meta.auto_created
    ]


def floats(listed: Iterable[Model]) -> list[str]:
    """Fields that cannot hold money, or anything else, exactly."""
    return [
        str(field) for model in listed for field in model._meta.local_fields if isinstance(field, models.FloatField)
    ]


def nameless(listed: Iterable[Model], verbs: Iterable[str]) -> list[str]:
    """Sponsors' records that say neither who may see them nor what people know them by."""
    return [
        model._meta.label
        for model in listed
        if issubclass(model, SponsorOwned)
        and (not hasattr(model, "known_by") or getattr(model, "view_verb", "") not in verbs)
    ]


def history_dropped(migrations: Iterable[tuple[str, Any]]) -> list[str]:
    """Migrations that take a column of a history table away."""
    return [
        f"{name}: {operation.describe()}"
        for name, migration in migrations
        for operation in migration.operations
        if type(operation).__name__ in ("RemoveField", "DeleteModel", "RenameField")
        and getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")).startswith("historical")
    ]


def too_long(files: Iterable[tuple[str, str]]) -> list[str]:
    """Files and lines nobody wants to read."""
    found = []
    for path, text in files:
        if Path(path).suffix not in CODE or _EXEMPT.search(path):
            continue
        lines = text.splitlines()
        if len(lines) > LONGEST_FILE:
            found.append(f"{path}: {len(lines)} lines")
        found += [
            f"{path}:{number}" for number, line in enumerate(lines, 1) if len(_PRAGMA.sub("", line)) > LONGEST_LINE
        ]
    return found


def private_data(files: Iterable[tuple[str, str]]) -> list[str]:
    """E-mail addresses and telephone numbers in data that we carry."""
    return [
        f"{path}: {match}"
        for path, text in files
        if "/data/" in path
        for pattern in (_E_MAIL, _PHONE)
        for match in pattern.findall(text)[:3]
    ]


def addresses(files: Iterable[tuple[str, str]]) -> list[str]:
    """Pinned requirements that name where packages come from, and paths of a machine."""
    found = []
    for path, text in files:
        if path.startswith("requirements/") and re.search(r"https?://|--(extra-)?index-url|--find-links", text):
            found.append(f"{path}: names a registry")
        found += [f"{path}: {place}" for place in re.findall(r"(?<![\w.])/(?:root|work|home/\w+)/[\w./-]+", text)]
    return found


def clock_reads(files: Iterable[tuple[str, str]]) -> list[str]:
    """Rules that read a clock instead of being told the time, and naive datetimes."""
    found = []
    for path, text in files:
        if not path.endswith(".py") or not re.search(
            r"/(services|models)(/|\.py)|/lifecycle\.py|/queries\.py", "/" + path
        ):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and _dotted(node.func) in _CLOCKS:
                found.append(f"{path}:{node.lineno}: {_dotted(node.func)}")
    return found


def counts_in_templates(files: Iterable[tuple[str, str]]) -> list[str]:
    """Numbers that a page makes up itself instead of reading a declared metric."""
    pattern = re.compile(r"\{\{[^}]*(\.count\b|\|\s*length|\|\s*add:)[^}]*\}\}")
    return [
        f"{path}: {match.group(0)}"
        for path, text in files
        if path.endswith(".html") and "/components/" not in path and "style_guide" not in path
        for match in pattern.finditer(text)
    ]


def _keys(listed: Iterable[Model]) -> Iterator[tuple[Any, str, str]]:
    for model in listed:
        if issubclass(model, TrailRow):
            continue  # history has no constraints: its keys only name what they named then
        for field in model._meta.local_fields:
            if (field.many_to_one or field.one_to_one) and not isinstance(field.related_model, str):
                yield field, model._meta.app_label, field.related_model._meta.app_label


def _is_regulated(model: Model) -> bool:
    return hasattr(model._meta, "simple_history_manager_attribute") or getattr(model, "only_grows", False)


def _shares_study(field: Any) -> bool:
    return issubclass(field.model, StudyOwned) and issubclass(field.related_model, StudyOwned)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
