"""The command line as a whole: help, errors and exit codes, output on terminals, quiet and verbose."""

from __future__ import annotations

import os
import pty
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from command import NETWORK, PLAIN, EarlyCommand, ForkedCommand, tree
from dna_strategies import random_dna
from motifnet.cli.main import COMMANDS, app, main

#: Colours, not bold type or moves of the cursor.
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
#: A motif that the sequences of `planted_peaks` contain.
MEME = "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF word\nletter-probability matrix: alength= 4 w= 8 nsites= 50\n"
MEME += "".join(" ".join("0.97" if a == b else "0.01" for b in "ACGT") + "\n" for a in "GGATTACA")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_in_the_help_are_valid(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["motifnet", command, "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    main()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0].startswith(f"Usage: motifnet {command}")
    examples = [line for line in lines if line.startswith(f"motifnet {command}")]
    assert examples
    for example in examples:
        app.parse_args(shlex.split(example.split(" > ")[0])[1:], exit_on_error=False, print_error=False)


def test_an_unknown_option_in_an_example_would_be_found() -> None:
    with pytest.raises(CycloptsError, match="--tops"):
        app.parse_args(["compare", "motifs.meme", "--tops", "3"], exit_on_error=False, print_error=False)


# --- errors ---

#: Each fails on something that is checked before TensorFlow is imported.
EARLY = {
    "discover": ("discover", "poss.fa", "--output", "out"),
    "train": ("train", "pos.fa", "--labels", "no.tsv", "--output", "out"),
    "tune": ("tune", "pos.fa", "--negatives", "no.fa", "--output", "out"),
    "evaluate": ("evaluate", "model", "pos.fa", "--negatives", "neg.fa"),
    "predict": ("predict", "model", "pos.fa"),
    "motifs": ("motifs", "model", "pos.fa", "--output", "out"),
    "export": ("export", "model", "out.keras"),
    "import-dragonn": ("import-dragonn", "pos.fa", "neg.fa", "--output", "out"),
    "sequences too short": ("train", "pos.fa", "--length", "5", "--output", "out"),
}


@pytest.mark.parametrize("arguments", EARLY.values(), ids=EARLY)
def test_errors_of_users_come_before_tensorflow_starts(early: EarlyCommand, arguments: tuple[str, ...]) -> None:
    before = tree(early.folder)
    assert early.refuses(*arguments)
    assert tree(early.folder) == before
    assert not list(early.folder.glob("out*"))


def test_the_early_command_cannot_start_tensorflow(early: EarlyCommand) -> None:
    done = early.run(("discover", "pos.fa", "--output", "out"), b"")
    assert done.returncode == 1
    assert b"import of keras halted" in done.stderr
    assert not list(early.folder.glob("out*"))


def test_debug_prints_the_traceback(early: EarlyCommand) -> None:
    said = early("discover", "missing.fa", "--output", "out", "--debug", code=2)
    assert said.stdout == ""
    assert said.stderr.startswith("Traceback (most recent call last):\n")
    assert said.stderr.splitlines()[-2].startswith("motifnet: missing.fa: ")


OUT_OF_MEMORY = """
import motifnet.sequences.io.labels, tensorflow as tf
def fail(*_, **__):
    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
motifnet.sequences.io.labels.read_data = fail
from motifnet.cli.main import main
main()
"""


@pytest.mark.slow
def test_out_of_memory_in_tensorflow_is_an_error_of_two_lines(motifnet: ForkedCommand) -> None:
    done = motifnet.python.run(("-c", OUT_OF_MEMORY, "train", "pos.fa", "--output", "out"), motifnet.folder)
    assert done.returncode == 2
    message, hint = done.stderr.decode().splitlines()
    assert message.startswith("motifnet: ")
    assert "--batch-size" in hint


# --- quiet, verbose, and terminals ---


def test_quiet_prints_results_and_errors_only(early: EarlyCommand) -> None:
    said = early("check", "pos.fa", "--negatives", "neg.fa", "--quiet")
    assert "problem" in said.stdout
    assert said.stderr == ""
    assert early.refuses("predict", "nowhere", "pos.fa", "--quiet")


@pytest.fixture
def planted_peaks(motifnet: ForkedCommand) -> ForkedCommand:
    """A folder with ``m.meme`` and ``pos.fa``: 200 sequences of 200 bp, which take a moment to learn."""
    (motifnet.folder / "m.meme").write_text(MEME)
    sequences = random_dna(200, 200, seed=3)
    text = "".join(f">p{i}\n{s[:90]}GGATTACA{s[98:]}\n" for i, s in enumerate(sequences))
    (motifnet.folder / "pos.fa").write_text(text)
    return motifnet


@pytest.mark.slow
def test_verbose_prints_the_time_of_each_line(planted_peaks: ForkedCommand) -> None:
    folder = planted_peaks.folder
    enrich = ("enrich", "m.meme", "pos.fa", "--output")
    plain = planted_peaks(*enrich, "a.tsv").stderr.splitlines()
    verbose = planted_peaks(*enrich, "b.tsv", "--verbose").stderr.splitlines()
    assert planted_peaks("--quiet", *enrich, "c.tsv").stderr == ""
    assert plain[0] == "pos.fa: 200 sequences of 200 bp"
    assert re.fullmatch(rf" +\d+\.\d s  {re.escape(plain[0])}", verbose[0])
    assert len({(folder / f"{name}.tsv").read_bytes() for name in "abc"}) == 1


BARS_AT_ONCE = """
import motifnet.cli.console
motifnet.cli.console._SECONDS_BEFORE_A_BAR = 0
from motifnet.cli.main import main
main()
"""


def on_a_terminal(command: ForkedCommand, *arguments: str, stdout: int | None = None, **environment: str) -> str:
    """What a command prints on a terminal of its own (standard output too, unless it is redirected)."""
    ours, theirs = pty.openpty()
    settings: Mapping[str, str] = {**command.environment(), "TERM": "xterm-256color", **environment}
    settings = {name: value for name, value in settings.items() if name != "NO_COLOR" or value}
    files = (theirs, stdout or theirs, theirs)
    process = command.python.start(("-c", BARS_AT_ONCE, *arguments), command.folder, files, settings)
    os.close(theirs)
    shown = bytearray()
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # on Linux: the other end is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(240) == 0, shown.decode()
    return shown.decode()


@pytest.mark.slow
def test_colours_follow_no_color(motifnet: ForkedCommand) -> None:
    assert COLOUR.search(on_a_terminal(motifnet, "--help", NO_COLOR=""))
    assert not COLOUR.search(on_a_terminal(motifnet, "--help", NO_COLOR="1"))


@pytest.mark.slow
def test_bars_on_a_terminal(planted_peaks: ForkedCommand, tmp_path: Path) -> None:
    budget = ("--max-steps", "40", "--check-every", "20", "--threads", "1")
    output = ("--output", str(tmp_path / "r"))
    shown = on_a_terminal(planted_peaks, "discover", "pos.fa", *NETWORK, *PLAIN, *budget, *output, NO_COLOR="1")
    assert "%" in shown
    assert "training: step 40  loss " in shown
    assert not COLOUR.search(shown)
    # The cursor is hidden while a bar is drawn, and shown again.
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") > 0
    assert f"results: {tmp_path / 'r'}" in shown


@pytest.mark.slow
def test_bars_are_not_mixed_with_results_on_standard_output(planted_peaks: ForkedCommand, tmp_path: Path) -> None:
    with (tmp_path / "hits.tsv").open("wb") as out:
        shown = on_a_terminal(planted_peaks, "scan", "m.meme", "pos.fa", "--output", "-", stdout=out.fileno())
    lines = (tmp_path / "hits.tsv").read_text().splitlines()
    assert lines[0].startswith("motif\t")
    assert len(lines) > 100
    assert "\t" not in shown
