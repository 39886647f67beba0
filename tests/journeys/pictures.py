"""`make pictures`: the demo's pages as pictures in var/pictures: desktop, dark, phone; two for the README.

Starts the demo for as long as it takes, and joins its servers where it runs already.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from typing import Any

import django

from ctms.run import places
from tests.journeys.visitor import DESKTOP, PHONE, Visitor, chromium

FOLDER = places.VAR / "pictures"
FOR_THE_README = {"study": "overview", "sites": "sites"}
KINDS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP},
    "dark": {"size": DESKTOP, "color_scheme": "dark"},
    "phone": {"size": PHONE, "has_touch": True, "is_mobile": True},
}


def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ctms.demo.run", "--port", str(port)]
    with subprocess.Popen(command, cwd=places.ROOT, stdout=subprocess.PIPE, text=True) as demo:
        try:
            _wait_until_ready(demo)
            _take(f"http://localhost:{port}", _password())
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.communicate()


def _take(address: str, password: str) -> None:
    pages = _pages()
    with chromium() as browser:
        for kind, options in KINDS.items():
            folder = FOLDER / kind
            folder.mkdir(parents=True, exist_ok=True)
            visitor = Visitor(browser, address, **options).signs_in("petra", password)
            for name, page in pages.items():
                answer = visitor.page.request.get(page)
                if not answer.ok or "text/html" not in answer.headers["content-type"]:
                    continue  # a form's target, a move that is not open, a file
                visitor.page.goto(page)
                visitor.page.screenshot(path=folder / f"{name}.png", full_page=kind == "phone")
                if kind == "desktop" and name in FOR_THE_README:
                    visitor.page.screenshot(path=places.ROOT / "docs" / "pictures" / f"{FOR_THE_README[name]}.png")
            visitor.leaves()
    print(f"{len(pages)} pages, {', '.join(KINDS)}: {FOLDER.relative_to(places.ROOT)}")


def _pages() -> dict[str, str]:
    """One address of each of the first sponsor's pages, by name."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "ctms.settings"
    django.setup()
    from django.db import transaction

    from ctms.accounts.models import Sponsor
    from tests.accounts.addresses import filled, harvested

    with transaction.atomic():
        found = filled("north", harvested(Sponsor.objects.get(code="north")))
        return {name: page for name, page in found if not name.endswith("-pdf")}


def _wait_until_ready(demo: "subprocess.Popen[str]") -> None:
    for line in demo.stdout or ():
        if line.startswith("Ready"):
            return
    raise RuntimeError("The demo did not start.")


def _password() -> str:
    found = re.search(r"^Password: (.+)$", (places.VAR / "accounts.txt").read_text(), re.MULTILINE)
    assert found
    return found[1]


if __name__ == "__main__":
    main()
