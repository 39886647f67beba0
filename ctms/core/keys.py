"""Foreign keys that stay inside one sponsor: `(sponsor_id, x_id)` references `(sponsor_id, id)`.

PostgreSQL checks foreign keys without regard to row-level security, so a plain key would accept another sponsor's row,
and its error would tell that the row exists. A regulated model therefore declares each key twice: Django's, with
`db_constraint=False`, for the ORM; and this constraint, for the database.
"""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import BaseConstraint


def TenantKey(to: str, **options: Any) -> Any:  # reads as the field it makes
    """Django's half: a protected foreign key to a row of the same sponsor, without a database constraint of its own."""
    return models.ForeignKey(to, **{"on_delete": models.PROTECT, "db_constraint": False, **options})


class SameSponsor(BaseConstraint):
    """The database's half: the row that `field` points to belongs to this row's sponsor.

    With `within`, further columns must agree too: `SameSponsor("country", within=("study",))` makes a site's country
    one of its own study. The referenced model needs a `UniqueConstraint` on those columns and its key.
    """

    def __init__(self, field: str, *, within: tuple[str, ...] = (), name: str) -> None:
        super().__init__(name=name)
        self.field = field
        self.within = tuple(within)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, _, options = super().deconstruct()
        if self.within:
            options["within"] = self.within
        return path, (self.field,), options

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Within CREATE TABLE: deferred, like Django's own foreign keys, until all tables of the migration stand."""
        schema_editor.deferred_sql.append(self._sql(model, schema_editor.quote_name))

    create_sql = constraint_sql

    def _sql(self, model: Any, quote: Callable[[str], str]) -> str:
        key = model._meta.get_field(self.field)
        target = key.related_model
        here = [model._meta.get_field(name).column for name in ("sponsor", *self.within, self.field)]
        there = [target._meta.get_field(name).column for name in ("sponsor", *self.within)] + [target._meta.pk.column]
        return (
            f"alter table {quote(model._meta.db_table)} add constraint {quote(self.name)} "
            f"foreign key ({', '.join(map(quote, here))}) references {quote(target._meta.db_table)} "
            f"({', '.join(map(quote, there))}) deferrable initially deferred"
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return f"alter table {quote(model._meta.db_table)} drop constraint {quote(self.name)}"

    def validate(self, model: type[models.Model], instance: models.Model, *_: Any, **__: Any) -> None:
        """Left to the database, which sees what row-level security hides from us."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameSponsor):
            return NotImplemented
        return (self.name, self.field, self.within) == (other.name, other.field, other.within)

    __hash__ = BaseConstraint.__hash__


def same_sponsor(model: str, *fields: str, **fields_within: tuple[str, ...]) -> list[SameSponsor]:
    """The constraints of several keys of `model` ("app_model") at once; with what each is held within, by keyword."""
    plain = [SameSponsor(field, name=f"{model}_{field}_key") for field in fields]
    return plain + [
        SameSponsor(field, within=within, name=f"{model}_{field}_key") for field, within in fields_within.items()
    ]


def referable(model: str, *within: str) -> models.UniqueConstraint:
    """What makes a model a possible target of `SameSponsor` keys (`within` the same further columns)."""
    suffix = "_".join(("ref", *within))
    return models.UniqueConstraint(fields=["sponsor", *within, "id"], name=f"{model}_{suffix}")
