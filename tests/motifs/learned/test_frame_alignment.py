"""Sites of units after max-pools are aligned, and give the whole motif."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from dna_strategies import random_dna
from filter_banks import NumpyFilters, kmer_filters, random_filters, reverse_complement_of, with_kmers, with_unknown
from motifnet.motifs.extraction_spec import SITE_RULES, ExtractionSpec, SiteRuleName
from motifnet.motifs.learned.extraction import MotifInstances, base_frequencies, extract
from motifnet.motifs.learned.frame_alignment import align_frames, best_shifts
from motifnet.motifs.learned.sites import count_bases
from motifnet.motifs.motif import STRANDS, Strands
from motifnet.sequences.alphabet import Codes, codes_of, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet

UNIFORM = np.full(4, 0.25)
WORD = "TGACGTTACC"
SLACK = 4
WIDTH = 14


def floating(kmer: str, n: int, *, seed: int, slack: int = SLACK) -> tuple[Codes, np.ndarray]:
    """Frames of slack + 14 + slack bp with the k-mer at 2 + slack, moved by up to `slack`; and the moves."""
    moves = np.random.default_rng(seed).integers(-slack, slack + 1, n)
    starts = 2 + slack + moves
    strings = random_dna(n, WIDTH + 2 * slack, seed=seed)
    frames = [s[:start] + kmer + s[start + len(kmer) :] for s, start in zip(strings, starts, strict=True)]
    return codes_of(frames), moves


@pytest.mark.parametrize("seed", range(3))
def test_moved_sites_are_aligned(seed: int) -> None:
    frames, moves = floating(WORD, 200, seed=seed)
    matrix = align_frames(frames, SLACK, UNIFORM)
    shifts = best_shifts(frames, matrix)
    # The shifts undo the moves, up to a common offset.
    assert len(set((shifts - moves).tolist())) == 1
    assert np.abs(shifts).max() <= SLACK


def test_the_matrix_is_counted_from_the_sites_that_it_selects() -> None:
    frames, _ = floating("TGACGT", 300, seed=1)
    matrix = align_frames(frames, SLACK, UNIFORM)
    shifts = best_shifts(frames, matrix)
    rows = np.arange(len(frames))[:, np.newaxis]
    words = frames[rows, SLACK + shifts[:, np.newaxis] + np.arange(WIDTH)]
    counts = np.stack([(words == base).sum(axis=0) for base in range(4)]) + 0.25
    np.testing.assert_allclose(matrix, np.log(counts / (len(frames) + 1) / 0.25), rtol=1e-12)


def test_aligned_sites_are_more_likely_than_unmoved_ones() -> None:
    frames, _ = floating("TGACGT", 100, seed=2)
    matrix = align_frames(frames, SLACK, UNIFORM)
    encoded = np.eye(4)[frames]
    scores = np.stack([np.einsum("nwb,bw->n", encoded[:, s : s + WIDTH], matrix) for s in range(2 * SLACK + 1)], axis=1)
    best = best_shifts(frames, matrix)
    np.testing.assert_allclose(scores[np.arange(100), best + SLACK], scores.max(axis=1), rtol=1e-9)
    assert scores.max(axis=1).sum() > scores[:, SLACK].sum()


def test_ties_are_moved_least_and_no_site_contains_n() -> None:
    flat = np.zeros((4, WIDTH))
    frames, _ = floating(WORD, 20, seed=3)
    assert best_shifts(frames, flat).tolist() == [0] * 20
    matrix = align_frames(frames, SLACK, UNIFORM)
    blocked = frames.copy()
    blocked[:, : SLACK - 1] = 4
    blocked[:, WIDTH + SLACK :] = 4
    assert set(best_shifts(blocked, matrix).tolist()) <= {-1, 0}


def test_a_single_site_between_n() -> None:
    frame = codes_of(["N" * SLACK + "ACGTACGTACGTAC" + "N" * SLACK])
    matrix = align_frames(frame, SLACK, UNIFORM)
    assert best_shifts(frame, matrix).tolist() == [0]
    assert matrix.argmax(axis=0).tolist() == frame[0, SLACK:-SLACK].tolist()


# --- in an extraction ---


def instances_of(
    filters: NumpyFilters, sequences: SequenceSet, spec: ExtractionSpec, negatives: SequenceSet | None = None
) -> list[MotifInstances]:
    background = base_frequencies([sequences], filters.strands)
    return extract(filters, sequences, negatives=negatives, background=background, extraction=spec)


class PooledFilters(NumpyFilters):
    """Filters before a max-pool of slack + 1: the site may be anywhere in a window of its width plus the slack."""

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
def test_a_pooled_unit_gives_the_whole_motif_at_its_position(name: SiteRuleName, strands: Strands) -> None:
    words = [WORD] * 60 + ([reverse_complement_of(WORD)] * 60 if strands == "both" else [WORD] * 60)
    sequences = with_kmers(words)
    filters = pooled(kmer_filters([WORD], strands=strands))
    spec = ExtractionSpec(name, 0.9, trim_bits=1.0)
    (found,) = instances_of(filters, sequences, spec)
    assert found.motif is not None
    assert (found.motif.consensus, found.motif.nsites) == (WORD, 120)
    assert (set(found.sites.start), set(found.sites.end)) == ({20}, {20 + len(WORD)})


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("name", SITE_RULES)
def test_sites_of_pooled_units_are_those_counted(name: SiteRuleName, strands: Strands) -> None:
    filters = pooled(random_filters(4, 7, strands=strands))
    positives = with_unknown(with_kmers(["TGACGTTA", "CACGTGAC"] * 40), fraction=0.02)
    negatives = SequenceSet.from_strings(random_dna(60, 60, seed=9))
    spec = ExtractionSpec(name, {"top": 50.0, "rate": 0.5}.get(name, 0.6))
    active = [each for each in instances_of(filters, positives, spec, negatives) if each.motif is not None]
    assert len(active) >= 2
    for each in active:
        sites = each.sites
        assert len(sites) == each.motif.nsites
        columns = (sites.sequence.tolist(), sites.start.tolist(), sites.is_reverse.tolist())
        assert len(sites) == len(set(zip(*columns, strict=True)))
        assert count_bases(sites.subsequences(positives)).tolist() == each.motif.counts.tolist()
        assert (sites.start >= 0).all()
        assert (sites.end <= positives.length).all()
        assert (np.diff(sites.sequence) >= 0).all()


def test_the_reverse_complement_gives_a_similar_motif() -> None:
    filters = pooled(NumpyFilters(np.random.default_rng(2).normal(size=(3, 4, 9)).astype(np.float32)))
    sequences = SequenceSet.from_strings(random_dna(80, 40, seed=3))
    spec = ExtractionSpec("best", 0.7, min_sites=1)
    here = [each.motif for each in instances_of(filters, sequences, spec)]
    other = SequenceSet(sequences.names, reverse_complement(sequences.codes))
    there = [each.motif for each in instances_of(filters, other, spec)]
    assert len(here) == 3
    # Which of equal windows is first depends on the strand; the aligned site does not.
    for a, b in zip(here, there, strict=True):
        assert abs(a.total_information - b.total_information) < 0.1 * a.total_information
