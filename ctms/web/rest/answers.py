"""Bodies of REST answers. Everything is JSON; every refusal and error has the one shape."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.duration import duration_iso_string


def encoded(value: Any) -> bytes:
    """JSON. Instants and days in ISO 8601, durations too; decimals and whatever else as text, exactly."""
    return orjson.dumps(value, default=_text, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON answer. Nobody may keep it: the next person at this address may see something else."""
    response = HttpResponse(encoded(value), status=status, content_type="application/json", headers=headers)
    response["Cache-Control"] = "no-store"
    return response


def refusal(
    status: int, code: str, message: str, fields: Mapping[str, str] | None = None, *,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """The one shape of everything that is not what was asked for.

    Args:
        code: UPPER_SNAKE, for programs.
        message: a sentence for people.
        fields: name -> what is wrong with it.
    """
    return answer({"code": code, "message": message, "fields": dict(fields or {})}, status=status, headers=headers)


def _text(value: Any) -> str:
    return duration_iso_string(value) if isinstance(value, timedelta) else str(value)
