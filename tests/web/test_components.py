"""The style guide holds together, error pages need nothing, forms are drawn as they should be."""

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string

from ctms.web import samples
from ctms.web.forms import DateField, StackedRadios
from ctms.web.templatetags import ctms as tags

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
REFERS = ("aria-describedby", "aria-labelledby", "data-narrows", "data-opens", "for", "form", "popovertarget")


class Page(HTMLParser):
    """Every element with its attributes; elements that are not closed where they should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.unclosed: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID and tag not in ("circle", "line", "path", "rect", "use"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("circle", "line", "path", "rect", "use"):
            return
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(f"</{tag}> at {self.getpos()}")

    def ids(self) -> Counter[str]:
        return Counter(attributes["id"] for _, attributes in self.elements if "id" in attributes)

    def find(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [a for t, a in self.elements if t == tag and all(a.get(name) == value for name, value in wanted.items())]


@pytest.fixture(scope="module")
def guide() -> Page:
    return Page(render_to_string("web/style_guide.html", samples.style_guide({}) | {"is_simulated": True}))


class TestStyleGuide:
    def test_every_element_is_closed(self, guide: Page) -> None:
        assert guide.unclosed == []

    def test_ids_are_unique(self, guide: Page) -> None:
        assert [name for name, times in guide.ids().items() if times > 1] == []

    def test_what_is_referred_to_is_there(self, guide: Page) -> None:
        # The server fills these two with a title.
        known = {*guide.ids(), "modal-title", "drawer-title"}
        missing = {
            f"{attribute}={name}"
            for _, attributes in guide.elements
            for attribute in REFERS
            for name in attributes.get(attribute, "").split()
            if name not in known
        }
        assert missing == set()

    def test_every_sample_row_of_a_page_is_drawn(self, guide: Page) -> None:
        assert len([a for tag, a in guide.elements if tag == "tr" and "data-row" in a]) == 50

    def test_a_long_list_shows_its_first_and_the_others_on_demand(self) -> None:
        html = render_to_string("web/style_guide/numbers.html", samples.style_guide({}))
        first, rest = html.partition('<ul class="c-attention">')[2].split("<summary>Show 1 more</summary>")
        assert [part.partition("</ul>")[0].count("<li>") for part in (first, rest)] == [2, 1]

    def test_what_is_not_known_is_never_zero(self) -> None:
        html = render_to_string("web/style_guide/numbers.html", samples.style_guide({}))
        assert "No accounting feed has reported yet." in html
        assert '<span aria-hidden="true">—</span><span class="u-hidden">not known yet</span>' in html


class TestErrorPages:
    @pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "500.html"])
    def test_needs_no_context(self, name: str) -> None:
        page = Page(render_to_string(name))
        assert page.unclosed == []
        assert not page.find("nav")

    def test_shows_the_address_escaped(self) -> None:
        class Asked:
            path = "/<b>/"

        assert "&lt;b&gt;" in render_to_string("404.html", {"request": Asked()})


class Visit(forms.Form):
    name = forms.CharField(help_text="As planned.")
    on = DateField(label="Day")
    kind = forms.ChoiceField(choices=[("a", "On site"), ("b", "Remote")], widget=forms.RadioSelect)
    why = forms.ChoiceField(choices=[("c", "Correction")], widget=StackedRadios, required=False)
    done = forms.BooleanField(required=False)


class TestForms:
    def test_help_and_errors_belong_to_their_field(self) -> None:
        page = Page(str(Visit({"name": ""})))
        (name,) = page.find("input", name="name")
        assert name["aria-describedby"].split() == ["id_name_helptext", "id_name_error"]
        assert name["aria-invalid"] == "true"
        assert set(name["aria-describedby"].split()) <= set(page.ids())
        assert page.unclosed == []

    def test_the_summary_leads_to_the_fields(self) -> None:
        page = Page(str(Visit({"name": ""})))
        links = [attributes["href"] for attributes in page.find("a")]
        assert links == ["#id_name", "#id_on", "#id_kind_0"]
        assert {link[1:] for link in links} <= set(page.ids())

    def test_a_good_form_has_no_summary(self) -> None:
        assert "c-error-summary" not in str(Visit({"name": "x", "on": "2026-11-12", "kind": "a"}))

    def test_dates_are_picked_in_iso(self) -> None:
        (on,) = Page(str(Visit({"on": "2026-11-12"}))).find("input", name="on")
        assert (on["type"], on["value"]) == ("date", "2026-11-12")

    def test_radio_buttons_are_segments_or_stacked(self) -> None:
        page = Page(str(Visit()))
        assert len(page.find("div", **{"class": "c-segments"})) == len(page.find("div", **{"class": "c-choices"})) == 1
        assert {a["name"] for a in page.find("input", type="radio")} == {"kind", "why"}

    def test_optional_fields_say_so(self) -> None:
        assert str(Visit()).count(">optional<") == 1


class TestFilters:
    def test_day(self) -> None:
        assert tags.day(samples.AT) == tags.day(samples.AT.date()) == "12 Nov 2026"
        assert tags.day(tags.PartialDate(2026, 11)) == "Nov 2026"
        assert tags.day(None) == ""

    def test_utc(self) -> None:
        assert tags.utc(samples.AT) == "12 Nov 2026 14:05 UTC"
        with pytest.raises(ValueError, match="no time zone"):
            tags.utc(samples.AT.replace(tzinfo=None))

    @pytest.mark.parametrize(("number", "text"), [(12, "+12"), (-1200, "−1,200"), (0, "0")])
    def test_signed(self, number: Any, text: str) -> None:
        assert tags.signed(number) == text

    @pytest.mark.parametrize(
        ("name", "letters"), [("Alex Example", "AE"), ("Ana de la Cruz", "AC"), ("Cher", "C"), ("", "")]
    )
    def test_initials(self, name: str, letters: str) -> None:
        assert tags.initials(name) == letters


def test_a_field_whose_choices_are_long_is_as_wide_as_they_need() -> None:
    class Chosen(forms.Form):
        short = forms.ChoiceField(choices=[("A", "Monthly"), ("B", "Quarterly")])
        long = forms.ChoiceField(choices=[("A", "Monthly"), ("B", "The screen failure fee instead of the visits")])

    page = Page(str(Chosen()))
    fields = [attrs["class"].split() for tag, attrs in page.elements if "c-field" in attrs.get("class", "").split()]
    assert ["c-field--wide" in classes for classes in fields] == [False, True]
