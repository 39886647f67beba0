"""The documents written by the code itself: what it does, always current. `make docs` writes them, a test compares."""

from collections.abc import Iterable, Mapping

from ctms.accounts.roles import DUTIES, NEUTRAL, UNBLINDED, VERBS, Role
from ctms.core import lifecycle, metrics
from ctms.core.lifecycle import Lifecycle, Move
from ctms.run.places import ROOT

FOLDER = ROOT / "docs"
_NOTE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"
_MOVE_COLUMNS = ("Move", "From", "To", "Verb", "Signature", "Needs")


def documents() -> dict[str, str]:
    """File name in docs/ -> its text as of now."""
    return {"lifecycles.md": lifecycles(), "roles.md": roles(), "metrics.md": numbers()}


def outdated(texts: Mapping[str, str] | None = None) -> list[str]:
    """The documents in docs/ that are not as the code says."""
    return [
        name
        for name, text in (texts or documents()).items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]


def write() -> list[str]:
    """Brings docs/ up to date; the names of what was changed."""
    changed = outdated()
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return changed


def lifecycles() -> str:
    """Every record's life as a table of moves."""
    parts = [_head("Lifecycles", "What may happen to a record next, who may do it, and what stands against it.")]
    for one in lifecycle.declared():
        rows = ([move.label, _sources(one, move), _words(one, move.target), f"`{move.verb}`", move.signature,
                 _conditions(move)] for move in one.moves)  # fmt: skip
        start = f"Begins as **{_words(one, one.start)}**."
        for status, when in one.follows:
            start += f" Becomes **{_words(one, status)}** when {when}."
        parts.append(
            f"## {one.name}\n\n{start}\n\n{_table(('Move', 'From', 'To', 'Verb', 'Signature', 'Needs'), rows)}"
        )
    return "\n\n".join(parts) + "\n"


def roles() -> str:
    """What each role may do, and which duties never meet."""
    verbs = (
        [Role(role).label, _side(role), ", ".join(f"`{verb}`" for verb in sorted(held))] for role, held in VERBS.items()
    )
    duties = ([duty.code, duty.sentence, ", ".join(f"`{step}`" for step in duty.steps)] for duty in DUTIES)
    sentence = (
        "A role is held at a scope (sponsor, study, country or site) from a day until another, and reaches everything "
        "below it."
    )
    segregation = (
        "## Segregation of duties\n\nWithin a study nobody holds blinded and unblinded roles at once; nobody grants or "
        "ends roles of their own. On one record:"
    )
    tables = _table(("Role", "Blinding", "Verbs"), verbs), _table(("Duty", "Rule", "Steps"), duties)
    return "\n\n".join([_head("Roles", sentence), tables[0], segregation, tables[1]]) + "\n"


def numbers() -> str:
    """Every metric with what it counts."""
    rows = ([f"`{one.name}`", one.label, one.definition] for one in metrics.declared())
    head = _head("Metrics", "Every number that a page shows, and exactly what it counts.")
    return f"{head}\n\n{_table(('Name', 'On the page', 'Counts'), rows)}\n"


def _head(title: str, sentence: str) -> str:
    return f"# {title}\n\n{_NOTE}\n\n{sentence}"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _words(one: Lifecycle, status: str) -> str:
    return str(one.statuses(status).label)


def _sources(one: Lifecycle, move: Move) -> str:
    return ", ".join(_words(one, source) for source in move.sources)


def _conditions(move: Move) -> str:
    asked = ["A reason."] if move.reason else []
    asked += ["A coded reason."] if move.reason_codes else []
    return " ".join([*asked, *(str(guard.__doc__).strip() for guard in move.unless)])


def _side(role: str) -> str:
    return "unblinded" if role in UNBLINDED else "neither" if role in NEUTRAL else "blinded"
