"""Places that cannot be written to, disks that fill up, interruptions: said exactly, and nothing is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from command import NETWORK, PLAIN, EarlyCommand, ForkedCommand, tree
from motifnet.models.trained import TrainedModel
from motifnet.sequences.io.fasta import read_fasta

MAKES = {"discover": ("discover", "pos.fa"), "train": ("train", "pos.fa"), "motifs": ("motifs", "model", "pos.fa")}


@pytest.mark.parametrize("arguments", MAKES.values(), ids=MAKES)
def test_a_folder_that_exists_is_kept(early: EarlyCommand, arguments: tuple[str, ...]) -> None:
    (early.folder / "out").mkdir()
    (early.folder / "out" / "thesis.tex").write_text("years of work")
    before = tree(early.folder)
    assert early.refuses(*arguments, "--output", "out") == [
        "out: the folder exists and is not empty",
        "  Name another folder, or add --force to replace results that motifnet wrote.",
    ]
    assert early.refuses(*arguments, "--output", "out", "--force") == [
        "out: the folder exists and is not empty",
        "  --force replaces only an empty folder or one that motifnet wrote (with provenance.json); name another.",
    ]
    assert tree(early.folder) == before


@pytest.mark.parametrize("arguments", MAKES.values(), ids=MAKES)
@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("pos.fa", ["pos.fa: is a file, a folder was expected", "  Name another place."]),
        (
            "pos.fa/out",
            ["pos.fa: cannot be written: Not a directory", "  Check the folder, its permissions and the disk."],
        ),
    ],
)
def test_a_folder_that_cannot_be_made(
    early: EarlyCommand, arguments: tuple[str, ...], output: str, message: list[str]
) -> None:
    before = tree(early.folder)
    assert early.refuses(*arguments, "--output", output) == message
    assert tree(early.folder) == before


FILES = {
    "predict": ("predict", "model", "pos.fa", "--output"),
    "evaluate": ("evaluate", "model", "pos.fa", "--negatives", "neg.fa", "--output"),
    "export": ("export", "model"),
}


@pytest.mark.parametrize("arguments", FILES.values(), ids=FILES)
@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("nowhere/a.keras", "No such file or directory"),
        ("pos.fa/a.keras", "Not a directory"),
        ("folder.keras", "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_written(
    early: EarlyCommand, arguments: tuple[str, ...], output: str, reason: str
) -> None:
    (early.folder / "folder.keras").mkdir()
    before = tree(early.folder)
    lines = early.refuses(*arguments, output)
    assert lines == [f"{output}: cannot be written: {reason}", "  Check the folder, its permissions and the disk."]
    assert tree(early.folder) == before


@pytest.mark.slow
def test_standard_output_that_is_full(results: Path, here: ForkedCommand, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Path("/dev/null").open() as nothing, Path("/dev/full").open("wb") as full, log.open("w") as said:
        files = (nothing.fileno(), full.fileno(), said.fileno())
        process = here.start("evaluate", "results", "pos.fa", "--negatives", "neg.fa", files=files)
    assert process.wait(240) == 2
    assert log.read_text().splitlines()[-2:] == [
        "motifnet: standard output: cannot be written: No space left on device",
        "  Check the folder, its permissions and the disk.",
    ]


# No file may grow beyond 20 kB: what the system says then is what it says of a full disk, but for the reason.
FILLED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from motifnet.cli.main import main
main()
"""


@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_no_half_model(here: ForkedCommand, place: Path) -> None:
    options = ("--output", "filled", *NETWORK, "--max-steps", "1", "--threads", "1")
    done = here.python.run(("-c", FILLED, "train", "pos.fa", *options), place)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert "Traceback" not in said
    lines = said.splitlines()
    assert lines[-3] == "motifnet: filled: cannot be written: File too large"
    assert lines[-2] == "  Check the folder, its permissions and the disk."
    assert not (place / "filled").exists()
    sibling = lines[-1].removeprefix("  What was done so far is in ")
    assert (place / sibling / "spec.json").is_file()


LATE = """
import motifnet.motifs.plots, sys
def full(*_):
    raise OSError(28, "No space left on device")
motifnet.motifs.plots.write_logos = full
from motifnet.cli.main import main
main()
"""


@pytest.mark.slow
def test_a_late_failure_keeps_the_model(here: ForkedCommand, place: Path) -> None:
    # Logos come last; where the disk has no room for them, the training is not lost.
    options = ("--negatives", "neg.fa", "--output", "late", *NETWORK, *PLAIN, "--max-steps", "2", "--threads", "1")
    done = here.python.run(("-c", LATE, "discover", "pos.fa", *options), place, environment=here.environment())
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert not (place / "late").exists()
    (sibling,) = place.glob("late.partial-*")
    assert said.splitlines()[-4:] == [
        "motifnet: late: cannot be written: No space left on device",
        "  Check the folder, its permissions and the disk.",
        f"  The trained model is kept: go on with `motifnet motifs {sibling.name}/model ...`",
        f"  What was done so far is in {sibling.name}",
    ]
    assert TrainedModel.load(sibling).split_of(read_fasta(place / "pos.fa"))[0] in ("train", "valid", "test")


# --- interruption ---


@pytest.mark.slow
def test_an_interrupted_training_leaves_nothing(place: Path, here: ForkedCommand, tmp_path: Path) -> None:
    before = set(tree(place))
    budget = ("--max-steps", "1000000", "--max-epochs", "1000000", "--check-every", "5", "--patience", "1000000")
    files = ("pos.fa", "--negatives", "neg.fa", "--output", "interrupted")
    ours, theirs = os.pipe()
    with Path("/dev/null").open() as nothing, (tmp_path / "out").open("w") as out, open(ours) as said:
        streams = (nothing.fileno(), out.fileno(), theirs)
        process = here.start("discover", *files, *NETWORK, *budget, *PLAIN, "--threads", "1", files=streams)
        os.close(theirs)
        while not said.readline().startswith("step "):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest = said.read().splitlines()
    assert process.wait(60) == 130
    assert (tmp_path / "out").read_text() == ""
    assert rest[-1] == "motifnet: interrupted"
    assert "Traceback" not in "".join(rest)
    assert not list(place.glob("interrupted*"))
    assert set(tree(place)) == before
