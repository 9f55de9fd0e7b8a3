"""Sites of filters: the windows of sequences in which a filter's pre-activation reaches a threshold.

A *window* is a position of a filter on a sequence; a *site* is a window that passes the filter's threshold. Scores are
pre-activations: with an exponential activation, "half of the maximum" would mean "within 0.69 of the largest
pre-activation", which depends on a single outlier. On both strands a window has the score of the better strand, and
``+`` if they are equal, so a palindrome counts once. Windows that contain N are skipped. Activations are computed in
batches of sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import SiteRule, SiteRuleName
from motifnet.motifs.motif import Floats, Strands
from motifnet.motifs.scanning.pwm import BestSites
from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks, release

#: Bases in a batch of sequences: scores of 64 filters take 256 bytes per base, several times over.
_BATCH_BASES = 1 << 17
Ints = NDArray[np.int64]
Scores = NDArray[np.float32]


class FilterBank(Protocol):
    """Filters that score windows, such as ``TrainedModel.layer(0)``."""

    @property
    def width(self) -> int:
        """Receptive field of one activation, in bp."""

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each filter."""

    @property
    def strands(self) -> Strands:
        """Whether both strands are scored, or only the forward strand."""

    @property
    def slack(self) -> int:
        """How far a subsequence can move within the width without a change of the score: above 0 after max-pools."""

    @property
    def floor(self) -> float:
        """Pre-activation up to which the activation is zero: 0 for ReLU, minus infinity for others."""

    def activations(self, codes: Codes) -> Scores:
        """Pre-activations of codes ``(n, L)`` on the forward strand: float32 ``(n, F, L - width + 1)``."""


@runtime_checkable
class FindsBest(Protocol):
    """A FilterBank with a fast method for the best window of each sequence."""

    def best_windows(self, codes: Codes) -> tuple[Scores, Ints, NDArray[np.bool_]]:
        """`WindowScan.best` of codes ``(n, L)`` with at least one window: three arrays ``(n, F)``."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites of one filter or motif: columns of one length, by sequence and start.

    Parameters
    ----------
    width : int
        Of every site, in bp.
    sequence, start : int64 arrays of shape (n,)
        Index of the sequence, and 0-based start on its forward strand.
    is_reverse : bool array of shape (n,)
        Whether the site is on the ``-`` strand.
    score : float32 array of shape (n,)
    """

    width: int
    sequence: Ints
    start: Ints
    is_reverse: NDArray[np.bool_]
    score: Scores

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def end(self) -> Ints:
        """End of each site on the forward strand, exclusive."""
        return self.start + self.width

    def take(self, index: Any) -> Sites:
        """Select sites by indices, a slice or a mask."""
        columns = (self.sequence, self.start, self.is_reverse, self.score)
        return Sites(self.width, *(column[index] for column in columns))

    def moved(self, left: Ints | int, width: int) -> Sites:
        """Frames of another width whose start is `left` bp after that of the sites, each on the strand of its site."""
        start = np.where(self.is_reverse, self.end - left - width, self.start + left)
        return replace(self, width=width, start=start)

    def subsequences(self, sequences: SequenceSet, *, flank: int = 0) -> Codes:
        """Codes of the sites on their strands, ``(n, flank + width + flank)``; N beyond the ends of a sequence."""
        kmers = np.empty((len(self), self.width + 2 * flank), dtype=np.uint8)
        for first, block in blocks(kmers):
            rows = slice(first, first + len(block))
            columns = self.start[rows, np.newaxis] - flank + np.arange(kmers.shape[1])
            inside = (columns >= 0) & (columns < sequences.length)
            codes = sequences.codes[self.sequence[rows, np.newaxis], np.where(inside, columns, 0)]
            block[:] = np.where(inside, codes, N)
            release(sequences.codes)
        kmers[self.is_reverse] = reverse_complement(kmers[self.is_reverse])
        return kmers


def count_bases(kmers: Codes, weights: Floats | None = None) -> Floats:
    """PFM of k-mers ``(n, k)``, each with a weight ``(n,)`` (default: 1): float64 ``(4, k)``; N is not counted."""
    if weights is not None:
        return np.stack([weights @ (kmers == base) for base in range(4)])
    return np.stack([(kmers == base).sum(axis=0) for base in range(4)]).astype(np.float64)


@dataclass(frozen=True, eq=False)
class WindowScan:
    """Scores of all windows of F filters on N sequences, computed in batches."""

    filters: FilterBank
    sequences: SequenceSet

    @cached_property
    def best(self) -> BestSites:
        """Best window of each sequence for each filter, arrays ``(N, F)``; minus infinity if every window contains N.

        The leftmost if several score equally, ``+`` on equal strands.
        """
        if isinstance(self.filters, FindsBest) and len(self.sequences) and self.sequences.length >= self.filters.width:
            return BestSites(*self.filters.best_windows(self.sequences.codes))
        parts = []
        for _, scores, is_reverse in self.batches():
            if not scores.shape[2]:
                scores = np.full((*scores.shape[:2], 1), -np.inf, dtype=np.float32)
                is_reverse = np.zeros(scores.shape, dtype=np.bool_)
            start = scores.argmax(axis=2)[..., np.newaxis]
            parts.append((np.take_along_axis(scores, start, 2), start, np.take_along_axis(is_reverse, start, 2)))
        return BestSites(*(np.concatenate(column)[..., 0] for column in zip(*parts, strict=True)))

    def batches(self) -> Iterator[tuple[int, Scores, NDArray[np.bool_]]]:
        """For each batch of n sequences: index of the first; scores, and whether the better strand is ``-``.

        Arrays are ``(n, F, L - width + 1)``; scores are minus infinity over N. At least one batch, which may be empty.
        """
        size = max(1, _BATCH_BASES // max(self.sequences.length, 1))
        for first in range(0, max(len(self.sequences), 1), size):
            codes = self.sequences.codes[first : first + size]
            release(self.sequences.codes)
            scores = self.filters.activations(codes)
            is_reverse = np.zeros(scores.shape, dtype=np.bool_)
            if self.filters.strands == "both":
                # Window p of the reverse complement is window P - 1 - p of the forward strand.
                reverse = self.filters.activations(reverse_complement(codes))[..., ::-1]
                is_reverse = reverse > scores
                scores = np.maximum(scores, reverse)
            if scores.shape[2] and (codes == N).any():
                unknown = np.asarray(sliding_window_view(codes == N, self.filters.width, axis=1).any(axis=2))
                scores = np.where(unknown[:, np.newaxis], np.float32(-np.inf), scores)
            yield first, scores, is_reverse

    def best_sites(self, thresholds: NDArray[np.floating]) -> list[Sites]:
        """Best windows with a score of at least the filter's threshold ``(F,)``, and above its floor."""
        score, start, is_reverse = self.best
        passed = (score >= thresholds) & (score > self.filters.floor) & (score > -np.inf)
        sites = []
        for index in range(score.shape[1]):
            rows = np.flatnonzero(passed[:, index])
            columns = (column[rows, index] for column in (start, is_reverse, score))
            sites.append(Sites(self.filters.width, rows, *columns))
        return sites

    def all_sites(self, thresholds: NDArray[np.floating]) -> list[Sites]:
        """All windows with a score of at least the filter's threshold ``(F,)``, and above its floor."""
        parts = []
        for first, scores, is_reverse in self.batches():
            passed = (scores >= np.asarray(thresholds)[:, np.newaxis]) & (scores > self.filters.floor)
            sequence, index, start = np.nonzero(passed)
            parts.append((index, sequence + first, start, is_reverse[passed], scores[passed]))
        index, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(index, kind="stable")
        bounds = np.searchsorted(index[order], np.arange(1, len(self.filters.names)))
        split = (np.split(column[order], bounds) for column in columns)
        return [Sites(self.filters.width, *own) for own in zip(*split, strict=True)]


def find_sites(
    filters: FilterBank, sequences: SequenceSet, *, negatives: SequenceSet | None = None, rule: SiteRule = SiteRule()
) -> tuple[Floats, list[Sites]]:
    """Find the sites of filters by a rule.

    Parameters
    ----------
    filters : FilterBank of F filters
    sequences : SequenceSet
        Usually the positive training sequences.
    negatives : SequenceSet, optional
        Negative training sequences, for the rule "rate".
    rule : SiteRule

    Returns
    -------
    thresholds : float64 array of shape (F,)
        Lowest score of a site: at least the filter's floor; infinite for a filter that has no sites under the rule.
    sites : list of F Sites

    Raises
    ------
    InputError
        If the rule is "rate" and there are no negatives.
    """
    check_type("sequences", sequences, SequenceSet)
    scan = WindowScan(filters, sequences)
    thresholds = np.maximum(THRESHOLDS[rule.name](scan, negatives, float(rule.value or 0)), filters.floor)
    return thresholds, scan.best_sites(thresholds) if rule.is_best_only else scan.all_sites(thresholds)


def _fraction_of_maximum(scan: WindowScan, negatives: SequenceSet | None, value: float) -> Floats:
    highest = scan.best.score.max(axis=0, initial=-np.inf).astype(np.float64)
    # A filter whose best window is below zero has no sites: a fraction of its maximum is above the maximum.
    return np.where(highest > 0, value * highest, np.inf)


def _top_windows(scan: WindowScan, negatives: SequenceSet | None, value: float) -> Floats:
    kept = np.empty((len(scan.filters.names), 0), dtype=np.float32)
    for _, scores, _ in scan.batches():
        pool = np.concatenate([kept, scores.swapaxes(0, 1).reshape(len(kept), -1)], axis=1)
        kept = -np.partition(-pool, int(value) - 1, axis=1)[:, : int(value)] if pool.shape[1] > value else pool
    known = np.where(np.isfinite(kept), kept, np.inf)
    return known.min(axis=1, initial=np.inf).astype(np.float64)


def _rate_in_negatives(scan: WindowScan, negatives: SequenceSet | None, value: float) -> Floats:
    if negatives is None or not len(negatives):
        raise InputError("site rule 'rate' needs negative sequences", hint="Give negatives, or use rule 'best'.")
    best = np.sort(WindowScan(scan.filters, negatives).best.score, axis=0)[::-1].astype(np.float64)
    allowed = int(value * len(best))
    # The score just above that of the first negative that must not pass.
    return np.nextafter(best[min(allowed, len(best) - 1)].astype(np.float32), np.float32(np.inf)).astype(np.float64)


#: Thresholds of filters by each rule in `extraction_spec.SITE_RULES`.
THRESHOLDS: dict[SiteRuleName, Callable[[WindowScan, SequenceSet | None, float], Floats]] = {
    "every": _fraction_of_maximum,
    "best": _fraction_of_maximum,
    "top": _top_windows,
    "rate": _rate_in_negatives,
}
