"""Refusals have words. Each carries a code for programs, a sentence for people, and the fields it is about."""

from collections.abc import Callable, Mapping


class Refusal(Exception):
    """The system will not do this, and says why. Nothing was changed.

    Args:
        code: UPPER_SNAKE, stable; what programs and tests look at.
        message: one sentence for the person who asked.
        fields: field name -> what is wrong with it, where the refusal is about input.
        recorded: whether the attempt belongs in the access log (a missing permission, segregation of duties).
    """

    status = 409

    def __init__(
        self,
        code: str,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        recorded: bool = False,
        afterwards: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = dict(fields or {})
        self.recorded = recorded
        self.afterwards = afterwards


class NotAllowed(Refusal):
    """A role that would allow it is missing. For a person who may see the record; others are told it is not there."""

    status = 403


class BadInput(Refusal):
    """What was typed or sent cannot be used; `fields` says which and why."""

    status = 422


class Conflict(Refusal):
    """Somebody else was faster: the record is no longer what the person saw."""
