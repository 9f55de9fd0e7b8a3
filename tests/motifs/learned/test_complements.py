"""Motifs that no source proposes are found by what they add; copies and chance are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from motifnet.motifs.alignment import NEAR_COPY, align_motifs, mutual_similarity
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.complements import Complement, find_complements
from motifnet.motifs.motif import Motif, Strands
from motifnet.sequences.alphabet import codes_of, one_hot, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet

FIRST, SECOND, ABSENT = "TGACGTCATC", "GGAACCATTAG", "CCTTAGGATCA"
LENGTH = 60


def as_motif(kmer: str, *, blur: float = 0.1) -> Motif:
    """Each column the base, except for a fraction `blur`."""
    return Motif(kmer, (one_hot([kmer])[0] * (1 - blur) + blur / 4) * 100, nsites=100)


def data_of(shares: dict[str, float], *, n: int = 800, seed: int = 0, strands: Strands = "both"):
    """n positives, each k-mer in a fraction of them, and n negatives; with their classes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (2 * n, LENGTH), dtype=np.uint8)
    for slot, (kmer, share) in enumerate(shares.items()):
        site, room = codes_of([kmer])[0], LENGTH // len(shares)
        for row in np.flatnonzero(rng.random(n) < share):
            start = slot * room + rng.integers(room - len(kmer) + 1)
            is_reverse = strands == "both" and rng.random() < 0.5
            codes[row, start : start + len(kmer)] = reverse_complement(site) if is_reverse else site
    return SequenceSet(("",) * (2 * n), codes), np.repeat([1.0, 0.0], n)


def complements(
    motifs: Sequence[Motif], sequences: SequenceSet, classes: np.ndarray, *, n: int = 1, strands: Strands = "both"
) -> list[Complement]:
    return find_complements(motifs, n, sequences, classes, strands=strands, extraction=ExtractionSpec())


def similarity(motif: Motif, kmer: str, strands: Strands = "both") -> float:
    return float(mutual_similarity([motif], [as_motif(kmer)], strands=strands)[0, 0])


@pytest.mark.parametrize("strands", ["both", "forward"])
@pytest.mark.parametrize("share", [0.2, 0.3])
def test_a_planted_motif_that_no_source_proposes_is_found_from_a_kmer(share: float, strands: Strands) -> None:
    data = data_of({FIRST: 0.7, SECOND: share}, strands=strands)
    found = complements([as_motif(FIRST), as_motif(ABSENT)], *data, strands=strands)
    assert found[0].start == -1
    assert similarity(found[0].motif, SECOND, strands) > 0.9
    assert sum(align_motifs([own.motif], [as_motif(SECOND)]).similarity[0, 0] > 0.8 for own in found) == 1


def test_a_part_of_a_planted_motif_is_refined_to_the_whole() -> None:
    data = data_of({FIRST: 0.7, SECOND: 0.3})
    found = complements([as_motif(FIRST), as_motif(SECOND[:6], blur=0.5)], *data)
    assert similarity(found[0].motif, SECOND) > 0.9


def test_copies_of_listed_motifs_are_not_found_and_few_others() -> None:
    known = [as_motif(FIRST), as_motif(SECOND, blur=0.3)]
    found = [complements(known, *data_of({FIRST: 0.7, SECOND: 0.3}, n=300, seed=seed), n=2) for seed in range(10)]
    others = [own.motif for each in found for own in each]
    assert len(others) <= 2
    assert (mutual_similarity([known[0], *others], known, strands="both")[1:] < NEAR_COPY).all()


def test_sequences_without_a_class_are_not_used() -> None:
    sequences, classes = data_of({FIRST: 0.7, SECOND: 0.3})
    rows = np.flatnonzero(np.arange(len(classes)) % 3 > 0)
    unknown = np.where(np.arange(len(classes)) % 3 > 0, classes, np.nan)
    here, there = (
        complements([as_motif(FIRST)], *data) for data in ((sequences, unknown), (sequences.take(rows), classes[rows]))
    )
    assert [own.motif.counts.tolist() for own in here] == [own.motif.counts.tolist() for own in there]


@pytest.mark.parametrize("n", [0, 5, 15])
def test_too_few_sequences(n: int) -> None:
    sequences, classes = data_of({FIRST: 0.7, SECOND: 0.3})
    rows = np.r_[0:n, 800:900]
    assert complements([as_motif(FIRST)], sequences.take(rows), classes[rows]) == []
