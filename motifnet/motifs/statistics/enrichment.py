"""Whether motifs are enriched in sequences that nothing was chosen on: p-, E- and q-values.

Thresholds and directions come from training sequences; here sequences with at least one site are counted. Where both
classes have the same lengths the test is Fisher's exact one, one-sided, as in STREME and SEA (Bailey 2021,
Bioinformatics 37:2834); where they have not, by chance sites fall on all positions alike, and those of the marked class
are tested by the binomial. Real-valued labels are tested by rank. All are tests for motifs that were fixed in advance.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from motifnet.motifs.extraction_spec import EVALUE
from motifnet.motifs.motif import Floats, MotifSet
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.contrast import is_binary
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

#: Columns of `enrichment`, and what they are.
ENRICHMENT_COLUMNS = {
    "motif": "name of the motif",
    "task": "the task whose labels were tested",
    "direction": "class that the motif marks: positive or negative (of real-valued labels: high or low)",
    "sites_positive": "held-out positives with a site",
    "n_positive": "held-out positives",
    "sites_negative": "held-out negatives with a site",
    "n_negative": "held-out negatives",
    "enrichment": "ratio of the shares of sequences with a site (half a sequence added to each), marked class first",
    "test": "fisher; of classes of unlike lengths binomial, or cropped (fisher on the middle, if sites are frequent); "
    "of real-valued labels rank",
    "p_value": "one-sided p-value on held-out sequences",
    "e_value": "p times the number of motifs and tasks that were tested",
    "q_value": "false discovery rate (Benjamini-Hochberg) over the same",
    "status": "significant, not significant, or too few held-out sequences to tell",
}
SIGNIFICANT, NOT_SIGNIFICANT = "significant", "not significant"
TOO_FEW = "too few held-out sequences to tell"

_SAME_MEAN = 0.01
_SAME_SPREAD = 0.1
#: Of the sequences; from here on several sites a sequence are common, and the binomial would count them as one.
_MOST = 0.5
_TINY = float(np.nextafter(0, 1))

Mask = NDArray[np.bool_]


class _Result(NamedTuple):
    """One motif, one task; `lowest_p` is the smallest p that so many sites or fewer can give."""

    hits: tuple[int, int, int, int]
    test: str
    p: float
    lowest_p: float


def directions(scores: NDArray[np.floating], thresholds: NDArray[np.floating], labels: NDArray[np.floating]) -> Floats:
    """Which class each motif marks: 1 the positives (or high labels), -1 the others; ``(M, T)``.

    Parameters
    ----------
    scores : array of shape (N, M)
        Best score of each motif in each training sequence.
    thresholds : array of shape (M,)
    labels : array of shape (N, T)
        0/1, real, or NaN for unknown.
    """
    signs = np.ones((scores.shape[1], labels.shape[1]))
    for task, y in enumerate(labels.T):
        known = ~np.isnan(y)
        if is_binary(y):
            above = scores[known] >= thresholds
            is_positive = y[known] == 1
            shares = [above[part].sum(axis=0) / max(part.sum(), 1) for part in (is_positive, ~is_positive)]
            signs[:, task] = np.where(shares[0] >= shares[1], 1, -1)
        else:
            signs[:, task] = [1 if _rank_correlation(column[known], y[known]) >= 0 else -1 for column in scores.T]
    return signs


def enrichment(
    motifs: MotifSet,
    data: Dataset,
    *,
    thresholds: Sequence[float] | Floats,
    signs: Floats,
    e_value: float = EVALUE,
    scores: NDArray[np.floating] | None = None,
) -> pd.DataFrame:
    """Test each motif on held-out sequences, for each task.

    Copies and overlapping windows (`Dataset.groups`) count once a class: they are not independent.

    Parameters
    ----------
    motifs : MotifSet of M motifs
    data : Dataset
        Sequences on which neither motifs nor thresholds nor directions were chosen.
    thresholds : array of shape (M,) or (M, T)
        Score in bits (`Motif.pwm` with its default pseudocount) from which a window is a site.
    signs : array of shape (M, T)
        See `directions`.
    e_value : float
        A motif is significant up to this.
    scores : array of shape (N, M), optional
        Best score of each motif in each sequence, where it is known already (see `best_sites`).

    Returns
    -------
    DataFrame
        The columns `ENRICHMENT_COLUMNS`, all motifs at the first task, then all at the second, and so on. E is p times
        M times T: give all motifs that could have been called significant.
    """
    best = best_sites(motifs, data.sequences).score if scores is None else scores
    cuts = np.asarray(thresholds, dtype=np.float64)
    cuts = np.broadcast_to(cuts if cuts.ndim == 2 else cuts[:, np.newaxis], signs.shape)
    rows = []
    for task, name in enumerate(data.tasks):
        labels = data.labels[:, task]
        chosen = independent(data, labels)
        task_scores, y = best[chosen], labels[chosen]
        tested = _Tested.of(data.sequences.take(chosen), y) if is_binary(y) else None
        for index, motif in enumerate(motifs):
            sign, threshold = signs[index, task], float(cuts[index, task])
            if tested is not None:
                result = _test_sites(motifs[index : index + 1], task_scores[:, index], threshold, sign, tested)
            else:
                result = _test_ranks(task_scores[:, index], y, sign)
            rows.append((motif.name, name, _direction(sign, y), *result.hits, _ratio(result.hits, sign), *result[1:]))
    columns = [c for c in ENRICHMENT_COLUMNS if c not in ("e_value", "q_value", "status")] + ["lowest_p"]
    table = pd.DataFrame(rows, columns=columns)
    _warn_of_cropped(table)
    return _correct(table, e_value)


def _warn_of_cropped(table: pd.DataFrame) -> None:
    cropped = table.loc[table["test"] == "cropped"]
    if len(cropped):
        first = cropped.iloc[0]
        logger.warning(
            "%d of %d tests: the classes differ in length and most sequences have a site, so only the middle of the "
            "sequences is looked at, and the shortest are left out (%s: %d sequences are left)", len(cropped),
            len(table), first["motif"], first["n_positive"] + first["n_negative"]
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


def independent(data: Dataset, labels: NDArray[np.floating]) -> NDArray[np.int64]:
    """Rows with a known label, one a group and class: copies are no further evidence."""
    known = np.flatnonzero(~np.isnan(labels))
    classes = labels[known] if is_binary(labels) else np.zeros(len(known))
    _, first = np.unique(np.stack([data.groups[known], classes]), axis=1, return_index=True)
    return np.sort(known[first])


def _direction(sign: float, labels: NDArray[np.floating]) -> str:
    marked, other = ("positive", "negative") if is_binary(labels) else ("high", "low")
    return marked if sign > 0 else other


class _Tested(NamedTuple):
    """Sequences of two classes, and how many known letters each has."""

    sequences: SequenceSet
    is_positive: Mask
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, sequences: SequenceSet, labels: NDArray[np.floating]) -> _Tested:
        return cls(sequences, labels == 1, sequences.composition().sum(axis=1))


def _test_sites(
    motif: MotifSet, scores: NDArray[np.floating], threshold: float, sign: float, tested: _Tested
) -> _Result:
    """Fisher's test, or the binomial where the classes differ in length."""
    has_site, (sequences, is_positive, lengths) = scores >= threshold, tested
    if are_alike(lengths[is_positive], lengths[~is_positive]):
        return _fisher(has_site, is_positive, sign)
    cropped, kept = crop_to_common(sequences.codes)
    shares = [has_site[part].mean() if part.any() else 0 for part in (is_positive, ~is_positive)]
    # Middles that are hardly wider than the motif hold no site of it.
    if max(shares) > _MOST and cropped.shape[1] >= 2 * motif[0].width:
        in_middle = best_sites(motif, SequenceSet(tuple("" for _ in kept), cropped)).score[:, 0] >= threshold
        return _fisher(in_middle, is_positive[kept], sign)._replace(test="cropped")
    return _binomial(has_site, is_positive, np.maximum(lengths - motif[0].width + 1, 0), sign)


def are_alike(lengths: NDArray[np.integer], others: NDArray[np.integer]) -> bool:
    """Whether two classes have the same distribution of lengths, as far as the chance of a site goes."""
    if not len(lengths) or not len(others):
        return True
    mean, other = float(lengths.mean()), float(others.mean())
    if abs(mean - other) > _SAME_MEAN * max(mean, other):
        return False
    grid = np.union1d(lengths, others)
    steps = [np.searchsorted(np.sort(part), grid, side="right") / len(part) for part in (lengths, others)]
    return bool(np.abs(steps[0] - steps[1]).max() <= _SAME_SPREAD)


def crop_to_common(codes: Codes) -> tuple[Codes, NDArray[np.int64]]:
    """The middle of each sequence at the length that nine in ten of them have, and the rows of those that have it."""
    is_known = codes != N
    first = is_known.argmax(axis=1)
    spans = np.where(is_known.any(axis=1), codes.shape[1] - is_known[:, ::-1].argmax(axis=1) - first, 0)
    common = max(int(np.quantile(spans, 0.1, method="lower")), 1)
    kept = np.flatnonzero(spans >= common)
    starts = first[kept] + (spans[kept] - common) // 2
    return codes[kept[:, np.newaxis], starts[:, np.newaxis] + np.arange(common)], kept


def _hits(has_site: Mask, is_positive: Mask) -> tuple[int, int, int, int]:
    return (
        int((has_site & is_positive).sum()),
        int(is_positive.sum()),
        int((has_site & ~is_positive).sum()),
        int((~is_positive).sum()),
    )


def _fisher(has_site: Mask, is_positive: Mask, sign: float) -> _Result:
    """One-sided: the chance of at least so many sites in the marked class, given the margins."""
    hits = _hits(has_site, is_positive)
    found, marked = hits[:2] if sign > 0 else hits[2:]
    total, n = hits[0] + hits[2], hits[1] + hits[3]
    most = min(total, marked)
    p, lowest = (_upper_tail(stats.hypergeom(n, marked, sites), k) for sites, k in ((total, found), (most, most)))
    return _Result(hits, "fisher", p, lowest)


def _binomial(has_site: Mask, is_positive: Mask, positions: NDArray[np.integer], sign: float) -> _Result:
    """Sites fall on all positions alike: those of the marked class against its share of the sequences to be expected.

    A sequence of n positions has a site with the chance ``1 - exp(-rate n)``: twice the length is not twice the chance.
    """
    hits = _hits(has_site, is_positive)
    found, marked = hits[:2] if sign > 0 else hits[2:]
    total = hits[0] + hits[2]
    expected = _chances(positions, total)
    share = float(expected[is_positive == (sign > 0)].sum() / max(expected.sum(), _TINY))
    most = min(total, marked)
    p, lowest = (_upper_tail(stats.binom(sites, share), k) for sites, k in ((total, found), (most, most)))
    return _Result(hits, "binomial", p, lowest)


def _chances(positions: NDArray[np.integer], total: int) -> Floats:
    """Chance of a site in each sequence, at the rate that gives so many sequences with a site."""
    longest = positions.max(initial=0)
    if not 0 < total < (positions > 0).sum():
        return (positions > 0).astype(np.float64)
    relative = positions / longest
    # At this rate even the shortest sequence is sure to have one.
    highest = 40 / relative[relative > 0].min()
    rate = optimize.brentq(lambda rate: float(-np.expm1(-rate * relative).sum()) - total, 0, highest)
    return np.asarray(-np.expm1(-rate * relative))


def _upper_tail(distribution: stats.rv_discrete_frozen, k: int) -> float:
    """P(X >= k), never 0: what underflows is the smallest number there is."""
    if k <= 0:
        return 1.0
    return float(np.clip(distribution.sf(k - 1), _TINY, 1.0))


def _test_ranks(scores: NDArray[np.floating], labels: NDArray[np.floating], sign: float) -> _Result:
    """Spearman's rank correlation of best score and label, one-sided."""
    no_hits = (0, 0, 0, 0)
    # With n observations no order is rarer than 1 in n!, whatever the approximation for many says.
    lowest = float(np.clip(np.exp(-special.gammaln(len(labels) + 1)), _TINY, 1.0))
    if len(labels) < 3 or len(np.unique(scores)) < 2 or len(np.unique(labels)) < 2:
        return _Result(no_hits, "rank", 1.0, lowest)
    p = stats.spearmanr(scores, labels, alternative="greater" if sign > 0 else "less").pvalue
    return _Result(no_hits, "rank", float(np.clip(p, lowest, 1.0)), lowest)


def _rank_correlation(scores: NDArray[np.floating], labels: NDArray[np.floating]) -> float:
    if len(np.unique(scores)) < 2 or len(np.unique(labels)) < 2:
        return 0.0
    return float(stats.spearmanr(scores, labels).statistic)


def _ratio(hits: tuple[int, int, int, int], sign: float) -> float:
    if not hits[1] and not hits[3]:
        return float("nan")
    positive, negative = (hits[0] + 0.5) / (hits[1] + 1), (hits[2] + 0.5) / (hits[3] + 1)
    return positive / negative if sign > 0 else negative / positive
