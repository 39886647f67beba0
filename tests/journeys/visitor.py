"""Somebody at a browser, whose console stays clean."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import APIResponse, Browser, Page, sync_playwright

from tests import prerequisites
from tests.seed import PASSWORD

DESKTOP, PHONE = (1440, 900), (390, 844)
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Playwright keeps an event loop in this thread, which Django takes for async code."""
    path = prerequisites.chromium()
    assert path, "Chromium is needed here: see tests/prerequisites.py"
    flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=flags)
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """A browser window of its own: cookies, console, and what it loaded."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        width, height = options.pop("size", DESKTOP)
        self.context = browser.new_context(base_url=address, viewport={"width": width, "height": height}, **options)
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: Any) -> None:
        """Errors, violations of the content security policy among them; a refused page's own status is not one."""
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def signs_in(self, username: str, password: str = PASSWORD) -> "Visitor":
        self.page.goto("/sign-in/")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/in/**")
        return self

    def goes(self, address: str) -> Page:
        self.page.goto(address)
        return self.page

    def posts(self, address: str, **said: str) -> APIResponse:
        """What a form would send there, with the token of the page that is open; its answer, not where that leads."""
        headers = json.loads(self.page.locator("body").get_attribute("hx-headers") or "{}")
        return self.context.request.post(address, form=dict(said), headers=headers, max_redirects=0)

    def violations(self) -> list[str]:
        """What axe finds on the page as it is, at its top. What passes stays there: it is a hundred times more."""
        self.page.evaluate("window.scrollTo(0, 0)")
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("rules => axe.run(document, rules).then(result => result.violations)", _RULES)
        return [
            f"{self.page.url}: {one['id']}: {node['target']}: {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))

    def nodes(self) -> int:
        return int(self.page.evaluate("document.querySelectorAll('*').length"))

    def leaves(self) -> None:
        self.context.close()
        assert self.complaints == []


def signs(page: Page, meaning: str) -> None:
    """Signs what the page that is open shows, with the seed's password."""
    page.get_by_label("Meaning of your signature").select_option(meaning)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
