"""Folders with sequences and models shared by the tests of the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from command import BUDGET, NETWORK, Command, EarlyCommand, ForkedCommand
from dna_strategies import random_dna
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from warm_python import EARLY, WarmPython, running


@pytest.fixture
def motifnet(ready: WarmPython, tmp_path: Path) -> ForkedCommand:
    """The command, in an empty folder."""
    return ForkedCommand(tmp_path, ready)


@pytest.fixture(scope="session")
def without_tensorflow() -> Iterator[WarmPython]:
    """A Python that runs commands up to the import of TensorFlow."""
    with running(EARLY) as python:
        yield python


@pytest.fixture
def early(without_tensorflow: WarmPython, tmp_path: Path) -> EarlyCommand:
    """The command without TensorFlow, in a folder with two valid files, ``pos.fa`` and ``neg.fa``."""
    for seed, name in enumerate(("pos", "neg")):
        write_fasta(SequenceSet.from_strings(random_dna(30, 60, seed=seed)), tmp_path / f"{name}.fa")
    return EarlyCommand(tmp_path, without_tensorflow)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``pos.fa`` and ``neg.fa``: 150 sequences each, the positives with a planted k-mer."""
    from small_models import planted

    folder = tmp_path_factory.mktemp("place")
    data = planted(150, 150, seed=1)
    is_positive = data.labels[:, 0] == 1
    write_fasta(data.sequences.take(is_positive), folder / "pos.fa")
    write_fasta(data.sequences.take(~is_positive), folder / "neg.fa")
    return folder


@pytest.fixture(scope="session")
def here(ready: WarmPython, place: Path) -> ForkedCommand:
    """The command, in that folder."""
    return ForkedCommand(place, ready)


@pytest.fixture(scope="session")
def results(here: Command, place: Path) -> Path:
    """The folder ``results`` that `discover` wrote for the two files."""
    files = ("pos.fa", "--negatives", "neg.fa", "--output", "results")
    said = here("discover", *files, "--seed", "3", *NETWORK, *BUDGET)
    assert said.stdout == ""
    (place / "discover.log").write_text(said.stderr)
    return place / "results"


@pytest.fixture(scope="session")
def fixed(here: Command, place: Path) -> Path:
    """The folder ``fixed``: a model with DragoNN's layout, whose flattened head fixes the length."""
    layout = ("--num-filters", "8", "8", "--conv-width", "9", "9", "--pool-width", "10")
    penalties = ("--l1", "1e-5", "--dropout", "0.1")
    budget = ("--max-steps", "4", "--check-every", "2", "--threads", "1")
    files = ("pos.fa", "--negatives", "neg.fa", "--output", "fixed")
    here("train", *files, "--preset", "dragonn", *layout, *penalties, *budget)
    return place / "fixed"
