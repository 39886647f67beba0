"""Who may do what is written down for every address and operation: a new one without a line fails the build."""

import pytest

from tests.accounts import policy
from tests.accounts.addresses import of_sponsors
from tests.api.addresses import operations

pytestmark = pytest.mark.shows("03-7")


def unlisted() -> set[str]:
    """Addresses and operations without a line in the policy, and lines of nothing."""
    named = {operation["operationId"] for _, _, operation in operations()}
    return (of_sponsors() ^ policy.listed()) | (
        named ^ {name for names in policy.OPERATIONS.values() for name in names}
    )


def test_everything_has_a_line():
    assert unlisted() == set()


@pytest.mark.parametrize(("table", "name"), [("OPENS", "sources"), ("OPERATIONS", "read_site")])
def test_a_missing_line_is_noticed(monkeypatch, table, name):
    lines = {verb: names - {name} for verb, names in getattr(policy, table).items()}
    monkeypatch.setattr(policy, table, lines)
    assert unlisted() == {name}
