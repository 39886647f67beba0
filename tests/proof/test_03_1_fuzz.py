"""Each role sends every operation what its description allows, and what it does not: nothing falls over."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.proof.__main__ import SEED
from tests.proof.rest_client import PEOPLE, token_of, unthrottled  # noqa: F401

pytestmark = pytest.mark.shows("03-1")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method", "ignored_auth", "negative_data_rejection")  # fmt: skip
EXAMPLES = 15
# What may be answered to data outside the description; 412 and 414 are documented, and not on the tool's own list.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 422, 428, 429, 431]
"""


def test_every_operation_by_each_role(house, measured, tmp_path):
    tokens = {username: token_of(house, username) for username in PEOPLE}
    folders = {username: tmp_path / username for username in PEOPLE}
    with ThreadPoolExecutor(2) as pool:
        reports = dict(
            zip(PEOPLE, pool.map(fuzzed, [house] * len(PEOPLE), tokens.values(), folders.values()), strict=True)
        )
    for username, report in reports.items():
        sent = report["sent"]
        measured(f"requests of {username} to {report['operations']} operations", sent, 1000, sent >= 1000)
    failures = {username: report["failures"] for username, report in reports.items() if report["failures"]}
    measured("5xx, undocumented statuses, bodies outside the schema", failures, {}, not failures)


def fuzzed(house: str, token: str, folder: Path) -> dict:
    """What schemathesis found; positive and negative data, each operation."""
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    program = Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [str(program), "run", f"{house}/api/v1/schema/", "--header", f"Authorization: Bearer {token}",
         "--checks", ",".join(CHECKS), "--mode", "all", "--phases", "examples,coverage,fuzzing",
         "--max-examples", str(EXAMPLES), "--seed", str(SEED), "--continue-on-failure", "--workers", "1",
         "--suppress-health-check", "all", "--warnings", "off"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    (folder / "said.txt").write_text(done.stdout + done.stderr)
    number = {what: int(found[1]) if (found := re.search(pattern, done.stdout)) else 0
              for what, pattern in (("sent", r"(\d+) generated"), ("operations", r"Tested: (\d+)"))}  # fmt: skip
    codes = re.findall(r"(?:❌|🚫) (.+: \d+)", done.stdout)
    return {**number, "failures": codes or ([done.stdout[-2000:]] if done.returncode else [])}
