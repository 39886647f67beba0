"""Migration operations for what the schema editor cannot know by itself."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ctms.core.trail import install, partitions


class InstallFrame(Operation):
    """Installs the clock and the functions behind guards and trail. The first operation of the first migration."""

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """No model changes."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            install.frame(cursor)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Left in place: other tables may still need it."""

    def describe(self) -> str:
        return "Install the clock and the trail's functions"


class CreateModels(Operation):
    """Creates the tables of several models in one step, one after the other.

    Django draws every model anew for each step of a migration, which took most of a fresh database's time.
    """

    reduces_to_sql = True
    reversible = True
    serialization_expand_args: ClassVar[list[str]] = ["models"]

    def __init__(self, models: Sequence[migrations.CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # drawn once, when somebody asks for it
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.models)} models"


class RetireField(migrations.RemoveField):
    """Takes a field off a regulated model and keeps its history column, with all it ever held.

    Write this instead of the `RemoveField` that makemigrations proposes for the model, and delete the one it proposes
    for its history model. The audit page goes on showing the retired column's past values.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        super().state_forwards(app_label, state)
        history = f"historical{self.model_name_lower}"
        if (app_label, history) in state.models:
            state.remove_field(app_label, history, self.name)

    def describe(self) -> str:
        return f"Retire field {self.name} from {self.model_name}, keeping its history"


class PartitionByYear(Operation):
    """Turns a table that only grows (history, events) into one partitioned by year on a time column.

    The table must still be empty. Its primary key becomes (key, time) in the database only. Each partition has its own
    guards and policies and no grants; a default partition takes what no year has. `migrate` and a monthly task make
    those of this year and the next.
    """

    reversible = False

    def __init__(self, model_name: str, *, time_field: str) -> None:
        self.model_name = model_name
        self.time_field = time_field

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.model_name], {"time_field": self.time_field}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Django need not know."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        with schema_editor.connection.cursor() as cursor:
            partitions.partition(cursor, model._meta.db_table, key=model._meta.pk.column, time=self.time_field)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        raise NotImplementedError("A partitioned table stays partitioned.")

    def describe(self) -> str:
        return f"Partition {self.model_name} by year of {self.time_field}"
