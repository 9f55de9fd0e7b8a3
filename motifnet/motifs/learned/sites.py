"""Where filters fire: from pre-activations to placed sites.

A *window* is a place where a filter could sit; a *site* is a window that passes the filter's threshold. Scores are
pre-activations throughout: an exponential activation would turn "half of the maximum" into "within 0.69 of the largest
pre-activation", which one outlier decides. With both strands a window takes the better one's score, ties to ``+``, so a
palindrome counts once. Windows that hold an N are skipped. Activations are never held beyond a batch of sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

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

#: Letters in a batch of sequences: scores of 64 filters take 256 bytes a letter, several times over.
_LETTERS = 1 << 17
Scores = NDArray[np.float32]


class FilterBank(Protocol):
    """Filters that score windows, such as ``TrainedModel.layer(0)``."""

    @property
    def width(self) -> int:
        """Positions that one activation sees."""

    @property
    def names(self) -> tuple[str, ...]:
        """One name a filter."""

    @property
    def strands(self) -> Strands:
        """Whether the reverse complement is looked at too."""

    @property
    def slack(self) -> int:
        """Positions that a word can move within the width without the score noticing: 0 but behind max-pools."""

    @property
    def floor(self) -> float:
        """Pre-activation at which a filter falls silent: 0 for ReLU, minus infinity where it never does."""

    def activations(self, codes: Codes) -> Scores:
        """Pre-activations of codes ``(n, L)`` on the forward strand: float32 ``(n, F, L - width + 1)``."""


@runtime_checkable
class FindsBest(Protocol):
    """A FilterBank that finds best windows faster than by handing out all activations."""

    def best_windows(self, codes: Codes) -> tuple[Scores, NDArray[np.int64], NDArray[np.bool_]]:
        """What `best_windows` says, of codes ``(n, L)`` with at least one window: three arrays ``(n, F)``."""


class Windows(NamedTuple):
    """Scores of all windows of a batch: the better strand's score, whether that is the reverse one, `-inf` over N."""

    first: int
    scores: Scores
    is_reverse: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sites:
    """Placed occurrences as columns of one length, ordered by filter, sequence and start.

    Parameters
    ----------
    filter, sequence, start, end : int64 arrays of shape (n,)
        Index of the filter and of the sequence; half-open interval on the forward strand, in bp.
    is_reverse : bool array of shape (n,)
        Whether the word is read on the ``-`` strand.
    score : float32 array of shape (n,)
    """

    filter: NDArray[np.int64]
    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]
    score: Scores

    def __len__(self) -> int:
        return len(self.filter)

    def take(self, index: Any) -> Sites:
        """The sites at these indices, or where a mask is True."""
        return Sites(*(column[index] for column in self.columns()))

    def columns(self) -> tuple[NDArray[Any], ...]:
        """All columns, in the order of the constructor."""
        return self.filter, self.sequence, self.start, self.end, self.is_reverse, self.score

    def words(self, sequences: SequenceSet) -> Codes:
        """The words at the sites, read on their own strand: uint8 codes ``(n, width)``.

        All sites must be of one width (those of one filter are).
        """
        width = int(self.end[0] - self.start[0]) if len(self) else 0
        return subsequences(sequences, self.sequence, self.start, self.is_reverse, width)


def subsequences(
    sequences: SequenceSet,
    sequence: NDArray[np.int64],
    start: NDArray[np.int64],
    is_reverse: NDArray[np.bool_],
    width: int,
) -> Codes:
    """Subsequences of `width` bp on their strands: uint8 ``(n, width)``, N beyond the ends of the sequences."""
    kmers = np.empty((len(start), width), dtype=np.uint8)
    for first, block in blocks(kmers):
        rows = slice(first, first + len(block))
        columns = start[rows, np.newaxis] + np.arange(width)
        inside = (columns >= 0) & (columns < sequences.length)
        block[:] = np.where(inside, sequences.codes[sequence[rows, np.newaxis], np.where(inside, columns, 0)], N)
        release(sequences.codes)
    kmers[is_reverse] = reverse_complement(kmers[is_reverse])
    return kmers


def count_bases(kmers: Codes) -> Floats:
    """PFM of k-mers ``(n, k)``: float64 ``(4, k)``; N is not counted."""
    return np.stack([(kmers == base).sum(axis=0) for base in range(4)]).astype(np.float64)


def site_thresholds(
    filters: FilterBank, sequences: SequenceSet, *, negatives: SequenceSet | None = None, rule: SiteRule | None = None
) -> NDArray[np.float64]:
    """The score from which a window is a site, for each filter.

    Parameters
    ----------
    filters : FilterBank of F filters
    sequences : SequenceSet
        Where the sites will be taken from (training sequences; usually the positive ones).
    negatives : SequenceSet, optional
        Training negatives, for the rule "rate".
    rule : SiteRule, optional

    Returns
    -------
    float64 array of shape (F,)
        Never below the filter's floor; infinite for a filter that has no sites under the rule.

    Raises
    ------
    InputError
        If the rule is "rate" and there are no negatives.
    """
    check_type("sequences", sequences, SequenceSet)
    return _thresholds(_Scan(filters, sequences), negatives, rule or SiteRule())


def find_sites(
    filters: FilterBank, sequences: SequenceSet, thresholds: NDArray[np.floating], *, is_best_only: bool
) -> Sites:
    """The windows that reach their filter's threshold, and are above its floor: at the floor itself it is silent.

    Parameters
    ----------
    filters : FilterBank of F filters
    sequences : SequenceSet
    thresholds : array of shape (F,)
        See `site_thresholds`.
    is_best_only : bool
        Keep only the best window of a sequence for each filter (the first of equals).

    Returns
    -------
    Sites
    """
    check_type("sequences", sequences, SequenceSet)
    scan = _Scan(filters, sequences)
    return scan.best_sites(thresholds) if is_best_only else scan.all_sites(thresholds)


def sites_by_rule(
    filters: FilterBank, sequences: SequenceSet, *, negatives: SequenceSet | None, rule: SiteRule
) -> tuple[NDArray[np.float64], Sites]:
    """`site_thresholds`, and `find_sites` with them; rules that take best windows only look at the sequences once."""
    scan = _Scan(filters, sequences)
    thresholds = _thresholds(scan, negatives, rule)
    return thresholds, scan.best_sites(thresholds) if rule.is_best_only else scan.all_sites(thresholds)


def best_windows(filters: FilterBank, sequences: SequenceSet) -> BestSites:
    """The best window of each sequence for each filter: the leftmost of equals, ``+`` where both strands are equal.

    Scores are minus infinity where every window holds an N. Arrays are ``(N, F)``.
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


def scan_windows(filters: FilterBank, sequences: SequenceSet) -> Iterator[Windows]:
    """Score every window, a batch of sequences at a time; at least one (perhaps empty) batch."""
    size = max(1, _LETTERS // max(sequences.length, 1))
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
        yield Windows(first, scores, is_reverse)


@dataclass(frozen=True, eq=False)
class _Scan:
    """Filters and what they are slid along: the best windows are found once."""

    filters: FilterBank
    sequences: SequenceSet

    @cached_property
    def best(self) -> BestSites:
        return best_windows(self.filters, self.sequences)

    def best_sites(self, thresholds: NDArray[np.floating]) -> Sites:
        """The best windows that pass."""
        score, start, is_reverse = self.best.score.T, self.best.start.T, self.best.is_reverse.T
        passed = (score >= np.asarray(thresholds)[:, np.newaxis]) & (score > self.filters.floor) & (score > -np.inf)
        unit, sequence = np.nonzero(passed)
        starts = start[passed]
        return Sites(unit, sequence, starts, starts + self.filters.width, is_reverse[passed], score[passed])

    def all_sites(self, thresholds: NDArray[np.floating]) -> Sites:
        """All windows that pass."""
        parts = []
        for first, scores, is_reverse in scan_windows(self.filters, self.sequences):
            passed = (scores >= np.asarray(thresholds)[:, np.newaxis]) & (scores > self.filters.floor)
            sequence, unit, start = np.nonzero(passed)
            end = start + self.filters.width
            parts.append((unit, sequence + first, start, end, is_reverse[passed], scores[passed]))
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.lexsort((columns[2], columns[1], columns[0]))
        return Sites(*(column[order] for column in columns))


def _thresholds(scan: _Scan, negatives: SequenceSet | None, rule: SiteRule) -> NDArray[np.float64]:
    if rule.name == "rate" and (negatives is None or not len(negatives)):
        raise InputError("site rule 'rate' needs negative sequences", hint="Give negatives, or use rule 'best'.")
    return np.maximum(THRESHOLDS[rule.name](scan, negatives, float(rule.value or 0)), scan.filters.floor)


def _fraction_of_maximum(scan: _Scan, negatives: SequenceSet | None, value: float) -> NDArray[np.float64]:
    highest = scan.best.score.max(axis=0, initial=-np.inf).astype(np.float64)
    # A filter whose best window is below zero has no "fraction of its maximum": it has no sites.
    return np.where(highest > 0, value * highest, np.inf)


def _top_windows(scan: _Scan, negatives: SequenceSet | None, value: float) -> NDArray[np.float64]:
    kept = np.empty((len(scan.filters.names), 0), dtype=np.float32)
    for _, scores, _ in scan_windows(scan.filters, scan.sequences):
        pool = np.concatenate([kept, scores.swapaxes(0, 1).reshape(len(kept), -1)], axis=1)
        kept = -np.partition(-pool, int(value) - 1, axis=1)[:, : int(value)] if pool.shape[1] > value else pool
    known = np.where(np.isfinite(kept), kept, np.inf)
    return known.min(axis=1, initial=np.inf).astype(np.float64)


def _rate_in_negatives(scan: _Scan, negatives: SequenceSet | None, value: float) -> NDArray[np.float64]:
    assert negatives is not None  # _thresholds has seen to it
    best = np.sort(best_windows(scan.filters, negatives).score, axis=0)[::-1].astype(np.float64)
    allowed = int(value * len(best))
    # The score just above that of the first negative that must not pass.
    return np.nextafter(best[min(allowed, len(best) - 1)].astype(np.float32), np.float32(np.inf)).astype(np.float64)


#: How the thresholds of each rule in `spec.SITE_RULES` are found.
THRESHOLDS: dict[SiteRuleName, Callable[[_Scan, SequenceSet | None, float], NDArray[np.float64]]] = {
    "every": _fraction_of_maximum,
    "best": _fraction_of_maximum,
    "top": _top_windows,
    "rate": _rate_in_negatives,
}
