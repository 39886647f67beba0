"""The running house as programs meet it: tokens made on its page by the people of the cast."""

import os
import re
from collections.abc import Iterator

import pytest
import requests

from tests.seed import PASSWORD

PEOPLE = {"petra": "north", "mara": "north", "lena": "north", "idris": "north", "fumi": "north", "noor": "north",
          "ines": "north", "ada": "north", "otto": "south", "sol": "south"}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def unthrottled() -> Iterator[None]:
    """Before the house starts: so many requests belong to no client."""
    os.environ["CTMS_API_REQUESTS_PER_MINUTE"] = "100000000"
    yield
    del os.environ["CTMS_API_REQUESTS_PER_MINUTE"]


def token_of(house: str, username: str, *, name: str = "Proof", scope: str = "WRITE") -> str:
    """A new token, made as the person makes it: signed in, on the page, with the password."""
    browser = requests.Session()
    browser.post(f"{house}/sign-in/", {"username": username, "password": PASSWORD, **_hidden(browser, house)})
    page = f"{house}/in/{PEOPLE[username]}/tokens/"
    said = {"name": name, "scope": scope, "days": "2", "password": PASSWORD, **_hidden(browser, page)}
    answer = browser.post(page, said)
    found = re.search(r"ctms_api_[0-9a-f]{40}", answer.text)
    assert found, answer.text
    return found[0]


def _hidden(browser: requests.Session, page: str) -> dict[str, str]:
    address = page if "/in/" in page else f"{page}/sign-in/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(.+?)"', browser.get(address).text)
    assert token, address
    return {"csrfmiddlewaretoken": token[1]}


class Program:
    """A REST client on the wire."""

    def __init__(self, house: str, token: str) -> None:
        self.root = f"{house}/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, address: str, **options: object) -> requests.Response:
        return self.session.get(self.root + address, timeout=60, **options)  # type: ignore[arg-type]

    def post(self, address: str, body: object, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(self.root + address, json=body, headers=named, timeout=120)
