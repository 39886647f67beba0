"""What holds for every lifecycle, whatever it is of; and what a move asks before it is made."""

import pytest

from ctms.accounts.roles import VERBS
from ctms.core.lifecycle import declared

LIFECYCLES = declared()


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda one: one.name)
class TestEveryLifecycle:
    def test_begins_and_moves_among_its_statuses(self, lifecycle):
        known = set(lifecycle.statuses.values)
        assert lifecycle.start in known
        for move in lifecycle.moves:
            assert {*move.sources, move.target} <= known, move.name
            assert move.target not in move.sources, move.name

    def test_reaches_each_status_from_its_start(self, lifecycle):
        reached, found = set(), {lifecycle.start}
        while found:
            reached |= found
            found = {m.target for m in lifecycle.moves if reached & set(m.sources)} - reached
        assert reached.isdisjoint(dict(lifecycle.follows))
        assert reached | set(dict(lifecycle.follows)) == set(lifecycle.statuses.values)

    def test_names_each_move_once_and_lets_some_role_make_it(self, lifecycle):
        names = [move.name for move in lifecycle.moves]
        assert len(names) == len(set(names))
        allowed = frozenset().union(*VERBS.values())
        assert {move.verb for move in lifecycle.moves} <= allowed


def test_moves_have_names_of_their_own_within_a_room():
    """An address names a site's move without saying of which lifecycle it is."""
    names = [move.name for lifecycle in LIFECYCLES if lifecycle.name.startswith("Site") for move in lifecycle.moves]
    assert len(names) == len(set(names))
