"""Folders with sequences and models that several tests of the commands share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import BUDGET, EARLY, NETWORK, READY, Command, EarlyCommand, ForkedCommand, running_server
from dna_strategies import random_dna
from motifnet.sequences.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet


@pytest.fixture
def motifnet(ready: subprocess.Popen[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command, in an empty folder."""
    return ForkedCommand(tmp_path, ready, tmp_path_factory.mktemp("streams"))


@pytest.fixture(scope="package")
def ready() -> Iterator[subprocess.Popen[str]]:
    """A Python that runs commands without waiting for TensorFlow."""
    with running_server(READY) as running:
        yield running


@pytest.fixture(scope="package")
def server() -> Iterator[subprocess.Popen[str]]:
    """A Python that runs commands as far as TensorFlow."""
    with running_server(EARLY) as running:
        yield running


@pytest.fixture
def early(server: subprocess.Popen[str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> EarlyCommand:
    """The command where TensorFlow cannot be started, in a folder with two good files, ``pos.fa`` and ``neg.fa``."""
    for seed, name in enumerate(("pos", "neg")):
        write_fasta(SequenceSet.from_strings(random_dna(30, 60, seed=seed)), tmp_path / f"{name}.fa")
    return EarlyCommand(tmp_path, server, tmp_path_factory.mktemp("streams"))


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``pos.fa`` and ``neg.fa``: 150 sequences each, the positives with a planted word."""
    from small_models import planted

    folder = tmp_path_factory.mktemp("place")
    data = planted(150, 150, seed=1)
    is_positive = data.labels[:, 0] == 1
    write_fasta(data.sequences.take(is_positive), folder / "pos.fa")
    write_fasta(data.sequences.take(~is_positive), folder / "neg.fa")
    return folder


@pytest.fixture(scope="package")
def here(ready: subprocess.Popen[str], place: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command, in that folder."""
    return ForkedCommand(place, ready, tmp_path_factory.mktemp("streams"))


@pytest.fixture(scope="package")
def results(here: Command, place: Path) -> Path:
    """What `discover` made of the two files: the folder ``results``."""
    # Once from the very start, as users run it; most others are forked.
    alone, files = Command(here.folder), ("pos.fa", "--negatives", "neg.fa", "--output", "results")
    said = alone("discover", *files, "--seed", "3", *NETWORK, *BUDGET)
    assert said.stdout == ""
    (place / "discover.log").write_text(said.stderr)
    return place / "results"


@pytest.fixture(scope="package")
def fixed(here: Command, place: Path) -> Path:
    """A model of DragoNN's layout, whose head fixes the length: the folder ``fixed``."""
    layout = ("--num-filters", "8", "8", "--conv-width", "9", "9", "--pool-width", "10")
    penalties = ("--l1", "1e-5", "--dropout", "0.1")
    budget = ("--max-steps", "4", "--check-every", "2", "--threads", "1")
    files = ("pos.fa", "--negatives", "neg.fa", "--output", "fixed")
    here("train", *files, "--preset", "dragonn", *layout, *penalties, *budget)
    return place / "fixed"
