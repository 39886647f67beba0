"""One transaction around each request, rendering included; a scope of its own for what is sent after it."""

from collections.abc import Callable, Iterable, Iterator

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from ctms.core.acting import current_tenancy, in_sponsor
from ctms.core.snapshots import snapshot


class _RolledBack(Exception):
    """Carries the response of a failed request out of its transaction."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


class RequestTransaction:
    """Opens one transaction around everything below it, and rolls back when the answer is a 5xx.

    Row-level security shows rows only inside a transaction that names the sponsor, so templates must render inside it;
    Django's ATOMIC_REQUESTS would close it before. A streamed body is produced later, in a read-only snapshot.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if response.status_code >= 500:
                    raise _RolledBack(response)
        except _RolledBack as failed:
            response = failed.response
        return response


def stream(chunks: Callable[[], Iterable[bytes]], *, content_type: str, file_name: str) -> StreamingHttpResponse:
    """A download produced while it is sent, all of it from one snapshot, for the sponsor that is open now.

    Args:
        chunks: called when the first byte is wanted, inside the snapshot.
    """
    tenancy = current_tenancy()
    if tenancy.sponsor_id is None:
        raise LookupError("Nothing to stream: no sponsor is open.")

    def body() -> Iterator[bytes]:
        with in_sponsor(tenancy.sponsor_id or 0, unblinded=tenancy.unblinded), snapshot():
            yield from chunks()

    response = StreamingHttpResponse(body(), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, file_name)
    return response
