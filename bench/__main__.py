"""`make bench [SIZE=small|full]`: one JSON line per workload; exit 1 when one exceeds its limit."""

import argparse
import itertools
import os
import sys

import django

from ctms.run import embedded
from tests import database

ROUNDS = {"small": 6, "full": 30}


def main() -> int:
    options = argparse.ArgumentParser(prog="make bench")
    options.add_argument("--size", choices=ROUNDS, default="small")
    size = options.parse_args().size
    with embedded.servers(), database.empty("bench") as name:
        os.environ |= {"CTMS_DB_NAME": name, "CTMS_DB_LOGIN": "app", "DJANGO_SETTINGS_MODULE": "ctms.settings"}
        django.setup()
        results = list(_measured(name, size))
    return 0 if all(results) else 1


def _measured(name: str, size: str):
    from django.db import connection

    from bench import bulk_update, payables, report_save, rest, site_list
    from bench.population import populate
    from ctms.core.acting import in_sponsor

    connection.settings_dict["NAME"] = name
    sponsor = populate()
    with in_sponsor(sponsor.pk):
        workloads = [*site_list.workloads(name, sponsor)]
        workloads.append(report_save.workload(name, sponsor))
    money = _later(payables.workloads, name, sponsor, size)
    updates = _updates(bulk_update, name, sponsor)
    for workload in itertools.chain(workloads, rest.workloads(name, sponsor), updates, money):
        result = workload.run(ROUNDS[size])
        print(result.line(), flush=True)
        yield result.holds
    connection.close()


def _updates(bulk_update, name: str, sponsor):
    from ctms.core.acting import in_sponsor

    with in_sponsor(sponsor.pk):
        workload = bulk_update.workload(name, sponsor)
    yield workload


def _later(workloads, *arguments):
    """Made when their turn comes."""
    yield from workloads(*arguments)


if __name__ == "__main__":
    sys.exit(main())
