"""Outputs of processes that are killed, and of two processes at the same time: nothing is lost, nothing is mixed."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from motifnet import partial_folder
from motifnet.errors import InputError
from motifnet.outputs import checkpoint_beside, output_file, output_folder
from motifnet.provenance import PROVENANCE

#: Replaces one output in forks that are killed at their n-th file operation, and then once more. Prints what is under
#: the name after each kill. Arguments: "folder" or "file"; "exchange" or "two renames"; a file for the operations.
KILL_POINTS = """
import os, shutil, signal, sys
from pathlib import Path
import h5py
from fuzz.kill import install
from motifnet import partial_folder
from motifnet.outputs import output_file, output_folder

is_file, log = sys.argv[1] == "file", Path(sys.argv[3])
if sys.argv[2] == "two renames":
    partial_folder.exchange = lambda *_: False

def write(text):
    if is_file:
        with output_file("out.txt") as path:
            path.write_text(text)
    else:
        with output_folder("out", force=True) as folder:
            (folder / "a.txt").write_text(text)
            (folder / "provenance.json").write_text('{"written_by": "motifnet"}')

def content():
    path = Path("out.txt" if is_file else "out/a.txt")
    return path.read_text() if path.exists() else "nothing"

def start():
    for name in os.listdir():
        shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)
    write("old")

def killed(at):
    start()
    pid = os.fork()
    if not pid:
        install(Path.cwd(), at=at, log=None if at else log)
        write("new")
        os._exit(0)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])

assert not killed(0)
for number, _ in enumerate(log.read_text().splitlines(), start=1):
    assert killed(number) == signal.SIGKILL
    print(content())
    write("newer")
    assert content() == "newer"
    assert is_file or sorted(os.listdir("out")) == ["a.txt", "provenance.json"]
    assert len(os.listdir()) == 1
"""
#: Ends without cleaning up, after some of the results and a checkpoint.
DYING = """
import os
from motifnet.outputs import checkpoint_beside, output_folder
with output_folder("out") as folder:
    (folder / "a.txt").write_text("half")
    checkpoint_beside(folder).mkdir()
    (checkpoint_beside(folder) / "state").write_text("step 50")
    os._exit(0)
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(program: str, *arguments: str) -> str:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    command, environment = [sys.executable, "-c", program, *arguments], {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


# --- killed ---


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exchange", "two renames"])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_output_is_the_old_or_the_new_one_after_a_kill_at_each_operation(
    kind: str, how: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = run(KILL_POINTS, kind, how, str(tmp_path_factory.mktemp("logs") / "log")).split()
    assert len(found) >= 10
    states = [state for state, _ in groupby(found)]
    # Where paths cannot be exchanged, there is nothing under the name between the two renames.
    assert states == (["old", "new"] if kind == "file" or how == "exchange" else ["old", "nothing", "new"])


def test_an_interrupted_replacement_is_completed_by_the_next_process(caplog: pytest.LogCaptureFixture) -> None:
    """Killed between two renames: both folders are complete, and the new one takes the name."""
    for name in ("replaced", "results"):
        folder = Path("out.partial") / name
        folder.mkdir(parents=True)
        (folder / PROVENANCE).write_text('{"written_by": "motifnet"}')
        (folder / "a.txt").write_text(name)
    Path("out.partial/lock").touch()
    with caplog.at_level(logging.INFO), pytest.raises(InputError), output_folder("out"):
        pytest.fail("there are results")
    assert Path("out/a.txt").read_text() == "results"
    assert names() == ["out"]
    assert "out" in caplog.text


@pytest.mark.parametrize("resume", [False, True])
def test_what_a_dead_process_left_is_removed_but_its_checkpoint(resume: bool, caplog: pytest.LogCaptureFixture) -> None:
    run(DYING)
    assert names() == ["out.partial"]
    with caplog.at_level(logging.INFO), output_folder("out", resume=resume) as folder:
        assert list(folder.iterdir()) == []
        assert (checkpoint_beside(folder) / "state").exists() == resume
        (folder / "b.txt").write_text("whole")
    assert ("out.partial" in caplog.text) != resume  # a command that continues names the checkpoint itself
    assert names() == ["out"]
    assert [path.name for path in Path("out").iterdir()] == ["b.txt"]


def test_a_file_of_a_dead_process_is_replaced() -> None:
    run("import os\nfrom motifnet.outputs import *\nwith output_file('a.txt') as path: os._exit(path.write_text('')) ")
    assert names() == ["a.txt.partial"]
    with output_file("a.txt") as path:
        path.write_text("whole")
    assert (names(), Path("a.txt").read_text()) == (["a.txt"], "whole")


def test_a_checkpoint_is_kept_and_named_after_an_error() -> None:
    def fail() -> None:
        with output_folder("out") as folder:
            checkpoint_beside(folder).mkdir()
            (checkpoint_beside(folder) / "state").write_text("step 50")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as error:
        fail()
    assert ["out.partial" in note for note in error.value.__notes__] == [True]
    assert Path("out.partial/checkpoint/state").is_file()


# --- two processes ---


def test_the_second_of_two_processes_stops_at_once() -> None:
    with output_folder("out") as folder, output_file("a.txt") as path:
        for second in (output_folder("out"), output_file("a.txt")):
            with pytest.raises(InputError) as error, second:
                pytest.fail("another process is writing it")
            assert not hasattr(error.value, "__notes__")
        (folder / "b.txt").write_text("text")
        path.write_text("text")
    assert names() == ["a.txt", "out"]


def test_the_lock_ends_with_the_process() -> None:
    """Also if it has forked others: their copies of the descriptor do not count."""
    reading, writing = os.pipe()
    with output_file("a.txt") as path:
        path.write_text("first")
        child = os.fork()
        if not child:
            os.read(reading, 1)
            os._exit(0)
    with output_file("a.txt") as path:
        path.write_text("second")
    os.write(writing, b"0")
    os.waitpid(child, 0)
    assert Path("a.txt").read_text() == "second"


def test_a_lock_on_a_file_that_was_removed_meanwhile_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process completes its output after the lock file was opened, and before it is locked."""
    lock, times = fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        if not times:
            Path("a.txt.partial/lock").unlink()
            Path("a.txt.partial").rmdir()
        times.append(descriptor)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with output_file("a.txt") as path:
        assert len(times) == 2
        assert Path("a.txt.partial/lock").is_file()
        path.write_text("text")
    assert names() == ["a.txt"]


def test_a_file_system_without_locks(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    partial_folder._log_no_locks.cache_clear()
    monkeypatch.setattr(fcntl, "flock", refuse)
    for text in ("first", "second"):
        with output_file("a.txt") as path:
            path.write_text(text)
    assert (names(), Path("a.txt").read_text()) == (["a.txt"], "second")
    assert len(caplog.records) == 1


def test_a_folder_that_has_the_name_by_chance_is_kept() -> None:
    Path("out.partial").mkdir()
    Path("out.partial/thesis.tex").write_text("years of work")
    Path("a.txt.partial").write_text("years of work")
    for output in (output_folder("out"), output_file("a.txt")):
        with pytest.raises(InputError) as error, output:
            pytest.fail("the folder is not ours")
        assert ".partial" in str(error.value)
    assert names() == ["a.txt.partial", "out.partial"]
    assert os.listdir("out.partial") == ["thesis.tex"]


def test_results_are_on_the_disk_before_they_get_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append(os.readlink(f"/proc/self/fd/{file}")), sync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (calls.append("rename"), rename(*paths)))
    with output_folder("out") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "a.txt").write_text("text")
    here, results = str(Path.cwd()), str(Path.cwd() / "out.partial" / "results")
    assert calls[0] == here  # the name of the partial folder
    assert sorted(calls[1:-2]) == [results, f"{results}/deep", f"{results}/deep/a.txt"]
    assert calls[-2:] == ["rename", here]
