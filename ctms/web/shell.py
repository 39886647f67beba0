"""What every page needs around its content."""

from typing import Any

from django.db import connection
from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    """The template context of the shell: is this a simulated database?"""
    with connection.cursor() as cursor:
        cursor.execute("select ctms_is_simulated()")
        return {"is_simulated": cursor.fetchone()[0]}
