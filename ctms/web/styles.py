"""The stylesheets in their order: split for those who write them, joined for browsers."""

import re

from ctms.run.places import ROOT, VAR

SHEETS = (
    "tokens",  # first: it declares the order of the layers
    "fonts",
    "base",
    "layout",
    "components-actions",
    "components-facts",
    "components-notices",
    "components-history",
    "components-tables",
    "components-forms",
    "components-overlays",
    "components-charts",
    "components-curves",
    "pages",
    "pages-rooms",
    "pages-portfolio",
    "pages-startup",
    "pages-account",
    "pages-monitoring",
    "pages-milestones",
    "utilities",
)
SOURCES = tuple(ROOT / "static" / "ui" / "css" / f"{sheet}.css" for sheet in SHEETS)
BUNDLE = VAR / "assets" / "ui" / "css" / "all.css"  # beside the sources once collected, so relative addresses hold


def addresses(*, debug: bool) -> tuple[str, ...]:
    """Static paths of what a page links: every sheet while someone works on them, the bundle otherwise."""
    return tuple(f"ui/css/{sheet}.css" for sheet in SHEETS) if debug else ("ui/css/all.css",)


def bundle() -> str:
    """All sheets in order, without comments and indentation."""
    css = "\n".join(source.read_text() for source in SOURCES)
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s+", " ", css).strip() + "\n"
