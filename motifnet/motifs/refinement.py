"""Motifs refined on training sequences, as STREME refines its seeds (Bailey 2021, Bioinformatics 37:2834).

Scan both classes for the best site of each sequence; choose the score that separates them best; count the sites of the
class that the motif marks anew; repeat while it helps. A filter's PWM is a seed: its words depend on a threshold on
one unit's activation, and on what else the network had learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import content_key, group
from motifnet.motifs.motif import Floats, Motif, MotifSet, Strands
from motifnet.motifs.placement import Placements, count_letters, framed_words, place
from motifnet.motifs.spec import ExtractionSpec
from motifnet.sequences.sequence_set import SequenceSet

ROUNDS = 20
#: Columns that are looked at beyond either end, so that a motif can grow.
FLANK = 3
MAX_WIDTH = 30
#: Motifs that have become as alike as this go on as one.
_CONVERGED = 0.95


class Cut(NamedTuple):
    """The score from which a window is a site, and what it tells there: a log likelihood ratio, in nats."""

    threshold: float
    gain: float


def best_cut(marked: NDArray[np.floating], others: NDArray[np.floating]) -> Cut:
    """The threshold on the best score of a sequence at which a class is most enriched.

    Parameters
    ----------
    marked, others : arrays of shape (n,), (m,)
        Best scores of the class in which the motif should be enriched, and of the other one.

    Returns
    -------
    Cut
        `gain` is the log likelihood ratio of the 2 x 2 table (half of the G statistic), 0 when there is no enrichment
        at any threshold.
    """
    scores = np.concatenate([marked, others]).astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    is_marked = (order < len(marked)).astype(np.int64)
    above, above_others = np.cumsum(is_marked), np.cumsum(1 - is_marked)
    is_last = np.append(ranked[1:] < ranked[:-1], True) & np.isfinite(ranked)
    gains = np.where(is_last, likelihood_ratio(above, len(marked), above_others, len(others)), 0.0)
    best = int(gains.argmax()) if len(gains) else 0
    if not len(gains) or not np.isfinite(ranked[best]):
        return Cut(np.inf, 0.0)
    # Between this score and the next lower one, so that the rounding of a file moves no site over the line.
    has_next = best + 1 < len(ranked) and np.isfinite(ranked[best + 1])
    lower = ranked[best + 1] if has_next else ranked[best] - 1e-3
    return Cut(float((ranked[best] + lower) / 2), float(gains[best]))


def likelihood_ratio(a: NDArray[np.integer], n: int, b: NDArray[np.integer], m: int) -> Floats:
    """Log likelihood ratio of a of n against b of m, in nats; 0 unless the share of `a` is the larger one."""
    if not n or not m:
        return np.zeros(np.shape(a))
    ratio = _likelihood(a, n) + _likelihood(b, m) - _likelihood(a + b, n + m)
    return np.where(a * m > b * n, ratio, 0.0)


def _likelihood(k: NDArray[np.integer], n: int) -> Floats:
    """Log likelihood of k of n at its maximum."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(k > 0, k * np.log(k / n), 0.0) + np.where(k < n, (n - k) * np.log1p(-k / n), 0.0)


def refine(
    motifs: Sequence[Motif], marked: SequenceSet, others: SequenceSet, *, strands: Strands, how: ExtractionSpec
) -> list[Motif]:
    """Refine motifs that mark one class of the training sequences.

    Parameters
    ----------
    motifs : sequence of Motif
    marked, others : SequenceSet
        The class in which the motifs are enriched, and the other one.
    strands : {"both", "forward"}
    how : ExtractionSpec

    Returns
    -------
    list of Motif
        One for each, in their order. Motifs that became the same on the way end as the same; a motif that no round
        helped comes back as it was.
    """
    best, gains = list(motifs), np.full(len(motifs), -np.inf)
    leader = np.arange(len(motifs))
    candidates, going = list(motifs), list(range(len(motifs)))
    for _ in range(ROUNDS):
        if not going:
            break
        both = MotifSet([replace(candidates[i], name=str(i)) for i in going], strands)
        on_marked, on_others = place(both, marked), place(both, others)
        improved = []
        for column, i in enumerate(going):
            cut = best_cut(on_marked.score[:, column], on_others.score[:, column])
            if cut.gain <= gains[i]:
                continue
            best[i], gains[i] = candidates[i], cut.gain
            candidates[i] = _recount(candidates[i], on_marked, column, cut.threshold, marked, how)
            improved.append(i)
        going = _lead(improved, best, gains, leader, strands)
    for i in range(len(motifs)):
        while leader[leader[i]] != leader[i]:
            leader[i] = leader[leader[i]]
    return [best[i] for i in leader]


def _lead(
    going: list[int], best: Sequence[Motif], gains: Floats, leader: NDArray[np.int64], strands: Strands
) -> list[int]:
    """Of those that have converged on one motif only the best goes on; the others follow it."""
    leading = []
    for members in group([best[i] for i in going], strands=strands, at_least=_CONVERGED):
        ranked = sorted((going[m] for m in members), key=lambda i: (-gains[i], content_key(best[i], strands)))
        leader[ranked] = ranked[0]
        leading.append(ranked[0])
    return sorted(leading)


def _recount(
    motif: Motif, placed: Placements, column: int, threshold: float, sequences: SequenceSet, how: ExtractionSpec
) -> Motif:
    """The motif of the sites that reach the threshold, with room to grow; as it is if there are too few."""
    rows = np.flatnonzero(placed.score[:, column] >= threshold)
    if len(rows) < how.min_sites:
        return motif
    flank = min(FLANK, max(0, (MAX_WIDTH - motif.width) // 2))
    starts = placed.start[rows, column] - flank
    words = framed_words(sequences, rows, starts, placed.is_reverse[rows, column], motif.width + 2 * flank)
    counts = count_letters(words)
    # A flank that hangs over the end of most sequences is known too little to be part of the motif.
    is_known = counts.sum(axis=0) >= 0.5 * len(rows)
    return replace(motif, counts=counts[:, is_known], nsites=len(rows)).trim(how.trim_bits)
