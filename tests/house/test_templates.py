"""What no template may contain: what the content security policy refuses, and markup that belongs to components."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ctms.run.places import ROOT

TEMPLATES = ROOT / "templates"
COMPONENTS = (TEMPLATES / "components", TEMPLATES / "django" / "forms")


@dataclass(frozen=True)
class Rule:
    """A pattern that may not occur, one text that breaks it, and one that looks alike and does not."""

    name: str
    pattern: str
    broken: str
    kept: str
    but_in_components: bool = False

    def violations(self, text: str) -> list[str]:
        text = re.sub(r"\{#.*?#\}", "", text)
        return [match[0] for match in re.finditer(self.pattern, text)]


RULES = (
    Rule("no style attribute", r"\sstyle\s*=", '<p style="color:red">', '<p class="style">'),
    Rule("no style element", r"<style\b", "<style>p{}</style>", '<link rel="stylesheet">'),
    Rule(
        "no inline script",
        r"<script\b(?![^>]*\ssrc=)[^>]*>",
        "<script>alert(1)</script>",
        '<script src="a.js"></script>',
    ),
    Rule(
        "no event handler attribute", r"""\son[a-z]+\s*=\s*["']""", '<a onclick="f()">', '<c-button variant="on-dark">'
    ),
    Rule("no hx-on", r"\bhx-on\b", '<a hx-on:click="f()">', '<a hx-get="/on/">'),
    Rule(
        "no script in htmx attributes", r"""["'](?:js|javascript):""", """<a hx-vals='js:{a:1}'>""", '<a href="/js:x">'
    ),
    Rule(
        "nothing from elsewhere",
        r"""(?:href|src|action)=["'](?:https?:)?//""",
        '<img src="//cdn.test/a">',
        '<a href="/a">',
    ),
    Rule("comments end on their line", r"\{#(?:(?!#\}).)*(?:\n|$)", "{# one\ntwo #}", "{# one #}\n{# two #}"),
    Rule("tables by components", r"<table\b", "<table>", '<c-table label="x">', but_in_components=True),
    Rule("dialogs by components", r"<dialog\b", "<dialog>", '<c-dialog id="x">', but_in_components=True),
    Rule(
        "form controls by components",
        r"<(?:input|select|textarea|button)\b",
        '<input name="q">',
        '<c-button type="submit">',
        but_in_components=True,
    ),
    Rule(
        "pagers by components",
        r"c-pager|rel=.(?:next|prev)",
        '<a rel="next">',
        '<a rel="help">',
        but_in_components=True,
    ),
    Rule("chips by components", r"class=.c-chip\b", '<span class="c-chip">', "<c-chip>", but_in_components=True),
)
pytestmark = pytest.mark.shows("02-7")
by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@by_rule
def test_templates_keep_the_rule(rule: Rule) -> None:
    broken = {str(path.relative_to(ROOT)): rule.violations(path.read_text()) for path in templates(rule)}
    assert {path: found for path, found in broken.items() if found} == {}


@by_rule
def test_the_rule_can_be_broken(rule: Rule) -> None:
    assert rule.violations(rule.broken)
    assert not rule.violations(rule.kept)


def templates(rule: Rule) -> Iterator[Path]:
    """The templates a rule is about. Those of PDF documents are not pages: no browser and no policy ever sees them."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        if path.name.endswith("_pdf.html"):
            continue
        if not (rule.but_in_components and any(path.is_relative_to(folder) for folder in COMPONENTS)):
            yield path
