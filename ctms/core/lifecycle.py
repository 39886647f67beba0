"""The life of a record as one table of moves. Buttons, permissions, tests and docs/lifecycles.md all read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ctms.core import gathering, protocols
from ctms.core.acting import says_why
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for when making a move, as guards see it."""

    by: Any
    effective_on: date | None = None
    reason: str = ""
    reason_code: str = ""
    proof: protocols.Proof | None = None  # that the person signs, where the move wants a signature

    @property
    def day(self) -> date:
        """The day given for the move, where a service demands one."""
        assert self.effective_on is not None
        return self.effective_on


Guard = Callable[[Any, Request], str | None]
"""Looks at (record, request); objects with one sentence, or returns None. Shown beside the disabled button.

Its docstring says in a few words what must be so; docs/lifecycles.md prints it.
"""


@dataclass(frozen=True, slots=True)
class Move:
    """One way from some statuses to another.

    Args:
        name: the verb, lower_snake; stable, stands in addresses and in the trail.
        label: what the button says.
        verb: the permission, as in `ctms.accounts.roles`.
        reason: whether a person must say why.
        reason_codes: the coded reasons to choose from, code -> words; then one of them is required.
        unless: guards, asked in this order.
        is_exit: leads off the main path; drawn apart.
        signature: the kind of electronic signature it takes, as in `ctms.core.signables.MEANINGS`; "" for none.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    verb: str
    label: str
    reason: bool = False
    reason_codes: tuple[tuple[str, str], ...] = ()
    unless: tuple[Guard, ...] = ()
    is_exit: bool = False
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that is open from the record's status to this person, and what still stands against it."""

    move: Move
    objections: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return not self.objections


@dataclass(frozen=True)
class Lifecycle:
    """The moves of one kind of record.

    Args:
        name: as in docs/lifecycles.md.
        start: the status of a new record.
        moves: the table.
        statuses: the model field's choices (TextChoices), for words.
        field: the model field that holds the status.
        follows: statuses that a move of another record brings, each with when: no move of this one leads there.
    """

    name: str
    start: str
    moves: tuple[Move, ...]
    statuses: Any
    field: str = "status"
    follows: tuple[tuple[str, str], ...] = ()

    def move(self, name: str) -> Move | None:
        """The move of this name, or None."""
        return next((move for move in self.moves if move.name == name), None)

    def offers(self, record: Any, request: Request) -> Iterator[Offer]:
        """The moves that this person's roles allow from here, with what guards object."""
        status = getattr(record, self.field)
        for move in self.moves:
            if status in move.sources and protocols.authority().may(request.by, move.verb, record):
                yield Offer(move, tuple(self._objections(move, record, request)))

    def advance(self, record: Any, name: str, request: Request) -> Move:
        """Makes the move on `record` (locked by the caller, who saves it), or refuses.

        Order: permission, then status, then what was typed, then guards, then the signature, of the record as it is
        before the move.

        Raises:
            NotAllowed, BadInput, Refusal: nothing was changed.
        """
        move = self.move(name)
        if move is None:
            raise Refusal("NO_SUCH_MOVE", f"{self.name} knows no move called {name}.")
        sentence = f"Your roles do not include: {move.label.lower()}."
        demand(by=request.by, verb=move.verb, record=record, code="MAY_NOT_MOVE", sentence=sentence)
        status = getattr(record, self.field)
        if status not in move.sources:
            here, there = self.statuses(status).label, ", ".join(self.statuses(source).label for source in move.sources)
            raise Refusal("WRONG_STATUS", f"“{move.label}” is possible from {there}; this one is {here}.")
        self._check_reason(move, request)
        for sentence in self._objections(move, record, request):
            raise Refusal("GUARD", sentence)
        if move.signature:
            protocols.signer().sign(
                record, kind=move.signature, verb=move.verb, by=request.by, proof=request.proof, comment=request.reason
            )
        setattr(record, self.field, move.target)
        return move

    def objections_to_being(self, status: str, record: Any, request: Request) -> tuple[str, ...]:
        """What stands against `status` by whichever move leads there with the fewest objections; for corrections."""
        arrivals = (tuple(self._objections(move, record, request)) for move in self.moves if move.target == status)
        return min(arrivals, key=len, default=())

    def behind_signature(self) -> frozenset[str]:
        """The statuses to which no way leads that takes no signature."""
        open_to = {self.start}
        while (
            more := {move.target for move in self.moves if not move.signature and open_to.intersection(move.sources)}
            - open_to
        ):
            open_to |= more
        return frozenset(move.target for move in self.moves) - open_to

    def _objections(self, move: Move, record: Any, request: Request) -> Iterator[str]:
        for guard in move.unless:
            if sentence := guard(record, request):
                yield sentence

    @staticmethod
    def _check_reason(move: Move, request: Request) -> None:
        if move.reason_codes and request.reason_code not in dict(move.reason_codes):
            sentence = "Choose one of the reasons."
            raise BadInput("REASON_CODE", sentence, fields={"reason_code": sentence})
        if move.reason and not says_why(request.reason):
            raise BadInput("REASON", "Say why.", fields={"reason": "Say why: this move needs a reason."})


def declared() -> list[Lifecycle]:
    """The lifecycles of all rooms, lowest floor first: what their `lifecycle` modules hold."""
    return gathering.instances("lifecycle", Lifecycle)
