"""Bad input: each with the exact message, exit 2, nothing on standard output, and nothing lost on disk.

An `early` command is one in which TensorFlow cannot be imported: its message comes before TensorFlow is started.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from command import Command, EarlyCommand, ForkedCommand, tree
from dna_strategies import random_dna
from motifnet.cli.main import COMMANDS
from motifnet.models.network.presets import PRESETS
from motifnet.models.runtime import threads
from motifnet.models.storage import FORMAT_VERSION
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.outputs import read_table
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


def test_the_early_command_cannot_start_tensorflow(early: EarlyCommand) -> None:
    done = early.run(("discover", "pos.fa", "--output", "out"), b"")
    assert done.returncode == 1
    assert b"import of keras halted" in done.stderr
    assert not (early.folder / "out").exists()


# --- sequence files ---

FASTA_FAULTS = {
    "empty": (b"", "bad.fa: "),
    "not FASTA": (b"chr1\t100\t200\tpeak\n", "bad.fa: "),
    "binary": (bytes(range(256)) * 8, "bad.fa: "),
    "truncated gzip": (
        gzip.compress("".join(f">{i}\n{s}\n" for i, s in enumerate(random_dna(50, 60, seed=1))).encode())[:-400],
        "bad.fa: ",
    ),
    "no sequence": (b">a\nACGT\n>b\n>c\nACGT\n", "bad.fa:3: "),
    "illegal letter": (b">a\nACGT\n>b\nACGT\nACXT\n", "bad.fa:5: "),
    "all N": (b">a\n" + b"N" * 60 + b"\n>b\n" + b"n" * 60 + b"\n", "bad.fa: "),
}


@pytest.mark.parametrize(("content", "where"), FASTA_FAULTS.values(), ids=FASTA_FAULTS)
@pytest.mark.parametrize("is_negative", [False, True], ids=["positives", "negatives"])
def test_an_invalid_fasta_file_is_reported_with_its_line(
    early: EarlyCommand, content: bytes, where: str, is_negative: bool
) -> None:
    (early.folder / "bad.fa").write_bytes(content)
    before = tree(early.folder)
    files = ("pos.fa", "--negatives", "bad.fa") if is_negative else ("bad.fa",)
    message, hint = early.refuses("train" if is_negative else "discover", *files, "--output", "out")
    assert message.startswith(where)
    assert hint
    assert tree(early.folder) == before


@pytest.mark.parametrize(
    ("path", "where"),
    [("folder", "folder: "), ("poss.fa", "poss.fa: "), ("nowhere/a.fa", "nowhere/a.fa: "), ("-", "standard input: ")],
)
def test_a_missing_or_empty_file_is_reported(early: EarlyCommand, path: str, where: str) -> None:
    (early.folder / "folder").mkdir()
    (early.folder / "folder" / "a.fa").write_text(">a\nACGT\n")
    assert early.refuses("discover", path, "--output", "out")[0].startswith(where)
    assert not (early.folder / "out").exists()


def test_a_file_that_may_not_be_read(early: EarlyCommand) -> None:
    # As root everything may be read; a link to itself cannot.
    (early.folder / "loop.fa").symlink_to("loop.fa")
    lines = early.refuses("discover", "loop.fa", "--output", "out")
    assert lines[0].startswith("loop.fa: ")


# --- lengths ---


def test_sequences_shorter_than_the_first_filter(early: EarlyCommand) -> None:
    layout = ("--num-filters", "8", "--conv-width", "19", "--block-pool", "1")
    lines = early.refuses("discover", "pos.fa", "--length", "18", "--output", "out", *layout)
    assert lines == [
        "sequences of 18 bp are too short for this network: the filters of block 1 have width 19",
        "  Use longer sequences, or narrower filters and pools (--conv-width, --block-pool, --pool-width).",
    ]
    assert not (early.folder / "out").exists()


def test_negatives_of_another_length(early: EarlyCommand) -> None:
    write_fasta(SequenceSet.from_strings(random_dna(30, 50, seed=3)), early.folder / "short.fa")
    lines = early.refuses("train", "pos.fa", "--negatives", "short.fa", "--output", "out")
    assert "short.fa 50 bp" in lines[0]
    assert "--length 50" in lines[1]


def test_one_sequence_of_a_class_cannot_be_divided(early: EarlyCommand) -> None:
    (early.folder / "one.fa").write_text(f">a\n{'ACGTTGCA' * 7}ACGT\n")
    lines = early.refuses("train", "pos.fa", "--negatives", "one.fa", "--output", "out")
    assert "valid" in lines[0]
    assert "'positive'" in lines[0]


@pytest.mark.slow
def test_what_cannot_be_divided_has_no_plan(motifnet: ForkedCommand) -> None:
    (motifnet.folder / "one.fa").write_text(f">a\n{random_dna(1, 60, seed=5)[0]}\n")
    said = motifnet("discover", "one.fa", "--output", "out", code=2).stderr
    assert "the valid part would have no sequences" in said
    assert "train a network" not in said


def test_sequences_without_another_shuffle(early: EarlyCommand) -> None:
    (early.folder / "repeats.fa").write_text(f">a\n{'A' * 60}\n>b\n{'AC' * 30}\n")
    lines = early.refuses("discover", "repeats.fa", "--output", "out")
    assert lines[0].startswith("repeats.fa: ")


def test_unequal_lengths_are_padded_to_the_longest_and_told(early: EarlyCommand) -> None:
    sequences = random_dna(30, 60, seed=3)
    text = "".join(f">s\n{s[: 50 + i % 11]}\n" for i, s in enumerate(sequences))
    (early.folder / "ragged.fa").write_text(text)
    said = early("train", "ragged.fa", "--output", "out", "--preset", "dragonn", code=2)
    assert said.stderr.splitlines()[:2] == [
        "ragged.fa: 30 sequences of 60 bp",
        "ragged.fa: 28 padded with N, 0 cropped (anchor: center)",
    ]
    assert read_data(early.folder / "ragged.fa").sequences.rule == LengthRule(60, "center")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["predict", "evaluate", "motifs"])
def test_another_length_than_the_head_takes(fixed: Path, early: EarlyCommand, command: str) -> None:
    (early.folder / "model").symlink_to(fixed)
    write_fasta(SequenceSet.from_strings(random_dna(3, 80, seed=3)), early.folder / "long.fa")
    rest = {"predict": (), "evaluate": ("--negatives", "long.fa"), "motifs": ("--output", "out")}[command]
    assert "80 bp" in early.refuses(command, "model", "long.fa", *rest)[0]
    (early.folder / "mixed.fa").write_text(">a\nACGT\n>b\nACGTT\n")
    assert early.refuses("predict", "model", "mixed.fa") == [
        "mixed.fa: sequences are 4 to 5 bp long",
        "  Settle one length: length=N in Python; --length N or auto in a command that trains.",
    ]


@pytest.mark.slow
def test_test_files_of_another_length_are_refused_before_the_training(place: Path, here: Command) -> None:
    write_fasta(SequenceSet.from_strings(random_dna(4, 80, seed=3)), place / "long.fa")
    layout = ("--preset", "dragonn", "--num-filters", "4", "--conv-width", "9", "--pool-width", "10")
    test = ("--test-positives", "long.fa", "--test-negatives", "long.fa")
    said = here("discover", "pos.fa", *test, "--output", "refused", *layout, code=2)
    assert "80 bp" in said.stderr
    assert "step " not in said.stderr
    assert not (place / "refused").exists()


@pytest.mark.slow
def test_crlf_lower_case_and_gzip_change_nothing(results: Path, here: Command, place: Path) -> None:
    text = (place / "pos.fa").read_bytes()
    header, _, _ = text.partition(b"\n")
    crlf = b"\n".join(line if line.startswith(b">") else line.lower() for line in text.split(b"\n"))
    (place / "crlf.fa").write_bytes(gzip.compress(crlf.replace(b"\n", b"\r\n")))
    assert header.startswith(b">")
    here("predict", "results", "crlf.fa", "--output", "crlf.tsv", "--threads", "1")
    scores = read_table(place / "crlf.tsv")
    sequences = read_fasta(place / "pos.fa")
    assert scores["name"].tolist() == list(sequences.names)
    expected = TrainedModel.load(results).predict(sequences)[:, 0]
    assert scores["positive"].tolist() == pytest.approx(expected.tolist(), rel=1e-5)


# --- models ---


def newer(folder: Path) -> None:
    document = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps(document | {"format_version": FORMAT_VERSION + 1}))


#: Damage, and the path at the beginning of the message.
MODEL_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "not a model": (lambda folder: (folder / "spec.json").unlink(), "model: "),
    "no weights": (lambda folder: (folder / "model.weights.h5").unlink(), "model: "),
    "truncated": (lambda folder: (folder / "spec.json").write_text("{"), "model/spec.json: "),
    "newer": (newer, "model/spec.json: "),
}
USES = {
    "predict": ("predict", "model", "pos.fa"),
    "evaluate": ("evaluate", "model", "pos.fa", "--negatives", "neg.fa"),
    "motifs": ("motifs", "model", "pos.fa", "--output", "out"),
    "export": ("export", "model", "out.keras"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "path"), MODEL_FAULTS.values(), ids=MODEL_FAULTS)
def test_a_folder_that_is_no_model(
    fixed: Path, early: EarlyCommand, damage: Callable[[Path], object], path: str
) -> None:
    (early.folder / "model").mkdir()
    for name, content in tree(fixed).items():
        (early.folder / "model" / name).write_bytes(content)
    damage(early.folder / "model")
    before = tree(early.folder)
    for arguments in USES.values():
        assert early.refuses(*arguments)[0].startswith(path)
    assert tree(early.folder) == before


def test_a_model_that_is_not_there(early: EarlyCommand) -> None:
    for arguments in USES.values():
        assert early.refuses(*arguments)[0].startswith("model: ")
    (early.folder / "model").write_text("")
    assert early.refuses(*USES["predict"])[0].startswith("model: ")


@pytest.mark.slow
def test_an_export_of_another_name(fixed: Path, early: EarlyCommand) -> None:
    assert early.refuses("export", str(fixed), "model.h5")[0].startswith("model.h5: ")


# --- options ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("discover", "pos.fa", "--output", "out", "--preest", "default"),
            ["Unknown option: --preest. Did you mean --preset?", "  See motifnet discover --help."],
        ),
        (
            ("discover", "pos.fa"),
            ['Command "discover" parameter --output requires an argument.', "  See motifnet discover --help."],
        ),
        (
            ("discvoer", "pos.fa"),
            [
                # cyclopts names the first eight.
                'Unknown command "discvoer". Did you mean "discover"? Available commands: '
                f"{', '.join([*COMMANDS][:8])}, ...",
                "  See motifnet --help.",
            ],
        ),
        (
            ("train", "pos.fa", "--output", "out", "--preset", "dragon"),
            [f"preset must be one of {', '.join(PRESETS)}. Got 'dragon' instead", "  Did you mean 'dragonn'?"],
        ),
        (
            ("train", "pos.fa", "--output", "out", "--threads", "0"),
            [
                f"threads must be 1 to {max(256, 4 * threads())}. Got 0 instead",
                f"  Use one per core: {threads()} on this machine.",
            ],
        ),
        (
            ("train", "pos.fa", "--output", "out", "--threads", "100000"),
            [
                f"threads must be 1 to {max(256, 4 * threads())}. Got 100000 instead",
                f"  Use one per core: {threads()} on this machine.",
            ],
        ),
        (("train", "pos.fa", "--output", "out", "--max-steps", "0"), ["max_steps must be at least 1. Got 0 instead"]),
        (("train", "pos.fa", "--output", "out", "--dropout", "1"), ["dropout must be in [0, 1). Got 1.0 instead"]),
        (("train", "pos.fa", "--output", "out", "--length", "0"), ["length must be at least 1 bp. Got 0 instead"]),
        (
            ("train", "pos.fa", "--output", "out", "--length", "long"),
            [
                'Invalid value for --length: unable to convert "long" into int|Literal[auto].',
                "  See motifnet train --help.",
            ],
        ),
        (
            ("train", "pos.fa", "--output", "out", "--preset", "dragonn", "--num-filters", "8"),
            [
                "the lists that describe the blocks differ in length: filters 8 (the preset has 3 blocks)",
                "  Give one number per block in --num-filters and --conv-width (and --block-pool, --conv-stride, "
                "--dilation).",
            ],
        ),
        (
            ("train", "pos.fa", "--output", "out", "--valid-fraction", "1.5"),
            [
                "valid and test must be fractions of at least 0 with a sum below 1. "
                "Got train -0.5, valid 1.5, test 0 instead"
            ],
        ),
        (
            ("discover", "pos.fa", "--output", "out", "--test-positives", "pos.fa"),
            ["--test-positives and --test-negatives go together", "  Give both, or none."],
        ),
        (
            ("motifs", "model", "pos.fa", "--output", "out", "--test-negatives", "neg.fa"),
            ["--test-positives and --test-negatives go together", "  Give both, or none."],
        ),
        (("discover", "pos.fa", "--output", "out", "--e-value", "0"), ["e_value must be above 0. Got 0.0 instead"]),
        (
            ("discover", "pos.fa", "--output", "out", "--replicates", "0"),
            ["--replicates must be at least 1. Got 0 instead"],
        ),
        (
            ("discover", "pos.fa", "--output", "out", "--database", "mammals"),
            [
                "mammals: neither a database nor a file",
                f"  Databases: {', '.join(DATABASES)}; or give a motif file.",
            ],
        ),
        (
            ("motifs", "model", "pos.fa", "--output", "out", "--site-rule", "bets"),
            [
                'Invalid value "bets" for --site-rule. Choose from: "every", "best", "top", "rate". '
                'Did you mean "best"?',
                "  See motifnet motifs --help.",
            ],
        ),
        (
            ("motifs", "model", "pos.fa", "--output", "out", "--min-sites", "0"),
            ["min_sites must be at least 1. Got 0 instead"],
        ),
        (
            ("evaluate", "model", "pos.fa"),
            ["--negatives is needed", "  Give both classes, or labels (--labels, see --help)."],
        ),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, tuple) else "",
)
def test_options_that_make_no_sense(early: EarlyCommand, arguments: tuple[str, ...], message: list[str]) -> None:
    before = tree(early.folder)
    assert early.refuses(*arguments) == message
    assert tree(early.folder) == before
    assert not (early.folder / "out").exists()


def test_debug_adds_the_traceback(early: EarlyCommand) -> None:
    said = early("discover", "missing.fa", "--output", "out", "--debug", code=2)
    assert said.stdout == ""
    assert said.stderr.startswith("Traceback (most recent call last):\n")
    assert said.stderr.splitlines()[-2] == "motifnet: missing.fa: there is no such file"


OUT_OF_MEMORY = """
import motifnet.sequences.io.labels, tensorflow as tf
def lack(*_, **__):
    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
motifnet.sequences.io.labels.read_data = lack
from motifnet.cli.main import main
main()
"""


@pytest.mark.slow
def test_tensorflow_without_memory(motifnet: ForkedCommand) -> None:
    done = motifnet.python.run(("-c", OUT_OF_MEMORY, "train", "pos.fa", "--output", "out"), motifnet.folder)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "motifnet: the memory does not suffice for this network and its batches",
        "  Give a smaller --batch-size, fewer filters (--num-filters), or shorter sequences (--length).",
    ]


@pytest.mark.parametrize("command", ["train", "discover", "tune"])
def test_a_network_that_no_memory_holds(early: EarlyCommand, command: str) -> None:
    said = early.refuses(command, "pos.fa", "--output", "out", "--num-filters", "1000000000", "--conv-width", "5")
    assert "conv_1" in said[0]
    assert not list(early.folder.glob("out*"))
