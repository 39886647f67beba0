"""API tokens: made by their person with a password, shown once, revoked at once."""

import re

import pytest

from ctms.accounts.models import ApiToken, EntryKey
from ctms.accounts.models.keys import digest_of
from tests.api.client import Program
from tests.conftest import signed_in
from tests.seed import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/in/north/tokens/"
SAID = {"name": "Nightly export", "scope": "READ", "days": "30", "password": PASSWORD}


def keys_in(answer) -> list[str]:
    return re.findall(r"ctms_api_[0-9a-f]{40}", answer.content.decode())


def test_a_token_is_shown_once_and_works_until_it_is_revoked(north):
    browser = signed_in("petra")
    (key,) = keys_in(browser.post(PAGE, SAID))
    assert keys_in(browser.get(PAGE)) == []
    token = ApiToken.objects.get()
    assert EntryKey.objects.get(kind="TOKEN", record_id=token.pk).digest == digest_of(key)
    program = Program(key=key)
    assert program.get("/api/v1/me/").json()["token"] == "Nightly export"
    assert browser.post(f"{PAGE}{token.pk}/revoke/").status_code == 302
    assert program.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize(
    "said",
    [{"password": "not mine"}, {"name": ""}, {"scope": "ALL"}, {"days": "0"}, {"days": "400"}],
    ids=["password", "name", "scope", "no day", "too long"],
)
def test_no_token_is_made_of_this(north, said):
    answer = signed_in("petra").post(PAGE, SAID | said)
    assert answer.status_code == 422
    assert keys_in(answer) == []
    assert not ApiToken.objects.exists()
    assert not EntryKey.objects.filter(kind="TOKEN").exists()


def test_nobody_sees_or_revokes_another_persons(north):
    signed_in("petra").post(PAGE, SAID)
    token = ApiToken.objects.get()
    maras = signed_in("mara")
    assert "Nightly export" not in maras.get(PAGE).content.decode()
    assert maras.post(f"{PAGE}{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None
