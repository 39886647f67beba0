"""What a list's columns are to programs: name, path and JSON schema, read from the columns and their model alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.functions import Cast

from ctms.core.fields import PartialDateField
from ctms.web.columns import Column

Schema = dict[str, Any]
_KINDS: dict[str, Schema] = {
    "number": {"type": ["integer", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
}


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a row.

    Args:
        name: in JSON.
        path: the model field or annotation, as the ORM spells it.
        expression: what `values_list` is asked for.
        is_free_text: typed by people; a spreadsheet might take it for a formula.
    """

    name: str
    path: str
    schema: Schema
    expression: Any
    is_free_text: bool = False


def fields_of(columns: Iterable[Column], model: type[models.Model]) -> tuple[Field, ...]:
    """The row's key, and every column that has something for programs."""
    key = Field("id", "pk", {"type": "integer", "description": "Its key."}, "pk")
    return (key, *(_field(column, model) for column in columns if column.machine))


def _field(column: Column, model: type[models.Model]) -> Field:
    source = source_of(model, column.machine)
    schema = dict(schema_of(source) if source is not None else _KINDS.get(column.kind, {"type": ["string", "null"]}))
    schema.setdefault("description", f"{column.label}.")
    if _is_optional(model, column.machine) and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    is_text = source is None or (isinstance(source, models.TextField | models.CharField) and not source.choices)
    expression: Any = column.machine
    if isinstance(source, models.DecimalField):
        expression = Cast(column.machine, models.TextField())
    return Field(column.name, column.machine, schema, expression, is_text and column.kind not in ("number", "date"))


def source_of(model: type[models.Model], path: str) -> Any:
    """The model field at the end of a path; None for an annotation."""
    *steps, last = path.split("__")
    try:
        for step in steps:
            model = model._meta.get_field(step).related_model  # type: ignore[assignment]
        return model._meta.get_field(last)
    except FieldDoesNotExist:
        return None


def _is_optional(model: type[models.Model], path: str) -> bool:
    """Whether a key on the way may be empty."""
    return any(
        getattr(source_of(model, "__".join(path.split("__")[:depth])), "null", False)
        for depth in range(1, len(path.split("__")))
    )


def schema_of(field: Any) -> Schema:
    """The JSON schema of a model field's values."""
    schema = dict(_plain(field))
    words = str(field.help_text or "")
    if field.choices:
        values = [value for value, _ in field.flatchoices]
        schema["enum"] = [*values, *([""] if field.blank and "" not in values else [])]
        told = "; ".join(f"{value}: {label}" for value, label in field.flatchoices)
        words = f"{words} {told}.".strip()
    if field.null:
        schema["type"] = [schema["type"], "null"] if isinstance(schema.get("type"), str) else schema.get("type")
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    label = str(field.verbose_name)
    schema["description"] = words or f"{label[:1].upper()}{label[1:]}."
    return schema


def _plain(field: Any) -> Schema:
    for kind, schema in _TYPES:
        if isinstance(field, kind):
            return schema
    return {}


_DURATION = {"type": "string", "pattern": r"^-?P\d+DT\d\dH\d\dM[\d.]+S$", "examples": ["P7DT00H00M00S"]}
_TYPES: tuple[tuple[Any, Schema], ...] = (
    (PartialDateField, {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$", "examples": ["2023-09"]}),
    (models.BooleanField, {"type": "boolean"}),
    (models.IntegerField, {"type": "integer"}),
    (models.ForeignKey, {"type": "integer"}),
    (models.DecimalField, {"type": "string", "format": "decimal", "examples": ["48.13743"]}),
    (models.DateTimeField, {"type": "string", "format": "date-time"}),
    (models.DateField, {"type": "string", "format": "date"}),
    (
        models.DurationField,
        {"type": "string", "pattern": r"^-?P\d+DT\d\dH\d\dM[\d.]+S$", "examples": ["P7DT00H00M00S"]},
    ),
    (models.UUIDField, {"type": "string", "format": "uuid"}),
    (models.JSONField, {}),
    (ArrayField, {"type": "array"}),
    (models.TextField, {"type": "string"}),
    (models.CharField, {"type": "string"}),
)


def properties(fields: Iterable[Field]) -> Schema:
    return {field.name: field.schema for field in fields}


def an_object(named: Schema, **more: Any) -> Schema:
    """The schema of an object that has exactly these."""
    return {"type": "object", "properties": named, "required": [*named], "additionalProperties": False, **more}


def a_list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


@cache
def model_fields(model: type[models.Model], *names: str) -> tuple[tuple[str, Schema], ...]:
    """(name, schema) of fields of a model; for single objects, which are rendered from the instance."""
    return tuple((name, schema_of(model._meta.get_field(name))) for name in names)


def of_model(record: models.Model, *names: str) -> dict[str, Any]:
    """These fields of a record as JSON has them."""
    return {name: getattr(record, name) for name in names}


def names(fields: Iterable[Field]) -> Iterator[str]:
    return (field.name for field in fields)
