"""Django's schema editor; every table it makes or alters gets its trail, guards and row-level security at once.

So nobody can forget them in a migration, and a data migration in the same file is already audited. What is installed
is derived from the table's own columns (`ctms.core.trail.install`); `manage.py migrate` ends by applying what only the
models know, and a test compares the catalog with both.
"""

from typing import Any

from django.db.backends.postgresql import schema
from django.db.models import Model

from ctms.core.trail import install


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def create_model(self, model: type[Model]) -> None:
        super().create_model(model)
        self._protect(model)

    def add_field(self, model: type[Model], field: Any) -> None:
        super().add_field(model, field)
        self._protect(model)
        if field.column and not self.collect_sql:
            with self.connection.cursor() as cursor:
                install.date_column(cursor, model._meta.db_table, field.column)

    def remove_field(self, model: type[Model], field: Any) -> None:
        super().remove_field(model, field)
        self._protect(model)

    def _alter_field(self, model: type[Model], *arguments: Any, **options: Any) -> None:
        super()._alter_field(model, *arguments, **options)  # type: ignore[misc]
        self._protect(model)

    def alter_db_table(self, model: type[Model], old_db_table: str, new_db_table: str) -> None:
        super().alter_db_table(model, old_db_table, new_db_table)
        self._protect(model)

    def _protect(self, model: type[Model]) -> None:
        if self.collect_sql:  # sqlmigrate: the tables do not exist, so there are no columns to read
            return
        with self.connection.cursor() as cursor:
            install.protect(cursor, model._meta.db_table)
