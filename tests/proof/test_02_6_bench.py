"""What `make bench` judges, as lines of the proof."""

import json
import subprocess
import sys

import pytest

from ctms.run.places import ROOT

pytestmark = pytest.mark.shows("02-6")


def test_ratios_hold(measured):
    done = subprocess.run([sys.executable, "-m", "bench"], cwd=ROOT, capture_output=True, text=True)
    judged = [line for line in map(json.loads, done.stdout.splitlines()) if line["limit"]]
    assert len(judged) >= 2, done.stderr
    for line in judged:
        measured(f"{line['bench']}: {line['of']}", line["ratio"], line["limit"], line["pass"])
