"""`@use_case`: what each service function is wrapped in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import BaseConstraint
from psycopg.errors import UniqueViolation

from ctms.core import protocols
from ctms.core.acting import NobodyActs, current_act
from ctms.core.refusals import BadInput, Conflict, Refusal

P = ParamSpec("P")
R = TypeVar("R")


def use_case(service: Callable[P, R]) -> Callable[P, R]:
    """Runs the service inside a savepoint of its own, for the person who acts, with all constraints checked at its end.

    A refusal (or any error) undoes everything the service did, and only that. A refusal marked `recorded` is then
    written to the access log, in the transaction around the savepoint. What a model's own validation or a named
    constraint objects to comes out as a refusal too.

    Raises:
        NobodyActs: no act is open, or `by` is not who acts. A programming error in the caller.
    """

    @wraps(service)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        act = current_act()
        by: Any = kwargs.get("by")
        if by is not None and (by.actor_id, by.actor_name) != (act.actor_id, act.actor_name):
            raise NobodyActs(f"{service.__name__} was called by {by.actor_name} inside an act of {act.actor_name}.")
        try:
            with transaction.atomic():
                result = service(*args, **kwargs)
                check_constraints_now()
                return result
        except Refusal as refusal:
            if refusal.recorded:
                detail = {"code": refusal.code, "message": refusal.message, "use_case": service.__name__}
                protocols.journal().record("REFUSED", user=by, detail=detail)
            if refusal.afterwards:
                refusal.afterwards()
            raise
        except ValidationError as error:
            raise _bad_input(error) from error
        except IntegrityError as error:
            if sentence := _constraint_sentence(error):
                raise Conflict("CONSTRAINT", sentence) from error
            raise

    return wrapper


def check_constraints_now() -> None:
    """Deferred keys are checked here, where the savepoint can still be undone, and not at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")


def _bad_input(error: ValidationError) -> BadInput:
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    fields = {name: " ".join(sentences) for name, sentences in by_field.items()}
    return BadInput("INVALID", fields.pop(NON_FIELD_ERRORS, "Some fields need another look."), fields=fields)


def _constraint_sentence(error: IntegrityError) -> str | None:
    """The sentence for the constraint that the database found violated, where somebody was faster."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            sentence = constraint.violation_error_message
            if constraint.name == name and sentence != BaseConstraint.default_violation_error_message:
                return str(sentence)
    if isinstance(error.__cause__, UniqueViolation):
        return "Somebody else entered the same a moment ago: look again."
    return None
