"""Places that cannot be written to, disks that fill up, interruptions: said exactly, and nothing is lost."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command import NETWORK, PLAIN, Command, EarlyCommand, tree
from motifnet.models.trained import TrainedModel
from motifnet.sequences.fasta import read_fasta

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
def test_standard_output_that_is_full(results: Path, here: Command, place: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            here.line("evaluate", "results", "pos.fa", "--negatives", "neg.fa"),
            cwd=place, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=240,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [
        "motifnet: standard output: cannot be written: No space left on device",
        "  Check the folder, its permissions and the disk.",
    ]


@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_no_half_model(here: Command, place: Path) -> None:
    # No file may grow beyond 20 kB: what the system says then is what it says of a full disk, but for the reason.
    budget = ("--max-steps", "1", "--threads", "1")
    done = subprocess.run(
        here.line("train", "pos.fa", "--output", "filled", *NETWORK, *budget),
        cwd=place, capture_output=True, text=True, check=False, timeout=240,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert lines[-3] == "motifnet: filled: cannot be written: File too large"
    assert lines[-2] == "  Check the folder, its permissions and the disk."
    assert not (place / "filled").exists()
    sibling = lines[-1].removeprefix("  What was done so far is in ")
    assert (place / sibling / "spec.json").is_file()


LATE = """
import motifnet.motifs.logo, sys
def full(*_):
    raise OSError(28, "No space left on device")
motifnet.motifs.logo.write_logos = full
from motifnet.cli.main import main
main()
"""


@pytest.mark.slow
def test_a_late_failure_keeps_the_model(here: Command, place: Path) -> None:
    # Logos come last; where the disk has no room for them, the training is not lost.
    options = ("--negatives", "neg.fa", "--output", "late", *NETWORK, *PLAIN, "--max-steps", "2", "--threads", "1")
    done = subprocess.run(
        [sys.executable, "-c", LATE, "discover", "pos.fa", *options],
        cwd=place, env=here.environment(), capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert not (place / "late").exists()
    (sibling,) = place.glob("late.partial-*")
    assert done.stderr.splitlines()[-4:] == [
        "motifnet: late: cannot be written: No space left on device",
        "  Check the folder, its permissions and the disk.",
        f"  The trained model is kept: go on with `motifnet motifs {sibling.name}/model ...`",
        f"  What was done so far is in {sibling.name}",
    ]
    assert TrainedModel.load(sibling).split_of(read_fasta(place / "pos.fa"))[0] in ("train", "valid", "test")


# --- interruption ---


@pytest.mark.slow
def test_an_interrupted_training_leaves_nothing(place: Path, here: Command) -> None:
    before = set(tree(place))
    budget = ("--max-steps", "1000000", "--max-epochs", "1000000", "--check-every", "5", "--patience", "1000000")
    arguments = here.line(
        "discover",
        "pos.fa",
        "--negatives",
        "neg.fa",
        "--output",
        "interrupted",
        *NETWORK,
        *budget,
        *PLAIN,
        "--threads",
        "1",
    )
    with subprocess.Popen(
        arguments,
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what it puts into the background deaf to this signal, and so would be what that starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while not process.stderr.readline().startswith("step "):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read().splitlines()
        assert process.wait(60) == 130
        assert process.stdout.read() == ""
    assert rest[-1] == "motifnet: interrupted"
    assert "Traceback" not in "".join(rest)
    assert not list(place.glob("interrupted*"))
    assert set(tree(place)) == before
