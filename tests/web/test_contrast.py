"""Every pair of colours that is used can be told apart, in both themes: WCAG 2.2, 1.4.3 and 1.4.11."""

import re
from functools import cache

import pytest

from ctms.web import styles

TEXT, GRAPHICS = 4.5, 3.0
THEMES = ("light", "dark")
GROUNDS = ("bg", "surface", "surface-2", "sunken")
TONES = ("ok", "watch", "bad", "info", "mute")
WASHES = ("ok-wash", "watch-wash", "bad-wash", "info-wash")

PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *(("brand", ground, TEXT) for ground in ("bg", "surface", "surface-2")),
    *((tone, ground, TEXT) for tone in ("ok", "watch", "bad") for ground in ("bg", "surface", "surface-2")),
    # Statuses, banners, the notice of simulated data, the error summary.
    *((tone, f"{tone}-wash", TEXT) for tone in (*TONES, "sign")),
    *((ink, wash, TEXT) for ink in ("ink", "brand") for wash in WASHES),
    ("ink", "sign-wash", TEXT),
    # What is chosen: segments, chips, menu items, the first result of the palette, the current step.
    *((ink, "brand-wash", TEXT) for ink in ("ink", "ink-2", "ink-3", "brand-2")),
    # Buttons, avatar, toast, marks of a path.
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-2", TEXT),
    ("on-sign", "sign", TEXT),
    ("avatar-ink", "avatar", TEXT),
    ("bg", "ink", TEXT),
    ("surface", "ok-fill", GRAPHICS),
    ("surface", "mute", TEXT),
    # Navigation.
    *((ink, ground, TEXT) for ink in ("nav-ink", "nav-ink-2", "nav-active") for ground in ("nav", "nav-2")),
    ("nav-active", "nav-hot", TEXT),
    ("nav-mark", "nav", GRAPHICS),
    ("nav-mark", "nav-2", GRAPHICS),
    # Borders of fields, the ring around the focus.
    *(("line-ctl", ground, GRAPHICS) for ground in ("bg", "surface")),
    *(("focus", ground, GRAPHICS) for ground in GROUNDS),
    # Charts.
    *((line, "surface", GRAPHICS) for line in ("chart-actual", "chart-plan", "chart-forecast")),
    *((fill, ground, GRAPHICS) for fill in ("ok-fill", "watch-fill", "bad-fill") for ground in ("surface", "sunken")),
    *((fill, "sunken", GRAPHICS) for fill in ("chart-actual", "mute", "ink")),
]

Colour = tuple[int, int, int]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_pair_can_be_told_apart(ink: str, ground: str, least: float, theme: str) -> None:
    measured = contrast(tokens(theme)[ink], tokens(theme)[ground])
    assert measured >= least, f"--{ink} on --{ground}, {theme}: {measured:.2f}"


def test_every_text_colour_has_its_pair() -> None:
    written = {token for css in sheets() for token in re.findall(r"(?<![-\w])color: var\(--([\w-]+)\)", css)}
    # These are swatches of the style guide, coloured by `color` but not text.
    swatches = {"sunken", "line-ctl"}
    assert written - swatches <= {ink for ink, _, _ in PAIRS}


def test_every_token_that_is_used_exists() -> None:
    used = {token for css in sheets() for token in re.findall(r"var\(--([\w-]+)", css)}
    defined = {token for css in sheets() for token in re.findall(r"^\s*--([\w-]+):", css, re.MULTILINE)}
    assert used <= defined


def test_the_measure_itself() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)
    assert contrast((119, 119, 119), (255, 255, 255)) < TEXT  # the planted violation: one step lighter


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2: 1 for the same colour, 21 for black on white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def tokens(theme: str) -> dict[str, Colour]:
    """The plain colours of tokens.css as one theme has them."""
    css = styles.SOURCES[0].read_text()
    colours = {}
    for name, value in re.findall(r"^\s*--([\w-]+): (.+);$", css, re.MULTILINE):
        one = re.fullmatch(r"#([0-9a-f]{6})", value)
        both = re.fullmatch(r"light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)", value)
        if one or both:
            colour = one[1] if one else both[1 + THEMES.index(theme)]  # type: ignore[index]
            colours[name] = (int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16))
    return colours


@cache
def sheets() -> tuple[str, ...]:
    return tuple(source.read_text() for source in styles.SOURCES)
