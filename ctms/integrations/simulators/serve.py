"""The simulators as a process of the demo: they read the CTMS over REST with a token, as real systems would.

    gunicorn "ctms.integrations.simulators.serve:application()" --bind 127.0.0.1:8001

CTMS_ADDRESS says where the CTMS is; the token stands in var/simulators.key. What is so in the world is at /truth.
"""

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from ctms.integrations.simulators import published
from ctms.integrations.simulators.app import Simulators
from ctms.integrations.simulators.serving import SIMULATOR, answer, json
from ctms.integrations.simulators.world import World
from ctms.run.places import VAR

KEY = VAR / "simulators.key"
_AGE = 60.0  # seconds for which the world stands still before it is read anew


class Watched:
    """The world as the CTMS publishes it now, read anew when it is older than a minute."""

    def __init__(self, address: str, key: str, study: str) -> None:
        self._client = httpx.Client(
            base_url=f"{address}/api/v1/", headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        )
        self._study = study
        self._world: World | None = None
        self._read_at = 0.0

    def __call__(self) -> World:
        if self._world is None or time.monotonic() - self._read_at > _AGE:
            before = self._world.published if self._world else None
            self._world = World.lived(published.read(self._get, self._study, before=before))
            self._read_at = time.monotonic()
        return self._world

    def _get(self, path: str) -> Any:
        reply = self._client.get(path)
        reply.raise_for_status()
        return reply.json()


def application() -> Callable[..., Iterable[bytes]]:
    """The WSGI application. Before the CTMS answers, it says that it is not there yet."""
    simulators: list[Simulators] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            if not simulators:
                key, _, study = KEY.read_text().strip().partition(" ")
                simulators.append(
                    Simulators(Watched(os.environ.get("CTMS_ADDRESS", "http://localhost:8000"), key, study))
                )
            return simulators[0](environ, start_response)
        except (OSError, httpx.HTTPError, KeyError, ValueError) as error:
            said = {"source_system": SIMULATOR, "message": f"The world cannot be read: {type(error).__name__}."}
            return answer(json(said, 503), start_response)

    return app
