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
        """`best_windows` of codes ``(n, L)`` with at least one window: three arrays ``(n, F)``."""


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


def count_bases(kmers: Codes) -> Floats:
    """PFM of k-mers ``(n, k)``: float64 ``(4, k)``; N is not counted."""
    return np.stack([(kmers == base).sum(axis=0) for base in range(4)]).astype(np.float64)


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
    if rule.name == "rate" and (negatives is None or not len(negatives)):
        raise InputError("site rule 'rate' needs negative sequences", hint="Give negatives, or use rule 'best'.")
    windows = _Windows(filters, sequences, negatives)
    thresholds = np.maximum(THRESHOLDS[rule.name](windows, float(rule.value or 0)), filters.floor)
    return thresholds, windows.best_sites(thresholds) if rule.is_best_only else windows.all_sites(thresholds)


def sites_above(
    filters: FilterBank, sequences: SequenceSet, thresholds: NDArray[np.floating], *, is_best_only: bool
) -> list[Sites]:
    """Find the windows with scores of at least their filter's threshold and above its floor.

    Parameters
    ----------
    filters : FilterBank of F filters
    sequences : SequenceSet
    thresholds : array of shape (F,)
    is_best_only : bool
        Whether to keep only the best window of each sequence for each filter (the leftmost of equals).

    Returns
    -------
    list of F Sites
    """
    windows = _Windows(filters, sequences)
    return windows.best_sites(thresholds) if is_best_only else windows.all_sites(thresholds)


def best_windows(filters: FilterBank, sequences: SequenceSet) -> BestSites:
    """Find the best window of each sequence for each filter: the leftmost of equals, ``+`` on equal strands.

    Scores are minus infinity where every window contains N. Arrays are ``(N, F)``.
    """
    if isinstance(filters, FindsBest) and len(sequences) and sequences.length >= filters.width:
        return BestSites(*filters.best_windows(sequences.codes))
    parts = []
    for _, scores, is_reverse in scan_windows(filters, sequences):
        if not scores.shape[2]:
            none = np.full((*scores.shape[:2], 1), -np.inf, dtype=np.float32)
            scores, is_reverse = none, none > 0
        start = scores.argmax(axis=2)[..., np.newaxis]
        parts.append((np.take_along_axis(scores, start, 2), start, np.take_along_axis(is_reverse, start, 2)))
    return BestSites(*(np.concatenate(column)[..., 0] for column in zip(*parts, strict=True)))


def scan_windows(filters: FilterBank, sequences: SequenceSet) -> Iterator[tuple[int, Scores, NDArray[np.bool_]]]:
    """Score every window, in batches of sequences; at least one batch, which may be empty.

    Yields
    ------
    first : int
        Index of the first sequence of the batch.
    scores : float32 array of shape (n, F, L - width + 1)
        Of the better strand; minus infinity over N.
    is_reverse : bool array of that shape
        Whether the better strand is ``-``.
    """
    size = max(1, _BATCH_BASES // max(sequences.length, 1))
    for first in range(0, max(len(sequences), 1), size):
        codes = sequences.codes[first : first + size]
        release(sequences.codes)
        scores = filters.activations(codes)
        is_reverse = np.zeros(scores.shape, dtype=np.bool_)
        if filters.strands == "both":
            # Window p of the reverse complement is window P - 1 - p of the forward strand.
            reverse = filters.activations(reverse_complement(codes))[..., ::-1]
            is_reverse = reverse > scores
            scores = np.maximum(scores, reverse)
        if scores.shape[2] and (codes == N).any():
            unknown = np.asarray(sliding_window_view(codes == N, filters.width, axis=1).any(axis=2))
            scores = np.where(unknown[:, np.newaxis], np.float32(-np.inf), scores)
        yield first, scores, is_reverse


@dataclass(frozen=True, eq=False)
class _Windows:
    """Windows of filters on sequences; the best window of each sequence is found once."""

    filters: FilterBank
    sequences: SequenceSet
    negatives: SequenceSet | None = None

    @cached_property
    def best(self) -> BestSites:
        return best_windows(self.filters, self.sequences)

    def best_sites(self, thresholds: NDArray[np.floating]) -> list[Sites]:
        score, start, is_reverse = self.best
        passed = (score >= thresholds) & (score > self.filters.floor) & (score > -np.inf)
        sites = []
        for index in range(score.shape[1]):
            rows = np.flatnonzero(passed[:, index])
            columns = (column[rows, index] for column in (start, is_reverse, score))
            sites.append(Sites(self.filters.width, rows, *columns))
        return sites

    def all_sites(self, thresholds: NDArray[np.floating]) -> list[Sites]:
        parts = []
        for first, scores, is_reverse in scan_windows(self.filters, self.sequences):
            passed = (scores >= np.asarray(thresholds)[:, np.newaxis]) & (scores > self.filters.floor)
            sequence, index, start = np.nonzero(passed)
            parts.append((index, sequence + first, start, is_reverse[passed], scores[passed]))
        index, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(index, kind="stable")
        bounds = np.searchsorted(index[order], np.arange(1, len(self.filters.names)))
        split = (np.split(column[order], bounds) for column in columns)
        return [Sites(self.filters.width, *own) for own in zip(*split, strict=True)]


def _fraction_of_maximum(windows: _Windows, value: float) -> Floats:
    highest = windows.best.score.max(axis=0, initial=-np.inf).astype(np.float64)
    # A filter whose best window is below zero has no sites: a fraction of its maximum is above the maximum.
    return np.where(highest > 0, value * highest, np.inf)


def _top_windows(windows: _Windows, value: float) -> Floats:
    kept = np.empty((len(windows.filters.names), 0), dtype=np.float32)
    for _, scores, _ in scan_windows(windows.filters, windows.sequences):
        pool = np.concatenate([kept, scores.swapaxes(0, 1).reshape(len(kept), -1)], axis=1)
        kept = -np.partition(-pool, int(value) - 1, axis=1)[:, : int(value)] if pool.shape[1] > value else pool
    known = np.where(np.isfinite(kept), kept, np.inf)
    return known.min(axis=1, initial=np.inf).astype(np.float64)


def _rate_in_negatives(windows: _Windows, value: float) -> Floats:
    assert windows.negatives is not None  # find_sites has checked
    best = np.sort(best_windows(windows.filters, windows.negatives).score, axis=0)[::-1].astype(np.float64)
    allowed = int(value * len(best))
    # The score just above that of the first negative that must not pass.
    return np.nextafter(best[min(allowed, len(best) - 1)].astype(np.float32), np.float32(np.inf)).astype(np.float64)


#: Thresholds of filters by each rule in `extraction_spec.SITE_RULES`.
THRESHOLDS: dict[SiteRuleName, Callable[[_Windows, float], Floats]] = {
    "every": _fraction_of_maximum,
    "best": _fraction_of_maximum,
    "top": _top_windows,
    "rate": _rate_in_negatives,
}
