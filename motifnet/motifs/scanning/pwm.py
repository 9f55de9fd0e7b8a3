"""PWM scores: the best site of each motif in each sequence, and p-values of scores.

All PWM scores of motifnet are on one scale: the sum over the columns of ``motif.pwm()`` (one pseudosite, distributed
by the background), with each entry rounded to 1/4096 bit. Sums of such entries are exact in float32, so a k-mer has the
same score wherever it occurs, and six significant digits distinguish any two scores below 100 bits.

P-values are FIMO's: exact for independent bases and scores scaled to integers (Staden 1989, CABIOS 5:89; Grant, Bailey
& Noble 2011, Bioinformatics 27:1017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.motifs.motif import PSEUDOCOUNT, Floats, Motif, Strands
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N, one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks

#: Steps per bit of the score scale.
STEPS_PER_BIT = 2**12
#: Sequences, and motifs, that are scored together.
_SEQUENCE_BATCH = 256
_MOTIF_BATCH = 64


class BestSites(NamedTuple):
    """Best site of each of M motifs in each of N sequences: arrays ``(N, M)``. Score in bits, `-inf` without a site."""

    score: NDArray[np.float32]
    start: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]

    def of(self, motif: int) -> BestSites:
        """Copy the sites of one motif: ``(N, 1)``."""
        return BestSites(self.score[:, [motif]], self.start[:, [motif]], self.is_reverse[:, [motif]])


def score_matrix(motif: Motif, pseudocount: float = PSEUDOCOUNT) -> Floats:
    """The PWM that windows are scored with, ``(4, w)`` in bits: ``motif.pwm()`` rounded to 1/4096 bit."""
    matrix: Floats = np.round(motif.pwm(pseudocount) * STEPS_PER_BIT) / STEPS_PER_BIT
    return matrix


def highest_score(motif: Motif) -> float:
    """Highest possible score of a motif, in bits."""
    return float(score_matrix(motif).max(axis=0).sum())


def best_sites(motifs: Sequence[Motif], sequences: SequenceSet, *, strands: Strands, progress: str = "") -> BestSites:
    """Find the best site of each motif in each sequence: the leftmost if several score equally, ``+`` on equal strands.

    Parameters
    ----------
    motifs : sequence of M Motif
    sequences : SequenceSet of N sequences
    strands : {"both", "forward"}
    progress : str
        Name under which the number of scored motifs is reported; empty: no report.

    Returns
    -------
    BestSites
        Windows with N are skipped.
    """
    shape = len(sequences), len(motifs)
    best = BestSites(np.full(shape, -np.inf, np.float32), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
    widths = np.array([motif.width for motif in motifs], dtype=np.int64)
    order = np.argsort(widths, kind="stable")  # a batch costs as much as its widest motif
    order = order[widths[order] <= sequences.length]
    for first in range(0, len(order), _MOTIF_BATCH):
        columns = order[first : first + _MOTIF_BATCH]
        matrices = _padded_matrices([motifs[int(index)] for index in columns], both_strands=strands == "both")
        for row, codes in blocks(sequences.codes, rows=_SEQUENCE_BATCH):
            found = _best_of(_window_scores(matrices, widths[columns], codes))
            cells = np.ix_(np.arange(row, row + len(codes)), columns)
            best.score[cells], best.start[cells], best.is_reverse[cells] = found
        if progress:
            report(progress, min(first + _MOTIF_BATCH, len(order)), len(order))
    return best


def _padded_matrices(motifs: list[Motif], *, both_strands: bool) -> NDArray[np.float32]:
    """Score matrices ``(strands, M, 4, width)``, the narrower ones padded with zeros."""
    padded = np.zeros((1 + both_strands, len(motifs), 4, max(motif.width for motif in motifs)), dtype=np.float32)
    for index, motif in enumerate(motifs):
        matrix = score_matrix(motif)
        padded[0, index, :, : motif.width] = matrix
        if both_strands:
            padded[1, index, :, : motif.width] = matrix[::-1, ::-1]
    return padded


def _window_scores(matrices: NDArray[np.float32], widths: NDArray[np.int64], codes: Codes) -> NDArray[np.float32]:
    """Scores at all starts of codes ``(n, L)``: ``(strands, M, n, L)``, `-inf` over N and past the end."""
    n, length = codes.shape
    width = matrices.shape[3]
    # One matrix of windows serves all widths, since narrower motifs are padded with zeros.
    padded = np.pad(codes, ((0, 0), (0, width - 1)), constant_values=N)
    windows = sliding_window_view(one_hot_codes(padded), width, axis=2).transpose(1, 3, 0, 2).reshape(4 * width, -1)
    scores = (matrices.reshape(-1, 4 * width) @ windows).reshape(*matrices.shape[:2], n, length)
    has_unknown = bool((codes == N).any())
    unknown_before = np.pad((padded == N).cumsum(axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    for own in np.unique(widths):
        chosen = np.flatnonzero(widths == own)
        if has_unknown:
            unknown = unknown_before[:, own : own + length] > unknown_before[:, :length]
            scores[:, chosen] = np.where(unknown, np.float32(-np.inf), scores[:, chosen])
        else:
            scores[:, chosen, :, length - own + 1 :] = -np.inf
    return scores


def _best_of(scores: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """Score, start and strand of the best windows, each ``(n, M)``, from scores ``(strands, M, n, L)``."""
    better = scores.max(axis=0)
    start = better.argmax(axis=2)[..., np.newaxis]
    best = np.take_along_axis(better, start, 2)
    is_reverse = best > np.take_along_axis(scores[0], start, 2)
    return best[..., 0].T, start[..., 0].T, is_reverse[..., 0].T


def lowest_scores(motifs: Sequence[Motif]) -> NDArray[np.float32]:
    """Lowest possible score of each motif, in bits: shape (M,)."""
    return np.array([score_matrix(motif).min(axis=0).sum() for motif in motifs], dtype=np.float32)


# --- p-values ---


@dataclass(frozen=True, eq=False)
class ScoreDistribution:
    """A PWM scaled to integers, and the distribution of its scores under the background.

    Parameters
    ----------
    steps : int64 array of shape (4, w)
        Scaled entries, at least 0; the integer score of a window is their sum.
    steps_per_bit : float
    lowest : float
        Score in bits of the integer score 0.
    tail : float64 array of shape (highest score + 1,)
        ``tail[s]`` is the probability of a score of at least ``s`` for independent bases of the background.
    """

    steps: NDArray[np.int64]
    steps_per_bit: float
    lowest: float
    tail: Floats

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.steps.shape[1])

    @classmethod
    def of(cls, motif: Motif, pseudocount: float = PSEUDOCOUNT) -> ScoreDistribution:
        """Scale a PWM to integers from 0 to at most 1000, as FIMO does, and compute the distribution of scores.

        The motif's background is the null model; if it is averaged over the strands, the distribution holds for both.

        Raises
        ------
        InputError
            If the pseudocount is not positive.
        """
        if not pseudocount > 0:
            raise InputError(
                f"pseudocount must be positive for p-values. Got {pseudocount} instead",
                hint="Without one, a base with a count of 0 scores minus infinity.",
            )
        pwm = motif.pwm(pseudocount)
        smallest, largest = float(pwm.min()), float(pwm.max())
        # A matrix of equal entries has no range: every window scores 0, with p = 1.
        steps_per_bit = 1000 / (largest - smallest) if largest - smallest > 1e-9 else 1.0
        if steps_per_bit >= 1:
            steps_per_bit = float(np.floor(steps_per_bit))
        steps = np.rint((pwm - smallest) * steps_per_bit).astype(np.int64)
        return cls(steps, steps_per_bit, smallest * motif.width, _tail(steps, motif.background))

    def bits(self, scores: NDArray[np.integer]) -> Floats:
        """Convert integer scores to bits: within half a step per column of the PWM score."""
        return np.asarray(scores) / self.steps_per_bit + self.lowest

    def cutoff(self, p_value: float) -> int:
        """The lowest integer score whose p-value is at most `p_value`; ``len(tail)`` if there is none."""
        return int(np.searchsorted(-self.tail, -p_value))


def _tail(steps: NDArray[np.int64], background: Floats) -> Floats:
    """``P(score >= s)`` for every s, summed from the highest on, so that small values are precise."""
    probabilities = np.ones(1)
    for column in steps.T:
        longer = np.zeros(len(probabilities) + int(column.max()))
        for step, frequency in zip(column, background, strict=True):
            longer[step : step + len(probabilities)] += frequency * probabilities
        probabilities = longer
    tail: Floats = np.minimum(probabilities[::-1].cumsum()[::-1], 1.0)
    return tail


def q_values(tail: Floats, histogram: NDArray[np.int64]) -> Floats:
    """Benjamini-Hochberg q-value of each integer score, from the scores of all windows.

    Parameters
    ----------
    tail : float64 array of shape (S,)
        P-value of each score.
    histogram : int64 array of shape (S,)
        Number of windows (of both strands, if both were scored) with each score, hits or not.

    Returns
    -------
    float64 array of shape (S,)
        The smallest false discovery rate at which a hit of that score is accepted (Benjamini & Hochberg 1995, J R Stat
        Soc B 57:289), without an estimate of the fraction of true nulls.
    """
    n_at_least = histogram[::-1].cumsum()[::-1]
    rates = np.full(len(tail), np.inf)
    seen = histogram > 0
    rates[seen] = tail[seen] * n_at_least[0] / n_at_least[seen]
    return np.minimum(np.minimum.accumulate(rates), 1.0)
