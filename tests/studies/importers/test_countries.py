"""Country names as the registry has written them over the years."""

import pycountry
import pytest

from ctms.studies.importers.countries import country_code, country_name, historic_country_code

pytestmark = pytest.mark.shows("02-2")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("TR", ["Turkey", "Turkey (Türkiye)", "Türkiye", "TÜRKİYE"]),
        ("RU", ["Russia", "Russian Federation"]),
        ("KR", ["Korea, Republic of", "South Korea", "Republic of Korea"]),
        ("KP", ["Korea, Democratic People's Republic of", "North Korea"]),
        ("CZ", ["Czech Republic", "Czechia"]),
        ("MK", ["Macedonia", "North Macedonia", "Macedonia, The Former Yugoslav Republic of"]),
        ("IR", ["Iran", "Iran, Islamic Republic of"]),
        ("MD", ["Moldova", "Moldova, Republic of"]),
        ("VN", ["Vietnam", "Viet Nam"]),
        ("TW", ["Taiwan", "Taiwan, Province of China"]),
        ("HK", ["Hong Kong"]),
        ("MO", ["Macau", "Macao"]),
        ("CI", ["Côte D'Ivoire", "Cote D\u2019Ivoire", "Ivory Coast"]),
        ("RE", ["Réunion", "Reunion"]),
        ("CG", ["Congo", "Republic of the Congo"]),
        ("CD", ["Congo, The Democratic Republic of the", "Democratic Republic of the Congo"]),
        ("GM", ["The Gambia", "Gambia"]),
        ("BS", ["Bahamas", "The Bahamas"]),
        ("PS", ["Palestinian Territories", "Palestinian Territories, Occupied", "Palestinian Territory, occupied"]),
        ("XK", ["Kosovo"]),
        ("SY", ["Syria", "Syrian Arab Republic"]),
        ("LA", ["Laos", "Lao People's Democratic Republic"]),
        ("LY", ["Libya", "Libyan Arab Jamahiriya"]),
        ("TZ", ["Tanzania", "Tanzania, United Republic of"]),
        ("BO", ["Bolivia"]),
        ("VE", ["Venezuela"]),
        ("BN", ["Brunei", "Brunei Darussalam"]),
        ("SZ", ["Swaziland", "Eswatini"]),
        ("MM", ["Burma", "Myanmar"]),
        ("CV", ["Cape Verde", "Cabo Verde"]),
        ("TL", ["East Timor", "Timor-Leste"]),
        ("VA", ["Holy See", "Holy See (Vatican City State)"]),
        ("VI", ["Virgin Islands (U.S.)", "U.S. Virgin Islands"]),
        ("LC", ["St. Lucia", "Saint Lucia"]),
        ("TT", ["Trinidad & Tobago", "Trinidad and Tobago"]),
    ],
)
def test_names_of_all_vintages(code: str, names: list[str]) -> None:
    assert {name: country_code(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize("name", ["", "Atlantis", "Korea", "Virgin Islands", "Europe", "CA", "Germny", "Niger ia"])
def test_no_country_rather_than_a_wrong_one(name: str) -> None:
    assert country_code(name) is None


def test_countries_that_are_no_more() -> None:
    assert country_code("Former Serbia and Montenegro") == "RS"
    assert historic_country_code("Former Serbia and Montenegro", "Podgorica") == "ME"
    assert historic_country_code("Former Yugoslavia", "Niš") == "RS"
    assert historic_country_code("Netherlands Antilles", "Willemstad") == "CW"
    assert country_code("Former Yugoslavia") is None
    assert historic_country_code("Former Yugoslavia", "Springfield") is None
    assert historic_country_code("France", "Paris") is None


def test_display_names() -> None:
    names = [country_name(code) for code in ("KR", "TR", "GB", "RU", "TW", "XK", "CD", "MK")]
    expected = "South Korea, Türkiye, United Kingdom, Russia, Taiwan, Kosovo, DR Congo, North Macedonia"
    assert ", ".join(names) == expected
    with pytest.raises(KeyError):
        country_name("ZZ")


def test_every_display_name_is_understood() -> None:
    codes = [country.alpha_2 for country in pycountry.countries]
    assert [code for code in codes if country_code(country_name(code)) != code] == []
