"""Whatever goes wrong below /api/ comes out in the one shape, inside a view and outside of any."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import BadRequest, ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions

from ctms.core.refusals import Refusal
from ctms.core.versions import Stale
from ctms.web.rest.answers import refusal

log = logging.getLogger("ctms.rest")
ROOT = "/api/"

NOT_THERE = "There is nothing at this address, or nothing that you may see."
NO_SENSE = "The request cannot be understood."
OUR_FAULT = "Something went wrong on our side. Nothing was changed."
_CODES = {
    400: "BAD_REQUEST", 401: "NOT_SIGNED_IN", 403: "NOT_ALLOWED", 404: "NOT_FOUND", 405: "NO_SUCH_METHOD",
    406: "NOT_ACCEPTABLE", 415: "UNSUPPORTED_MEDIA_TYPE", 429: "TOO_MANY_REQUESTS",
}  # fmt: skip


class BadQuery(Exception):
    """A query parameter or header that cannot be used; `fields` says which and why."""

    def __init__(self, message: str, fields: dict[str, str], *, code: str = "BAD_QUERY") -> None:
        super().__init__(message)
        self.message, self.fields, self.code = message, fields, code


class Precondition(Exception):
    """428 where a version must be named and none is; 412 where the named one is not the record's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def explained(error: Exception) -> HttpResponse:
    """The answer to any error in a REST view."""
    if isinstance(error, Stale):
        return refusal(412, error.code, error.message, headers={"ETag": f'"{error.latest.history_id}"'})
    if isinstance(error, Refusal):
        return refusal(error.status, error.code, error.message, error.fields)
    if isinstance(error, Precondition):
        return refusal(error.status, error.code, error.message, {"If-Match": error.message})
    if isinstance(error, BadQuery):
        return refusal(400, error.code, error.message, error.fields)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return refusal(404, "NOT_FOUND", NOT_THERE)
    if isinstance(error, PermissionDenied):
        return refusal(403, "NOT_ALLOWED", str(error) or "Your roles do not include this.")
    if isinstance(error, RequestDataTooBig):
        return refusal(413, "TOO_LARGE", "The body is larger than is taken here.")
    if isinstance(error, BadRequest):
        return refusal(400, "BAD_REQUEST", str(error) or NO_SENSE)
    if isinstance(error, exceptions.ValidationError):
        return refusal(422, "INVALID", "Some fields need another look.", dict(_sentences(error.detail)))
    if isinstance(error, exceptions.APIException):
        return _of_the_framework(error)
    log.error("A request to the REST interface failed", exc_info=error)
    return refusal(500, "SERVER_ERROR", OUR_FAULT)


def _of_the_framework(error: exceptions.APIException) -> HttpResponse:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    if getattr(error, "wait", None) is not None:
        headers["Retry-After"] = str(max(1, round(error.wait)))  # type: ignore[attr-defined]
    status = error.status_code
    return refusal(status, _CODES.get(status, "REFUSED"), str(error.detail), headers=headers)


def _sentences(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A serializer's errors, flattened: field -> its sentences."""
    if isinstance(detail, dict):
        for key, below in detail.items():
            yield from _sentences(below, f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list) and any(isinstance(one, dict | list) for one in detail):
        for position, below in enumerate(detail):
            yield from _sentences(below, f"{name}.{position}")
    else:
        yield name or "body", " ".join(map(str, detail)) if isinstance(detail, list) else str(detail)


# What Django calls where no view answered: handler400, 403, 404 and 500 of ctms.urls.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_rest(request):
        return explained(exception if isinstance(exception, RequestDataTooBig) else BadRequest(_said(exception)))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_rest(request):
        return explained(PermissionDenied())
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return explained(Http404()) if _is_rest(request) else defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    return refusal(500, "SERVER_ERROR", OUR_FAULT) if _is_rest(request) else defaults.server_error(request)


def _said(exception: Exception) -> str:
    """Our own sentences are for everybody, others may say too much."""
    return str(exception) if isinstance(exception, BadRequest) else NO_SENSE


def _is_rest(request: HttpRequest) -> bool:
    return request.path_info.startswith(ROOT)
