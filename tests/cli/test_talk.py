"""What commands say: quiet, verbose, on a terminal and elsewhere, with and without colour."""

from __future__ import annotations

import os
import pty
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from command import NETWORK, PLAIN, EarlyCommand, ForkedCommand
from dna_strategies import random_dna
from warm_python import WarmPython

pytestmark = pytest.mark.slow

#: Colours, not bold or the moves of the cursor.
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
#: One motif, the word that `enough` has planted.
MEME = "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF word\nletter-probability matrix: alength= 4 w= 8 nsites= 50\n"
MEME += "".join(" ".join("0.97" if a == b else "0.01" for b in "ACGT") + "\n" for a in "GGATTACA")


def on_a_terminal(command: ForkedCommand, *arguments: str, stdout: int | None = None, **environment: str) -> str:
    """What a command shows on a terminal of its own (standard output too, unless it goes elsewhere)."""
    ours, theirs = pty.openpty()
    settings: Mapping[str, str] = {**command.environment(), "TERM": "xterm-256color", **environment}
    settings = {name: value for name, value in settings.items() if name != "NO_COLOR" or value}
    files = (theirs, stdout or theirs, theirs)
    process = command.python.start(command.line(*arguments)[1:], command.folder, files, settings)
    os.close(theirs)
    shown = bytearray()
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux says that the other end is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(60) == 0, shown.decode()
    return shown.decode()


def test_quiet_says_warnings_and_nothing_else(early: EarlyCommand) -> None:
    said = early("check", "pos.fa", "--negatives", "neg.fa", "--quiet")
    assert "problem" in said.stdout
    assert said.stderr == ""
    loud = early("predict", "nowhere", "pos.fa", "--quiet", code=2)
    assert loud.stderr.startswith("motifnet: nowhere: ")


def test_verbose_says_more_with_the_time(motifnet: ForkedCommand) -> None:
    (motifnet.folder / "m.meme").write_text(MEME)
    (motifnet.folder / "pos.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(random_dna(40, 60, seed=1))))
    plain = motifnet("enrich", "m.meme", "pos.fa", "--output", "a.tsv")
    verbose = motifnet("enrich", "m.meme", "pos.fa", "--output", "b.tsv", "--verbose")
    quiet = motifnet("--quiet", "enrich", "m.meme", "pos.fa", "--output", "c.tsv")
    assert plain.stderr.splitlines()[0] == "pos.fa: 40 sequences of 60 bp"
    assert re.fullmatch(r" +\d+\.\d s  pos\.fa: 40 sequences of 60 bp", verbose.stderr.splitlines()[0])
    assert quiet.stderr == ""
    assert len({(motifnet.folder / f"{name}.tsv").read_bytes() for name in "abc"}) == 1


def test_quiet_and_verbose_contradict_each_other(early: EarlyCommand) -> None:
    assert early.refuses("check", "pos.fa", "--quiet", "--verbose") == [
        "--quiet and --verbose contradict each other",
        "  Give one of them.",
    ]


def test_help_names_the_options_of_every_command(early: EarlyCommand) -> None:
    text = " ".join(early("--help").stdout.split())
    for option in ("--quiet", "--verbose", "--debug"):
        assert option in text


def test_colours_only_where_they_are_wanted(motifnet: ForkedCommand) -> None:
    assert COLOUR.search(on_a_terminal(motifnet, "--help", NO_COLOR=""))
    assert not COLOUR.search(on_a_terminal(motifnet, "--help", NO_COLOR="1"))


@pytest.fixture(scope="module")
def enough(ready: WarmPython, tmp_path_factory: pytest.TempPathFactory) -> ForkedCommand:
    """A folder with sequences whose training takes long enough for a bar."""
    folder = tmp_path_factory.mktemp("enough")
    sequences = random_dna(200, 200, seed=3)
    (folder / "pos.fa").write_text("".join(f">p{i}\n{s[:90]}GGATTACA{s[98:]}\n" for i, s in enumerate(sequences)))
    return ForkedCommand(folder, ready)


JOB = ("discover", "pos.fa", *NETWORK, *PLAIN, "--threads", "1")
#: How long a bar takes to appear, and time enough to say how long all will take.
LONG, SHORT = (("--max-steps", str(n), "--check-every", str(n // 4)) for n in (400, 120))


def test_bars_on_a_terminal_without_colour(enough: ForkedCommand, tmp_path: Path) -> None:
    shown = on_a_terminal(enough, *JOB, *LONG, "--output", str(tmp_path / "r"), NO_COLOR="1")
    assert "training" in shown
    assert "valid loss" in shown
    assert "trained: step 400  loss " in shown
    assert "%" in shown
    assert not COLOUR.search(shown)
    # The cursor, hidden while a bar is drawn, is there again, and so is the last line.
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") > 0
    assert f"results: {tmp_path / 'r'}" in shown


def test_discover_says_first_what_it_will_do_and_how_long(enough: ForkedCommand) -> None:
    said = enough(*JOB, *SHORT, "--output", "r").stderr.splitlines()
    first = next(i for i, line in enumerate(said) if line.startswith("train a network of "))
    assert re.fullmatch(
        r"train a network of [\d,]+ parameters on 320 sequences of 200 bp, at most 120 steps of 64; 40 decide when to "
        r"stop, 40 are held out",
        said[first],
    )
    assert said[first + 1] == "then read its motifs, test them on what is held out, and write a report"
    about = next(
        i for i, line in enumerate(said) if re.match(r"about [\d.]+ (s|min) in all, if all 120 steps are taken", line)
    )
    assert first < about < next(i for i, line in enumerate(said) if line.startswith("step 30/"))
    quiet = enough(*JOB, "--max-steps", "2", "--output", "q", "--quiet")
    assert quiet.stdout == ""
    assert all(line.startswith("warning: ") for line in quiet.stderr.splitlines())


def test_results_on_standard_output_are_not_mixed_with_bars(enough: ForkedCommand, tmp_path: Path) -> None:
    (enough.folder / "m.meme").write_text(MEME)
    with (tmp_path / "hits.tsv").open("wb") as out:
        shown = on_a_terminal(enough, "scan", "m.meme", "pos.fa", "--output", "-", stdout=out.fileno())
    lines = (tmp_path / "hits.tsv").read_text().splitlines()
    assert lines[0].startswith("motif\t")
    assert len(lines) > 100
    assert "hits of 1 of 1 motif" in shown
    assert "\t" not in shown
