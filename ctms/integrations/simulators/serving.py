"""What the simulators share: requests and replies as WSGI has them, and switches for what goes wrong in the world."""

import base64
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

SIMULATOR = "SIMULATOR"
USER, PASSWORD, TOKEN = "ctms", "simulated", "simulated-token"

FAULTS: dict[str, str] = {
    "unauthorised": "Refuses the credentials (401).",
    "forbidden": "Refuses the study (403).",
    "too_many": "Is asked too often (429, with Retry-After).",
    "error": "Breaks (500).",
    "unavailable": "Is down for maintenance (503).",
    "slow": "Answers after two seconds.",
    "truncated": "Sends half of the reply.",
    "html": "Sends a page for people.",
    "garbage": "Sends bytes that are nothing.",
    "bom": "Sends a byte order mark first.",
    "duplicate": "Sends every record twice.",
    "arm": "Names the treatment in a blinded feed.",
    "half": "Has lost half of the records.",
    "stale": "Sends an old picture again.",
    "session": "Ends the session at once, inside HTTP 200.",
    "limit": "Says that a limit is reached, inside HTTP 200.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    origin: str  # scheme and host, as the client knows them

    def is_signed(self, *, by: str) -> bool:
        """Whether it carries this Authorization."""
        return self.headers.get("authorization", "") == by


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    status: int = 200
    content_type: str = "text/xml; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
Handler = Callable[[Asked, str], Reply]  # (request, the fault that is on or "")


def json(value: Any, status: int = 200) -> Reply:
    return Reply(orjson.dumps(value), status, "application/json")


@dataclass
class Switches:
    """Which fault is on at which system, and for how many more requests; 0 means until it is switched off."""

    on: dict[str, tuple[str, int]] = field(default_factory=dict)

    def set(self, system: str, fault: str, times: int = 0) -> None:
        if fault not in FAULTS:
            raise ValueError(f"There is no fault {fault}.")
        self.on[system] = (fault, times)

    def clear(self, system: str = "") -> None:
        for name in [system] if system else list(self.on):
            self.on.pop(name, None)

    def take(self, system: str) -> str:
        """The fault for this request."""
        fault, times = self.on.get(system, ("", 0))
        if times == 1:
            self.on.pop(system)
        elif times:
            self.on[system] = (fault, times - 1)
        return fault


def faulty(handler: Handler, asked: Asked, fault: str) -> Reply:
    """The handler's reply with the fault in it; those that change what is said are the handler's own."""
    page = b"<html><head><title>503</title></head><body>The service is unavailable.</body></html>"
    instead = {
        "unauthorised": Reply(b"Authorization Header not provided", 401, "text/plain"),
        "forbidden": Reply(rws_error("RWS00009", "Not permitted for this study"), 403),
        "too_many": Reply(b"Too many requests", 429, "text/plain", (("Retry-After", "1"),)),
        "error": Reply(page.replace(b"503", b"500"), 500, "text/html"),
        "unavailable": Reply(b"HTTP 503 Service Temporarily Unavailable", 503, "text/plain"),
        "html": Reply(page, 200, "text/html"),
        "garbage": Reply(b"\x00\xff\xfe<ODM" * 20, 200),
    }.get(fault)
    if instead is not None:
        return instead
    if fault == "slow":
        time.sleep(2)
    reply = handler(asked, fault)
    if fault == "truncated":
        half = reply.body[: len(reply.body) // 2]
        return Reply(half, reply.status, reply.content_type, (*reply.headers, ("Content-Length", str(len(reply.body)))))
    if fault == "bom":
        return Reply(b"\xef\xbb\xbf" + reply.body, reply.status, reply.content_type, reply.headers)
    return reply


def rws_error(code: str, message: str) -> bytes:
    """An error document of Rave Web Services."""
    return (
        f'<Response ReferenceNumber="simulated" InboundODMFileOID="Not Supplied" IsTransactionSuccessful="0" '
        f'ReasonCode="{code}" ErrorClientResponseMessage="{message}"/>'
    ).encode()


def asked_by(environ: dict[str, Any]) -> Asked:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size).decode("utf-8", "replace") if size else ""
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return Asked(
        environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")),
        _flat(environ.get("QUERY_STRING", "")), _flat(body), headers, f"{environ['wsgi.url_scheme']}://{host}",
    )  # fmt: skip


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}


_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
            429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip


def answer(reply: Reply, start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [("Content-Type", reply.content_type), *reply.headers]
    if not any(name == "Content-Length" for name, _ in headers):
        headers.append(("Content-Length", str(len(reply.body))))
    start_response(f"{reply.status} {_REASONS.get(reply.status, '')}", headers)
    return [reply.body]
