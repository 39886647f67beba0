"""What `manage.py assets` makes, and what browsers have to load."""

import gzip
import re
from pathlib import Path

import django_htmx
import pytest

from ctms.run.places import ROOT
from ctms.web import styles
from ctms.web.management.commands import assets

KB = 1024
JS = sorted((ROOT / "static" / "ui" / "js").glob("*.js"))
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fonts")
    assets.make(folder)
    return folder


def test_fonts_fit_the_budget(fonts: Path) -> None:
    assert sum(path.stat().st_size for path in fonts.glob("*-latin.woff2")) < 40 * KB
    assert sum(path.stat().st_size for path in fonts.glob("*.woff2")) < 80 * KB


def test_fonts_are_the_same_bytes_every_time(fonts: Path, tmp_path: Path) -> None:
    for made in assets.make(tmp_path):
        assert made.read_bytes() == (fonts / made.name).read_bytes()


def test_fonts_are_made_again_only_when_something_is_missing(fonts: Path, tmp_path: Path) -> None:
    assert assets.is_current(fonts)
    assert not assets.is_current(tmp_path)


def test_styles_name_the_fonts_and_ranges_that_are_made() -> None:
    css = next(source for source in styles.SOURCES if source.stem == "fonts").read_text()
    faces = re.findall(r'fonts/([^"]+)".*?unicode-range:([^;]+);', css, re.DOTALL)
    declared = {name: re.sub(r"\s", "", ranges) for name, ranges in faces}
    assert declared == {font.name: assets.UNICODE_RANGES[font.script] for font in assets.FONTS}


def test_every_stylesheet_is_in_the_bundle() -> None:
    assert set(styles.SOURCES) == set((ROOT / "static" / "ui" / "css").glob("*.css"))
    css = styles.bundle()
    assert css.startswith("@layer reset")
    assert "/*" not in css
    assert css.count("{") == css.count("}") == sum(source.read_text().count("}") for source in styles.SOURCES)


def test_styles_fit_the_budget() -> None:
    assert len(gzip.compress(styles.bundle().encode())) < 15 * KB


def test_scripts_fit_the_budget() -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in (HTMX, *JS)) < 30 * KB
