"""A file that cannot be used is refused with one sentence that names it."""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctms.studies.importers import reading
from ctms.studies.importers.reading import Unreadable, canonical_sha256, read_json

pytestmark = pytest.mark.shows("02-2")


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as found:
        read_json(path)
    return str(found.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "record.json"
    path.write_text('{"city": "Köln"}', encoding=encoding)
    assert read_json(path) == {"city": "Köln"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "x.json is empty."),
        (b" \n ", "x.json is empty."),
        (b'{"a": "\xe9"}', "x.json is not UTF-8 text: byte 8 does not fit."),
        (b'\xff\xfe{\x00"', "x.json is not UTF-16 text: byte 5 does not fit."),
        (b'{"a": 1,\n "b" 2}', "x.json is not valid JSON: Expecting ':' delimiter, line 2, column 6."),
        (b'{"a": "open', "x.json is not valid JSON: Unterminated string starting, line 1, column 7."),
        (b'{"a": NaN}', "x.json holds a number that cannot be read: NaN is not allowed in JSON."),
        (b'{"a": -Infinity}', "x.json holds a number that cannot be read: -Infinity is not allowed in JSON."),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', 'x.json gives "b" twice in one object.'),
        (b'{"a": 1e999}', "x.json holds a number that cannot be read: 1e999 is too large."),
        (b"[" * 5000 + b"]" * 5000, "x.json is nested"),
        (b"[" * 300 + b"]" * 300, "x.json is nested more than 200 levels deep"),
        (b"9" * 5000, "x.json holds a number that cannot be read: 99999999999999999999... is too large."),
        (b'<?xml version="1.0"?>\n<clinical_study/>', "x.json is a ClinicalTrials.gov record in the old XML form"),
        (b"<!DOCTYPE html><p>Not found", "x.json is a web page (HTML), not JSON"),
        (b"<ODM/>", "x.json is XML, not JSON."),
    ],
)
def test_contents_that_are_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert refusal(path).startswith(sentence)


def test_files_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "absent.json") == f"There is no file {tmp_path / 'absent.json'}."
    assert refusal(tmp_path) == f"{tmp_path.name} is a folder, not a file."
    os.mkfifo(tmp_path / "pipe.json")
    assert refusal(tmp_path / "pipe.json") == "pipe.json is not an ordinary file."
    path = tmp_path / "locked.json"
    path.write_text("{}")

    def denied(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert refusal(path) == "locked.json may not be read: permission denied."


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(reading.LIMIT + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    assert refusal(path) == "huge.json has 101 MB; the limit is 100 MB."


@settings(max_examples=60)
@given(content=st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x.json"
    path.write_bytes(content)
    with suppress(Unreadable):
        read_json(path)


def test_one_record_has_one_hash_however_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text('{"b": 300.0,\n "a": "\\u00e9"}')
    assert canonical_sha256(read_json(path)) == canonical_sha256({"a": "é", "b": 300})
    assert canonical_sha256(json.loads('"\\ud800"'))  # a lone surrogate has a hash too
