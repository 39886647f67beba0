"""All REST operations, with addresses filled in with what a sponsor really has."""

import re
from collections.abc import Iterator
from typing import Any

from ctms.accounts.models import Assignment, Organisation
from ctms.api.description import document
from ctms.milestones.models import Baseline, Milestone
from enrollment.models import Discrepancy, Subject
from finance.models import Payable
from sites.models import Facility, Person, SiteEvidence, SitePersonnel
from tests.accounts.addresses import NOBODYS, furnished


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation)."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def keys_of(sponsor: Any) -> dict[str, list[Any]]:
    """Parameter -> real values, keys by their kind of record; the caller is inside the sponsor."""
    found = {
        "people": Person, "facilities": Facility, "organisations": Organisation, "assignments": Assignment,
        "subjects": Subject, "evidence": SiteEvidence, "personnel": SitePersonnel, "milestones": Milestone,
        "baselines": Baseline, "discrepancies": Discrepancy, "payables": Payable,
    }  # fmt: skip
    keys = furnished(sponsor)
    of_each = {
        name: list(model.objects.order_by("pk").values_list("pk", flat=True)[:1]) or [NOBODYS]
        for name, model in found.items()
    }
    return {**keys, **of_each, "code": keys["country"], "move": ["close_out", "approve"]}


def filled(path: str, keys: dict[str, list[Any]]) -> Iterator[str]:
    """The path with each parameter replaced by each of its values."""
    names = re.findall(r"{(\w+)}", path)
    if not names:
        yield path
        return
    source = "schedule" if names[0] == "number" and "/schedules/" in path else names[0]
    if source == "pk":
        source = path.split("/{pk}")[0].rpartition("/")[2]
    for value in keys[source]:
        yield from filled(path.replace("{" + names[0] + "}", str(value), 1), keys)
