"""Enrichment of motifs in held-out sequences: p-, E- and q-values.

Thresholds and directions come from training sequences. If the classes have the same lengths, the numbers of sequences
with a site are compared by Fisher's exact test, one-sided, as in STREME and SEA (Bailey 2021, Bioinformatics 37:2834).
Otherwise sites are assumed to be uniform over all positions under the null hypothesis, and those of the enriched class
are tested by a binomial test. Real-valued labels are tested by Spearman's rank correlation. The tests are valid for
motifs, thresholds and directions that do not depend on the held-out sequences.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from motifnet.motifs.extraction_spec import EVALUE
from motifnet.motifs.motif import Floats, Motif, MotifSet, Strands
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.contrast import is_binary
from motifnet.motifs.statistics.occurrences import independent
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

#: Columns of enrichment.tsv.
ENRICHMENT_COLUMNS = {
    "motif": "name of the motif",
    "task": "task whose labels are tested",
    "direction": "class in which the motif is enriched in training: positive or negative (real labels: high or low)",
    "sites_positive": "held-out positives with a site",
    "n_positive": "held-out positives",
    "sites_negative": "held-out negatives with a site",
    "n_negative": "held-out negatives",
    "enrichment": "ratio of the fractions of sequences with a site, enriched class first (half a sequence is added to "
    "each count)",
    "test": "fisher; for classes of different lengths binomial, or cropped (fisher on the middle of the sequences, if "
    "sites are frequent); for real labels rank",
    "p_value": "one-sided p-value on held-out sequences",
    "e_value": "p-value times the number of motifs and tasks tested",
    "q_value": "false discovery rate (Benjamini-Hochberg) over the same tests",
    "status": "significant, not significant, or too few held-out sequences",
}
SIGNIFICANT, NOT_SIGNIFICANT = "significant", "not significant"
TOO_FEW = "too few held-out sequences"

_TINY = float(np.nextafter(0, 1))

Mask = NDArray[np.bool_]


class _Test(NamedTuple):
    """Test of one motif in one task; `lowest_p` is the smallest p-value that this number of sites could give."""

    counts: tuple[int, int, int, int]
    test: str
    p_value: float
    lowest_p: float


def enrichment_table(
    motifs: MotifSet,
    data: Dataset,
    scores: NDArray[np.floating],
    *,
    thresholds: Floats,
    signs: Floats,
    e_value: float = EVALUE,
) -> pd.DataFrame:
    """Test each motif on held-out sequences, for each task.

    Copies and overlapping windows (`Dataset.groups`) count once per class: they are not independent.

    Parameters
    ----------
    motifs : MotifSet of M motifs
        All motifs that could be called significant: the E-value is the p-value times M times T.
    data : Dataset of N sequences
        Sequences that neither motifs nor thresholds nor directions depend on.
    scores : array of shape (N, M)
        Best score of each motif in each sequence (`Occurrences.score`).
    thresholds : array of shape (M,) or (M, T)
        Lowest score of a site, in bits.
    signs : array of shape (M, T)
        See `thresholds.directions`.
    e_value : float
        Largest E-value of a significant motif.

    Returns
    -------
    DataFrame
        The columns `ENRICHMENT_COLUMNS`, all motifs at the first task, then all at the second, and so on.
    """
    cuts = np.asarray(thresholds, dtype=np.float64)
    cuts = np.broadcast_to(cuts if cuts.ndim == 2 else cuts[:, np.newaxis], signs.shape)
    rows = []
    for task, name in enumerate(data.tasks):
        labels = data.labels[:, task]
        chosen = independent(data, labels)
        task_scores, y = scores[chosen], labels[chosen]
        classes = _TwoClasses.of(data.sequences.take(chosen), y) if is_binary(y) else None
        for index, motif in enumerate(motifs):
            sign, threshold = signs[index, task], float(cuts[index, task])
            if classes is not None:
                test = _test_sites(motif, motifs.strands, task_scores[:, index], threshold, sign, classes)
            else:
                test = _test_ranks(task_scores[:, index], y, sign)
            rows.append((motif.name, name, _direction(sign, y), *test.counts, _ratio(test.counts, sign), *test[1:]))
    columns = [c for c in ENRICHMENT_COLUMNS if c not in ("e_value", "q_value", "status")] + ["lowest_p"]
    table = pd.DataFrame(rows, columns=columns)
    _log_cropped(table)
    return _correct(table, e_value)


def _log_cropped(table: pd.DataFrame) -> None:
    cropped = table.loc[table["test"] == "cropped"]
    if len(cropped):
        first = cropped.iloc[0]
        logger.warning(
            "%d of %d tests use only the middle of the sequences, without the shortest ones (%s: %d sequences): the "
            "classes differ in length and most sequences have a site",
            len(cropped), len(table), first["motif"], first["n_positive"] + first["n_negative"]
        )  # fmt: skip


def _correct(table: pd.DataFrame, e_value: float) -> pd.DataFrame:
    p = table["p_value"].to_numpy(dtype=np.float64)
    n_tests = len(table)
    table["e_value"] = p * n_tests
    table["q_value"] = stats.false_discovery_control(p) if len(p) else p
    status = np.where(table["e_value"] <= e_value, SIGNIFICANT, NOT_SIGNIFICANT).astype(object)
    status[table["lowest_p"].to_numpy() * n_tests > e_value] = TOO_FEW
    table["status"] = status
    return table[list(ENRICHMENT_COLUMNS)]


def _direction(sign: float, labels: NDArray[np.floating]) -> str:
    positive, negative = ("positive", "negative") if is_binary(labels) else ("high", "low")
    return positive if sign > 0 else negative


class _TwoClasses(NamedTuple):
    """Sequences of two classes, and the number of known bases of each."""

    sequences: SequenceSet
    is_positive: Mask
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, sequences: SequenceSet, labels: NDArray[np.floating]) -> _TwoClasses:
        return cls(sequences, labels == 1, sequences.composition().sum(axis=1))


def _test_sites(
    motif: Motif, strands: Strands, scores: NDArray[np.floating], threshold: float, sign: float, classes: _TwoClasses
) -> _Test:
    """Fisher's test, or the binomial test if the classes differ in length."""
    has_site, (sequences, is_positive, lengths) = scores >= threshold, classes
    if have_same_lengths(lengths[is_positive], lengths[~is_positive]):
        return _fisher(has_site, is_positive, sign)
    cropped, kept = crop_to_common(sequences.codes)
    fractions = [has_site[part].mean() if part.any() else 0 for part in (is_positive, ~is_positive)]
    # Frequent sites often are several per sequence, which the binomial test would count as one. Middles that are hardly
    # wider than the motif contain no site of it.
    if max(fractions) > 0.5 and cropped.shape[1] >= 2 * motif.width:
        middles = SequenceSet(("",) * len(kept), cropped)
        in_middle = best_sites([motif], middles, strands=strands).score[:, 0] >= threshold
        return _fisher(in_middle, is_positive[kept], sign)._replace(test="cropped")
    return _binomial(has_site, is_positive, np.maximum(lengths - motif.width + 1, 0), sign)


def have_same_lengths(lengths: NDArray[np.integer], others: NDArray[np.integer]) -> bool:
    """Whether two classes have nearly the same lengths: means within 1 %, distribution functions within 0.1."""
    if not len(lengths) or not len(others):
        return True
    mean, other = float(lengths.mean()), float(others.mean())
    if abs(mean - other) > 0.01 * max(mean, other):
        return False
    grid = np.union1d(lengths, others)
    steps = [np.searchsorted(np.sort(part), grid, side="right") / len(part) for part in (lengths, others)]
    return bool(np.abs(steps[0] - steps[1]).max() <= 0.1)


def crop_to_common(codes: Codes) -> tuple[Codes, NDArray[np.int64]]:
    """Crop sequences to their middle, at the length that nine in ten have; and the rows of those that have it."""
    is_known = codes != N
    first = is_known.argmax(axis=1)
    spans = np.where(is_known.any(axis=1), codes.shape[1] - is_known[:, ::-1].argmax(axis=1) - first, 0)
    common = max(int(np.quantile(spans, 0.1, method="lower")), 1)
    kept = np.flatnonzero(spans >= common)
    starts = first[kept] + (spans[kept] - common) // 2
    return codes[kept[:, np.newaxis], starts[:, np.newaxis] + np.arange(common)], kept


def _site_counts(has_site: Mask, is_positive: Mask) -> tuple[int, int, int, int]:
    return (
        int((has_site & is_positive).sum()),
        int(is_positive.sum()),
        int((has_site & ~is_positive).sum()),
        int((~is_positive).sum()),
    )


def _fisher(has_site: Mask, is_positive: Mask, sign: float) -> _Test:
    """One-sided: the probability of at least this number of sites in the enriched class, given the margins."""
    counts = _site_counts(has_site, is_positive)
    found, n_enriched = counts[:2] if sign > 0 else counts[2:]
    total, n = counts[0] + counts[2], counts[1] + counts[3]
    most = min(total, n_enriched)
    p, lowest = (_upper_tail(stats.hypergeom(n, n_enriched, sites), k) for sites, k in ((total, found), (most, most)))
    return _Test(counts, "fisher", p, lowest)


def _binomial(has_site: Mask, is_positive: Mask, positions: NDArray[np.integer], sign: float) -> _Test:
    """One-sided: the sites of the enriched class, if sites are uniform over all positions.

    A sequence of n positions then has a site with probability ``1 - exp(-rate n)``: not proportional to its length.
    """
    counts = _site_counts(has_site, is_positive)
    found, n_enriched = counts[:2] if sign > 0 else counts[2:]
    total = counts[0] + counts[2]
    expected = _site_probabilities(positions, total)
    fraction = float(expected[is_positive == (sign > 0)].sum() / max(expected.sum(), _TINY))
    most = min(total, n_enriched)
    p, lowest = (_upper_tail(stats.binom(sites, fraction), k) for sites, k in ((total, found), (most, most)))
    return _Test(counts, "binomial", p, lowest)


def _site_probabilities(positions: NDArray[np.integer], total: int) -> Floats:
    """Probability of a site in each sequence, at the rate that gives the total number of sequences with a site."""
    longest = positions.max(initial=0)
    if not 0 < total < (positions > 0).sum():
        return (positions > 0).astype(np.float64)
    relative = positions / longest
    # At this rate even the shortest sequence has one.
    highest = 40 / relative[relative > 0].min()
    rate = optimize.brentq(lambda rate: float(-np.expm1(-rate * relative).sum()) - total, 0, highest)
    return np.asarray(-np.expm1(-rate * relative))


def _upper_tail(distribution: stats.rv_discrete_frozen, k: int) -> float:
    """P(X >= k), at least the smallest positive number."""
    if k <= 0:
        return 1.0
    return float(np.clip(distribution.sf(k - 1), _TINY, 1.0))


def _test_ranks(scores: NDArray[np.floating], labels: NDArray[np.floating], sign: float) -> _Test:
    """Spearman's rank correlation of best score and label, one-sided."""
    no_counts = (0, 0, 0, 0)
    # No order of n observations has a probability below 1 / n!, whatever the approximation for large n.
    lowest = float(np.clip(np.exp(-special.gammaln(len(labels) + 1)), _TINY, 1.0))
    if len(labels) < 3 or len(np.unique(scores)) < 2 or len(np.unique(labels)) < 2:
        return _Test(no_counts, "rank", 1.0, lowest)
    p = stats.spearmanr(scores, labels, alternative="greater" if sign > 0 else "less").pvalue
    return _Test(no_counts, "rank", float(np.clip(p, lowest, 1.0)), lowest)


def _ratio(counts: tuple[int, int, int, int], sign: float) -> float:
    if not counts[1] and not counts[3]:
        return float("nan")
    positive, negative = (counts[0] + 0.5) / (counts[1] + 1), (counts[2] + 0.5) / (counts[3] + 1)
    return positive / negative if sign > 0 else negative / positive
