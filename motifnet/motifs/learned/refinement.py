"""Motifs refined on training sequences, as STREME refines its seeds (Bailey 2021, Bioinformatics 37:2834).

Scan both classes for the best site of each sequence; count the best sites of the class that the motif marks anew, those
above a score that some share of the other class reaches; keep the result if it separates the classes better; go on
until none of the shares helps. A filter's PWM is a seed: its words depend on a threshold on one unit's activation, and
on what else the network had learned. Separation is the auROC of a sequence's best score: the likelihood ratio at one
threshold, tried first, prefers cores that are sharper than the motif.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from motifnet.motifs.alignment import content_key, group, likeness
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.mixture import two_words
from motifnet.motifs.learned.sites import count_bases, subsequences
from motifnet.motifs.motif import Floats, Motif, MotifSet, Strands
from motifnet.motifs.scanning.pwm import BestSites, best_sites
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.sequence_set import SequenceSet

#: Sites are counted anew above the score that this share of the other class reaches: tried in turn, strict ones first,
#: so that each motif finds its own word; then, when it has one, broad ones first, which hold weak sites too.
SHARES = (0.03, 0.2, 0.5)
ROUNDS = 25
#: Columns that are looked at beyond either end, so that a motif can grow.
FLANK = 3
MAX_WIDTH = 30
#: Motifs that have become as alike as this go on as one.
_CONVERGED = 0.95
#: Sequences of a class in the first climb, which all motifs take part in ...
_FIRST_CLIMB = 1000
#: ... and how many of the best motifs then go on with all sequences.
_POLISHED = 10
#: Rise of the auROC that is worth a round.
_LEAST_GAIN = 1e-4
#: Ends with less information are cut while refining; more than chance gives so few sites, times `_NOISE`.
_TRIM_BITS = 0.05
_NOISE = 8.0
#: Halves of a motif's sites that are less alike than this are of two words; those of one word are more alike.
_ONE_WORD = 0.75


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


class Refined(NamedTuple):
    """A refined motif, and the auROC of a sequence's best score in the class that it marks; training sequences."""

    motif: Motif
    separation: float


def refine(
    motifs: Sequence[Motif], marked: SequenceSet, others: SequenceSet, *, strands: Strands, how: ExtractionSpec
) -> list[Refined]:
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
    list of Refined
        One for each, in their order. Motifs that became the same on the way end as the same; a motif that no round
        helped comes back as it was.
    """
    if not len(marked) or not len(others):
        return [Refined(motif, 0.5) for motif in motifs]
    climbed = _climb(motifs, (_spread(marked), _spread(others)), SHARES, strands=strands, how=how)
    # Few different ones are left, and the noise among them needs no polish.
    leaders = sorted(
        dict.fromkeys(climbed.values()), key=lambda end: (-end.separation, content_key(end.motif, strands))
    )
    best = leaders[:_POLISHED]
    polished = _climb(
        [end.motif for end in best], (marked, others), SHARES[::-1], is_pure=True, strands=strands, how=how
    )
    final = {id(end): polished[k] for k, end in enumerate(best)}
    ends = [final.get(id(climbed[i]), climbed[i]) for i in range(len(motifs))]
    return [Refined(end.motif, end.separation) for end in ends]


@dataclass(eq=False)
class _Climber:
    """A motif on its way up: the best so far, where it was placed, and which of the shares is tried next."""

    motif: Motif
    shares: Sequence[float]
    is_pure: bool = False
    separation: float = -np.inf
    placed: BestSites | None = None
    others: NDArray[np.float32] | None = None
    stage: int = 0
    must_take: bool = False

    def look(self, motif: Motif, placed: BestSites, others: NDArray[np.float32]) -> None:
        """Take a candidate if it separates better, or is one word where the seed was two; else try another share."""
        found = auroc(placed.score[:, 0], others)
        if found > self.separation + _LEAST_GAIN or self.must_take:
            self.must_take = False
            self.motif, self.separation, self.placed, self.others = motif, found, placed, others
        else:
            self.stage += 1


def _climb(
    motifs: Sequence[Motif],
    classes: tuple[SequenceSet, SequenceSet],
    shares: Sequence[float],
    *,
    is_pure: bool = False,
    strands: Strands,
    how: ExtractionSpec,
) -> dict[int, _Climber]:
    """Where each motif ends, in the marked class and the others: those that converge on the way end as one."""
    marked, others = classes
    ends = {index: _Climber(motif, shares, is_pure) for index, motif in enumerate(motifs)}
    candidates = dict(enumerate(motifs))
    for _ in range(ROUNDS):
        if not candidates:
            break
        both = MotifSet([replace(motif, name=str(index)) for index, motif in candidates.items()], strands)
        on_marked, on_others = best_sites(both, marked), best_sites(both, others).score
        for column, (index, motif) in enumerate(candidates.items()):
            ends[index].look(motif, on_marked.of(column), on_others[:, column].copy())
        going = [index for index in candidates if ends[index].stage < len(shares)]
        candidates = {index: _recount(ends[index], marked, how) for index in _lead(going, ends, strands)}
        report("refining", len(motifs) - len(candidates), len(motifs))
    return ends


def _spread(sequences: SequenceSet) -> SequenceSet:
    """Some of them, evenly over the file."""
    n = len(sequences)
    return sequences.take(np.linspace(0, n - 1, min(n, _FIRST_CLIMB)).astype(np.int64))


def auroc(marked: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """Chance that a score of the marked class is the higher one, ties half; 0.5 where a class is empty."""
    n, m = len(marked), len(others)
    if not n or not m:
        return 0.5
    ranks = rankdata(np.concatenate([marked, others]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _lead(going: list[int], ends: dict[int, _Climber], strands: Strands) -> list[int]:
    """Of those that have converged on one motif only the best goes on; the others end where it ends."""
    leading = []
    for members in group([ends[i].motif for i in going], strands=strands, at_least=_CONVERGED):
        ranked = sorted(
            (going[m] for m in members), key=lambda i: (-ends[i].separation, content_key(ends[i].motif, strands))
        )
        leading.append(ranked[0])
        followed = {id(ends[i]) for i in ranked[1:]}
        for index, end in ends.items():
            if id(end) in followed:
                ends[index] = ends[ranked[0]]
    return sorted(leading)


def _recount(end: _Climber, sequences: SequenceSet, how: ExtractionSpec) -> Motif:
    """The motif of the sites above the share's score, with room to grow; as it is if there are too few."""
    assert end.placed is not None  # every climber has been looked at
    assert end.others is not None
    motif, placed = end.motif, end.placed
    threshold = np.quantile(end.others, 1 - end.shares[end.stage], method="higher")
    rows = np.flatnonzero((placed.score[:, 0] >= threshold) & np.isfinite(placed.score[:, 0]))
    if len(rows) < how.min_sites:
        return motif
    flank = min(FLANK, max(0, (MAX_WIDTH - motif.width) // 2))
    starts = placed.start[rows, 0] - flank
    words = subsequences(sequences, rows, starts, placed.is_reverse[rows, 0], motif.width + 2 * flank)
    words = _one_word(words, flank, end, how)
    counts = count_bases(words)
    # A flank that hangs over the end of most sequences is known too little to be part of the motif.
    is_known = counts.sum(axis=0) >= 0.5 * len(words)
    # Basharin's small-sample bias of information, in bits: 3 / (2 ln 2 n).
    noise = _NOISE * 1.5 / np.log(2) / len(words)
    return replace(motif, counts=counts[:, is_known], nsites=len(words)).trim(max(_TRIM_BITS, noise))


def _one_word(words: Codes, flank: int, end: _Climber, how: ExtractionSpec) -> Codes:
    """The words of the motif alone, where they are plainly of two: a chimera separates well, and is no motif.

    A seed that is a chimera gives way to the part that is more like it, even if that separates less.
    """
    background = end.motif.background
    parts = two_words(words, background=background, min_sites=how.min_sites, limit=_ONE_WORD)
    if len(parts) == 1:
        return words
    end.must_take, end.is_pure = not end.is_pure, True
    inside = slice(flank, flank + end.motif.width)
    halves = [count_bases(words[part, inside]) + background[:, np.newaxis] for part in parts]
    alike = [likeness(end.motif.counts, half) for half in halves]
    return words[parts[int(np.argmax(alike))]]
