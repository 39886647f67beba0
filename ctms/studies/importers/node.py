"""JSON objects that know where they stand, so that whatever is wrong in them can be named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Never

from .plain_text import plain_text, storable
from .reading import Unreadable

_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}

_LONGEST_NAME = 255  # the registry's own limit


@dataclass(frozen=True, slots=True)
class Node:
    """One JSON object of a file.

    What is missing, null or blank reads as None, () or an empty Node. What has the wrong type raises Unreadable
    with a sentence naming the file and the place.
    """

    file: str
    place: str  # "contactsLocationsModule.locations[12]"; "" for the outermost object
    fields: Mapping[str, object]

    @classmethod
    def of(cls, value: object, *, file: str, place: str = "") -> "Node":
        """The value as a node; Unreadable unless it is an object."""
        if not isinstance(value, dict):
            raise _mismatch(file, place, "an object", value)
        return cls(file, place, value)

    def __contains__(self, key: str) -> bool:
        return self.fields.get(key) is not None

    def at(self, key: str) -> str:
        """The place of one of the fields."""
        return f"{self.place}.{key}" if self.place else key

    def text(self, key: str) -> str | None:
        """Text for people to read, cleaned."""
        value = self.fields.get(key)
        return None if value is None else plain_text(self._text(self.at(key), value)) or None

    def identifier(self, key: str) -> str | None:
        """Text that names something, kept as written but for blanks around it."""
        value = self.fields.get(key)
        return None if value is None else self._short(key, storable(self._text(self.at(key), value))) or None

    def name(self, key: str) -> str | None:
        """Text that something is known and found by, so no longer than a name is."""
        return self._short(key, self.text(key) or "") or None

    def flag(self, key: str) -> bool | None:
        value = self.fields.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise _mismatch(self.file, self.at(key), "true or false", value)

    def number(self, key: str) -> int | float | None:
        value = self.fields.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise _mismatch(self.file, self.at(key), "a number", value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, cleaned; blank ones are left out."""
        cleaned = (plain_text(self._text(place, value)) for place, value in self._items(key))
        return tuple(text for text in cleaned if text)

    def identifiers(self, key: str) -> tuple[str, ...]:
        cleaned = (storable(self._text(place, value)) for place, value in self._items(key))
        return tuple(text for text in cleaned if text)

    def child(self, key: str) -> "Node":
        """The object under the key; an empty one when there is none."""
        value = self.fields.get(key)
        return Node.of({} if value is None else value, file=self.file, place=self.at(key))

    def values(self, key: str) -> list[object]:
        """The list under the key, whatever it holds."""
        return [value for _, value in self._items(key)]

    def children(self, key: str) -> list["Node"]:
        """The objects in the list under the key."""
        return [Node.of(value, file=self.file, place=place) for place, value in self._items(key)]

    def refuse(self, problem: str) -> Never:
        """Raise Unreadable: "<file>: <place> <problem>."."""
        raise Unreadable(f"{self.file}: {self.place or 'the file'} {problem}.")

    def _short(self, key: str, text: str) -> str:
        if len(text) > _LONGEST_NAME:
            raise Unreadable(f"{self.file}: {self.at(key)} has {len(text):,} characters; names have {_LONGEST_NAME}.")
        return text

    def _items(self, key: str) -> Iterator[tuple[str, object]]:
        values = self.fields.get(key)
        if values is None:
            return
        if not isinstance(values, list):
            raise _mismatch(self.file, self.at(key), "a list", values)
        for index, value in enumerate(values):
            yield f"{self.at(key)}[{index}]", value

    def _text(self, place: str, value: object) -> str:
        if not isinstance(value, str):
            raise _mismatch(self.file, place, "text", value)
        return value


def _mismatch(file: str, place: str, expected: str, value: object) -> Unreadable:
    return Unreadable(f"{file}: {place or 'the file'} should be {expected}, but is {_KINDS[type(value)]}.")
