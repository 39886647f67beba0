"""Bodies of REST requests: JSON as RFC 8259 has it, in UTF-8, and nothing that two readers could read differently."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJson(JSONParser):
    """A JSONParser by descent too: to those the framework hands only what is not larger than is taken at all."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """What the body says.

        Raises:
            ParseError: it is no JSON, names a member twice, or is nested deeper than anything that is taken here.
        """
        try:
            return json.loads(stream.read().decode(), object_pairs_hook=_once, parse_constant=_no_number)
        except json.JSONDecodeError as error:
            raise ParseError(f"The body is no JSON from line {error.lineno}, column {error.colno} on.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except UnicodeDecodeError as error:
            raise ParseError("The body is no UTF-8.") from error
        except ValueError as error:  # a number of thousands of digits
            raise ParseError("The body holds a number that nobody can mean.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ParseError("The body names something twice.")
    return said


def _no_number(word: str) -> NoReturn:
    raise ParseError(f"{word} is no number of JSON.")
