"""The OpenAPI description: a file for programs, a page for people. It holds no sponsor's data."""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator

from ctms.api.schema import COMPONENTS
from ctms.web.rest.answers import answer

_TEXT = """REST for the CTMS. Every address below needs a token, which acts as the person who made it and sees what that
person sees. Answers that are not what was asked for have one shape: `code`, `message`, `fields`."""


@cache
def document() -> dict[str, Any]:
    """The whole description; made once per process."""
    made: dict[str, Any] = SchemaGenerator(urlconf="ctms.urls", patterns=None).get_schema(request=None, public=True)
    made["info"]["description"] = _TEXT
    made["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    components = made.setdefault("components", {})
    components["schemas"] = COMPONENTS["schemas"]  # bodies stand where they are used
    components["securitySchemes"] = COMPONENTS["securitySchemes"]
    return made


@login_not_required
def description(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, for code generators and the like."""
    response = answer(document())
    response["Cache-Control"] = "public, max-age=300"
    return response
