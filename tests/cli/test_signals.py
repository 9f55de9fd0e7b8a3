"""SIGINT (Ctrl-C) and SIGTERM (job schedulers): one line, an exit code, and no incomplete files, at any time."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command import NETWORK, PLAIN, EarlyCommand, ForkedCommand, tree

CODES = {"SIGINT": 130, "SIGTERM": 143}
MESSAGES = {"SIGINT": "motifnet: interrupted", "SIGTERM": "motifnet: terminated"}

#: The signal comes when a module is imported.
ON_IMPORT = """
import signal, sys
NAME, MODULE, ACTION = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)
# Set explicitly: background jobs of scripts ignore SIGINT from their start.
signal.signal(getattr(signal, NAME), signal.SIG_IGN if ACTION == "ignored" else signal.SIG_DFL)
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            MODULES.append(name)
            signal.raise_signal(getattr(signal, NAME))
MODULES = []
sys.meta_path.insert(0, Stop())
from motifnet.__main__ import main
main()
assert MODULES
"""
#: The signal comes when a function is called.
ON_CALL = """
import importlib, signal, sys
NAME, MODULE, FUNCTION = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)
setattr(importlib.import_module(MODULE), FUNCTION, lambda *_, **__: signal.raise_signal(getattr(signal, NAME)))
from motifnet.__main__ import main
main()
"""
#: Two signals; the second comes again when a file is removed, when the message is printed, and at the end.
AGAIN = """
import pathlib, signal, sys
import motifnet.__main__, motifnet.outputs
FIRST, SECOND = (getattr(signal, sys.argv.pop(1)) for _ in range(2))
def before(holder, name, number):
    function = getattr(holder, name)
    def signalled(*arguments, **options):
        signal.raise_signal(number)
        return function(*arguments, **options)
    setattr(holder, name, signalled)
def write(table, path):
    with motifnet.outputs.output_file(path) as partial:
        partial.write_text("half a table")
        signal.raise_signal(FIRST)
motifnet.outputs.write_table = write
before(pathlib.Path, "unlink", SECOND)
before(motifnet.__main__, "_print_end", SECOND)
try:
    motifnet.__main__.main()
finally:
    signal.raise_signal(SECOND)
"""
#: A library catches the first KeyboardInterrupt; the second signal has no effect.
THRICE = """
import contextlib, signal
import motifnet.cli.main, motifnet.__main__
def run():
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    print("two", flush=True)
    signal.raise_signal(signal.SIGINT)
    print("three", flush=True)
motifnet.cli.main.main = run
motifnet.__main__.main()
"""


@pytest.mark.parametrize(("name", "module"), [("SIGINT", "cyclopts"), ("SIGTERM", "numpy")])
def test_while_libraries_are_imported(tmp_path: Path, name: str, module: str) -> None:
    line = [sys.executable, "-c", ON_IMPORT, name, module, "heard", "check", "none.fa"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (CODES[name], "", f"{MESSAGES[name]}\n")


def test_an_ignored_signal_stays_ignored(early: EarlyCommand) -> None:
    arguments = ("-c", ON_IMPORT, "SIGINT", "motifnet.cli.check", "ignored", "check", "pos.fa", "--quiet")
    done = early.python.run(arguments, early.folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"duplicates" in done.stdout


@pytest.mark.parametrize(("command", "name"), [("train", "SIGINT"), ("discover", "SIGTERM"), ("tune", "SIGINT")])
def test_before_there_is_a_result(early: EarlyCommand, command: str, name: str) -> None:
    before = tree(early.folder)
    call = (name, "motifnet.sequences.splits.partition", "split_data")
    line = ("-c", ON_CALL, *call, command, "pos.fa", "--output", "out")
    done = early.python.run(line, early.folder)
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (CODES[name], MESSAGES[name])
    assert tree(early.folder) == before
    assert not list(early.folder.glob("out*"))


@pytest.mark.parametrize(("first", "second"), [("SIGINT", "SIGTERM"), ("SIGTERM", "SIGTERM")])
def test_a_second_signal_changes_nothing(early: EarlyCommand, first: str, second: str) -> None:
    before = tree(early.folder)
    done = early.python.run(("-c", AGAIN, first, second, "check", "pos.fa", "--output", "out.tsv"), early.folder)
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (CODES[first], MESSAGES[first])
    assert b"Traceback" not in done.stderr
    assert tree(early.folder) == before


def test_a_third_interrupt_ends_the_process_at_once(early: EarlyCommand) -> None:
    done = early.python.run(("-c", THRICE), early.folder)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"two\n", b"")


@pytest.mark.slow
def test_the_checkpoint_is_kept(here: ForkedCommand, place: Path) -> None:
    options = ("--negatives", "neg.fa", "--output", "ended", *NETWORK, *PLAIN, "--max-steps", "2", "--threads", "1")
    arguments = ("-c", ON_CALL, "SIGTERM", "motifnet.motifs.plots", "write_logos", "discover", "pos.fa", *options)
    done = here.python.run(arguments, place, environment=here.environment())
    assert done.returncode == 143
    lines = done.stderr.decode().splitlines()
    assert lines[-2] == "motifnet: terminated"
    assert "ended.partial" in lines[-1]
    assert list((place / "ended.partial" / "checkpoint").iterdir())
    assert not (place / "ended").exists()
