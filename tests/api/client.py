"""A program with a token."""

import json
from typing import Any

from django.test import Client

from ctms.accounts.models import Sponsor, User
from ctms.accounts.services.tokens import issue_token
from ctms.core import clock
from ctms.core.acting import Channel, acting, in_sponsor

SITES = "/api/v1/studies/D3460C00002/sites/"


def token_for(username: str, *, scope: str = "WRITE", sponsor: str = "", days: int = 30, name: str = "Test") -> str:
    """The key of a new token of somebody of the cast."""
    user = User.objects.get(username=username)
    place = Sponsor.objects.get(code=sponsor) if sponsor else user.memberships.get().sponsor
    with in_sponsor(place.pk), acting(user, reason="New token", channel=Channel.WEB):
        _, key = issue_token(
            user=user, sponsor=place, name=name, scope=scope, days=days, by=user, at=clock.now()
        )  # fmt: skip
    return key


class Program:
    """Asks as a REST client does."""

    def __init__(self, username: str = "", *, key: str = "", **options: Any) -> None:
        self.key = key or (token_for(username, **options) if username else "")
        self.client = Client()

    def get(self, address: str, **headers: str) -> Any:
        return self.client.get(address, headers=self._headers(headers))

    def post(self, address: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body or {})
        return self.client.post(address, data, "application/json", headers=self._headers(headers))

    def moves(self, number: str, move: str, *, version: str = "", **said: str) -> Any:
        """Moves a site from the version it has now, or from another."""
        version = version or self.get(f"{SITES}{number}/")["ETag"]
        return self.post(f"{SITES}{number}/moves/{move}/", said, if_match=version)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {**({"Authorization": f"Bearer {self.key}"} if self.key else {}), **named}


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
