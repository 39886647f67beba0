"""ODM as it really comes: with and without namespace, with a byte order mark, padded, and as four kinds of error."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from ctms.integrations.ports import FeedFailed, instant

DEEPEST = 60


def parsed(body: bytes) -> Element:
    """The root of an ODM document.

    Raises:
        FeedFailed: it is an error document, a page for people, or no ODM at all.
    """
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if said := error_in(body):
        raise FeedFailed(said, worth_retrying=False)
    if re.match(rb"<(!doctype )?html", text[:40], re.IGNORECASE):
        raise FeedFailed("It answered with a page for people instead of data.", worth_retrying=True)
    root = _root(text)
    if local(root.tag) != "ODM":
        raise FeedFailed("The reply is no ODM document.", worth_retrying=False)
    _refuse_depth(root)
    return root


def error_in(body: bytes) -> str:
    """The sentence of an error document, or plain text; "" where the reply is none."""
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text.startswith(b"<"):
        plain = text[:200].decode("utf-8", "replace").strip()
        return f"It says: {plain}" if re.fullmatch(r"[\w .,:;()'-]{1,200}", plain) else ""
    if len(text) > 10_000 or re.match(rb"<(!doctype )?html", text[:40], re.IGNORECASE):
        if (head := text[:2_000].find(b"ErrorDescription")) < 0:
            return ""
        text = text if head >= 0 else b""
    try:
        root = _root(text)
    except FeedFailed:
        return ""
    said = {local(name): value for name, value in root.attrib.items()}
    if local(root.tag) == "Response" and said.get("IsTransactionSuccessful") == "0":
        reason = said.get("ErrorClientResponseMessage", "").strip(" .") or "no reason given"
        return f"It says: {reason}. [{said.get('ReasonCode', '')}]"
    return f"It says: {said['ErrorDescription']}" if said.get("ErrorDescription") else ""


def _root(text: bytes) -> Element:
    try:
        return ElementTree.fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, UnicodeError, ValueError):
        raise FeedFailed("The reply is not well-formed XML, or was cut off.", worth_retrying=True) from None


def _refuse_depth(root: Element) -> None:
    level = [root]
    for _ in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return
    raise FeedFailed("The reply is nested deeper than any ODM document.", worth_retrying=False)


def local(name: str) -> str:
    """A tag or attribute without its namespace."""
    return name.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The direct children of this name, whatever namespace."""
    return (child for child in element if local(child.tag) == name)


def attributes(element: Element) -> dict[str, str]:
    """Attributes without their namespaces; those of ODM itself win over a vendor's of the same name."""
    said = {local(name): value for name, value in element.attrib.items() if name.startswith("{")}
    return {**said, **{name: value for name, value in element.attrib.items() if not name.startswith("{")}}


def first(element: Element, *path: str) -> Element | None:
    """The first element down this path; None where there is none."""
    here: Any = element
    for name in path:
        here = next(children(here, name), None) if here is not None else None
    return cast(Element | None, here)


def created(root: Element, *, otherwise: datetime) -> datetime:
    """When the source made the document; `otherwise` where it does not say."""
    said = attributes(root)
    for name in ("AsOfDateTime", "CreationDateTime"):
        try:
            return instant(said.get(name, ""))
        except ValueError:
            continue
    return otherwise


def names_in(root: Element) -> Iterator[str]:
    """Names under which the document carries data: of items, of groups of them, of vendors' attributes."""
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in ("ItemOID", "ItemGroupOID"):
                yield value
            elif name.startswith("{"):
                yield local(name)
