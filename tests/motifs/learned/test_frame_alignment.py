"""Words that float come to rest: what a pool blurred is whole again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from dna_strategies import random_dna
from filter_banks import NumpyFilters, random_filters, reverse_complement_of, with_unknown, with_words, word_filters
from motifnet.motifs.extraction_spec import SITE_RULES, ExtractionSpec, SiteRuleName
from motifnet.motifs.learned.extraction import count_words, extract, motif_sites
from motifnet.motifs.learned.frame_alignment import align_words, best_shifts
from motifnet.motifs.motif import STRANDS, Strands
from motifnet.sequences.alphabet import Codes, codes_of, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet

UNIFORM = np.full(4, 0.25)
WORD = "TGACGTTACC"
SLACK = 4
WIDTH = 14


def floating(word: str, n: int, *, seed: int, slack: int = SLACK) -> tuple[Codes, np.ndarray]:
    """Frames of slack + 14 + slack letters with the word at 2 + slack, moved by up to `slack`; and by how much."""
    moves = np.random.default_rng(seed).integers(-slack, slack + 1, n)
    starts = 2 + slack + moves
    strings = random_dna(n, WIDTH + 2 * slack, seed=seed)
    frames = [s[:start] + word + s[start + len(word) :] for s, start in zip(strings, starts, strict=True)]
    return codes_of(frames), moves


@pytest.mark.parametrize("seed", range(3))
def test_floating_words_are_lined_up(seed: int) -> None:
    frames, moves = floating(WORD, 200, seed=seed)
    matrix = align_words(frames, SLACK, UNIFORM)
    shifts = best_shifts(frames, matrix)
    # All alike, up to one common offset; half a slack of room stands on both sides of the word.
    assert len(set((shifts - moves).tolist())) == 1
    assert np.abs(shifts).max() <= SLACK


def test_a_matrix_is_fitted_when_it_moves_no_word_any_more() -> None:
    frames, _ = floating("TGACGT", 300, seed=1)
    matrix = align_words(frames, SLACK, UNIFORM)
    shifts = best_shifts(frames, matrix)
    rows = np.arange(len(frames))[:, np.newaxis]
    words = frames[rows, SLACK + shifts[:, np.newaxis] + np.arange(WIDTH)]
    counts = np.stack([(words == base).sum(axis=0) for base in range(4)]) + 0.25
    np.testing.assert_allclose(matrix, np.log(counts / (len(frames) + 1) / 0.25), rtol=1e-12)


def test_words_are_likelier_than_where_they_stood() -> None:
    frames, _ = floating("TGACGT", 100, seed=2)
    matrix = align_words(frames, SLACK, UNIFORM)
    encoded = np.eye(4)[frames]
    scores = np.stack([np.einsum("nwb,bw->n", encoded[:, s : s + WIDTH], matrix) for s in range(2 * SLACK + 1)], axis=1)
    best = best_shifts(frames, matrix)
    np.testing.assert_allclose(scores[np.arange(100), best + SLACK], scores.max(axis=1), rtol=1e-9)
    assert scores.max(axis=1).sum() > scores[:, SLACK].sum()


def test_of_equals_the_least_move_and_no_move_onto_n() -> None:
    flat = np.zeros((4, WIDTH))
    frames, _ = floating(WORD, 20, seed=3)
    assert best_shifts(frames, flat).tolist() == [0] * 20
    matrix = align_words(frames, SLACK, UNIFORM)
    blocked = frames.copy()
    blocked[:, : SLACK - 1] = 4
    blocked[:, WIDTH + SLACK :] = 4
    assert set(best_shifts(blocked, matrix).tolist()) <= {-1, 0}


def test_one_word_and_words_of_n_on_both_sides() -> None:
    frame = codes_of(["N" * SLACK + "ACGTACGTACGTAC" + "N" * SLACK])
    matrix = align_words(frame, SLACK, UNIFORM)
    assert best_shifts(frame, matrix).tolist() == [0]
    assert matrix.argmax(axis=0).tolist() == frame[0, SLACK:-SLACK].tolist()


# --- in an extraction ---


class PooledFilters(NumpyFilters):
    """Filters behind a max-pool of slack + 1: the word may stand anywhere in a window of its width plus the slack."""

    @property
    def width(self) -> int:
        return super().width + self.slack

    def activations(self, codes: Codes) -> np.ndarray:
        bare = NumpyFilters(self.weights, bias=self.bias)
        pooled = sliding_window_view(bare.activations(codes), self.slack + 1, axis=2).max(axis=3)
        return np.ascontiguousarray(pooled)


def pooled(filters: NumpyFilters, *, slack: int = 3) -> PooledFilters:
    return PooledFilters(filters.weights, filters.strands, filters.floor, filters.bias, slack)


@pytest.mark.parametrize("name", ["every", "best"])
@pytest.mark.parametrize("strands", STRANDS)
def test_a_pooled_unit_gives_the_whole_word_once_and_where_it_stands(name: SiteRuleName, strands: Strands) -> None:
    words = [WORD] * 60 + ([reverse_complement_of(WORD)] * 60 if strands == "both" else [WORD] * 60)
    sequences = with_words(words)
    filters = pooled(word_filters([WORD], strands=strands))
    how = ExtractionSpec(name, 0.9, trim_bits=1.0)
    extraction = extract(filters, sequences, negatives=None, how=how)
    assert [(motif.consensus, motif.nsites) for motif in extraction.motifs] == [(WORD, 120)]
    assert set(extraction.sites.start.tolist()) == {20}
    assert set(extraction.sites.end.tolist()) == {20 + len(WORD)}
    # In other sequences too, by the matrix of the extraction.
    elsewhere = with_words([WORD] * 10, start=31, seed=7)
    sites = motif_sites(filters, elsewhere, extraction, how=how)
    assert sites.start.tolist() == [31] * 10


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("name", SITE_RULES)
def test_sites_of_pooled_units_are_what_was_counted(name: SiteRuleName, strands: Strands) -> None:
    filters = pooled(random_filters(4, 7, strands=strands))
    positives = with_unknown(with_words(["TGACGTTA", "CACGTGAC"] * 40), share=0.02)
    negatives = SequenceSet.from_strings(random_dna(60, 60, seed=9))
    how = ExtractionSpec(name, {"top": 50.0, "rate": 0.5}.get(name, 0.6))
    extraction = extract(filters, positives, negatives=negatives, how=how)
    sites = motif_sites(filters, positives, extraction, how=how)
    assert len(extraction.motifs) >= 2
    for index, motif in enumerate(extraction.motifs):
        own = sites.take(sites.filter == index)
        assert len(own) == motif.nsites
        columns = (own.sequence.tolist(), own.start.tolist(), own.is_reverse.tolist())
        assert len(own) == len(set(zip(*columns, strict=True)))
        assert count_words(own, positives).tolist() == motif.counts.tolist()
        assert (own.start >= 0).all()
        assert (own.end <= positives.length).all()
    order = np.lexsort((sites.sequence, sites.filter))
    assert order.tolist() == list(range(len(sites)))


def test_the_other_strand_gives_the_same_motif() -> None:
    filters = pooled(NumpyFilters(np.random.default_rng(2).normal(size=(3, 4, 9)).astype(np.float32)))
    sequences = SequenceSet.from_strings(random_dna(80, 40, seed=3))
    how = ExtractionSpec("best", 0.7, min_sites=1)
    here = extract(filters, sequences, negatives=None, how=how).motifs
    turned = SequenceSet(sequences.names, reverse_complement(sequences.codes))
    there = extract(filters, turned, negatives=None, how=how).motifs
    assert len(here) == 3
    # Which of equal windows comes first depends on the strand; where the word stands then does not.
    for a, b in zip(here, there, strict=True):
        assert abs(a.total_information - b.total_information) < 0.1 * a.total_information
