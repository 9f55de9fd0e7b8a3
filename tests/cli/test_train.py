"""``motifnet train``: layout and length rule by options, splits, generated negatives, and a full disk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from command import BUDGET, NETWORK, Command, EarlyCommand, ForkedCommand
from dna_strategies import random_dna
from motifnet.models.network.block import Block
from motifnet.models.storage import read_header
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import LENGTH, planted

pytestmark = pytest.mark.slow


def splits_of(folder: Path) -> pd.Series:
    return pd.read_csv(folder / "splits.tsv", sep="\t", index_col="digest")["split"]


def test_the_layout_is_set_by_one_number_per_block(fixed: Path) -> None:
    spec = read_header(fixed).spec
    assert spec.blocks == (Block(8, 9, dropout=0.1, l1=1e-5),) * 2
    assert (spec.final, spec.pool_width, spec.length) == ("max", 10, LENGTH)
    assert splits_of(fixed).value_counts().to_dict() == {"train": 270, "valid": 30}


def test_the_length_rule_is_kept_with_the_model(here: Command, place: Path) -> None:
    layout = ("--preset", "dragonn", "--num-filters", "4", "--conv-width", "9", "--pool-width", "10")
    length = ("--length", "50", "--anchor", "start")
    here("train", "pos.fa", "--output", "ruled", *length, *layout, "--max-steps", "2", "--threads", "1")
    header = read_header(place / "ruled")
    assert (header.spec.length, header.length_rule) == (50, LengthRule(50, "start"))
    sequence = next(iter(read_fasta(place / "pos.fa")))
    (place / "lengths.fa").write_text(f">whole\n{sequence}\n>cropped\n{sequence[:50]}\n>short\n{sequence[:30]}\n")
    said = here("predict", "ruled", "lengths.fa")
    scores = [float(line.split("\t")[2]) for line in said.stdout.splitlines()[1:]]
    assert scores[0] == scores[1]
    assert len(scores) == 3


def test_chromosomes_are_held_out_and_a_split_is_used_again(motifnet: Command, tmp_path: Path) -> None:
    sequences = planted(100, 100, seed=1).sequences.take(range(100))
    names = [f"chr{1 + i % 5}:{1000 * i}-{1000 * i + sequences.length}" for i in range(100)]
    write_fasta(SequenceSet(names, sequences.codes), tmp_path / "peaks.fa")
    chromosomes = ("--test-chromosomes", "chr5", "--valid-chromosomes", "chr4")
    motifnet("train", "peaks.fa", "--output", "model", *chromosomes, *NETWORK, *BUDGET)
    splits = splits_of(tmp_path / "model")
    # A fifth of the positives and of their shuffled sequences each.
    assert splits.value_counts().to_dict() == {"train": 120, "valid": 40, "test": 40}
    motifnet("train", "peaks.fa", "--output", "again", "--split", "model", *NETWORK, *BUDGET)
    assert splits_of(tmp_path / "again").to_dict() == splits.to_dict()


def test_negatives_are_generated_as_the_options_say(early: EarlyCommand) -> None:
    def printed(*arguments: str) -> str:
        """Messages of a command until it needs TensorFlow, which is missing."""
        said = early.run((*arguments, "--output", "out"), b"").stderr.decode()
        assert "import of keras halted" in said
        return said

    write_fasta(SequenceSet.from_strings(random_dna(900, 60, seed=5)), early.folder / "pool.fa")
    genome = random_dna(1, 60_000, seed=6)[0]
    (early.folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    starts = range(1000, 13_000, 400)
    (early.folder / "peaks.bed").write_text("".join(f"chr1\t{start}\t{start + 60}\n" for start in starts))
    assert " 60 " in printed("train", "pos.fa", "--kmer", "3", "--ratio", "2")
    assert " 60 " in printed("tune", "pos.fa", "--kmer", "1", "--ratio", "2")
    assert "pool.fa: 30 negatives" in printed("train", "pos.fa", "--negatives-from", "pool.fa")
    from_genome = ("--genome", "genome.fa", "--negatives-from", "genome", "--margin", "100")
    assert "genome.fa: 30 negatives" in printed("discover", "peaks.bed", *from_genome)


#: No file may become larger than 20 kB: the operating system refuses as on a full disk, but for the reason.
FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from motifnet.cli.main import main
main()
"""


def test_a_full_disk_leaves_no_incomplete_model(here: ForkedCommand, place: Path) -> None:
    options = ("--output", "filled", *NETWORK, "--max-steps", "1", "--threads", "1")
    done = here.python.run(("-c", FULL, "train", "pos.fa", *options), place)
    said = done.stderr.decode().splitlines()
    assert done.returncode == 2, said
    assert said[-3].startswith("motifnet: filled")
    assert not (place / "filled").exists()
    assert said[-1].endswith("filled.partial")
    said = here("train", "pos.fa", *options).stderr
    assert "filled.partial" in said
    assert (place / "filled" / "spec.json").is_file()
