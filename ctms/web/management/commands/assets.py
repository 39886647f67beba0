"""`manage.py assets` makes what browsers get and git does not keep, in var/assets/.

Web fonts are small subsets of the packaged Source Sans Pro; the stylesheet is all of static/ui/css/ in one file.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from fontTools import subset

from ctms.run.places import VAR
from ctms.web import styles

FOLDER = VAR / "assets" / "fonts"
STAMP = ".made-from"  # a digest of everything the fonts depend on; a dotted name is never served

# The browser fetches latin-ext only when a page has such a letter. static/ui/css/fonts.css names the same ranges.
UNICODE_RANGES = {
    "latin": (
        "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2190-2193,U+2212,"
        "U+2215,U+2260,U+2264-2265,U+25A0-25FF,U+2713,U+FEFF,U+FFFD"
    ),
    "latin-ext": (
        "U+0100-0130,U+0132-0151,U+0154-02BA,U+1E00-1E9F,U+1EF2-1EFF,U+20A0-20AB,U+20AD-20C0,U+2C60-2C7F,U+A720-A7FF"
    ),
}
WEIGHTS = {400: "SourceSansPro-Regular.ttf", 600: "SourceSansPro-Semibold.ttf"}

# ss01 is an l with a tail and ss04 an I with serifs, zero a slashed 0: site and subject numbers must not be misread.
FEATURES = ("ccmp", "kern", "liga", "locl", "mark", "mkmk", "ss01", "ss04", "zero")


@dataclass(frozen=True)
class Font:
    """One file to make: a weight, and the part of Unicode it covers."""

    weight: int
    script: str

    @property
    def name(self) -> str:
        return f"source-sans-{self.weight}-{self.script}.woff2"

    def source(self) -> Traversable:
        return files("font_source_sans_pro") / "files" / WEIGHTS[self.weight]

    def unicodes(self) -> set[int]:
        return set(_codes(UNICODE_RANGES[self.script]))


FONTS = tuple(Font(weight, script) for weight in WEIGHTS for script in UNICODE_RANGES)


class Command(BaseCommand):
    """Same package and same sheets, same bytes; does nothing where that is done already."""

    help = "Make fonts and the stylesheet in var/assets/ from the installed font package and static/ui/css/."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self._make_stylesheet()
        self._make_fonts()

    def _make_stylesheet(self) -> None:
        css = styles.bundle()
        if styles.BUNDLE.exists() and styles.BUNDLE.read_text() == css:
            self.stdout.write("The stylesheet is up to date.")
            return
        styles.BUNDLE.parent.mkdir(parents=True, exist_ok=True)
        styles.BUNDLE.write_text(css)
        self.stdout.write(f"{styles.BUNDLE.name}: {len(css) / 1024:.1f} KB")

    def _make_fonts(self) -> None:
        if is_current(FOLDER):
            self.stdout.write("Fonts are up to date.")
            return
        for path in make(FOLDER):
            self.stdout.write(f"{path.name}: {path.stat().st_size / 1024:.1f} KB")


def is_current(folder: Path) -> bool:
    """Whether all fonts are there, made from the package that is installed now, by this file as it is now."""
    stamp = folder / STAMP
    return stamp.exists() and stamp.read_text() == _digest() and all((folder / font.name).exists() for font in FONTS)


def make(folder: Path) -> list[Path]:
    """Makes all fonts in `folder`, and only then the stamp, so that a broken run is repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).unlink(missing_ok=True)
    made = [_make(font, folder) for font in FONTS]
    (folder / STAMP).write_text(_digest())
    return made


def _make(font: Font, folder: Path) -> Path:
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = list(FEATURES)
    options.hinting = False  # today's rasterisers ignore it, and it is a third of the file
    options.recalc_timestamp = False  # same bytes on every machine, on every day
    options.drop_tables += ["DSIG"]  # the package's signature is not true of a subset
    path = folder / font.name
    with font.source().open("rb") as source, subset.load_font(source, options) as loaded:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=font.unicodes())
        subsetter.subset(loaded)
        subset.save_font(loaded, str(path), options)
    return path


def _codes(ranges: str) -> Iterator[int]:
    for part in ranges.replace("U+", "").split(","):
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _digest() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for font in FONTS:
        digest.update(font.source().read_bytes())
    return digest.hexdigest()
