"""Speaks Veeva Vault's VQL over the simulated world: the status of the documents that each site's file should hold."""

import re
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from ctms.integrations.simulators.serving import PASSWORD, SIMULATOR, USER, Asked, Reply, json
from ctms.integrations.simulators.world import World

SESSION = "simulated-session"
_ARTIFACTS = (
    "02.02.01", "04.01.02", "05.02.02", "05.02.04", "05.02.08", "05.02.10", "05.02.12", "05.02.18", "05.03.01",
    "05.03.03", "06.01.04",
)  # fmt: skip


class Vault:
    """One vault with one study."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: list[dict[str, Any]] | None = None

    def __call__(self, asked: Asked, fault: str) -> Reply:
        path = asked.path.removeprefix("/vault").strip("/")
        if path.endswith("/auth"):
            if (asked.form.get("username"), asked.form.get("password")) != (USER, PASSWORD):
                return _failed("USERNAME_OR_PASSWORD_INCORRECT")
            return json({"responseStatus": "SUCCESS", "sessionId": SESSION, "source_system": SIMULATOR})
        if not asked.is_signed(by=SESSION) or fault == "session":
            return _failed("INVALID_SESSION_ID")
        if fault == "limit":
            return _failed("API_LIMIT_EXCEEDED")
        page = re.fullmatch(r"api/v[\d.]+/query/(\d+)-(\d+)-(\d*)", path)
        if page:
            return self._page(int(page[1]), int(page[2]), page[3], fault)
        if re.fullmatch(r"api/v[\d.]+/query", path):
            vql = asked.form.get("q", "")
            if self.world.published.study not in vql or not vql.startswith("SELECT "):
                return _failed("INCORRECT_QUERY_SYNTAX_ERROR")
            size, since = re.search(r"PAGESIZE (\d+)", vql), re.search(r">= '([^']+)'", vql)
            stamp = since[1] if since else ""
            return self._page(0, int(size[1]) if size else 1000, re.sub(r"\D", "", stamp), fault)
        return _failed("MALFORMED_URL")

    def _page(self, offset: int, size: int, since: str, fault: str) -> Reply:
        rows = [row for row in self.documents() if re.sub(r"\D", "", row["version_modified_date__v"]) >= since]
        page = rows[offset : offset + size]
        details: dict[str, Any] = {"pagesize": size, "pageoffset": offset, "size": len(page), "total": len(rows)}
        if offset + size < len(rows):
            details["next_page"] = f"/api/v25.1/query/{offset + size}-{size}-{since}"
        data = page + page if fault == "duplicate" else page
        if fault == "arm" and data:
            data = [{**data[0], "treatment_group__c": "Tangerine"}, *data[1:]]
        return json({
            "responseStatus": "SUCCESS", "source_system": SIMULATOR, "responseDetails": details, "data": data,
        })  # fmt: skip

    def documents(self) -> list[dict[str, Any]]:
        """Every document that is there by now."""
        if self._known is None:
            self._known = [
                row
                for site in self.world.published.sites
                if site.activated_on
                for artifact in _ARTIFACTS
                if (row := self._document(site.number, artifact, site.activated_on)) is not None
            ]
        return self._known

    def _document(self, site: str, artifact: str, activated: date) -> dict[str, Any] | None:
        chance = Random(f"document {site} {artifact}")
        filed = activated - timedelta(days=chance.randint(-30, 60))
        if chance.random() < 0.04:
            return None  # never arrived
        steps = (
            (filed - timedelta(days=20), "Planned"), (filed - timedelta(days=6), "In QC Review"), (filed, "Effective"),
            (filed + timedelta(days=chance.randint(200, 2000)), "Expired"),
        )  # fmt: skip
        now = [(day, word) for day, word in steps if _noon(day) <= self.world.now]
        if not now:
            return None
        day, word = now[-1]
        return {
            "id": chance.randint(10_000, 9_999_999), "tmf_artifact_number__c": artifact, "status__v": word,
            "site_number__c": site, "document_date__c": filed.isoformat(), "version_id": f"{chance.randint(1, 9)}_1_0",
            "version_modified_date__v": _noon(day).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "study_number__c": self.world.published.study,
        }  # fmt: skip


def _failed(kind: str) -> Reply:
    """As the real one: HTTP 200, and the failure inside."""
    error = {"type": kind, "message": "Simulated."}
    return json({"responseStatus": "FAILURE", "source_system": SIMULATOR, "errors": [error]})


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12, 0), UTC)
