"""How large what somebody sends may be, files included."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

LARGEST = 20_000_000  # bytes of a whole request; a page that takes files says what it takes of that


class BoundedUpload(FileUploadHandler):
    """Refuses a request that is too large by what it says of itself, before a byte of it is read or kept."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > LARGEST:
            raise RequestDataTooBig(f"More than {LARGEST // 1_000_000} MB were sent.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leaves the file to the next handler."""
