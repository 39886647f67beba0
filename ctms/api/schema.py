"""OpenAPI from what the views declare: parameters, bodies and answers. drf-spectacular walks the addresses."""

import inspect
import re
from typing import Any

from drf_spectacular.openapi import AutoSchema

Schema = dict[str, Any]

_REFUSALS = {
    "400": "A parameter, a header or the body cannot be understood.",
    "401": "No token, or one that is not valid any more.",
    "403": "The token may only read, or the person's roles do not include this.",
    "404": "Nothing is there, or nothing that this person may see.",
    "406": "The address does not have this format.",
    "429": "Too many requests: `Retry-After` says when to go on.",
    "500": "Something went wrong on our side. Nothing was changed.",
}
_OF_THE_SERVER = {  # the web server itself answers, before any of us
    "414": "The address is longer than the web server takes.",
    "431": "The headers are larger than the web server takes.",
}
_WRITE_REFUSALS = {
    "409": "Not now: the status or something missing stands against it, in words.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "Something in the body cannot be used; `fields` says what. Or the key was used for another request.",
}
_VERSION_REFUSALS = {
    "412": "The record changed since the version named by If-Match.",
    "428": "If-Match is missing.",
}
COMPONENTS: Schema = {
    "schemas": {
        "Refusal": {
            "type": "object",
            "description": "Whatever is not what was asked for.",
            "required": ["code", "message", "fields"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "description": "For programs; stable."},
                "message": {"type": "string", "description": "One sentence for people."},
                "fields": {"type": "object", "additionalProperties": {"type": "string"},
                           "description": "What is wrong with which field, parameter or header."},
            },
            "examples": [{
                "code": "GUARD", "fields": {},
                "message": "There is no evidence yet for “Items required before initiation complete”.",
            }],
        }
    },
    "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer", "description": "A token made on the page “API tokens”."}
    },
}  # fmt: skip
_SAID = {
    "study": ("The study's protocol number, as it stands in addresses.", "D3460C00002"),
    "code": ("ISO 3166-1 alpha-2.", "DE"),
    "number": ("The sponsor's number of the site, or the version of a schedule.", "DE-004"),
    "move": ("The move's name, as in `allowed_moves`.", "close_enrollment"),
    "pk": ("The record's key.", 1),
}
_KEY_HEADER: Schema = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "Made up by you, new for each thing to be done: then a repeated request does nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}  # fmt: skip
_VERSION_HEADER: Schema = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "example": '"1234"',
    "description": "The ETag of the version that this change is meant for, or *.",
}  # fmt: skip


class ApiSchema(AutoSchema):
    """One operation of a view of `ctms.api`."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Schema:
        self.registry, self.path, self.method = registry, path, method.upper()
        view: Any = self.view
        handler = getattr(view, "carry_out" if self.method == "POST" else "get")
        said = inspect.cleandoc((view.described if self.method == "GET" else handler.__doc__) or "")
        summary, _, description = said.partition("\n")
        operation = {
            "operationId": view.operations[self.method],
            "summary": summary.strip(),
            "tags": [view.tag],
            "security": [{"token": []}],
            "parameters": [*self._in_path(path, path_regex), *self._in_query(), *self._in_headers()],
            "responses": self._responses(),
        }
        if description.strip():
            operation["description"] = description.strip()
        if self.method == "POST":
            operation["requestBody"] = self._body()
        return operation

    def _in_path(self, path: str, path_regex: str) -> list[Schema]:
        found = []
        for name in re.findall(r"{(\w+)}", path):
            description, example = self.view.said.get(name) or _SAID[name]  # type: ignore[attr-defined]
            schema: Schema = {"type": "integer"} if f"<int:{name}>" in path_regex else {"type": "string"}
            if choices := self.view.choices().get(name):  # type: ignore[attr-defined]
                schema["enum"] = choices
            found.append({"name": name, "in": "path", "required": True, "schema": schema, "example": example,
                          "description": description})  # fmt: skip
        return found

    def _in_query(self) -> list[Schema]:
        if self.method != "GET":
            return []
        formats = [renderer.format for renderer in self.view.renderer_classes]
        known = dict(self.view.parameters())  # type: ignore[attr-defined]
        if len(formats) > 1:
            known["format"] = {"type": "string", "enum": formats, "default": "json",
                               "description": "Instead of the header Accept. Files have all rows."}  # fmt: skip
        required = getattr(self.view, "needed", ())
        return [
            {"name": name, "in": "query", "required": name in required, "description": schema.get("description", ""),
             "schema": {key: value for key, value in schema.items() if key != "description"}}
            for name, schema in known.items()
        ]  # fmt: skip

    def _in_headers(self) -> list[Schema]:
        if self.method != "POST":
            return []
        return [_KEY_HEADER, *([_VERSION_HEADER] if self.view.needs_version else [])]  # type: ignore[attr-defined]

    def _body(self) -> Schema:
        serializer = self.view.body()  # type: ignore[attr-defined]
        component = self.resolve_serializer(serializer, "request")
        schema = {**component.schema, "additionalProperties": False}
        return {"required": True, "content": {"application/json": {
            "schema": schema, "example": self.view.body_example}}}  # type: ignore[attr-defined]  # fmt: skip

    def _responses(self) -> Schema:
        view: Any = self.view
        content: Schema = {"application/json": {"schema": view.answers(self.method)}}
        for renderer in view.renderer_classes[1:] if self.method == "GET" else ():
            content[renderer.media_type] = {"schema": {"type": "string"}}
        status = str(view.made) if self.method == "POST" else "200"
        found: Schema = {status: {"description": "As asked.", "content": content, "headers": self._headers()}}
        refusals = {**_REFUSALS, **view.refusals}
        if self.method == "POST":
            refusals |= _WRITE_REFUSALS | (_VERSION_REFUSALS if view.needs_version else {})
        shape = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
        for code, words in sorted(refusals.items()):
            found[code] = {"description": words, "content": shape}
        for code, words in _OF_THE_SERVER.items():
            found[code] = {"description": words, "content": {"text/html": {"schema": {"type": "string"}}}}
        return found

    def _headers(self) -> Schema:
        number = {"schema": {"type": "integer"}}
        headers: Schema = {
            "RateLimit-Limit": {"description": "Requests of this token in a minute.", **number},
            "RateLimit-Remaining": {"description": "How many are left.", **number},
            "RateLimit-Reset": {"description": "Seconds until they are renewed.", **number},
        }
        if self.method == "POST" or self.view.is_versioned:  # type: ignore[attr-defined]
            headers["ETag"] = {"description": "The record's version, for If-Match.", "schema": {"type": "string"}}
        return headers
