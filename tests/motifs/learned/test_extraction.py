"""From sites to motifs: planted words come back, letter by letter."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dna_strategies import random_dna
from filter_banks import (
    NumpyFilters,
    random_filters,
    reverse_complement_of,
    with_unknown,
    with_words,
    word_filters,
    words_alone,
)
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import SITE_RULES, ExtractionSpec, SiteRuleName
from motifnet.motifs.learned.extraction import Extraction, count_words, extract, extract_motifs, motif_sites
from motifnet.motifs.learned.sites import FilterBank, Sites
from motifnet.motifs.motif import STRANDS, Strands
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.sequence_set import SequenceSet

WORD = "TGACGTTA"
#: Only the word itself reaches nine tenths of a word filter's maximum.
EXACT = ExtractionSpec("every", 0.9)


def counts_of(words: Sequence[str]) -> list[list[int]]:
    """Counts ``(4, w)`` of aligned words."""
    return [[column.count(base) for column in zip(*words, strict=True)] for base in "ACGT"]


@pytest.mark.parametrize("strands", STRANDS)
def test_a_planted_word_comes_back_with_its_count(strands: Strands) -> None:
    sequences = with_words([WORD] * 30)
    motifs = extract_motifs(word_filters([WORD], strands=strands), sequences, how=EXACT)
    assert motifs.names == (f"f00_{WORD}",)
    assert (motifs[0].consensus, motifs[0].nsites, motifs.strands) == (WORD, 30, strands)
    assert motifs[0].counts.tolist() == counts_of([WORD] * 30)


def test_a_word_with_a_free_position_keeps_its_counts_there() -> None:
    words = ["TGAACGTT"] * 10 + ["TGATCGTT"] * 20 + ["TGACCGTT"] * 5
    filters = word_filters(["TGAACGTT"], strands="forward")
    motifs = extract_motifs(filters, words_alone(words), how=ExtractionSpec("every", 0.75))
    assert motifs[0].counts.tolist() == counts_of(words)


def test_a_palindrome_counts_once() -> None:
    motifs = extract_motifs(word_filters(["CACGTG"]), with_words(["CACGTG"] * 20), how=EXACT)
    assert (motifs[0].nsites, motifs[0].consensus) == (20, "CACGTG")


def test_a_word_planted_on_either_strand() -> None:
    sequences = words_alone([WORD] * 20 + [reverse_complement_of(WORD)] * 15)
    here = extract_motifs(word_filters([WORD]), sequences, how=EXACT)
    there = extract_motifs(word_filters([WORD]), sequences.reverse_complement(), how=EXACT)
    assert here[0].counts.tolist() == there[0].counts.tolist() == counts_of([WORD] * 35)


def test_without_ties_the_other_strand_gives_the_same_motifs_to_the_count() -> None:
    generator = np.random.default_rng(2)
    filters = NumpyFilters(generator.normal(size=(4, 4, 9)).astype(np.float32))
    sequences = SequenceSet.from_strings(random_dna(60, 40, seed=3))
    for name in ("every", "best", "top"):
        how = ExtractionSpec(name, 20 if name == "top" else 0.7, min_sites=1)
        here = extract(filters, sequences, negatives=None, how=how).motifs
        there = extract(filters, sequences.reverse_complement(), negatives=None, how=how).motifs
        assert [m.counts.tolist() for m in here] == [m.counts.tolist() for m in there]


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("name", SITE_RULES)
def test_the_words_at_the_sites_are_the_counts_of_the_motif(name: SiteRuleName, strands: Strands) -> None:
    filters = random_filters(4, 7, strands=strands)
    filters.weights[1:, :, :2] = 0  # free positions, to be trimmed
    positives = with_unknown(with_words([WORD, "CACGTGAC"] * 40))
    negatives = SequenceSet.from_strings(random_dna(60, 60, seed=9))
    how = ExtractionSpec(name, {"top": 50.0, "rate": 0.5}.get(name, 0.6), trim_bits=1.0)
    extraction = extract(filters, positives, negatives=negatives, how=how)
    sites = motif_sites(filters, positives, extraction, how=how)
    assert len(extraction.motifs) >= 2
    assert any(motif.width < filters.width for motif in extraction.motifs)  # trimming is part of the test
    for index, motif in enumerate(extraction.motifs):
        own = sites.take(sites.filter == index)
        assert len(own) == motif.nsites
        assert count_words(own, positives).tolist() == motif.counts.tolist()
        assert [set(word) <= set("ACGT") for word in _words(own, positives)] == [True] * len(own)
    if strands == "both":
        assert 0 < sites.is_reverse.sum() < len(sites)


def _words(sites: Sites, sequences: SequenceSet) -> list[str]:
    return [decode_codes(word) for word in sites.words(sequences)]


def test_a_trimmed_motif_is_placed_where_its_word_stands() -> None:
    # The filter sees three free positions on the left and one on the right of the word; trimming takes them off.
    weights = np.zeros((1, 4, len(WORD) + 4), dtype=np.float32)
    weights[0, :, 3:-1] = word_filters([WORD]).weights[0]
    sequences = with_words([WORD] * 15 + [reverse_complement_of(WORD)] * 15)
    extraction = extract(
        NumpyFilters(weights), sequences, negatives=None, how=ExtractionSpec("every", 0.9, trim_bits=1)
    )
    assert extraction.motifs[0].consensus == WORD
    assert (extraction.records[0].start, extraction.records[0].end) == (3, 3 + len(WORD))
    sites = motif_sites(NumpyFilters(weights), sequences, extraction, how=EXACT)
    assert set(zip(sites.start.tolist(), sites.end.tolist(), strict=True)) == {(20, 20 + len(WORD))}
    assert sites.is_reverse.tolist() == [False] * 15 + [True] * 15


class Model:
    """Something with layers, as a TrainedModel is."""

    def layer(self, k: int = 0) -> FilterBank:
        return word_filters([WORD])


def test_a_model_gives_its_first_layer() -> None:
    assert extract_motifs(Model(), with_words([WORD] * 20), how=EXACT).names == (f"f00_{WORD}",)


def test_without_negatives_the_best_windows_are_counted() -> None:
    sequences = with_words([WORD] * 20)
    filters = word_filters([WORD])
    told = extract_motifs(filters, sequences, how=ExtractionSpec("best"))
    assert extract_motifs(filters, sequences)[0].counts.tolist() == told[0].counts.tolist()


def test_inactive_filters_are_named() -> None:
    silent = "GGGGGCCC"
    filters = word_filters([silent, WORD, silent])
    sequences = words_alone([WORD] * 12 + [silent] * 9)
    extraction = extract(filters, sequences, negatives=None, how=ExtractionSpec("every", 0.9, min_sites=10))
    assert extraction.inactive == ("f00", "f02")
    assert extraction.motifs.names == (f"f01_{WORD}",)
    assert [(r.filter, r.nsites, r.motif is None) for r in extraction.records] == [
        ("f00", 9, True),
        ("f01", 12, False),
        ("f02", 9, True),
    ]
    with pytest.warns(UserWarning, match="^2 of 3 filters have too few sites for a motif: f00, f02$"):
        motifs = extract_motifs(filters, sequences, how=EXACT)
    assert motifs.names == (f"f01_{WORD}",)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract_motifs(filters, sequences, how=ExtractionSpec("every", 0.9, min_sites=9))


def test_all_filters_inactive_is_an_empty_set() -> None:
    extraction = extract(word_filters([WORD]), with_words(["A" * 8] * 5), negatives=None, how=EXACT)
    assert (len(extraction.motifs), extraction.inactive) == (0, ("f00",))
    assert len(motif_sites(word_filters([WORD]), with_words([WORD]), extraction, how=EXACT)) == 0


def test_sites_of_motifs_count_motifs_not_filters() -> None:
    filters = word_filters(["GGGGGCCC", WORD, "ACACACAC"])
    sequences = words_alone([WORD] * 12 + ["ACACACAC"] * 14)
    extraction = extract(filters, sequences, negatives=None, how=EXACT)
    sites = motif_sites(filters, sequences, extraction, how=EXACT)
    assert [name[:3] for name in extraction.motifs.names] == ["f01", "f02"]
    assert np.bincount(sites.filter).tolist() == [12, 14]


def test_thresholds_stay_those_of_the_extraction() -> None:
    filters = word_filters([WORD])
    how = ExtractionSpec("every", 0.9)
    extraction: Extraction = extract(filters, with_words([WORD] * 10), negatives=None, how=how)
    # In these sequences alone nine tenths of the maximum would be reached by the word with a fault.
    elsewhere = with_words(["TGACGTTC"] * 10)
    assert len(motif_sites(filters, elsewhere, extraction, how=how)) == 0


def test_sequences_shorter_than_the_filters() -> None:
    with pytest.raises(InputError) as error:
        extract_motifs(random_filters(2, 9), SequenceSet.from_strings(random_dna(3, 8, seed=1)))
    assert str(error.value) == "sequences of 8 bp are shorter than the filters, 9 bp\n  Give longer sequences."


@pytest.mark.parametrize("strands", STRANDS)
def test_the_background_is_that_of_all_sequences(strands: Strands) -> None:
    positives, negatives = SequenceSet.from_strings(["AAAAACGTAN"] * 20), SequenceSet.from_strings(["CCCCCCCCCC"] * 5)
    how = ExtractionSpec("best", 0.5)
    motifs = extract(word_filters(["AACGT"], strands=strands), positives, negatives=negatives, how=how).motifs
    # 20 times 6 A, 1 C, 1 G, 1 T; 5 times 10 C; one pseudo-letter each.
    counts = np.array([121, 71, 21, 21.0])
    expected = counts + counts[::-1] if strands == "both" else counts
    background: NDArray[np.float64] = motifs.background
    np.testing.assert_allclose(background, expected / expected.sum(), rtol=1e-12)
    assert background.sum() == pytest.approx(1, abs=1e-15)
    assert strands == "forward" or (background == background[::-1]).all()


def test_a_base_that_never_occurs_leaves_no_zero_in_the_background() -> None:
    motifs = extract_motifs(
        word_filters(["AAAAA"], strands="forward"), SequenceSet.from_strings(["AAAAA"] * 20), how=EXACT
    )
    assert (motifs.background > 0).all()
