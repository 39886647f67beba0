"""docs/loading.md explains every finding that loading can make, and none that it cannot."""

import re

from ctms.run.places import ROOT

_MADE = re.compile(r'(?:findings\.add|report)\(\s*"([A-Z_]+)"')
_EXPLAINED = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


def test_every_finding_is_explained() -> None:
    files = [*ROOT.glob("ctms/studies/importers/*.py"), *ROOT.glob("ctms/studies/services/*.py")]
    files += ROOT.glob("sites/services/*.py")
    made = {code for file in files for code in _MADE.findall(file.read_text())}
    explained = _EXPLAINED.findall((ROOT / "docs" / "loading.md").read_text())
    assert len(made) > 50
    assert sorted(explained) == sorted(made)
