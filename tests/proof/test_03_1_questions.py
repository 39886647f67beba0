"""docs/rest.md: what a REST client asks most often. Each example is run; what comes is what is printed there."""

import doctest
import io
import os
import re
import subprocess

import pytest

from ctms.run.places import ROOT
from tests.proof.rest_client import token_of, unthrottled  # noqa: F401

pytestmark = pytest.mark.shows("03-1")
PAGE = ROOT / "docs" / "rest.md"
QUESTION = re.compile(r"^### (.+\?)$", re.MULTILINE)
BLOCK = re.compile(r"^```(pycon|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOW = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_the_fifty_questions(house, measured, monkeypatch):
    monkeypatch.setenv("CTMS_ADDRESS", house)
    monkeypatch.setenv("CTMS_TOKEN", token_of(house, "petra"))
    monkeypatch.setenv("CTMS_READING_TOKEN", token_of(house, "petra", name="Reading", scope="READ"))
    otherwise: dict[str, str] = {}
    names: dict[str, object] = {}
    _, *parts = QUESTION.split(text := PAGE.read_text())
    answered = dict(zip(parts[::2], parts[1::2], strict=True))
    for question, part in {"(before all)": text.split("\n## ")[0], **answered}.items():
        for kind, block in BLOCK.findall(part):
            if wrong := (_python(block, names) if kind == "pycon" else _shell(block)):
                otherwise[question] = wrong
    shown = [question for question, part in answered.items() if BLOCK.search(part)]
    measured("questions with an example that runs", len(shown), 50, len(shown) >= 50)
    measured("answered otherwise than docs/rest.md says", otherwise, {}, not otherwise)


def _python(block: str, names: dict[str, object]) -> str:
    """What differs from the block when it is run; what it names stays for the next."""
    test = doctest.DocTestParser().get_doctest(block, names, "rest.md", str(PAGE), 0)
    said = io.StringIO()
    doctest.DocTestRunner(optionflags=HOW).run(test, out=said.write, clear_globs=False)
    names.update(test.globs)
    return said.getvalue()


def _shell(block: str) -> str:
    """The same for a command of a shell."""
    lines = block.splitlines(keepends=True)
    command = "".join(line[2:] for line in lines if line.startswith(("$ ", "> ")))
    wanted = "".join(line for line in lines if not line.startswith(("$ ", "> ")))
    done = subprocess.run(["bash", "-c", command], env=os.environ, capture_output=True, text=True, timeout=60)
    same = doctest.OutputChecker().check_output(wanted, done.stdout + done.stderr, HOW)
    return "" if same else f"{command}Expected:\n{wanted}Got:\n{done.stdout}{done.stderr}"
