"""Speaks `ctms-irt-1` over the simulated world."""

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from ctms.integrations.simulators.rave import PLANTED_ARM
from ctms.integrations.simulators.serving import SIMULATOR, TOKEN, Asked, Reply, json
from ctms.integrations.simulators.world import World

_TYPES = {
    "CONSENTED": "subject_screened", "SCREEN_FAILED": "subject_screen_failed", "RANDOMISED": "subject_randomised",
    "WITHDRAWN": "subject_discontinued", "COMPLETED": "subject_completed",
}  # fmt: skip


class Irt:
    """One IRT with one study."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: list[dict[str, Any]] | None = None

    def __call__(self, asked: Asked, fault: str) -> Reply:
        if not asked.is_signed(by=f"Bearer {TOKEN}"):
            return json({"source_system": SIMULATOR, "message": "The token is not valid."}, 401)
        path, study = asked.path.removeprefix("/irt").strip("/"), self.world.published.study
        if path == "v1/studies":
            return json({"source_system": SIMULATOR, "contract": "ctms-irt-1", "studies": [study]})
        if path != f"v1/studies/{study}/events":
            return json({"source_system": SIMULATOR, "message": "There is no such study."}, 404)
        return self._events(asked, fault)

    def _events(self, asked: Asked, fault: str) -> Reply:
        events, since = self.events(), asked.query.get("since", "")
        if since:
            begin = datetime.fromisoformat(since.replace(" ", "+"))
            events = [event for event in events if datetime.fromisoformat(event["recorded_at"]) >= begin]
        offset, limit = _place(asked.query.get("after", "")), min(int(asked.query.get("limit") or 500), 500)
        base, start = (offset, events) if offset else (0, events)
        page = start[base : base + limit]
        more = base + limit < len(start)
        if fault == "duplicate":
            page = page + page
        if fault == "arm" and page:
            page = [{**page[0], "treatment_arm": PLANTED_ARM}, *page[1:]]
        return json({
            "source_system": SIMULATOR, "as_of": self.world.now.isoformat(), "blinding": "blinded",
            "next": f"after-{base + limit}" if more else None, "events": page,
        })  # fmt: skip

    def events(self) -> list[dict[str, Any]]:
        """All events by now, in the order they were recorded."""
        if self._known is None:
            found = [event for event in self._told() if datetime.fromisoformat(event["recorded_at"]) <= self.world.now]
            self._known = sorted(found, key=lambda event: (event["recorded_at"], event["event_id"]))
        return self._known

    def _told(self) -> list[dict[str, Any]]:
        events = []
        for one in self.world.subjects:
            chance = Random(f"irt {one.site} {one.number}")
            for what, kind in _TYPES.items():
                day = one.irt_days.get(what, one.days.get(what))
                if day is None:
                    continue
                at = datetime.combine(day, time(9, 0), UTC) + timedelta(minutes=chance.randint(0, 400))
                recorded = datetime.combine(day, time(17, chance.randint(0, 50)), UTC)
                event = {
                    "event_id": f"{one.key}-{kind}", "event_type": kind, "event_at": at.isoformat(),
                    "recorded_at": max(recorded, one.entered_from).isoformat(),
                    "study": self.world.published.study,
                    "site": one.irt_site or one.site, "subject": one.number, "source_user": "simulated",
                }  # fmt: skip
                if what == "SCREEN_FAILED":
                    event["screen_fail_reason_code"] = chance.choice(("INCLUSION", "EXCLUSION", "WITHDREW"))
                if what == "RANDOMISED":
                    event["randomisation_no"] = str(chance.randint(10_000, 99_999))
                events.append(event)
        return events


def _place(after: str) -> int:
    number = after.removeprefix("after-")
    return int(number) if number.isdigit() else 0
