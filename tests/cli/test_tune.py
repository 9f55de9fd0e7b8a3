"""``motifnet tune``: a search is continued, and ``--preset`` uses its result."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from command import NETWORK, Command, EarlyCommand, read_until, tree
from motifnet.documents import read_table
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import ModelHeader

START = ModelHeader(ModelSpec.preset("default", length=60))
BUDGET = ("--max-steps", "20", "--check-every", "5", "--threads", "1")
OPTIONS = ("tune", "pos.fa", "--negatives", "neg.fa", "--seed", "3", *NETWORK, *BUDGET)
TUNE = (*OPTIONS, "--output", "tuned")


@pytest.mark.slow
def test_a_search_is_continued_and_its_best_network_trained(here: Command, place: Path) -> None:
    first = here(*TUNE, "--trials", "1")
    assert first.stdout == ""
    table = read_table(place / "tuned" / "trials.tsv")
    assert table["trial"].tolist() == [0]
    said = here(*TUNE, "--trials", "3").stderr.splitlines()
    lines = [line.split("  ")[0] for line in said if line.startswith("trial ")]
    assert lines == ["trial 1 (2/3)", "trial 2 (3/3)"]
    grown = read_table(place / "tuned" / "trials.tsv")
    assert grown.loc[[0], table.columns.tolist()].equals(table)
    best = grown.loc[grown["valid_loss"].idxmin()]
    assert said[-3].startswith(f"best: trial {best['trial']} of 3, ")
    assert f"{best['valid_loss']:.4f}" in said[-3]
    command = shlex.split(said[-1])
    assert command[:6] == ["motifnet", "train", "pos.fa", "--negatives", "neg.fa", "--preset"]

    here(*command[1:], "--max-steps", "4", "--threads", "1")
    own, trained = (json.loads((place / name / "spec.json").read_text()) for name in ("tuned", "model"))
    assert trained["spec"] == own["spec"]
    assert trained["training"] == {**own["training"], "max_steps": 4}
    assert own["training"]["seed"] == 3
    # With another split, this would be another search.
    assert here.refuses(*TUNE, "--trials", "3", "--test-fraction", "0.2")


#: Runs a command that stops for ever after its second checkpoint.
STOPPED = """
import signal, sys
from motifnet.models import runtime
runtime.set_threads(1)
from motifnet.models.training.checkpoint import Checkpoint
write, parts = Checkpoint.write, []
def write_and_stop(self, part, *rest, **values):
    write(self, part, *rest, **values)
    parts.append(part)
    if parts.count("training") == 2:
        print("stopped", file=sys.stderr, flush=True)
        signal.pause()
Checkpoint.write = write_and_stop
from motifnet.__main__ import main
main()
"""


@pytest.mark.nightly
def test_three_processes_run_one_search_and_one_is_killed(place: Path) -> None:
    command = [*OPTIONS, "--output", "shared", "--trials", "4"]
    with ExitStack() as stack:
        options: dict[str, Any] = {"cwd": place, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "bufsize": 0}

        def start(line: list[str]) -> subprocess.Popen[bytes]:
            process = stack.enter_context(subprocess.Popen(line, **options))
            stack.callback(process.kill)
            return process

        dead = start([sys.executable, "-c", STOPPED, *command])
        read_until(dead, "stopped")
        others = [start(Command.line(*command)) for _ in range(2)]
        said = [read_until(process, "waiting for trial 0") for process in others]
        dead.kill()
        said = [begun + process.communicate()[1].decode() for begun, process in zip(said, others, strict=True)]
        assert [dead.wait(), *(process.returncode for process in others)] == [-signal.SIGKILL, 0, 0], said
    ran = [[line.split()[1] for line in text.splitlines() if line.startswith("trial ")] for text in said]
    assert sorted(ran[0] + ran[1]) == ["0", "1", "2", "3"]
    assert all(ran)
    assert ["continuing at step 10 of 20" in text for text in said] == ["0" in own for own in ran]
    assert sorted(read_table(place / "shared" / "trials.tsv")["trial"]) == [0, 1, 2, 3]
    assert len((place / "shared" / "trials.journal").read_bytes().splitlines()) == 4
    assert not list(place.glob("shared.*"))


@pytest.mark.parametrize(
    "options", [("--test-fraction", "1"), ("--preset", "none.json"), ("--preset", "defualt")], ids=" ".join
)
def test_errors_leave_no_folder(early: EarlyCommand, options: tuple[str, ...]) -> None:
    before = tree(early.folder)
    assert early.refuses("tune", "pos.fa", "--negatives", "neg.fa", "--output", "out", *options)
    assert tree(early.folder) == before


def test_an_input_or_another_folder_is_not_replaced(early: EarlyCommand) -> None:
    (early.folder / "tuned").mkdir()
    (early.folder / "tuned" / "provenance.json").write_text('{"written_by": "motifnet"}')
    (early.folder / "tuned" / "spec.json").write_text(START.to_json())
    (early.folder / "out").mkdir()
    (early.folder / "out" / "thesis.tex").write_text("years of work")
    before = tree(early.folder)
    for command in ("train", "discover", "tune"):
        assert early.refuses(command, "pos.fa", "--preset", "tuned/spec.json", "--output", "tuned", "--force")
        assert early.refuses(command, "pos.fa", "--output", "out", "--force")
    assert tree(early.folder) == before
