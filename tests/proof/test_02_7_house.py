"""Each rule of the house turns `make check` red when somebody breaks it; the house as it stands is green."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proof.clone import copied
from tests.proof.planted import ON_FILES, ON_THE_CATALOG, Violation

pytestmark = pytest.mark.shows("02-7")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A copy of the house; its servers' data go with it."""
    folder = copied(tmp_path / "house")
    yield folder
    subprocess.run([sys.executable, "-m", "ctms.run.embedded"], cwd=folder, check=True)


def check(house: Path) -> tuple[int, str]:
    """Every part of `make check`, also behind one that fails; its exit code and what it said."""
    done = subprocess.run(
        ["make", "--keep-going", "check"], cwd=house, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def plant(house: Path, violation: Violation) -> None:
    path = house / violation.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if violation.instead_of:
        text = path.read_text()
        assert violation.instead_of in text, f"{violation.rule}: nothing to replace in {path.name}"
        path.write_text(text.replace(violation.instead_of, violation.text))
    elif not (path.exists() and violation.text in path.read_text()):
        with path.open("a") as file:
            file.write(violation.text)


def test_the_house_is_green(house, measured):
    code, said = check(house)
    assert code == 0, said
    measured("exit code of make check on the house as it is", code, 0, code == 0)


@pytest.mark.parametrize("planted", [ON_FILES, ON_THE_CATALOG], ids=["files", "catalog"])
def test_every_planted_violation_turns_it_red(house, measured, planted):
    for violation in planted:
        plant(house, violation)
    code, said = check(house)
    assert code != 0
    unnoticed = [violation.rule for violation in planted if violation.red not in said]
    measured(
        f"planted violations noticed: {', '.join(violation.rule for violation in planted)}",
        len(planted) - len(unnoticed), len(planted), not unnoticed,
    )  # fmt: skip
