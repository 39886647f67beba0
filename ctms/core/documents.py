"""The one way to make a PDF. WeasyPrint needs Pango from the system; without it, pages say so instead."""

import ctypes
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header

PDF = "application/pdf"
_FONTS = {"400": "SourceSansPro-Regular.ttf", "600": "SourceSansPro-Semibold.ttf"}


@cache
def why_impossible() -> str:
    """Why no PDF can be made here, in a sentence; "" where it can."""
    try:
        for library in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
            ctypes.CDLL(library)
    except OSError:
        return "PDFs need the system library Pango, which this server does not have."
    return ""


def pdf(template: str, context: dict[str, Any], *, file_name: str) -> HttpResponse:
    """A template as a PDF, shown in the browser."""
    response = HttpResponse(body(template, context), content_type=PDF)
    response["Content-Disposition"] = str(content_disposition_header(False, file_name))
    return response


def body(template: str, context: dict[str, Any]) -> bytes:
    """A template as a tagged, accessible PDF (PDF/UA-1). It reads nothing but our own fonts."""
    from weasyprint import CSS, HTML  # here, so that starting the server does not wait for it
    from weasyprint.text.fonts import FontConfiguration

    fonts, fetcher = FontConfiguration(), _fetcher()
    style = CSS(string=_font_faces(), font_config=fonts, url_fetcher=fetcher)
    document = HTML(string=render_to_string(template, context), url_fetcher=fetcher)
    made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    return made


def _font_faces() -> str:
    return "".join(
        f'@font-face {{ font-family: "CTMS"; font-weight: {weight}; src: url("{_font(name)}") }}'
        for weight, name in _FONTS.items()
    )


def _font(name: str) -> str:
    return f"file://{resources.files('font_source_sans_pro').joinpath('files', name)}"


@cache
def _fetcher() -> Any:
    """Hands out our fonts and fails on everything else: a document with a picture or a font missing is no document."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    allowed = {_font(name) for name in _FONTS.values()}

    class OnlyFonts(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in allowed:
                raise ValueError(f"A PDF reads no {url}.")
            return URLFetcherResponse(url, Path(url.removeprefix("file://")).read_bytes(), {"Content-Type": "font/ttf"})

    return OnlyFonts(fail_on_errors=True)
