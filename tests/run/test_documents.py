"""The pages people read first name only what is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctms.run.places import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_PATH = re.compile(r"`((?:ctms|sites|audit|tests|templates|static|docs|requirements)/[\w./*-]*)`")
_TARGET = re.compile(r"\bmake ([a-z]+)")


def broken(page: Path, text: str) -> Iterator[str]:
    """Links, paths and make targets in the page that do not exist."""
    yield from (to for to in _LINK.findall(text) if "://" not in to and not (page.parent / to).exists())
    yield from (path for path in _PATH.findall(text) if not any(ROOT.glob(path.rstrip("/"))))
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = (code for quoted in re.findall(r"`(make [^`]*)`|^\$ (make .*)$", text, re.MULTILINE) for code in quoted)
    yield from (f"make {name}" for code in named for name in _TARGET.findall(code) if name not in targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    assert list(broken(page, page.read_text())) == []


def test_what_is_not_there_is_noticed() -> None:
    text = "See [this](docs/nowhere.md) and `ctms/nowhere.py`; run `make nothing`.\n$ make nowt\n"
    planted = ["docs/nowhere.md", "ctms/nowhere.py", "make nothing", "make nowt"]
    assert list(broken(ROOT / "README.md", text)) == planted


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 250
