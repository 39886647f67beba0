"""`Trail`: the columns of a regulated model's history table; `Reason`: which changes need a person's reason."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from simple_history.models import HistoricalRecords


class Reason:
    """SQL over `o`, the row before a change: when does the change need a reason given by a person for this very change?

    A model says it in `person_reason`. Otherwise the act's own reason ("Loading NCT...", "Log first contact") is
    enough. Imports and feeds are exempt.
    """

    OF_THE_ACT = ""
    BY_PERSON = "true"

    @staticmethod
    def by_person_unless(field: str, value: str) -> str:
        """A person's reason once the record has left its draft: `by_person_unless("status", "DRAFT")`."""
        return f"o.\"{field}\" <> '{value}'"

    @staticmethod
    def is_due(record: Any) -> bool:
        """Whether the next change to this record needs a person's reason, as the database will ask for it."""
        condition = getattr(record, "person_reason", "")
        if not condition:
            return False
        table, key = record._meta.db_table, record._meta.pk.column
        with connection.cursor() as cursor:
            cursor.execute(f'select {condition} from {table} o where o."{key}" = %s', [record.pk])  # noqa: S608 - names of models
            (due,) = cursor.fetchone()
        return bool(due)


class TrailRow(models.Model):
    """What each history row says besides the record itself. Filled by the database, never by us."""

    history_act = models.UUIDField(null=True)
    history_actor = models.TextField(null=True)
    history_channel = models.TextField(null=True)
    history_txid = models.BigIntegerField(null=True)
    history_login = models.TextField(null=True)
    history_simulated = models.BooleanField(null=True)

    class Meta:
        abstract = True

    def save(self, *_: Any, **__: Any) -> None:
        raise TypeError("History rows are written by the database alone.")

    def delete(self, *_: Any, **__: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("History rows are never deleted.")


class Trail(HistoricalRecords):
    """django-simple-history's records with its signals off: the database's triggers write the rows.

    All copied columns are nullable and have no default, or Django would write a new column's default into rows that
    are older than the column. The user is an id and a name, not a foreign key.
    """

    def __init__(self, *, secrets: tuple[str, ...] = (), **options: Any) -> None:
        """
        Args:
            secrets: fields that never enter the history; a change of these alone leaves no row.
        """
        super().__init__(
            bases=(TrailRow,),
            excluded_fields=list(secrets),
            history_id_field=models.BigAutoField(),
            history_change_reason_field=models.TextField(null=True),
            history_user_id_field=models.BigIntegerField(null=True),
            inherit=True,
            **options,
        )

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for field in fields.values():
            field.null = field.blank = True
            field.default = field.db_default = models.NOT_PROVIDED
            field.db_index = False
            field._unique = False
        return fields

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """Indexes for the three ways a trail is read: one record's life, one act, a sponsor's days."""
        options: dict[str, Any] = super().get_meta_options(model)
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        fields = {field.name for field in model._meta.fields}
        options["app_label"] = model._meta.app_label
        options["ordering"] = ("-history_id",)
        options["get_latest_by"] = ("history_id",)
        options["indexes"] = [
            models.Index(fields=[model._meta.pk.name, "history_id"], name=_index_name(name, "rec")),
            models.Index(fields=["history_act"], name=_index_name(name, "act")),
        ]
        if "sponsor" in fields:
            options["indexes"].append(models.Index(fields=["sponsor", "history_date"], name=_index_name(name, "day")))
        return options

    def post_save(self, *_: Any, **__: Any) -> None:
        """Nothing: signals miss bulk writes, and can record changes that never happened."""

    post_delete = pre_delete = post_save


def regulated_models() -> Iterator[type[models.Model]]:
    """All models with a trail, lowest floor first."""
    for model in apps.get_models():
        if hasattr(model._meta, "simple_history_manager_attribute"):
            yield model


def history_models() -> Iterator[type[models.Model]]:
    """The history model of each regulated model, in the same order."""
    for model in regulated_models():
        yield model.history.model  # type: ignore[attr-defined]


def _index_name(table: str, purpose: str) -> str:
    """Index names are at most 30 characters and unique in the database."""
    return f"{table[:25]}_{purpose}"
