"""The wording of all error messages is kept in one file, messages.txt; no other test asserts wording.

Each ``cases_*.py`` beside this file has ``CASES``: a name for each message, and a function that raises it in an empty
folder, or returns what a command printed. ``MOTIFNET_UPDATE_MESSAGES=1 pytest tests/messages`` writes messages.txt
again; read the difference before you commit it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from motifnet.errors import MotifnetError

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "messages.txt"
UPDATE = "MOTIFNET_UPDATE_MESSAGES"


def all_cases() -> dict[str, Callable[[], object]]:
    """``package: case`` and the function that raises the message, for every file of cases."""
    modules = {path.stem: import_module(f"messages.{path.stem}") for path in sorted(FOLDER.glob("cases_*.py"))}
    return {
        f"{stem.removeprefix('cases_')}: {name}": case
        for stem, module in modules.items()
        for name, case in module.CASES.items()
    }


def message_of(case: Callable[[], object]) -> str:
    """The message of the error that a case raises; or what it returns, which is standard error of a command."""
    try:
        printed = case()
    except MotifnetError as error:
        return "\n".join([str(error), *(f"  {note}" for note in getattr(error, "__notes__", ()))])
    assert isinstance(printed, str), "the case raised no error"
    return printed


def test_messages_read_as_in_the_golden_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = []
    for number, (name, case) in enumerate(all_cases().items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)  # messages name files by the relative path that the case gives
        sections.append(f"## {name}\n{message_of(case)}\n")
    found = "\n".join(sections)
    if os.environ.get(UPDATE):
        GOLDEN.write_text(found, encoding="utf-8")
    kept = GOLDEN.read_text(encoding="utf-8")
    difference = "\n".join(difflib.unified_diff(kept.splitlines(), found.splitlines(), "messages.txt", "now", n=1))
    assert not difference, f"messages differ; if they should, set {UPDATE}=1 and run again\n{difference}"
