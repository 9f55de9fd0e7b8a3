"""Refinement of motifs on training sequences, as STREME refines its seeds (Bailey 2021, Bioinformatics 37:2834).

Find the best site of each sequence in both classes; count anew the best sites in the class in which the motif is
enriched, above a score that some fraction of the other class reaches; keep the result if it separates the classes
better; repeat until none of the fractions helps. A filter's PWM is only a seed: its sites depend on a threshold on the
activation of one unit, and on what other filters have learned. Classes are separated by the auROC of the best score per
sequence; the likelihood ratio at one threshold favours cores that are sharper than the motif.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from motifnet.motifs.alignment import column_similarity, content_key, group_motifs
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.mixture import split_mixture
from motifnet.motifs.learned.sites import Sites, count_bases
from motifnet.motifs.motif import Floats, Motif, Strands
from motifnet.motifs.scanning.pwm import BestSites, best_sites
from motifnet.progress import report
from motifnet.sequences.sequence_set import SequenceSet

#: Sites are counted above the score that this fraction of the other class reaches: tried in turn, strict ones first, so
#: that each motif finds its own sites, and broad ones first in the second climb, to include weak sites.
FRACTIONS = (0.03, 0.2, 0.5)
ROUNDS = 25
#: Columns that are included beyond either end, so that a motif can grow.
FLANK = 3
MAX_WIDTH = 30
#: Sequences per class in the first climb, of all motifs, and number of motifs in the second climb, with all sequences.
_FIRST_CLIMB, _POLISHED = 1000, 10
#: Rise of the auROC in a round, at least.
_MIN_GAIN = 1e-4

Scores = NDArray[np.float32]


@dataclass(eq=False)
class Candidate:
    """A motif in refinement: the best version so far, and its sites.

    Parameters
    ----------
    motif : Motif
    auroc : float
        Of a sequence's best score, with the class in which the motif is enriched as the positive one; or the value of
        another `Objective`.
    sites : BestSites or None
        Best site in each sequence of that class.
    others : float32 array or None
        Best score in each sequence of the other class.
    stage : int
        Index of the fraction that is tried next.
    is_pure : bool
        Whether sites of a second motif have been removed.
    """

    motif: Motif
    auroc: float = -np.inf
    sites: BestSites | None = None
    others: Scores | None = None
    stage: int = 0
    is_pure: bool = False

    def update(self, motif: Motif, sites: BestSites, others: Scores, found: float, *, is_part: bool) -> None:
        """Take a proposed motif if it separates better, or is the first part of a chimera; else try a new fraction."""
        if found > self.auroc + _MIN_GAIN or (is_part and not self.is_pure):
            self.motif, self.auroc, self.sites, self.others = motif, found, sites, others
        else:
            self.stage += 1
        self.is_pure |= is_part


def auroc(positives: NDArray[np.floating], negatives: NDArray[np.floating]) -> float:
    """AuROC of scores by their ranks, ties counting half; 0.5 if a class is empty."""
    n, m = len(positives), len(negatives)
    if not n or not m:
        return 0.5
    ranks = rankdata(np.concatenate([positives, negatives]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


@dataclass(frozen=True, eq=False)
class Objective:
    """The function of the scores that refinement maximises.

    Parameters
    ----------
    value : callable
        Function of the best scores in the enriched class and in the other class.
    weights : float64 array or None
        Weight of the site of each sequence of the enriched class; None: all are 1.
    """

    value: Callable[[Scores, Scores], float] = auroc
    weights: Floats | None = None


def refine(
    motifs: Sequence[Motif],
    enriched: SequenceSet,
    others: SequenceSet,
    *,
    strands: Strands,
    extraction: ExtractionSpec,
) -> list[Candidate]:
    """Refine motifs that are enriched in one class of the training sequences.

    Parameters
    ----------
    motifs : sequence of Motif
    enriched, others : SequenceSet
        The class in which the motifs are enriched, and the other class.
    strands : {"both", "forward"}
    extraction : ExtractionSpec

    Returns
    -------
    list of Candidate
        One for each motif, in their order. Motifs that converge share one candidate; a motif that no round improves is
        returned unchanged.
    """
    if not len(enriched) or not len(others):
        return [Candidate(motif, auroc=0.5) for motif in motifs]
    sample = _spread(enriched), _spread(others)
    climbed = _climb([Candidate(m) for m in motifs], sample, FRACTIONS, strands=strands, extraction=extraction)
    leaders = sorted(dict.fromkeys(climbed), key=lambda end: (-end.auroc, content_key(end.motif, strands)))
    best = leaders[:_POLISHED]
    starts = [Candidate(end.motif, is_pure=True) for end in best]
    polished = _climb(starts, (enriched, others), FRACTIONS[::-1], strands=strands, extraction=extraction)
    final = dict(zip(best, polished, strict=True))
    return [final.get(end, end) for end in climbed]


def refine_for(
    motifs: Sequence[Motif],
    classes: tuple[SequenceSet, SequenceSet],
    objective: Objective,
    *,
    strands: Strands,
    extraction: ExtractionSpec,
) -> list[Candidate]:
    """Refine motifs that are enriched in the first of two classes for another objective than the auROC."""
    starts = [Candidate(motif) for motif in motifs]
    return _climb(starts, classes, FRACTIONS, objective, strands=strands, extraction=extraction)


def _climb(
    candidates: Sequence[Candidate],
    classes: tuple[SequenceSet, SequenceSet],
    fractions: Sequence[float],
    objective: Objective = Objective(),
    *,
    strands: Strands,
    extraction: ExtractionSpec,
) -> list[Candidate]:
    """Improve all candidates; those that converge end as the best of them."""
    ends = list(candidates)
    proposals = {index: (candidate.motif, False) for index, candidate in enumerate(candidates)}
    for _ in range(ROUNDS):
        if not proposals:
            break
        motifs = [motif for motif, _ in proposals.values()]
        enriched, others = (best_sites(motifs, sequences, strands=strands) for sequences in classes)
        for column, (index, (motif, is_part)) in enumerate(proposals.items()):
            scores = others.score[:, column].copy()
            value = objective.value(enriched.score[:, column], scores)
            candidates[index].update(motif, enriched.of(column), scores, value, is_part=is_part)
        active = [index for index in proposals if candidates[index].stage < len(fractions)]
        proposals = {
            index: _propose(candidates[index], classes[0], fractions, objective.weights, extraction)
            for index in _leaders(active, candidates, ends, strands)
        }
        report("refining", len(candidates) - len(proposals), len(candidates))
    return ends


def _leaders(
    active: Sequence[int], candidates: Sequence[Candidate], ends: list[Candidate], strands: Strands
) -> list[int]:
    """The best candidate of each group that has converged; in `ends` it replaces the others."""
    leaders = []
    motifs = [candidates[index].motif for index in active]
    for members in group_motifs(motifs, strands=strands, min_similarity=0.95):
        group = [active[member] for member in members]
        best = min(group, key=lambda i: (-candidates[i].auroc, content_key(candidates[i].motif, strands)))
        leaders.append(best)
        followers = {candidates[index] for index in group}
        ends[:] = [candidates[best] if end in followers else end for end in ends]
    return sorted(leaders)


def _spread(sequences: SequenceSet) -> SequenceSet:
    """A sample of sequences, evenly over the file."""
    n = len(sequences)
    return sequences.take(np.linspace(0, n - 1, min(n, _FIRST_CLIMB)).astype(np.int64))


def _propose(
    candidate: Candidate,
    sequences: SequenceSet,
    fractions: Sequence[float],
    weights: Floats | None,
    extraction: ExtractionSpec,
) -> tuple[Motif, bool]:
    """The motif of the sites above the fraction's score, with room to grow; whether sites of another were removed."""
    motif, sites = candidate.motif, candidate.sites
    assert sites is not None  # set in the first round
    assert candidate.others is not None
    threshold = np.quantile(candidate.others, 1 - fractions[candidate.stage], method="higher")
    rows = np.flatnonzero((sites.score[:, 0] >= threshold) & np.isfinite(sites.score[:, 0]))
    if len(rows) < extraction.min_sites:
        return motif, False
    flank = min(FLANK, max(0, (MAX_WIDTH - motif.width) // 2))
    columns = (column[rows, 0] for column in (sites.start, sites.is_reverse, sites.score))
    kmers = Sites(motif.width, rows, *columns).subsequences(sequences, flank=flank)
    parts = split_mixture(kmers, background=motif.background, min_sites=extraction.min_sites, limit=0.75)
    if len(parts) > 1:
        # A chimera of two motifs separates well; the part that is more similar to it replaces it.
        core = slice(flank, flank + motif.width)
        pseudocount = motif.background[:, np.newaxis]
        similarities = [column_similarity(motif.counts, count_bases(kmers[p, core]) + pseudocount) for p in parts]
        chosen = parts[int(np.argmax(similarities))]
        kmers, rows = kmers[chosen], rows[chosen]
    counts = count_bases(kmers, None if weights is None else weights[rows] / weights[rows].mean())
    # A flank that extends beyond the end of most sequences is not part of the motif.
    is_known = counts.sum(axis=0) >= 0.5 * len(kmers)
    grown = replace(motif, counts=counts[:, is_known], nsites=len(kmers))
    # Of few sites, columns have information by chance: Basharin's bias is 3 / (2 ln 2 n) bits.
    bias = 1.5 / np.log(2) / len(kmers)
    return grown.trim(max(0.05, 8 * bias)), len(parts) > 1
