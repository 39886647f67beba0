"""The OpenAPI description: a file for programs, a page for people. It holds no sponsor's data."""

from functools import cache
from threading import Lock
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from drf_spectacular.generators import SchemaGenerator

from ctms.api.schema import COMPONENTS
from ctms.web.rest.answers import answer, encoded

_TEXT = """REST for the CTMS. Every address below needs a token, which acts as the person who made it and sees what that
person sees. Answers that are not what was asked for have one shape: `code`, `message`, `fields`."""


def document() -> dict[str, Any]:
    """The whole description; made once per process, by one thread: the generator keeps its state on the views."""
    with _MAKING:
        return _made()


_MAKING = Lock()


@cache
def _made() -> dict[str, Any]:
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


def guide(request: HttpRequest) -> HttpResponse:
    """The same for people, who are signed in."""
    return TemplateResponse(request, "api/guide.html", {"groups": _groups(), "columns": _COLUMNS})


_COLUMNS = ({"label": "Name"}, {"label": "In"}, {"label": "What it says"}, {"label": "Values"})


@cache
def _groups() -> list[dict[str, Any]]:
    """Operations by what they are about."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    return [{"tag": tag, "operations": listed} for tag, listed in groups.items()]


def _operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    fields = body.get("schema", {})
    rows = [
        {"name": one["name"], "place": one["in"], "text": _plain(one.get("description", "")),
         "values": _values(one["schema"]), "needed": one["required"]}
        for one in operation["parameters"]
    ] + [
        {"name": name, "place": "body", "text": _plain(schema.get("description", "")), "values": _values(schema),
         "needed": name in fields.get("required", ())}
        for name, schema in fields.get("properties", {}).items()
    ]  # fmt: skip
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "text": _plain(operation.get("description", "")),
        "rows": rows,
        "example": encoded(body["example"]).decode() if body.get("example") else "",
        "statuses": [
            {"code": code, "text": _plain(said["description"])} for code, said in operation["responses"].items()
        ],
    }


def _values(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"] if value not in (None, ""))
    kinds = schema.get("type", "")
    kind = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return str(schema.get("format") or kind)


def _plain(text: str) -> str:
    """Without Markdown's marks of code."""
    return text.replace("`", "")
