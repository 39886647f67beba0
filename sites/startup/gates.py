"""Which items keep a gate shut: a question about a graph, asked without a database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

GATES = ("SELECTION", "SIV", "GREEN_LIGHT", "IP_RELEASE", "ACTIVATION")
"""In the order in which a site comes to them; who stands at one has passed those before."""

NO_GATE = ""
_RANK = {gate: rank for rank, gate in enumerate(GATES)}


@dataclass(frozen=True, slots=True)
class Node:
    """One item of a site's checklist, as gates see it.

    Args:
        key: any number of its own.
        person: of an item that each person at the site has for themselves: whose it is.
        gate: the first gate it has to be settled for; NO_GATE for none.
        after: what comes before it: codes, and "@GATE" for every item that this gate or an earlier one asks for.
        settled_on: from which day on it is done, or validly waived; None: not.
        expires_on: the last day on which that holds; None: it does not run out.
    """

    key: int
    code: str
    gate: str = NO_GATE
    after: tuple[str, ...] = ()
    person: int | None = None
    settled_on: date | None = None
    expires_on: date | None = None

    def is_settled(self, on: date) -> bool:
        """Whether it holds on that day."""
        begun = self.settled_on is not None and self.settled_on <= on
        return begun and (self.expires_on is None or self.expires_on >= on)


class Graph:
    """The items of one site and what comes before what.

    An item of a person comes after the same person's items; any other comes after those of all persons. What an item
    should come after and the site does not have is no obstacle.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.key: node for node in nodes}
        self._by_code: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            self._by_code[node.code].append(node)

    def put(self, node: Node) -> None:
        """Takes an item as it is now."""
        alike = self._by_code[node.code]
        alike[[one.key for one in alike].index(node.key)] = self.nodes[node.key] = node

    def of_gate(self, gate: str) -> list[Node]:
        """What this gate asks for by itself: its items and those of earlier gates."""
        return [node for node in self.nodes.values() if node.gate and _RANK[node.gate] <= _RANK[gate]]

    def before(self, node: Node) -> list[Node]:
        """What comes directly before an item."""
        found: list[Node] = []
        for wanted in node.after:
            if wanted.startswith("@"):
                found += [one for one in self.of_gate(wanted[1:]) if one.key != node.key]
                continue
            others = self._by_code[wanted]
            own = [one for one in others if one.person is None or node.person is None or one.person == node.person]
            found += own
        return found

    def blocking(self, gate: str, on: date) -> set[int]:
        """The keys of all items that keep the gate shut on that day.

        That is every item the gate asks for, and every item that one of these rests on however far back, which is not
        settled: an item does not count for more than what it rests on.
        """
        return self._unsettled(self.of_gate(gate), on)

    def waited_for(self, key: int, on: date) -> set[int]:
        """The keys of the items that keep this one from being completed on that day."""
        return self._unsettled(self.before(self.nodes[key]), on)

    def _unsettled(self, nodes: Iterable[Node], on: date) -> set[int]:
        seen: set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node.key not in seen:
                seen.add(node.key)
                waiting += self.before(node)
        return {key for key in seen if not self.nodes[key].is_settled(on)}
