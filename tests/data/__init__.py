"""Real input: where each file comes from and what was removed stands in ORIGINS.csv. Some of it is the demo's."""

from pathlib import Path

_FOLDERS = (Path(__file__).parent, Path(__file__).parents[2] / "ctms" / "demo" / "data")


def registry_file(nct: str) -> Path:
    """A ClinicalTrials.gov record."""
    return _found(f"ctgov_v2/{nct}.json")


def protocol_file(name: str) -> Path:
    """A USDM protocol file."""
    return _found(f"usdm/{name}.json")


def odm_file(name: str) -> bytes:
    """A recorded reply of Rave Web Services, or another ODM document."""
    return _found(f"odm/{name}").read_bytes()


def odm_files() -> list[str]:
    """All of them, by name."""
    folder = _found("odm")
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.xml"))


def _found(path: str) -> Path:
    return next(folder / path for folder in _FOLDERS if (folder / path).exists())
