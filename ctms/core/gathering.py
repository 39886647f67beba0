"""Finds what the rooms declare in modules of an agreed name, without a register that somebody must remember."""

from importlib import import_module
from typing import TypeVar

from django.apps import apps
from django.utils.module_loading import module_has_submodule

T = TypeVar("T")


def instances(module: str, of: type[T]) -> list[T]:
    """All instances of this class at the top of each app's module of this name, lowest floor first, each once."""
    found: list[T] = []
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, module):
            held = vars(import_module(f"{app.name}.{module}")).values()
            found += [one for one in held if isinstance(one, of) and not any(one is other for other in found)]
    return found
