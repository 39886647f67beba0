"""What is asked of paths in the scope tree. Each is one lookup, so that many places are spelled as fast as one."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Lookup


class Within(Lookup):
    """`path__within={...}`: one of these places, or below one. Ranges, because only they use the index."""

    lookup_name = "within"
    prepare_rhs = False

    def get_prep_lookup(self) -> tuple[str, ...]:
        return tuple(sorted(self.rhs))

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, values = self.process_lhs(compiler, connection)
        spelled, given = ["false"], []
        for comparisons in self.alternatives():
            spelled.append(" AND ".join(f"{column} {sign} %s" for sign, _ in comparisons))
            given += [one for _, text in comparisons for one in (*values, text)]
        return f"({' OR '.join(spelled)})", given

    def alternatives(self) -> Iterator[tuple[tuple[str, str], ...]]:
        """Ways to hold: comparisons of the column with texts, all of which hold."""
        for path in self.rhs:
            yield (">=", path), ("<", _after(path))


class Touching(Within):
    """`path__touching={...}`: one of these places, below one, or above one."""

    lookup_name = "touching"

    def alternatives(self) -> Iterator[tuple[tuple[str, str], ...]]:
        yield from super().alternatives()
        for path in sorted(_above(self.rhs)):
            yield (("=", path),)


def _after(path: str) -> str:
    """The first path that sorts behind all that begin with `path`: "0" follows "/" in the C collation."""
    return path[:-1] + "0"


def _above(paths: Iterable[str]) -> set[str]:
    """The sponsor's root, and every scope on the way down to these."""
    tokens = [path.strip("/").split("/") for path in paths]
    return {"/" + "".join(f"{token}/" for token in way[:depth]) for way in tokens for depth in range(len(way))}
