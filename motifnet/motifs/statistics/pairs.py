"""Pairs of motifs that occur together more often than by chance, and their spacing.

Two causes would let any motifs occur together: GC content, and sequences with many sites. Sequences are therefore
stratified by both, and the test is conditional on the number of sequences of each stratum with either motif: the
Cochran-Mantel-Haenszel test with the exact distribution, one-sided. A site of the second motif that overlaps the site
of the first one is not counted: both could be of one occurrence. Sequences should have one length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import binom, false_discovery_control

from motifnet.motifs.statistics.occurrences import Occurrences

#: Columns of pairs.tsv.
PAIR_COLUMNS = {
    "motif": "name of the first motif",
    "other": "name of the second motif",
    "n_both": "held-out positives with a site of both, not overlapping",
    "expected": "expected number by chance, given GC content and the number of other sites",
    "p_value": "one-sided p-value of occurring together",
    "e_value": "p-value times the number of pairs",
    "q_value": "false discovery rate (Benjamini-Hochberg) over the pairs",
    "gap": "most enriched gap between the two sites, in bp; -1: none within 100 bp",
    "orientation": "of the second motif, relative to the first",
    "n_spaced": "sequences with that gap and orientation",
    "spacing_e_value": "E-value of the spacing, corrected for all gaps, orientations and pairs",
}
#: Position and strand of the second motif, relative to the first.
ORIENTATIONS = (
    "downstream, same strand",
    "downstream, opposite strand",
    "upstream, same strand",
    "upstream, opposite strand",
)
#: Probabilities that are neglected.
_NEGLIGIBLE = 1e-200

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def pair_table(
    occurrences: Occurrences, has_site: Mask, *, max_gap: int = 100, gc_bins: int = 10, site_bins: int = 4
) -> pd.DataFrame:
    """Test every pair of motifs for occurring together, and for a preferred spacing and orientation.

    Each gap (0 to `max_gap`) and orientation of the best sites is tested with a binomial test; its probability is that
    of sites in different sequences, smoothed over gaps, and at least uniform. The smallest p-value is corrected for all
    combinations. (SpaMo, Whitington et al. 2011, Nucleic Acids Res 39:e98, tests against a uniform distribution.)

    Parameters
    ----------
    occurrences : Occurrences of M motifs in N held-out sequences of one class (the positives)
    has_site : bool array of shape (N, M)
    max_gap : int
        In bp.
    gc_bins, site_bins : int
        Number of strata by GC content and by the number of other motifs, at most.

    Returns
    -------
    DataFrame
        The columns `PAIR_COLUMNS`, ``M (M - 1) / 2`` rows by p-value.
    """
    gc_bin = _bins(occurrences.data.sequences.gc_content(), gc_bins)
    names, n_sites = occurrences.names, has_site.sum(axis=1)
    rows = []
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            has_first = has_site[:, first]
            left, right = _placed(occurrences, first), _placed(occurrences, second)
            overlaps = has_first & (left[0] < right[1]) & (right[0] < left[1])
            has_second = has_site[:, second] & ~overlaps
            others = _bins(n_sites - has_first - has_site[:, second], site_bins)
            together = _co_occurrence(has_first, has_second, gc_bin * site_bins + others)
            both = has_first & has_second
            spacing = _preferred_spacing(left[:, both], right[:, both], max_gap)
            rows.append((names[first], names[second], *together, *spacing))
    columns = ("motif", "other", "n_both", "expected", "p_value", "gap", "orientation", "n_spaced", "spacing_e_value")
    table = pd.DataFrame(rows, columns=list(columns))
    p_values = table["p_value"].to_numpy(dtype=np.float64)
    table["e_value"] = p_values * len(table)
    table["q_value"] = false_discovery_control(p_values) if len(table) else p_values
    table["spacing_e_value"] *= len(table)
    return table[list(PAIR_COLUMNS)].sort_values("p_value", kind="stable", ignore_index=True)


def spacing_counts(
    occurrences: Occurrences, has_site: Mask, pair: tuple[int, int], *, max_gap: int
) -> tuple[Ints, NDArray[np.float64]]:
    """Count the spacings of the best sites of two motifs, and their expected numbers.

    Parameters
    ----------
    occurrences : Occurrences of M motifs in N sequences
    has_site : bool array of shape (N, M)
    pair : (int, int)
        Indices of the motifs.
    max_gap : int
        In bp.

    Returns
    -------
    int64 array of shape (4, max_gap + 1)
        Sequences with each of `ORIENTATIONS` and each gap.
    float64 array of this shape
        Expected numbers: those of sites in different sequences, smoothed over gaps.
    """
    both = has_site[:, list(pair)].all(axis=1)
    left, right = (_placed(occurrences, motif)[:, both] for motif in pair)
    observed = _spacings(left, right, max_gap)
    n = int(observed.sum())
    return observed, n * _chance(left, right, max_gap) if n > 1 else np.full(observed.shape, n / observed.size)


def _placed(occurrences: Occurrences, motif: int) -> Ints:
    """Start, end and strand (1 for ``-``) of the best sites of a motif: ``(3, N)``."""
    start = occurrences.start[:, motif].astype(np.int64)
    return np.stack([start, start + occurrences.widths[motif], occurrences.is_reverse[:, motif]])


def _bins(values: NDArray[Any], n_bins: int) -> Ints:
    """At most `n_bins` bins of about equal numbers, each of at least 50 values; equal values share one."""
    n_bins = min(n_bins, max(len(values) // 50, 1))
    inner = np.arange(1, n_bins) / n_bins
    return np.searchsorted(np.quantile(values, inner) if len(values) else inner[:0], values, side="left")


def _co_occurrence(has_first: Mask, has_second: Mask, strata: Ints) -> tuple[int, float, float]:
    """Sequences with both, their expected number, and the one-sided p-value, conditional on the strata's margins."""
    n_strata = int(strata.max(initial=-1)) + 1
    total, firsts, seconds = (
        np.bincount(strata, weights=weights, minlength=n_strata) for weights in (None, has_first, has_second)
    )
    n_both = int((has_first & has_second).sum())
    informative = total > 0
    expected = float((firsts * seconds / np.maximum(total, 1))[informative].sum())
    lowest, probabilities = 0, np.ones(1)
    for n, k, m in zip(total[informative], firsts[informative], seconds[informative], strict=True):
        smallest, stratum = _hypergeometric(int(n), int(k), int(m))
        probabilities = np.convolve(probabilities, stratum)
        kept = np.flatnonzero(probabilities > _NEGLIGIBLE)
        probabilities = probabilities[kept[0] : kept[-1] + 1]
        lowest += smallest + int(kept[0])
    tail = probabilities[max(n_both - lowest, 0) :][::-1].sum()
    return n_both, expected, float(np.clip(tail, _NEGLIGIBLE, 1.0))


def _hypergeometric(n: int, k: int, m: int) -> tuple[int, NDArray[np.float64]]:
    """Number of n sequences with both of two motifs that k and m have: the smallest, and probabilities from it on."""
    shared = np.arange(max(0, k + m - n), min(k, m) + 1)
    parts = [_log_choose(k, shared), _log_choose(n - k, m - shared), -_log_choose(n, np.array(m))]
    return int(shared[0]), np.exp(sum(parts))


def _log_choose(n: int, k: Ints) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def _preferred_spacing(left: Ints, right: Ints, max_gap: int) -> tuple[int, str, int, float]:
    """Gap, orientation, number of sequences and p-value of the most enriched spacing of sites ``(3, n)``."""
    observed = _spacings(left, right, max_gap)
    n = int(observed.sum())
    if n < 2:
        return -1, "", 0, 1.0
    fraction = np.maximum(_chance(left, right, max_gap), 1 / observed.size)
    p = binom.sf(observed - 1, n, np.minimum(fraction, 1.0))
    orientation, gap = np.unravel_index(int(p.argmin()), p.shape)
    corrected = min(1.0, float(p.min()) * p.size)
    return int(gap), ORIENTATIONS[int(orientation)], int(observed[orientation, gap]), corrected


def _chance(left: Ints, right: Ints, max_gap: int) -> NDArray[np.float64]:
    """Fraction of each orientation and gap ``(4, max_gap + 1)`` by chance, from sites ``(3, n)``, n > 1.

    Sites of different sequences have the same distribution, but are independent.
    """
    n_pairs = left.shape[1]
    shifts = np.unique(np.linspace(1, n_pairs - 1, min(200, n_pairs - 1)).astype(int))
    shuffled = sum(_spacings(left, np.roll(right, shift, axis=1), max_gap) for shift in shifts)
    window = min(11, max_gap + 1)
    weights = np.convolve(np.ones(max_gap + 1), np.ones(window), mode="same")
    smooth = np.array([np.convolve(row, np.ones(window), mode="same") / weights for row in np.asarray(shuffled)])
    return np.asarray(smooth / max(smooth.sum(), 1e-300))


def _spacings(left: Ints, right: Ints, max_gap: int) -> Ints:
    """How often each orientation and gap occurs between sites in the same columns: ``(4, max_gap + 1)``."""
    is_right = right[0] >= left[1]
    gap = np.where(is_right, right[0] - left[1], left[0] - right[1])
    is_upstream = is_right == (left[2] == 1)
    is_opposite = left[2] != right[2]
    kept = (gap >= 0) & (gap <= max_gap)
    index = (2 * is_upstream + is_opposite) * (max_gap + 1) + gap
    return np.bincount(index[kept], minlength=4 * (max_gap + 1)).reshape(4, -1)
