"""From a fresh clone to a running house with the real trial in it, and cleanly ended; then once more, in seconds."""

import re
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.proof.clone import cloned, demo, environment, processes_of

pytestmark = pytest.mark.shows("02-1")
STUDY = "in/north/s/D3460C00002/"
_ROWS = """
import psycopg
from ctms.run import embedded, logins
with embedded.servers(), psycopg.connect(embedded.dsn(logins.OWNER)) as owner:
    names = owner.execute("select sequencename from pg_sequences where sequencename like '%history_id_seq'").fetchall()
    print(sum(owner.execute(f"select last_value from {name}").fetchone()[0] for (name,) in names))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_demo_from_nothing(tmp_path, measured):
    clone, home, port = cloned(tmp_path / "clone"), tmp_path, free_port()
    began = time.monotonic()
    with demo(clone, home, port=port, within=300) as printed:
        took = time.monotonic() - began
        measured("seconds from a fresh clone to an answer, installing included", round(took), 300, took <= 300)
        accounts = clone / "var" / "accounts.txt"
        assert stat.S_IMODE(accounts.stat().st_mode) == 0o600
        assert f"http://localhost:{port}/" in printed
        pages = as_petra(f"http://localhost:{port}/", accounts)
        found = [pages(STUDY + "sites/", r"131 sites"), pages(STUDY + "countries/", r"19 countries"),
                 pages(STUDY + "schedule/", r"Visits in schedule\s+12")]  # fmt: skip
        wanted = ["131 sites", "19 countries", "Visits in schedule 12"]
        measured("sites, countries, visits on their pages", found, wanted, found == wanted)
    left = processes_of(clone)
    measured("processes left behind", len(left), 0, not left)
    before = history_rows(clone, home)
    began = time.monotonic()
    with demo(clone, home, port=port, within=120) as printed:
        took = time.monotonic() - began
        measured("seconds of a second run", round(took), 30, took <= 30)
    after = history_rows(clone, home)
    measured("history rows written by a second run", after - before, 0, after == before)
    subprocess.run(["make", "clean"], cwd=clone, env=environment(home), check=True)  # as root, its data lie elsewhere


def as_petra(address: str, accounts: Path):
    """Petra's session; gives what a pattern finds on a page."""
    password = re.search(r"^Password: (.+)$", accounts.read_text(), re.MULTILINE)
    assert password
    session = requests.Session()
    token = re.search(r'name="csrfmiddlewaretoken" value="(.+?)"', session.get(address + "sign-in/").text)
    assert token
    answer = session.post(
        address + "sign-in/", {"username": "petra", "password": password[1], "csrfmiddlewaretoken": token[1]}
    )
    assert answer.ok

    def found(page: str, pattern: str) -> str:
        text = re.sub(r"<[^>]+>|\s+", " ", session.get(address + page).text)
        match = re.search(pattern, text)
        return " ".join(match[0].split()) if match else ""

    return found


def history_rows(clone: Path, home: Path) -> int:
    """How many history rows were ever written there."""
    done = subprocess.run(
        [str(clone / ".venv/bin/python"), "-c", _ROWS], cwd=clone, env=environment(home), check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return int(done.stdout)
