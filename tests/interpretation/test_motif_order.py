"""The order of motifs, and which optional ones are listed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from filter_banks import with_kmers
from motifnet.interpretation.motif_order import order_motifs
from motifnet.motifs.learned.clustering import Family
from motifnet.motifs.motif import Motif
from motifnet.motifs.statistics.contrast import task_aurocs
from motifnet.motifs.statistics.occurrences import Occurrences
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

FIRST, SECOND, THIRD, ABSENT = "TGACGTTACC", "GGCATTTGCA", "CCTTAGGATC", "AAACCCGTGG"


def family(kmer: str, *, is_optional: bool = False) -> Family:
    return Family((0,), Motif(kmer, one_hot([kmer])[0] * 99 + 1.0, nsites=100), is_optional=is_optional)


def data_of(n: int, seed: int, tasks: tuple[str, ...] = ("positive",)) -> Dataset:
    """Positives with the first k-mer (80 %), the second (15 %) or the third (5 %); with two tasks, the third is one."""
    kmers = [FIRST] * (16 * n // 20) + [SECOND] * (3 * n // 20) + [THIRD] * (n // 20)
    sequences = SequenceSet.concatenate([with_kmers(kmers, seed=seed), with_kmers(["A"] * n, seed=seed + 1)])
    labels = np.repeat([1.0, 0.0], n)[:, np.newaxis]
    if len(tasks) == 2:
        is_third = (np.arange(2 * n) < n) & (np.arange(2 * n) >= 19 * n // 20)
        labels = np.column_stack([labels[:, 0] - is_third, is_third])
    return Dataset(sequences, labels, tasks, np.arange(2 * n))


def ordered(families: Sequence[Family], *parts: Dataset) -> tuple[list[str], dict[str, float]]:
    motifs = [family.motif for family in families]
    found = [Occurrences.find(motifs, part, strands="both") for part in parts]
    labels = np.concatenate([part.labels for part in parts])
    strength = np.abs(task_aurocs(np.concatenate([own.finite_score() for own in found]), labels) - 0.5)
    order, added = order_motifs(families, found, strength.max(axis=1), strength.argmax(axis=1), strands="both", seed=0)
    return [motifs[i].name for i in order.tolist()], {motif.name: a for motif, a in zip(motifs, added, strict=True)}


@pytest.mark.parametrize("places", [(0, 1, 2, 3), (3, 1, 0, 2)])
def test_planted_motifs_come_first(places: tuple[int, ...]) -> None:
    families = [family(kmer) for kmer in (FIRST, SECOND, THIRD, ABSENT)]
    names, added = ordered([families[i] for i in places], data_of(1000, 0), data_of(400, 2))
    assert names == [FIRST, SECOND, THIRD, ABSENT]
    assert added[FIRST] > added[SECOND] > added[THIRD] > 0.01 > abs(added[ABSENT])


def test_optional_motifs_are_listed_if_they_add_something() -> None:
    families = [family(FIRST), *(family(kmer, is_optional=True) for kmer in (SECOND, ABSENT)), family(THIRD)]
    names, added = ordered(families, data_of(1000, 0), data_of(400, 2))
    assert names == [FIRST, SECOND, THIRD]
    assert np.isnan(added[ABSENT])


def test_an_optional_motif_is_never_the_first() -> None:
    families = [family(FIRST, is_optional=True), family(SECOND), family(THIRD)]
    names, _ = ordered(families, data_of(1000, 0), data_of(400, 2))
    assert names == [SECOND, FIRST, THIRD]
    assert ordered([family(FIRST, is_optional=True)], data_of(100, 0), data_of(40, 2))[0] == []


def test_a_near_copy_is_listed_once() -> None:
    copy = family(FIRST[::-1].translate(str.maketrans("ACGT", "TGCA")), is_optional=True)
    assert ordered([family(FIRST), copy], data_of(1000, 0), data_of(400, 2))[0] == [FIRST]


def test_the_first_motifs_of_all_tasks_come_first() -> None:
    tasks = ("most", "third")
    families = [family(kmer) for kmer in (SECOND, THIRD, FIRST, ABSENT)]
    names, added = ordered(families, data_of(1000, 0, tasks), data_of(400, 2, tasks))
    assert set(names[:2]) == {FIRST, THIRD}
    assert names[2] == SECOND
    assert added[FIRST] > 0.3
    assert added[THIRD] > 0.3


def test_without_two_classes_motifs_are_in_the_order_of_their_strength() -> None:
    families = [family(kmer) for kmer in (FIRST, SECOND)]
    data = data_of(100, 0)
    positives = data.take(np.flatnonzero(data.labels[:, 0] == 1))
    found = [Occurrences.find([f.motif for f in families], part, strands="both") for part in (positives, positives)]
    order, added = order_motifs(families, found, np.array([0.1, 0.2]), np.zeros(2, int), strands="both", seed=0)
    assert order.tolist() == [1, 0]
    assert np.isnan(added).all()
