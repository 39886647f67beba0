"""What upper floors fill in, so that `core` imports nobody: dotted paths in settings, typed here, resolved once."""

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a page that several rooms fill."""

    label: str
    name: str  # of its address
    url: str


class SiteTab(Protocol):
    """One entry of `settings.SITE_TABS`: the tab it adds to a site's page, or None if this person has no use for it."""

    def __call__(self, site: Any, user: Any) -> Tab | None: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """Something a search found."""

    label: str
    sub: str
    url: str
    icon: str


class Search(Protocol):
    """One entry of `settings.SEARCHES`: what a room finds for these words, best first, at most `limit`."""

    def __call__(self, words: str, *, sponsor: Any, user: Any, limit: int) -> Iterable[Hit]: ...


def site_tabs() -> list[SiteTab]:
    return [import_string(path) for path in settings.SITE_TABS]


def searches() -> list[Search]:
    return [import_string(path) for path in settings.SEARCHES]


def authority() -> Authority:
    return cast(Authority, _filled_in("CTMS_AUTHORITY"))


def journal() -> Journal:
    return cast(Journal, _filled_in("CTMS_JOURNAL"))


@cache
def _filled_in(setting: str) -> object:
    return import_string(getattr(settings, setting))()
