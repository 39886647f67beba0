"""Which environment variables the code reads, found in its text."""

import re

from ctms.run.places import ROOT

_FILES = ("manage.py", "ctms/env.py", "ctms/run/*.py", "ctms/demo/**/*.py")
_NAME = re.compile(r'"((?:CTMS|DATABASE|DEMO|REDIS)_[A-Z_]+)"')


def read_by_the_code() -> set[str]:
    """All names of the environment that `ctms.env`, what runs the house, and the demo look at."""
    paths = [path for pattern in _FILES for path in ROOT.glob(pattern)]
    return {name for path in paths for name in _NAME.findall(path.read_text())}
