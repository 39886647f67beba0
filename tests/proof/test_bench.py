"""What `make bench` judges, as lines of the proof."""

import json
import subprocess
import sys

import pytest

from ctms.run.places import ROOT


@pytest.mark.parametrize(
    "only",
    [
        pytest.param(["lists", "updates"], marks=pytest.mark.shows("02-6"), id="lists and updates"),
        pytest.param(["rest"], marks=pytest.mark.shows("03-8"), id="rest"),
        pytest.param(["reports", "money"], marks=pytest.mark.shows("04-8"), id="reports and money"),
        pytest.param(["overview"], marks=pytest.mark.shows("04-8"), id="overview"),
    ],
)
def test_ratios_hold(measured, only):
    command = [sys.executable, "-m", "bench", "--only", *only]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    judged = [line for line in map(json.loads, done.stdout.splitlines()) if line["limit"]]
    assert len(judged) >= len(only), done.stderr
    for line in judged:
        measured(f"{line['bench']}: {line['of']}", line["ratio"], line["limit"], line["pass"])
