"""What upper floors fill in, so that `core` imports nobody: dotted paths in settings, typed here, resolved once."""

from functools import cache
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class Authority(Protocol):
    """Who may do what. `settings.CTMS_AUTHORITY`."""

    def may(self, user: Any, verb: str, record: Any) -> bool:
        """Whether a role that the user holds at the record's scope, or above it, includes the verb."""

    def visible(self, records: Any, user: Any) -> Any:
        """The rows of this queryset that the user may see."""


class Journal(Protocol):
    """Where happenings are kept that change no record: sign-ins, exports, refused attempts. `settings.CTMS_JOURNAL`."""

    def record(self, kind: str, *, user: Any = None, subject: str = "", detail: dict[str, Any] | None = None) -> None:
        """Adds one happening, in the open transaction."""


def authority() -> Authority:
    return cast(Authority, _filled_in("CTMS_AUTHORITY"))


def journal() -> Journal:
    return cast(Journal, _filled_in("CTMS_JOURNAL"))


@cache
def _filled_in(setting: str) -> object:
    return import_string(getattr(settings, setting))
