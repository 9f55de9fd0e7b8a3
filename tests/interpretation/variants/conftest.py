"""A model whose score depends on every base and its position, and a genome."""

from __future__ import annotations

from pathlib import Path

import pytest

from dna_strategies import random_dna
from motifnet.models.trained import TrainedModel
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet


@pytest.fixture(scope="package")
def model() -> TrainedModel:
    from small_models import FIXED, model_of

    return model_of(FIXED)


@pytest.fixture(scope="package")
def chromosome() -> str:
    return random_dna(1, 400, seed=7)[0]


@pytest.fixture
def genome(chromosome: str, tmp_path: Path) -> Path:
    """A FASTA file with the chromosomes chr1 and chr2, of the same sequence."""
    write_fasta(SequenceSet.from_strings([chromosome, chromosome], ["chr1", "chr2"]), tmp_path / "genome.fa")
    return tmp_path / "genome.fa"
