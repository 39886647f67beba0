"""All REST operations, with addresses filled in with what a sponsor really has."""

import re
from collections.abc import Iterator
from typing import Any

from ctms.accounts.models import Assignment, Organisation
from ctms.api.description import document
from sites.models import Facility, Person
from tests.accounts.addresses import harvested


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation)."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def keys_of(sponsor: Any) -> dict[str, list[Any]]:
    """Parameter -> real values; the caller is inside the sponsor."""
    keys = harvested(sponsor)
    models = (Person, Facility, Organisation, Assignment)
    found = [model.objects.values_list("pk", flat=True).first() for model in models]
    return {**keys, "code": keys["country"], "pk": [*keys["pk"], *(key for key in found if key)]}


def filled(path: str, keys: dict[str, list[Any]]) -> Iterator[str]:
    """The path with each parameter replaced by each of its values."""
    names = re.findall(r"{(\w+)}", path)
    if not names:
        yield path
        return
    source = "schedule" if names[0] == "number" and "/schedules/" in path else names[0]
    for value in keys[source]:
        yield from filled(path.replace("{" + names[0] + "}", str(value), 1), keys)
