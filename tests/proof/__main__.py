"""`make proof [ONLY=02-3]`: one JSON line for each thing measured, and one for the tests of each point."""

import argparse
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from ctms.run.places import ROOT

SEED = 20_261_123


class Proof:
    """A pytest plugin: keeps the tests that show a point, and prints what they showed."""

    def __init__(self, only: str) -> None:
        self.only = only
        self.commit = _git("rev-parse", "--short", "HEAD") + ("+changes" if _git("status", "--porcelain") else "")
        self.points: dict[str, str] = {}
        self.outcomes: dict[str, Counter[str]] = {}
        self.failed = False

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept = []
        for item in items:
            mark = item.get_closest_marker("shows")
            if mark and f"{mark.args[0]}-".startswith(f"{self.only}-" if self.only else ""):
                self.points[item.nodeid] = mark.args[0]
                kept.append(item)
        items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        point = self.points[report.nodeid]
        if report.when == "call" or report.failed:
            self.outcomes.setdefault(point, Counter())[report.outcome] += 1
            for name, line in report.user_properties if report.when == "call" else ():
                if name == "measured":
                    self.print(point, line)
        if report.skipped:
            self.outcomes.setdefault(point, Counter())["skipped"] += 1
        if report.failed:
            print(report.longreprtext, file=sys.stderr)

    def pytest_sessionfinish(self) -> None:
        for point, counted in sorted(self.outcomes.items()):
            passed, run = counted["passed"], sum(counted.values())
            self.print(point, {"what": "tests", "value": passed, "threshold": run, "pass": passed == run})

    def print(self, point: str, line: dict[str, Any]) -> None:
        self.failed |= not line["pass"]
        print(json.dumps({"shows": point, **line, "seed": SEED, "commit": self.commit}), flush=True)


def main() -> int:
    options = argparse.ArgumentParser(prog="make proof")
    options.add_argument("--only", default="", help="a point such as 02-3, or 02 for all of an issue")
    proof = Proof(options.parse_args().only)
    # The terminal's own reporter would write between our lines; -o takes back what keeps this folder from `make test`.
    ended = pytest.main(
        ["-p", "no:terminal", "-o", "addopts=--strict-markers", f"--hypothesis-seed={SEED}", "tests"],
        plugins=[proof],
    )
    if not proof.points:
        print(f"Nothing shows {proof.only}.", file=sys.stderr)
        return 2
    return 1 if proof.failed or ended else 0


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
