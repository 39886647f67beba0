"""`make bench [SIZE=small|full] [ONLY=rest]`: one JSON line per workload; exit 1 when one exceeds its limit."""

import argparse
import os
import sys
from collections.abc import Iterator

import django

from ctms.run import embedded
from tests import database

ROUNDS = {"small": 6, "full": 30}
PARTS = ("lists", "reports", "rest", "updates", "money", "feed", "reconcile", "overview")


def main() -> int:
    options = argparse.ArgumentParser(prog="make bench")
    options.add_argument("--size", choices=ROUNDS, default="small")
    options.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    asked = options.parse_args()
    with embedded.servers(), database.empty("bench") as name:
        os.environ |= {"CTMS_DB_NAME": name, "CTMS_DB_LOGIN": "app", "DJANGO_SETTINGS_MODULE": "ctms.settings"}
        django.setup()
        results = list(_measured(name, asked.size, asked.only))
    return 0 if all(results) else 1


def _measured(name: str, size: str, only: list[str]) -> Iterator[bool]:
    from django.db import connection

    from bench.population import populate
    from bench.site_list import make_bare_tables

    connection.settings_dict["NAME"] = name
    sponsor = populate()
    make_bare_tables(name, sponsor)
    for part in PARTS:
        for workload in _of(part, name, sponsor, size) if part in only else ():
            result = workload.run(ROUNDS[size])
            print(result.line(), flush=True)
            yield result.holds
    connection.close()


def _of(part: str, name: str, sponsor, size: str) -> Iterator:
    """The workloads of a part, each made when its turn comes: what one leaves behind would be in another's way."""
    from bench import bulk_update, feed, overview, payables, reconcile, report_save, rest, site_list
    from ctms.core.acting import in_sponsor

    if part == "rest":
        yield from rest.workloads(name, sponsor)
    elif part in ("money", "feed", "reconcile", "overview"):
        room = {"money": payables, "feed": feed, "reconcile": reconcile, "overview": overview}[part]
        yield from room.workloads(name, sponsor, size)
    else:
        with in_sponsor(sponsor.pk):
            made = {
                "lists": lambda: [*site_list.workloads(name, sponsor)],
                "reports": lambda: [report_save.workload(name, sponsor)],
                "updates": lambda: [bulk_update.workload(name, sponsor)],
            }[part]()
        yield from made


if __name__ == "__main__":
    sys.exit(main())
