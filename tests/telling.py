"""Other systems in tests that say what they are told to, without a wire between."""

from ctms.core.acting import on_simulated_day
from ctms.integrations.ports import Fact, FeedFailed, Page
from ctms.integrations.services.feeding import read_connection


class Tells:
    """An adapter of one resource that says what it is told to."""

    def __init__(self, *walks, resource="subjects"):
        self.walks, self.resource, self.asked = list(walks), resource, []

    def pull(self, resource, cursor):
        self.asked.append((resource, cursor))
        if resource != self.resource:
            raise FeedFailed("Nothing was told of this.", worth_retrying=True)
        yield self.walks.pop(0)


def page(*facts, at, **said):
    return Page(facts=facts, as_of=at, sha256="0" * 64, size=1, **said)


def subject(key, at, place="US-008", **said):
    return Fact(key, "SUBJECT", 0, at, place=place, subject=said.pop("subject", f"S-{key}"), **said)


def read(connection, adapter, at):
    with on_simulated_day(at):
        runs = read_connection(connection, now=lambda: at, adapter=adapter)
    return next((run for run in runs if run.resource == adapter.resource), None)
