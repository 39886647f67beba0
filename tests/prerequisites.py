"""What the suite needs from the system: Chromium for the journeys, Pango for PDFs. Knows only the standard library.

`make test` runs this with the system's Python before anything is installed: root gets what is missing by apt, anybody
else one sentence. `python tests/prerequisites.py` exits with 2 when something stays missing.
"""

import ctypes
import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PACKAGES = "chromium libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core"


def chromium() -> str:
    """The path of the system's Chromium; "" without one. One that is there but does not run does not count."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path and os.path.getsize(os.path.realpath(path)):
            return path
    return ""


def has_pango() -> bool:
    try:
        for library in LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing() -> list[str]:
    """What is missing, in words."""
    return [name for name, there in (("Chromium", chromium()), ("Pango", has_pango())) if not there]


def _install() -> None:
    """By apt, as root; what it says goes to standard error."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update --quiet", f"apt-get install --yes --no-install-recommends --quiet {PACKAGES}"):
        subprocess.run(command.split(), check=False, env=environment, stdout=sys.stderr)


def main() -> int:
    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing what the tests need from the system: {' and '.join(missing())} ...", file=sys.stderr)
        _install()
    if missing():
        print(
            f"The tests need {' and '.join(missing())}, missing here. As root: apt-get install {PACKAGES}",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
