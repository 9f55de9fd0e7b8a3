"""Ctrl-C, and the signal that job schedulers send: a word and the exit code whenever they come, and no debris."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command import NETWORK, PLAIN, EarlyCommand, ForkedCommand, tree

ENDS = [("SIGINT", 130, "motifnet: interrupted"), ("SIGTERM", 143, "motifnet: terminated")]

#: The signal comes when a module is looked for.
ON_IMPORT = """
import signal, sys
NAME, MODULE, ACTION = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)
# Said either way: the jobs that a script runs in the background ignore Ctrl-C from their start.
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
#: The signal comes where a function would be called.
ON_CALL = """
import importlib, signal, sys
NAME, MODULE, FUNCTION = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)
setattr(importlib.import_module(MODULE), FUNCTION, lambda *_, **__: signal.raise_signal(getattr(signal, NAME)))
from motifnet.__main__ import main
main()
"""
#: Two signals: the second comes once more whenever a file is removed, when the end is told, and when all is done.
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
before(motifnet.__main__, "_say_end", SECOND)
try:
    motifnet.__main__.main()
finally:
    signal.raise_signal(SECOND)
"""
#: A library swallows the first, the second is not answered.
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


@pytest.mark.parametrize(("name", "code", "said"), ENDS)
@pytest.mark.parametrize("module", ["cyclopts", "numpy"])
def test_while_libraries_are_imported(tmp_path: Path, name: str, code: int, said: str, module: str) -> None:
    line = [sys.executable, "-c", ON_IMPORT, name, module, "heard", "check", "none.fa"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"{said}\n")


def test_what_is_ignored_stays_so(early: EarlyCommand) -> None:
    arguments = ("-c", ON_IMPORT, "SIGINT", "motifnet.cli.check", "ignored", "check", "pos.fa", "--quiet")
    done = early.python.run(arguments, early.folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"duplicates" in done.stdout


@pytest.mark.parametrize(("name", "code", "said"), ENDS)
@pytest.mark.parametrize("command", ["train", "discover", "tune"])
def test_before_there_is_a_result(early: EarlyCommand, name: str, code: int, said: str, command: str) -> None:
    before = tree(early.folder)
    arguments = ("-c", ON_CALL, name, "motifnet.sequences.io.labels", "read_data", command, "pos.fa", "--output", "out")
    done = early.python.run(arguments, early.folder)
    assert (done.returncode, done.stderr.decode()) == (code, f"{said}\n")
    assert tree(early.folder) == before
    assert not list(early.folder.glob("out*"))


@pytest.mark.parametrize(("name", "code", "said"), ENDS)
@pytest.mark.parametrize("again", ["SIGINT", "SIGTERM"])
def test_the_second_signal_changes_nothing(early: EarlyCommand, name: str, code: int, said: str, again: str) -> None:
    before = tree(early.folder)
    done = early.python.run(("-c", AGAIN, name, again, "check", "pos.fa", "--output", "out.tsv"), early.folder)
    assert (done.returncode, done.stderr.decode().splitlines()[-1]) == (code, said)
    assert b"Traceback" not in done.stderr
    assert tree(early.folder) == before


def test_the_third_interrupt_ends_it_at_once(early: EarlyCommand) -> None:
    done = early.python.run(("-c", THRICE), early.folder)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"two\n", b"")


@pytest.mark.slow
def test_a_late_end_keeps_the_model(here: ForkedCommand, place: Path) -> None:
    options = ("--negatives", "neg.fa", "--output", "ended", *NETWORK, *PLAIN, "--max-steps", "2", "--threads", "1")
    arguments = ("-c", ON_CALL, "SIGTERM", "motifnet.motifs.plots", "write_logos", "discover", "pos.fa", *options)
    done = here.python.run(arguments, place, environment=here.environment())
    (sibling,) = place.glob("ended.partial-*")
    assert done.returncode == 143
    assert done.stderr.decode().splitlines()[-3:] == [
        "motifnet: terminated",
        f"  The trained model is kept: go on with `motifnet motifs {sibling.name}/model ...`",
        f"  What was done so far is in {sibling.name}",
    ]
    assert (sibling / "model" / "spec.json").is_file()
    assert not (place / "ended").exists()
