"""From sites to motifs: planted k-mers are recovered exactly."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dna_strategies import random_dna
from filter_banks import (
    NumpyFilters,
    kmer_filters,
    kmers_alone,
    random_filters,
    reverse_complement_of,
    with_kmers,
    with_unknown,
)
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import SITE_RULES, ExtractionSpec, SiteRuleName
from motifnet.motifs.learned.extraction import MotifInstances, base_frequencies, extract, extract_motifs
from motifnet.motifs.learned.sites import FilterBank, count_bases
from motifnet.motifs.motif import STRANDS, Strands
from motifnet.sequences.alphabet import N
from motifnet.sequences.sequence_set import SequenceSet

WORD = "TGACGTTA"
#: Only the k-mer itself scores nine tenths of its filter's maximum.
EXACT = ExtractionSpec("every", 0.9)


def instances_of(
    filters: FilterBank, sequences: SequenceSet, spec: ExtractionSpec, negatives: SequenceSet | None = None
) -> list[MotifInstances]:
    background = base_frequencies([sequences], filters.strands)
    return extract(filters, sequences, negatives=negatives, background=background, extraction=spec)


def counts_of(kmers: Sequence[str]) -> list[list[int]]:
    """Counts ``(4, w)`` of aligned k-mers."""
    return [[column.count(base) for column in zip(*kmers, strict=True)] for base in "ACGT"]


@pytest.mark.parametrize("strands", STRANDS)
def test_a_planted_kmer_is_recovered_with_its_count(strands: Strands) -> None:
    sequences = with_kmers([WORD] * 30)
    motifs = extract_motifs(kmer_filters([WORD], strands=strands), sequences, extraction=EXACT)
    assert motifs.names == (f"f00_{WORD}",)
    assert (motifs[0].consensus, motifs[0].nsites, motifs.strands) == (WORD, 30, strands)
    assert motifs[0].counts.tolist() == counts_of([WORD] * 30)


def test_a_variable_position_keeps_its_counts() -> None:
    kmers = ["TGAACGTT"] * 10 + ["TGATCGTT"] * 20 + ["TGACCGTT"] * 5
    filters = kmer_filters(["TGAACGTT"], strands="forward")
    motifs = extract_motifs(filters, kmers_alone(kmers), extraction=ExtractionSpec("every", 0.75))
    assert motifs[0].counts.tolist() == counts_of(kmers)


def test_a_palindrome_counts_once() -> None:
    motifs = extract_motifs(kmer_filters(["CACGTG"]), with_kmers(["CACGTG"] * 20), extraction=EXACT)
    assert (motifs[0].nsites, motifs[0].consensus) == (20, "CACGTG")


def test_a_kmer_planted_on_either_strand() -> None:
    sequences = kmers_alone([WORD] * 20 + [reverse_complement_of(WORD)] * 15)
    here = extract_motifs(kmer_filters([WORD]), sequences, extraction=EXACT)
    there = extract_motifs(kmer_filters([WORD]), sequences.reverse_complement(), extraction=EXACT)
    assert here[0].counts.tolist() == there[0].counts.tolist() == counts_of([WORD] * 35)


def test_without_ties_the_reverse_complement_gives_the_same_counts() -> None:
    generator = np.random.default_rng(2)
    filters = NumpyFilters(generator.normal(size=(4, 4, 9)).astype(np.float32))
    sequences = SequenceSet.from_strings(random_dna(60, 40, seed=3))
    for name in ("every", "best", "top"):
        spec = ExtractionSpec(name, 20 if name == "top" else 0.7, min_sites=1)
        here = extract_motifs(filters, sequences, extraction=spec)
        there = extract_motifs(filters, sequences.reverse_complement(), extraction=spec)
        assert [m.counts.tolist() for m in here] == [m.counts.tolist() for m in there]


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("name", SITE_RULES)
def test_the_bases_at_the_sites_are_the_counts_of_the_motif(name: SiteRuleName, strands: Strands) -> None:
    filters = random_filters(4, 7, strands=strands)
    filters.weights[1:, :, :2] = 0  # columns without weight, which are trimmed
    positives = with_unknown(with_kmers([WORD, "CACGTGAC"] * 40))
    negatives = SequenceSet.from_strings(random_dna(60, 60, seed=9))
    spec = ExtractionSpec(name, {"top": 50.0, "rate": 0.5}.get(name, 0.6), trim_bits=1.0)
    active = [each for each in instances_of(filters, positives, spec, negatives) if each.motif is not None]
    assert len(active) >= 2
    assert any(each.sites.width < filters.width for each in active)  # trimming is part of the test
    for each in active:
        kmers = each.sites.subsequences(positives)
        assert len(each.sites) == each.motif.nsites
        assert count_bases(kmers).tolist() == each.motif.counts.tolist()
        assert kmers.max() < N
    if strands == "both":
        reverse = np.concatenate([each.sites.is_reverse for each in active])
        assert 0 < reverse.sum() < len(reverse)


def test_the_sites_of_a_trimmed_motif_are_those_of_its_columns() -> None:
    # Of the filter's columns, three on the left and one on the right have no weight; they are trimmed.
    weights = np.zeros((1, 4, len(WORD) + 4), dtype=np.float32)
    weights[0, :, 3:-1] = kmer_filters([WORD]).weights[0]
    sequences = with_kmers([WORD] * 15 + [reverse_complement_of(WORD)] * 15)
    (found,) = instances_of(NumpyFilters(weights), sequences, ExtractionSpec("every", 0.9, trim_bits=1))
    assert found.motif is not None
    assert found.motif.consensus == WORD
    assert (set(found.sites.start), set(found.sites.end)) == ({20}, {20 + len(WORD)})
    assert found.sites.is_reverse.tolist() == [False] * 15 + [True] * 15


class Model:
    """A model with layers, such as TrainedModel."""

    def layer(self, k: int = 0) -> FilterBank:
        return kmer_filters([WORD])


def test_the_first_layer_is_the_default() -> None:
    assert extract_motifs(Model(), with_kmers([WORD] * 20), extraction=EXACT).names == (f"f00_{WORD}",)


def test_without_negatives_the_best_windows_are_counted() -> None:
    sequences = with_kmers([WORD] * 20)
    filters = kmer_filters([WORD])
    explicit = extract_motifs(filters, sequences, extraction=ExtractionSpec("best"))
    assert extract_motifs(filters, sequences)[0].counts.tolist() == explicit[0].counts.tolist()


def test_inactive_filters_are_listed() -> None:
    silent = "GGGGGCCC"
    filters = kmer_filters([silent, WORD, silent])
    sequences = kmers_alone([WORD] * 12 + [silent] * 9)
    found = instances_of(filters, sequences, ExtractionSpec("every", 0.9, min_sites=10))
    assert [(each.source, len(each.sites), each.motif is None) for each in found] == [
        ("f00", 9, True),
        ("f01", 12, False),
        ("f02", 9, True),
    ]
    with pytest.warns(UserWarning, match="f00, f02"):
        motifs = extract_motifs(filters, sequences, extraction=EXACT)
    assert motifs.names == (f"f01_{WORD}",)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract_motifs(filters, sequences, extraction=ExtractionSpec("every", 0.9, min_sites=9))


def test_without_active_filters_the_set_is_empty() -> None:
    with pytest.warns(UserWarning, match="f00"):
        assert len(extract_motifs(kmer_filters([WORD]), with_kmers(["A" * 8] * 5), extraction=EXACT)) == 0


def test_sequences_shorter_than_the_filters() -> None:
    with pytest.raises(InputError):
        extract_motifs(random_filters(2, 9), SequenceSet.from_strings(random_dna(3, 8, seed=1)))


@pytest.mark.parametrize("strands", STRANDS)
def test_the_background_is_that_of_all_sequences(strands: Strands) -> None:
    positives, negatives = SequenceSet.from_strings(["AAAAACGTAN"] * 20), SequenceSet.from_strings(["CCCCCCCCCC"] * 5)
    spec = ExtractionSpec("best", 0.5)
    motifs = extract_motifs(kmer_filters(["AACGT"], strands=strands), positives, negatives=negatives, extraction=spec)
    # 20 times 6 A, 1 C, 1 G, 1 T; 5 times 10 C; one pseudocount each.
    counts = np.array([121, 71, 21, 21.0])
    expected = counts + counts[::-1] if strands == "both" else counts
    background: NDArray[np.float64] = motifs.background
    np.testing.assert_allclose(background, expected / expected.sum(), rtol=1e-12)
    assert background.sum() == pytest.approx(1, abs=1e-15)
    assert strands == "forward" or (background == background[::-1]).all()


def test_the_background_of_a_missing_base_is_not_zero() -> None:
    motifs = extract_motifs(
        kmer_filters(["AAAAA"], strands="forward"), SequenceSet.from_strings(["AAAAA"] * 20), extraction=EXACT
    )
    assert (motifs.background > 0).all()
