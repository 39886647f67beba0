"""Asking another system: what is worth trying again is, a few times; everything has an end in time and in size."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import tenacity

from ctms.integrations.ports import FeedFailed

TRIES = 4
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After says
LARGEST = 64 * 1024 * 1024  # bytes of one reply
DEADLINE = 60.0  # seconds for one reply, however slowly it drips
_TIMEOUTS = httpx.Timeout(20.0, connect=5.0)
_LATER = {408, 425, 429, 500, 502, 503, 504}
_NEVER = {401, 403}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]
    next_url: str  # of the Link header

    @property
    def text(self) -> str:
        """As text, without a byte order mark. What is no UTF-8 is refused."""
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FeedFailed("The reply is not UTF-8.", worth_retrying=True) from None


class Caller:
    """Asks one system.

    Args:
        explain: (status, reply) -> the sentence a format's own error document says, "" where there is none.
        transport: how it is reached; by default over the network.
        wait: sleeps; tests do not.
    """

    def __init__(
        self, base_url: str, *, explain: Callable[[Reply], str], auth: Any = None,
        transport: httpx.BaseTransport | None = None, wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.base_url = base_url.rstrip("/") + "/"
        self._explain = explain
        self._client = httpx.Client(
            transport=transport, auth=auth, timeout=_TIMEOUTS, headers={"User-Agent": "CTMS"}, follow_redirects=False
        )
        self._retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES),
            wait=_pause,
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, FeedFailed) and error.worth_retrying),
            sleep=wait,
            reraise=True,
        )

    def get(self, path: str, **params: str) -> Reply:
        return self._retrying(self._once, "GET", path, params=params or None)

    def post(self, path: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Reply:
        return self._retrying(self._once, "POST", path, data=dict(form), headers=dict(headers or {}))

    def _once(self, method: str, path: str, **options: Any) -> Reply:
        url = path if path.startswith(self.base_url) else self.base_url + path.lstrip("/")
        try:
            with self._client.stream(method, url, **options) as response:
                reply = Reply(
                    response.status_code,
                    _body(response),
                    response.headers,
                    response.links.get("next", {}).get("url", ""),
                )
        except httpx.TimeoutException:
            raise FeedFailed("It did not answer in time.", worth_retrying=True) from None
        except httpx.TransportError as error:
            raise FeedFailed(_words(error), worth_retrying=True) from None
        if reply.status == 200:
            return reply
        raise self._failure(reply)

    def _failure(self, reply: Reply) -> FeedFailed:
        said = self._explain(reply)
        if reply.status in _NEVER:
            sentence = said or "It refuses these credentials."
            return FeedFailed(f"{sentence} (HTTP {reply.status})", worth_retrying=False)
        sentence = said or ("It is being asked too often." if reply.status == 429 else "It answered with an error.")
        worth = reply.status in _LATER
        return FeedFailed(f"{sentence} (HTTP {reply.status})", worth_retrying=worth, retry_after=_retry_after(reply))


def _body(response: httpx.Response) -> bytes:
    """The whole reply; refused when too large, too slow, or shorter than it said."""
    began, size, parts = time.monotonic(), 0, []
    for part in response.iter_bytes():
        size += len(part)
        parts.append(part)
        if size > LARGEST:
            raise FeedFailed(f"The reply is larger than {LARGEST // 1024 // 1024} MB.", worth_retrying=False)
        if time.monotonic() - began > DEADLINE:
            raise FeedFailed("The reply took too long.", worth_retrying=True)
    said = response.headers.get("Content-Length", "")
    if said.isdigit() and not response.headers.get("Content-Encoding") and int(said) != size:
        raise FeedFailed("The reply ended before it was complete.", worth_retrying=True)
    return b"".join(parts)


def _words(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.ConnectError):
        return "It cannot be reached."
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "The connection broke off in the middle of a reply."
    return "The connection failed."


def _retry_after(reply: Reply) -> float | None:
    said = reply.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else None


_backing_off = tenacity.wait_exponential_jitter(multiplier=0.5, max=LONGEST_WAIT, jitter=0.5)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    after = getattr(error, "retry_after", None)
    return min(after, LONGEST_WAIT) if after is not None else _backing_off(state)
