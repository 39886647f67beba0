"""The web process as `make demo` runs it, on a database of its own, and a browser to visit it with."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser

from ctms.run import kernel, places
from ctms.run.processes import PROCESSES
from tests import database
from tests.journeys.visitor import Visitor, chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def static_files() -> None:
    call_command("assets", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, django_db_setup: None, static_files: None) -> Iterator[str]:
    """The address of a web process with the seeded house behind it; a new one for each file of journeys."""
    (web,) = [process for process in PROCESSES if process.name == "web"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    log = places.make_private(places.VAR / "log") / f"test-web-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}.log"
    with database.copied(request.module.__name__.rpartition(".")[2]) as name, log.open("wb") as output:
        environment = {**web.environment(), "CTMS_DB_NAME": name}
        server = subprocess.Popen(
            [*web.argv(bind=bind), "--workers", "1"], env=environment, cwd=places.ROOT, stdout=output,
            stderr=subprocess.STDOUT, preexec_fn=kernel.die_with_parent,
        )  # fmt: skip
        try:
            _wait_for(f"http://{bind}/health/", server, log)
            yield f"http://{bind}"
        finally:
            server.terminate()
            server.wait(15)


@pytest.fixture
def visit(browser: Browser, house: str) -> Iterator[Callable[..., Visitor]]:
    """Opens windows; at the end none of them may have complained."""
    opened: list[Visitor] = []

    def open_one(username: str = "", **options: Any) -> Visitor:
        visitor = Visitor(browser, house, **options)
        opened.append(visitor)
        return visitor.signs_in(username) if username else visitor

    yield open_one
    for visitor in opened:
        visitor.leaves()


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, f"The web process ended: see {log}"
            assert time.monotonic() < until, f"The web process does not answer: see {log}"
        time.sleep(0.1)
