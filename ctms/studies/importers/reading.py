"""Reading a JSON file that somebody else wrote: everything that can be wrong with it gets its own sentence."""

import hashlib
import json
import math
import stat
from pathlib import Path
from typing import Never

LIMIT = 100 * 1024 * 1024  # bytes; a registry record with 1,200 sites has about 1 MB
DEEPEST = 200  # levels of nesting; a protocol file has about 15

_MOST_DIGITS = 20
_EXACT = 1e15  # below it a float is the whole number it looks like


class Unreadable(Exception):
    """A file that cannot be used. The text is one sentence naming the file and the place in it."""


def file_name(path: Path) -> str:
    """How sentences name the file."""
    return path.name or str(path)


def read_json(path: Path | str) -> object:
    """The JSON value in the file (UTF-8, or UTF-16 with a byte order mark), or Unreadable."""
    path = Path(path)
    file = file_name(path)
    text = _decoded(_bytes(path), file)
    if not text.strip():
        raise Unreadable(f"{file} is empty.")
    try:
        value: object = json.loads(
            text, parse_constant=_not_a_number, parse_float=_number, parse_int=_integer, object_pairs_hook=_once_each
        )
    except json.JSONDecodeError as error:
        raise Unreadable(_not_json(text, file, error)) from None
    except RecursionError:
        raise Unreadable(f"{file} is nested too deeply to be read.") from None
    except _Twice as error:
        raise Unreadable(f'{file} gives "{error}" twice in one object.') from None
    except ValueError as error:
        raise Unreadable(f"{file} holds a number that cannot be read: {error}.") from None
    if _deeper_than(DEEPEST, value):
        raise Unreadable(f"{file} is nested more than {DEEPEST} levels deep, which no record or protocol is.")
    return value


def canonical_sha256(value: object) -> str:
    """The hash of a JSON value, whatever the order of its keys and the layout of its file."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _bytes(path: Path) -> bytes:
    file = file_name(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable(f"{file} is a folder, not a file.")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"{file} is not an ordinary file.")
        if status.st_size > LIMIT:
            megabytes = math.ceil(status.st_size / 1024 / 1024)
            raise Unreadable(f"{file} has {megabytes:,} MB; the limit is {LIMIT // 1024 // 1024} MB.")
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(f"There is no file {path}.") from None
    except PermissionError:
        raise Unreadable(f"{file} may not be read: permission denied.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"{file} cannot be read: {reason}.") from None


def _decoded(data: bytes, file: str) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise Unreadable(f"{file} is not {name} text: byte {error.start + 1:,} does not fit.") from None


def _not_json(text: str, file: str, error: json.JSONDecodeError) -> str:
    start = text.lstrip()[:4000].lower()
    if start.startswith("<"):
        if "<clinical_study" in start:
            return f"{file} is a ClinicalTrials.gov record in the old XML form; download it again as JSON."
        if "<html" in start or start.startswith("<!doctype html"):
            return f"{file} is a web page (HTML), not JSON; download the record itself."
        return f"{file} is XML, not JSON."
    problem = error.msg.removesuffix(" at")
    return f"{file} is not valid JSON: {problem}, line {error.lineno}, column {error.colno}."


class _Twice(Exception):
    """One object has this key more than once: programs differ in which of the values they read."""


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key[:100])
            seen.add(key)
    return members


def _not_a_number(name: str) -> Never:
    raise ValueError(f"{name} is not allowed in JSON")


def _number(text: str) -> float | int:
    """A finite number. 300.0 becomes 300, so that a record re-written by another tool has the same hash."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"{text[:20]}... is too large")
    return int(text)


def _deeper_than(levels: int, value: object) -> bool:
    level = [value]
    for _ in range(levels):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
