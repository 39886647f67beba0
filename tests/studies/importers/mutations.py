"""Damaging a real document at random, as other people's tools and hands do."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

_RUBBISH: tuple[Any, ...] = (
    *(None, True, 0, -1, 3.5, 1e300, 10**19),
    *("", " ", "x", "2015-13", "P1D", "-P3D", "P1M", "NCT00000001", "Atlantis", "\ud800\x00"),
    *([], {}, [None], ["x"], [{}], {"id": "x"}, {"decode": "After"}, {"value": 3}),
)


def damaged(document: Any, random: Random) -> Any:
    """A copy with some of its nodes deleted, doubled, swapped or replaced by rubbish."""
    document = copy.deepcopy(document)
    for _ in range(random.choice((1, 1, 2, 3, 8, 20))):
        places = list(_places(document))
        if not places:
            break
        _damage(*random.choice(places), random.choice(places), random)
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container with each of its keys or positions."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _damage(parent: Any, key: Any, other: tuple[Any, Any], random: Random) -> None:
    how = random.randrange(4)
    if how == 0:
        parent[key] = copy.deepcopy(random.choice(_RUBBISH))
    elif how == 1:
        del parent[key]
    elif how == 2:
        parent[key] = copy.deepcopy(other[0][other[1]])
    elif isinstance(parent, list):
        parent.insert(random.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
