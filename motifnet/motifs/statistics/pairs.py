"""Pairs of motifs that share sequences more often than chance, and the spacing that they keep.

Chance is told apart from two things that bring any motifs together: GC content, and sequences that have many sites of
anything. Sequences are sorted into strata by both, and the test is conditional on how many sequences of each stratum
have either motif: Cochran, Mantel and Haenszel's question with the exact distribution, one-sided. Sites that overlap
are one place, read twice: it belongs to the first motif of the two, and is no pair. Sequences should be of one length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import binom, false_discovery_control

from motifnet.motifs.learned.sites import Sites
from motifnet.motifs.statistics.positions import best_sites

#: Of the second motif, as the first one reads.
ORIENTATIONS = (
    "downstream, same strand",
    "downstream, opposite strand",
    "upstream, same strand",
    "upstream, opposite strand",
)
#: Largest gap between two sites whose spacing is tested, in bp.
MAX_GAP = 100
_GC_BINS = 10
_SITE_BINS = 4
_LEAST_IN_BIN = 50
_SMOOTHING = 11
_SHIFTS = 200
_NEGLIGIBLE = 1e-200


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every pair of M motifs: columns of one length, ``M (M - 1) / 2``.

    Parameters
    ----------
    first, second : int64 arrays
        Index of the motifs; ``first < second``.
    n_both : int64 array
        Sequences with a site of each, not overlapping.
    expected : float64 array
        As many as chance would give, in these strata.
    p, e_value, q : float64 arrays
        One-sided p-value; times the number of pairs (at most that number); Benjamini & Hochberg's q-value.
    gap : int64 array
        The most surprising gap between the two best sites, in bp; -1 where no two lie within the largest gap.
    orientation : int64 array
        Index in `ORIENTATIONS`; -1 likewise.
    n_spaced : int64 array
        Sequences with that gap and orientation.
    spacing_p_value, spacing_e_value : float64 arrays
        Of the gap and orientation, corrected for all combinations looked at; and for the number of pairs too.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    n_both: NDArray[np.int64]
    expected: NDArray[np.float64]
    p: NDArray[np.float64]
    e_value: NDArray[np.float64]
    q: NDArray[np.float64]
    gap: NDArray[np.int64]
    orientation: NDArray[np.int64]
    n_spaced: NDArray[np.int64]
    spacing_p_value: NDArray[np.float64]
    spacing_e_value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.first)


def find_pairs(sites: Sites, gc: NDArray[np.floating[Any]], *, n_motifs: int, max_gap: int = MAX_GAP) -> Pairs:
    """Test every pair of motifs for sharing sequences, and for a spacing and orientation that they favour.

    Parameters
    ----------
    sites : Sites
        All sites above threshold in N held-out sequences of one kind (the positives); ``filter`` is the motif's index.
    gc : float array of shape (N,)
        Share of G and C in each sequence.
    n_motifs : int
        Motifs M.
    max_gap : int
        Largest gap between two sites that the spacing test looks at, in bp.

    Returns
    -------
    Pairs
        Spacing: of each sequence the best site of either motif counts. Each gap (0 to `max_gap`) and orientation is
        tested with a binomial whose chance is that of sites in different sequences, smoothed over gaps, and never below
        an even share; the smallest p-value is corrected for all combinations. (SpaMo, Whitington et al. 2011, Nucleic
        Acids Res 39:e98, asks the same against even shares.)
    """
    by_motif = [sites.take(sites.filter == motif) for motif in range(n_motifs)]
    counts = np.array([np.bincount(own.sequence, minlength=len(gc)) for own in by_motif]).reshape(n_motifs, len(gc))
    gc_bin = _bins(np.asarray(gc, dtype=np.float64), _GC_BINS)
    rows = []
    for first in range(n_motifs):
        for second in range(first + 1, n_motifs):
            others = _bins(counts.sum(axis=0) - counts[first] - counts[second], _SITE_BINS)
            left, right = by_motif[first], _apart(by_motif[second], by_motif[first])
            together = _co_occurrence(left, right, gc_bin * _SITE_BINS + others)
            rows.append((first, second, *together, *_favoured_spacing(left, right, max_gap)))
    return _as_pairs(rows)


def _as_pairs(rows: Sequence[tuple[float, ...]]) -> Pairs:
    columns = np.array(rows, dtype=np.float64).reshape(len(rows), 9).T
    first, second, n_both, gap, orientation, n_spaced = columns[[0, 1, 2, 5, 6, 7]].astype(np.int64)
    p, spacing_p_value = columns[4], columns[8]
    q = false_discovery_control(p) if len(p) else p
    return Pairs(
        first,
        second,
        n_both,
        columns[3],
        p,
        p * len(p),
        q,
        gap,
        orientation,
        n_spaced,
        spacing_p_value,
        spacing_p_value * len(p),
    )


def _bins(values: NDArray[Any], n_bins: int) -> NDArray[np.int64]:
    """Bins of about equal numbers, each of at least `_LEAST_IN_BIN` values; equal values share one."""
    n_bins = min(n_bins, max(len(values) // _LEAST_IN_BIN, 1))
    inner = np.arange(1, n_bins) / n_bins
    return np.searchsorted(np.quantile(values, inner) if len(values) else inner[:0], values, side="left")


def _apart(sites: Sites, others: Sites) -> Sites:
    """The sites that overlap none of the others; each is of one width."""
    if not len(sites) or not len(others):
        return sites
    width, other_width = int(sites.end[0] - sites.start[0]), int(others.end[0] - others.start[0])
    span = int(max(sites.end.max(), others.end.max())) + width + other_width
    starts = np.sort(others.sequence * span + others.start)
    place = sites.sequence * span + sites.start
    before = np.searchsorted(starts, place - other_width, side="right")
    return sites.take(np.searchsorted(starts, place + width, side="left") == before)


def _co_occurrence(first: Sites, second: Sites, strata: NDArray[np.int64]) -> tuple[float, float, float]:
    """Sequences with both, how many chance gives, and the one-sided p-value, conditional on the strata's margins."""
    has_first, has_second = np.zeros((2, len(strata)), dtype=bool)
    has_first[first.sequence] = has_second[second.sequence] = True
    n_strata = int(strata.max(initial=-1)) + 1
    total, firsts, seconds = (
        np.bincount(strata, weights=weights, minlength=n_strata) for weights in (None, has_first, has_second)
    )
    n_both = int((has_first & has_second).sum())
    informative = total > 0
    expected = float((firsts * seconds / np.maximum(total, 1))[informative].sum())
    lowest, chances = 0, np.ones(1)
    for n, k, m in zip(total[informative], firsts[informative], seconds[informative], strict=True):
        least, stratum = _hypergeometric(int(n), int(k), int(m))
        chances = np.convolve(chances, stratum)
        kept = np.flatnonzero(chances > _NEGLIGIBLE)
        chances = chances[kept[0] : kept[-1] + 1]
        lowest += least + int(kept[0])
    tail = chances[max(n_both - lowest, 0) :][::-1].sum()
    return n_both, expected, float(np.clip(tail, _NEGLIGIBLE, 1.0))


def _hypergeometric(n: int, k: int, m: int) -> tuple[int, NDArray[np.float64]]:
    """Chance that k and m of n sequences share so many: the smallest number possible, and probabilities from it on."""
    shared = np.arange(max(0, k + m - n), min(k, m) + 1)
    parts = [_log_choose(k, shared), _log_choose(n - k, m - shared), -_log_choose(n, np.array(m))]
    return int(shared[0]), np.exp(sum(parts))


def _log_choose(n: int, k: NDArray[np.int64]) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _favoured_spacing(first: Sites, second: Sites, max_gap: int) -> tuple[int, int, int, float]:
    """Gap, orientation, sequences with both, and p-value of the most surprising combination."""
    left, right = best_sites(first), best_sites(second)
    _, at_left, at_right = np.intersect1d(left.sequence, right.sequence, assume_unique=True, return_indices=True)
    left, right = left.take(at_left), right.take(at_right)
    observed = _combinations(left, right, max_gap)
    n = int(observed.sum())
    if n < 2:
        return -1, -1, 0, 1.0
    # Sites of different sequences lie where the motifs lie, but do not know each other.
    shifts = np.unique(np.linspace(1, len(left) - 1, min(_SHIFTS, len(left) - 1)).astype(int))
    index = np.arange(len(left))
    chance = sum(_combinations(left, right.take(np.roll(index, shift)), max_gap) for shift in shifts)
    window = min(_SMOOTHING, max_gap + 1)
    weights = np.convolve(np.ones(max_gap + 1), np.ones(window), mode="same")
    smooth = np.array([np.convolve(row, np.ones(window), mode="same") / weights for row in np.asarray(chance)])
    share = np.maximum(smooth / max(smooth.sum(), 1e-300), 1 / observed.size)
    p = binom.sf(observed - 1, n, np.minimum(share, 1.0))
    orientation, gap = np.unravel_index(int(p.argmin()), p.shape)
    corrected = min(1.0, float(p.min()) * p.size)
    return int(gap), int(orientation), int(observed[orientation, gap]), corrected


def _combinations(first: Sites, second: Sites, max_gap: int) -> NDArray[np.int64]:
    """How often each orientation and gap occurs between sites side by side in the columns: ``(4, max_gap + 1)``."""
    is_right = second.start >= first.end
    gap = np.where(is_right, second.start - first.end, first.start - second.end)
    is_upstream = is_right == first.is_reverse
    is_opposite = first.is_reverse != second.is_reverse
    kept = (gap >= 0) & (gap <= max_gap)
    places = (2 * is_upstream + is_opposite) * (max_gap + 1) + gap
    return np.bincount(places[kept], minlength=4 * (max_gap + 1)).reshape(4, -1)
