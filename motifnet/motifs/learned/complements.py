"""Complements: further motifs that improve the classification by the motifs selected so far.

Refinement changes each motif to the version that alone separates the classes best. Motifs of co-factors and half-sites
that occur in few sequences often have no filter, or are lost in refinement. Here motifs are selected one after the
other, by a regression of the classes on their best scores (`selection`). After each selection, the sites of the motif
are masked, as STREME erases them (Bailey 2021, Bioinformatics 37:2834). Then the motifs that improve the regression
most, and k-mers that are enriched in sequences with large residuals, are refined to improve the regression as much as
possible: sites are weighted by the residuals.

Motifs are searched in one half of the sequences and selected in the other half, because a refined motif is overfitted
to the sequences that it was refined on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import NEAR_COPY, mutual_similarity
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.refinement import Objective, auroc, refine_for
from motifnet.motifs.motif import Floats, Motif, Strands
from motifnet.motifs.scanning.pwm import best_sites, lowest_scores
from motifnet.motifs.statistics.contrast import sample
from motifnet.motifs.statistics.selection import Regression, is_significant
from motifnet.motifs.statistics.thresholds import site_threshold
from motifnet.sequences.alphabet import N
from motifnet.sequences.kmers import enriched_kmers
from motifnet.sequences.sequence_set import SequenceSet

#: Maximum number of motifs selected after the first one; numbers of motifs and of k-mers refined per round.
ROUNDS, _MOTIFS, _KMERS = 4, 4, 6
#: Maximum number of sequences per class in which motifs are searched.
_SEARCHED = 1500
#: Width of the initial matrix of an enriched k-mer, and its nominal number of sites.
_KMER_WIDTH, _KMER_SITES = 12, 50
#: Maximum number of sites of a motif that are masked in one sequence.
_MASKED = 2


class Complement(NamedTuple):
    """A motif that improves the regression, and the index of the motif that it was refined from; -1 for a k-mer."""

    motif: Motif
    start: int


@dataclass(frozen=True, eq=False)
class _Part:
    """Sequences, their classes ``(N,)``, 1 or 0, and best scores of the M motifs ``(N, M)``."""

    sequences: SequenceSet
    classes: Floats
    scores: NDArray[np.float32]

    @classmethod
    def of(cls, sequences: SequenceSet, classes: Floats, motifs: Sequence[Motif], strands: Strands) -> _Part:
        return cls(sequences, classes, _scores(motifs, sequences, strands))

    def with_motifs(self, motifs: Sequence[Motif], strands: Strands) -> _Part:
        return replace(self, scores=np.hstack([self.scores, _scores(motifs, self.sequences, strands)]))

    def best_of(self, n: int) -> int:
        """Index of the motif with the best auROC, in either direction, among the first n."""
        high, low = (self.scores[self.classes == value, :n] for value in (1, 0))
        return int(np.argmax([abs(auroc(*both) - 0.5) for both in zip(high.T, low.T, strict=True)]))

    def score_tests(self, selected: Sequence[int]) -> Floats:
        """z-score of each motif when it is added to the selected ones: ``(M,)``."""
        return Regression.fit(self.scores[:, list(selected)], self.classes).score_tests(self.scores)


def find_complements(
    motifs: Sequence[Motif],
    n_listed: int,
    sequences: SequenceSet,
    classes: Floats,
    *,
    rounds: int = ROUNDS,
    strands: Strands,
    extraction: ExtractionSpec,
) -> list[Complement]:
    """Find motifs that improve the classification by the motifs selected before them.

    Parameters
    ----------
    motifs : sequence of M Motif
    n_listed : int
        Number of motifs, from the first, that are listed in any case. The one with the best auROC is selected first;
        near-copies of these motifs are not returned.
    sequences : SequenceSet of N training sequences
    classes : float64 array of shape (N,)
        1, 0, or NaN for sequences that are not used.
    rounds : int
        Maximum number of motifs that are selected after the first one.
    strands : {"both", "forward"}
    extraction : ExtractionSpec

    Returns
    -------
    list of Complement
        In the order of selection, without those that are in `motifs`. Empty if there are too few sequences.
    """
    halves = _halves(classes)
    if not n_listed or min((classes[h] == value).sum() for h in halves for value in (1, 0)) < extraction.min_sites:
        return []
    search, choice = (_Part.of(sequences.take(rows), classes[rows], motifs, strands) for rows in halves)
    pool, selected, starts = list(motifs), [search.best_of(n_listed)], dict[int, int]()
    masked = search.sequences
    for _ in range(rounds):
        masked = _mask(masked, pool[selected[-1]], search.scores[:, selected[-1]], search.classes, strands)
        ends = _search(pool, selected, replace(search, sequences=masked), strands, extraction)
        ends = [end for end in ends if _is_open([end.motif, *motifs[:n_listed]], range(1, n_listed + 1), strands)[0]]
        starts |= {len(pool) + k: end.start for k, end in enumerate(ends)}
        refined = [end.motif for end in ends]
        pool += refined
        search, choice = (part.with_motifs(refined, strands) for part in (search, choice))
        is_open = _is_open(pool, selected, strands)
        statistics = np.where(is_open, np.square(choice.score_tests(selected)), -1.0)
        best = int(statistics.argmax())
        if not is_significant(statistics[best], int(is_open.sum())):
            break
        selected.append(best)
    return [Complement(pool[index], _origin(index, starts)) for index in selected if index in starts]


def _origin(index: int, starts: Mapping[int, int]) -> int:
    """Index of the given motif that a motif was refined from, over all rounds; -1 for a k-mer."""
    while index in starts:
        index = starts[index]
    return index


def _halves(classes: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to search (at most a random half of the sequences of each class), and the other rows."""
    searched = []
    for value in (1, 0):
        rows = np.flatnonzero(classes == value)
        searched.append(sample(rows, min(len(rows) // 2, _SEARCHED), seed=0))
    search = np.sort(np.concatenate(searched))
    return search, np.setdiff1d(np.flatnonzero(~np.isnan(classes)), search)


def _scores(motifs: Sequence[Motif], sequences: SequenceSet, strands: Strands) -> NDArray[np.float32]:
    """Best scores, with the lowest possible score instead of minus infinity: ``(N, M)``."""
    return np.maximum(best_sites(motifs, sequences, strands=strands).score, lowest_scores(motifs))


def _is_open(motifs: Sequence[Motif], selected: Sequence[int], strands: Strands) -> NDArray[np.bool_]:
    """Which motifs are not near-copies of selected motifs."""
    chosen = [motifs[index] for index in selected]
    return np.asarray((mutual_similarity(motifs, chosen, strands=strands) < NEAR_COPY).all(axis=1))


def _mask(
    sequences: SequenceSet, motif: Motif, scores: NDArray[np.floating], classes: Floats, strands: Strands
) -> SequenceSet:
    """Replace the sites of a motif by N."""
    threshold, codes = site_threshold(scores, classes), sequences.codes.copy()
    for _ in range(_MASKED):
        best = best_sites([motif], replace(sequences, codes=codes), strands=strands)
        rows = np.flatnonzero(best.score[:, 0] >= threshold)
        codes[rows[:, np.newaxis], best.start[rows] + np.arange(motif.width)] = N
    return replace(sequences, codes=codes)


def _search(
    motifs: Sequence[Motif], selected: Sequence[int], masked: _Part, strands: Strands, extraction: ExtractionSpec
) -> list[Complement]:
    """Refine the motifs that improve the regression most, and enriched k-mers, in masked sequences."""
    regression = Regression.fit(masked.scores[:, list(selected)], masked.classes)
    z_scores = np.where(_is_open(motifs, selected, strands), regression.score_tests(masked.scores), 0.0)
    kmers = _kmers(masked.sequences, regression.residuals, motifs[0].background, strands)
    starts = [Complement(motifs[index], index) for index in _strongest(motifs, z_scores, strands)]
    starts += [Complement(motif, -1) for motif in kmers]
    is_enriched = masked.classes == 1
    ends = refine_for(
        [start.motif for start in starts],
        (masked.sequences.take(is_enriched), masked.sequences.take(~is_enriched)),
        _objective(regression, is_enriched),
        strands=strands,
        extraction=extraction,
    )
    # Starts that converge to the same motif are represented by the strongest of them.
    return [Complement(end.motif, starts[ends.index(end)].start) for end in dict.fromkeys(ends)]


def _strongest(motifs: Sequence[Motif], strength: Floats, strands: Strands) -> list[int]:
    """Indices of the motifs with the highest strength above 0, without near-copies of each other."""
    chosen: list[int] = []
    for index in np.argsort(-strength, kind="stable").tolist():
        if len(chosen) == _MOTIFS or not strength[index] > 0:
            break
        if not chosen or _is_open([motifs[index]] + [motifs[k] for k in chosen], range(1, len(chosen) + 1), strands)[0]:
            chosen.append(index)
    return chosen


def _kmers(sequences: SequenceSet, residuals: Floats, background: Floats, strands: Strands) -> list[Motif]:
    """Motifs around the k-mers that are most enriched in sequences with high residuals."""
    log_odds, _ = enriched_kmers(
        sequences.codes,
        residuals[:, np.newaxis],
        width=_KMER_WIDTH,
        at_most=_KMERS,
        is_double_stranded=strands == "both",
    )
    motifs = []
    for own in log_odds:
        frequencies = np.exp(own) * background[:, np.newaxis]
        counts = _KMER_SITES * frequencies / frequencies.sum(axis=0)
        motifs.append(Motif("k-mer", counts, nsites=_KMER_SITES, background=background).trim())
    return motifs


def _objective(regression: Regression, is_enriched: NDArray[np.bool_]) -> Objective:
    """Increase of the log likelihood of a regression, per sequence, by a motif that is enriched in class 1."""

    def value(enriched: NDArray[np.floating], others: NDArray[np.floating]) -> float:
        scores = np.empty((len(is_enriched), 1))
        scores[is_enriched, 0], scores[~is_enriched, 0] = enriched, others
        finite = np.isfinite(scores)
        scores[~finite] = scores[finite].min(initial=0.0)
        return float(max(regression.score_tests(scores)[0], 0.0) ** 2 / (2 * len(scores)))

    return Objective(value, np.abs(regression.residuals[is_enriched]))
