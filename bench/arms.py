"""Runs arms in turn, A B C then C B A, and compares their medians. Absolute times on shared machines mean nothing."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Arm = Callable[[], object]


@dataclass(frozen=True)
class Workload:
    """Arms to be timed in one run.

    Args:
        arms: name -> what to run, one unit of the same work each.
        measured: the arm that is judged against `base`: it may take `limit` times as long at most. Without a limit
            the ratio is shown and not judged.
        floor: the arm of raw Postgres, printed beside.
        between: run after each arm, untimed.
        most_rounds: for arms that take long.
    """

    name: str
    arms: dict[str, Arm]
    measured: str
    base: str
    floor: str
    limit: float | None
    between: Arm = lambda: None
    most_rounds: int | None = None

    def run(self, rounds: int) -> "Result":
        """Times all arms `rounds` times, after one round to warm up."""
        rounds = min(rounds, self.most_rounds or rounds)
        seconds: dict[str, list[float]] = {name: [] for name in self.arms}
        for turn in range(rounds + 1):
            order = list(self.arms) if turn % 2 else list(reversed(self.arms))
            for name in order:
                began = time.perf_counter()
                self.arms[name]()
                took = time.perf_counter() - began
                self.between()
                if turn:
                    seconds[name].append(took)
        return Result(self, {name: statistics.median(taken) for name, taken in seconds.items()})


@dataclass(frozen=True)
class Result:
    workload: Workload
    medians: dict[str, float]

    @property
    def ratio(self) -> float:
        return self.medians[self.workload.measured] / self.medians[self.workload.base]

    @property
    def holds(self) -> bool:
        return self.workload.limit is None or self.ratio <= self.workload.limit

    def line(self) -> str:
        """One JSON object: the judged ratio, its limit, and every arm against the floor."""
        floor = self.medians[self.workload.floor]
        return json.dumps(
            {
                "bench": self.workload.name,
                "ratio": round(self.ratio, 2),
                "of": f"{self.workload.measured} / {self.workload.base}",
                "limit": self.workload.limit,
                "pass": self.holds,
                "arms_to_floor": {name: round(median / floor, 2) for name, median in self.medians.items()},
            }
        )


@dataclass(frozen=True)
class Figure:
    """Something that is measured once and has a limit of its own."""

    name: str
    value: float
    limit: float

    def run(self, rounds: int) -> "Figure":
        """It is measured already."""
        return self

    @property
    def holds(self) -> bool:
        return self.value <= self.limit

    def line(self) -> str:
        figures = {"ratio": self.value, "of": "as measured", "limit": self.limit, "pass": self.holds}
        return json.dumps({"bench": self.name, **figures})
