"""Best sites are those that going through all windows finds; frames may hang over the ends."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from filter_banks import reverse_complement_of, with_unknown
from motifnet.motifs.motif import STRANDS, Motif, MotifSet, Strands
from motifnet.motifs.scanning import placement
from motifnet.motifs.scanning.placement import count_letters, framed_words, place
from motifnet.sequences.alphabet import N, codes_of, decode_codes, one_hot
from motifnet.sequences.sequence_set import SequenceSet

CREB = "TGACGTTA"


def motifs_of(widths: tuple[int, ...], *, strands: Strands, seed: int = 0) -> MotifSet:
    rng = np.random.default_rng(seed)
    motifs = [Motif(f"m{i}", rng.dirichlet([0.5] * 4, width).T * 50) for i, width in enumerate(widths)]
    return MotifSet(motifs, strands, np.array([0.3, 0.2, 0.2, 0.3]))


def all_scores(motif: Motif, codes: np.ndarray, strands: Strands) -> np.ndarray:
    """Score of every window without N, `-inf` for the others: strands x starts."""
    pwm = motif.pwm()
    matrices = [pwm, pwm[::-1, ::-1]] if strands == "both" else [pwm]
    scores = np.full((len(matrices), len(codes)), -np.inf)
    for strand, matrix in enumerate(matrices):
        for start in range(len(codes) - motif.width + 1):
            letters = codes[start : start + motif.width]
            if (letters != N).all():
                scores[strand, start] = matrix[letters, np.arange(motif.width)].sum()
    return scores


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_as_brute_force_finds_them(strands: Strands, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "_BATCH", 7)
    motifs = motifs_of((5, 12, 1, 9, 5), strands=strands)
    sequences = SequenceSet.from_strings(random_dna(20, 40, seed=1))
    if share:
        sequences = with_unknown(sequences, share=share)
    found = place(motifs, sequences)
    assert found.score.shape == found.start.shape == found.is_reverse.shape == (20, 5)
    for row, codes in enumerate(sequences.codes):
        for column, motif in enumerate(motifs):
            scores = all_scores(motif, codes, strands)
            assert found.score[row, column] == pytest.approx(scores.max(), abs=2e-3)
            if np.isfinite(scores.max()):
                strand, start = int(found.is_reverse[row, column]), found.start[row, column]
                assert scores[strand, start] == pytest.approx(scores.max(), abs=2e-3)
                assert start == np.flatnonzero(np.isclose(scores.max(axis=0), scores.max(), atol=1e-6))[0]
    if share:
        assert np.isneginf(found.score[-1]).all()  # all N


@pytest.mark.parametrize("length", [48, 61, 101])
def test_ties_are_leftmost_and_on_the_plus_strand(length: int) -> None:
    motifs = motifs_of((9, 6, 13), strands="forward")
    palindromes = MotifSet([Motif("p", m.counts + m.counts[::-1, ::-1]) for m in motifs[:1]])
    period = random_dna(1, 12, seed=3)[0]
    sequences = SequenceSet.from_strings([(period * 20)[:length]] * 300)
    assert place(motifs, sequences).start.max() < len(period)
    found = place(palindromes, sequences)
    assert found.start.max() < len(period)
    assert not found.is_reverse.any()


def test_both_strands_mirror() -> None:
    motifs = motifs_of((8, 11), strands="both")
    sequences = SequenceSet.from_strings(random_dna(50, 60, seed=2))
    forward, reverse = place(motifs, sequences), place(motifs, sequences.reverse_complement())
    np.testing.assert_array_equal(forward.score, reverse.score)
    widths = np.array([m.width for m in motifs])
    np.testing.assert_array_equal(reverse.start, 60 - widths - forward.start)
    np.testing.assert_array_equal(reverse.is_reverse, ~forward.is_reverse)


def test_nothing_fits() -> None:
    short = SequenceSet.from_strings(["ACGTA"] * 3)
    assert np.isneginf(place(motifs_of((6, 9), strands="both"), short).score).all()
    some = place(motifs_of((9, 4), strands="both"), short).score
    assert np.isneginf(some[:, 0]).all()
    assert np.isfinite(some[:, 1]).all()
    assert place(MotifSet([]), short).score.shape == (3, 0)
    assert place(motifs_of((3,), strands="both"), short.take([])).score.shape == (0, 1)


def test_a_base_never_seen_is_forbidden_without_pseudocount() -> None:
    motifs = MotifSet([Motif("creb", one_hot([CREB])[0] * 9)])
    sequences = SequenceSet.from_strings(["GG" + CREB + "GG", "GG" + reverse_complement_of(CREB) + "GG", "A" * 12])
    found = place(motifs, sequences, pseudocount=0)
    assert np.isfinite(found.score[:, 0]).tolist() == [True, True, False]
    assert found.start[:2, 0].tolist() == [2, 2]
    assert found.is_reverse[:2, 0].tolist() == [False, True]


def test_frames() -> None:
    sequences = SequenceSet.from_strings(["AACCGGTTAC", "TTTTTGGGGG"])
    frames = framed_words(
        sequences, np.array([0, 0, 1, 1]), np.array([2, -2, 8, -9]), np.array([False, True, True, False]), 4
    )
    assert [decode_codes(row) for row in frames] == ["CCGG", "TTNN", "NNCC", "NNNN"]
    np.testing.assert_array_equal(frames[0], codes_of(["CCGG"])[0])
    assert count_letters(frames).tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]]
