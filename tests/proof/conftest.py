"""How a heavy test says what it measured."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conftest import browser, house, static_files, visit  # noqa: F401 - fixtures


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Notes a value against its threshold, for the line that `make proof` prints; fails where it does not hold."""

    def note(what: str, value: Any, threshold: Any, holds: bool) -> None:
        request.node.user_properties.append(
            ("measured", {"what": what, "value": value, "threshold": threshold, "pass": holds})
        )
        assert holds, f"{what}: {value}, threshold {threshold}"

    return note
