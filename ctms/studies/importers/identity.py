"""Which study a USDM study version describes: its numbers and its title."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .findings import Findings
from .node import Node

_NCT = re.compile(r"NCT\d{8}", re.ASCII | re.IGNORECASE)
_SPONSOR_CODE = "C70793"
_OTHER_ISSUERS = ("registry", "regulator", "regulatory", "authority", "agency")


@dataclass(frozen=True, slots=True)
class _Identifier:
    text: str
    issuer_key: str | None
    issuer_type: Node


def study_numbers(version: Node, findings: Findings) -> tuple[str | None, str | None]:
    """The sponsor's protocol number and the NCT number."""
    identifiers = list(_identifiers(version))
    nct = next((found.text.upper() for found in identifiers if _NCT.fullmatch(found.text)), None)
    others = [found for found in identifiers if not _NCT.fullmatch(found.text)]
    sponsors = _sponsors(version)
    for found in others:
        if _is_sponsor(found.issuer_type) or found.issuer_key in sponsors:
            return found.text, nct
    for found in others:
        decode = (found.issuer_type.text("decode") or "").lower()
        if not any(word in decode for word in _OTHER_ISSUERS):
            message = f'No identifier is marked as the sponsor\'s; "{found.text}" was taken.'
            findings.add("PROTOCOL_NUMBER_ASSUMED", version.at("studyIdentifiers"), message)
            return found.text, nct
    findings.add("MISSING", version.at("studyIdentifiers"), "The file gives no protocol number of the sponsor.")
    return None, nct


def title(version: Node) -> str | None:
    """The official title, else the brief one, else the first there is."""
    titles = [(node.child("type").text("decode") or "", node.text("text")) for node in version.children("titles")]
    for wanted in ("official", "brief", ""):
        for kind, text in titles:
            if text and wanted in kind.lower():
                return text
    return None


def _identifiers(version: Node) -> Iterator[_Identifier]:
    """USDM 4 refers to the issuing organisation; USDM 3 holds it, and calls its fields otherwise."""
    organizations = {node.identifier("id"): node for node in version.children("organizations")}
    for node in version.children("studyIdentifiers"):
        text = node.identifier("text") or node.identifier("studyIdentifier")
        key = node.identifier("scopeId")
        issuer = organizations.get(key, node.child("studyIdentifierScope"))
        kind = issuer.child("type") if "type" in issuer else issuer.child("organizationType")
        if text:
            yield _Identifier(text, key or issuer.identifier("id"), kind)


def _sponsors(version: Node) -> set[str]:
    """The organisations in the role of the sponsor."""
    roles = [node for node in version.children("roles") if _is_sponsor(node.child("code"))]
    return {key for role in roles for key in role.identifiers("organizationIds")}


def _is_sponsor(code: Node) -> bool:
    decode = (code.text("decode") or "").lower()
    return code.identifier("code") == _SPONSOR_CODE or decode.endswith("sponsor")
