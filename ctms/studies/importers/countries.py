"""Country names as registries write them, and as pages show them, in ISO 3166-1 alpha-2 codes.

Names are looked up, never guessed: a wrong country is worse than none.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import pycountry

# Names in use on ClinicalTrials.gov, then or now, that are not in ISO 3166. Same country, other name.
_ALIASES = {
    "Bosnia": "BA",
    "Brunei": "BN",
    "Burma": "MM",
    "Caribbean Netherlands": "BQ",
    "Cape Verde": "CV",
    "Congo, Republic of": "CG",
    "Congo-Brazzaville": "CG",
    "Congo-Kinshasa": "CD",
    "Democratic Republic of the Congo": "CD",
    "Congo, Democratic Republic": "CD",
    "DR Congo": "CD",
    "Zaire": "CD",
    "Cote d Ivoire": "CI",
    "East Timor": "TL",
    "England": "GB",
    "Falkland Islands": "FK",
    "Great Britain": "GB",
    "Holy See": "VA",
    "Hong Kong SAR": "HK",
    "Hong Kong SAR China": "HK",
    "Hong Kong, China": "HK",
    "Ivory Coast": "CI",
    "Kosovo": "XK",
    "Korea, South": "KR",
    "Korea, North": "KP",
    "Republic of Korea": "KR",
    "Lao People's Democratic Republic (Laos)": "LA",
    "Libyan Arab Jamahiriya": "LY",
    "Macau": "MO",
    "Macau SAR China": "MO",
    "Macao SAR China": "MO",
    "Macedonia": "MK",
    "Macedonia, The Former Yugoslav Republic of": "MK",
    "The Former Yugoslav Republic of Macedonia": "MK",
    "FYR Macedonia": "MK",
    "Micronesia": "FM",
    "Myanmar (Burma)": "MM",
    "North Macedonia, Republic of": "MK",
    "Northern Ireland": "GB",
    "Palestine": "PS",
    "Palestinian Territories": "PS",
    "Palestinian Territory": "PS",
    "Palestinian Territories, Occupied": "PS",
    "Palestinian Territory, Occupied": "PS",
    "Occupied Palestinian Territory": "PS",
    "West Bank and Gaza": "PS",
    "Pitcairn Islands": "PN",
    "Russia": "RU",
    "Saint Helena": "SH",
    "Saint Martin": "MF",
    "Saint Vincent": "VC",
    "Scotland": "GB",
    "Sint Maarten": "SX",
    "Swaziland": "SZ",
    "Eswatini (Swaziland)": "SZ",
    "Taiwan, ROC": "TW",
    "Taiwan, Republic of China": "TW",
    "Turkey": "TR",
    "Turkey (Türkiye)": "TR",
    "Türkiye (Turkey)": "TR",
    "UAE": "AE",
    "UK": "GB",
    "U.K.": "GB",
    "USA": "US",
    "U.S.A.": "US",
    "Vatican": "VA",
    "Vatican City": "VA",
    "U.S. Virgin Islands": "VI",
    "American Virgin Islands": "VI",
    "Wales": "GB",
}

# Countries that no longer exist: the successor of the whole, where there is one, and what is known of single cities.
_SERBIA = dict.fromkeys(("belgrade", "beograd", "kragujevac", "nis", "novi sad", "subotica", "sremska kamenica"), "RS")
_MONTENEGRO = dict.fromkeys(("podgorica", "niksic", "kotor", "bar", "cetinje"), "ME")
_KOSOVO = dict.fromkeys(("pristina", "prishtina"), "XK")
_HISTORIC: dict[str, tuple[str | None, dict[str, str]]] = {
    "Serbia and Montenegro": ("RS", _MONTENEGRO | _KOSOVO),
    "Yugoslavia": (
        None,
        _SERBIA
        | _MONTENEGRO
        | _KOSOVO
        | dict.fromkeys(("ljubljana", "maribor"), "SI")
        | dict.fromkeys(("zagreb", "osijek", "rijeka", "split"), "HR")
        | dict.fromkeys(("banja luka", "mostar", "sarajevo", "tuzla"), "BA")
        | dict.fromkeys(("bitola", "skopje"), "MK"),
    ),
    "Netherlands Antilles": (
        None,
        dict.fromkeys(("curacao", "willemstad"), "CW") | {"philipsburg": "SX", "kralendijk": "BQ"},
    ),
}

# Short names for pages, where ISO's own are long or turned round.
_SHORT_NAMES = {
    "BN": "Brunei",
    "BQ": "Caribbean Netherlands",
    "CD": "DR Congo",
    "FK": "Falkland Islands",
    "FM": "Micronesia",
    "MF": "Saint Martin",
    "PS": "Palestine",
    "RU": "Russia",
    "SH": "Saint Helena",
    "SX": "Sint Maarten",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
    "XK": "Kosovo",  # a user-assigned code, not in ISO's list
}


def country_code(name: str) -> str | None:
    """The ISO code of the country of that name, or None if the name is unknown or the country has broken up."""
    key = _key(name)
    return _codes_by_name().get(key) or _historic(key)[0]


def historic_country_code(name: str, city: str | None) -> str | None:
    """The present-day code of a city in a country that no longer exists.

    None if the country still exists, or if neither the city nor the country has one certain answer.
    """
    successor, cities = _historic(_key(name))
    return cities.get(_key(city or ""), successor)


def country_name(code: str) -> str:
    """The short English name shown on pages: "South Korea", "Türkiye". Unknown codes are a KeyError."""
    if code in _SHORT_NAMES:
        return _SHORT_NAMES[code]
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        raise KeyError(f"{code} is not an ISO 3166-1 country code")
    return str(getattr(country, "common_name", country.name))


@cache
def all_countries() -> tuple[tuple[str, str], ...]:
    """(code, short name) of every country there is, by name."""
    codes = [str(country.alpha_2) for country in pycountry.countries] + ["XK"]
    return tuple(sorted(((code, country_name(code)) for code in codes), key=lambda pair: _key(pair[1])))


def numeric_code(code: str) -> str:
    """ISO 3166-1 numeric, by which maps know a country: "DE" -> "276"; "" for one without."""
    country = pycountry.countries.get(alpha_2=code)
    return str(country.numeric) if country else ""


def _historic(key: str) -> tuple[str | None, dict[str, str]]:
    return _historic_countries().get(key, (None, {}))


@cache
def _codes_by_name() -> dict[str, str]:
    return {_key(name): code for name, code in (*_iso_names(), *_ALIASES.items())}


@cache
def _historic_countries() -> dict[str, tuple[str | None, dict[str, str]]]:
    return {_key(prefix + name): found for name, found in _HISTORIC.items() for prefix in ("", "Former ")}


def _iso_names() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        for kind in ("official_name", "name", "common_name"):
            if name := getattr(country, kind, None):
                yield str(name), str(country.alpha_2)


def _key(name: str) -> str:
    """The name without case, accents, punctuation and articles; "St." and "&" are written out."""
    letters = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    words = re.findall(r"[a-z0-9]+", re.sub("['\u2019]", "", letters).casefold().replace("&", " and "))
    return " ".join("saint" if word == "st" else word for word in words if word != "the")
