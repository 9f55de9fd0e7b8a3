"""Regression on k-mer counts: combined with the network of a model, and a baseline on its own.

Counts of 4- to 6-mers and of gapped 7-mers represent base composition and many weak motifs, for which a network has too
few filters. Gapped k-mers are also the features of gkm-SVM (Ghandi et al. 2014, PLoS Comput Biol 10:e1003711). Here
each k-mer has an explicit weight: the score is a sum of weights, and effects of mutations are exact. The errors of the
regression differ from those of a network, so both together are better than either (``tests/benchmarks/accuracy.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

from motifnet.errors import quoted
from motifnet.hdf5 import stored_arrays
from motifnet.models.dual_ascent import Examples, fit_linear
from motifnet.models.network.spec import ModelSpec
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.gapped_kmers import (
    GAPPED,
    PATTERNS,
    SHORT,
    Pattern,
    column_names,
    columns,
    gapped_codes,
    middles,
    n_columns,
    nearness,
    window_columns,
)
from motifnet.sequences.kmers import batches
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float64]

#: Maximum number of training sequences, of k-mers in them (each is 4 bytes of memory), and of k-mers over all tasks
#: (a million take about 0.1 s of CPU).
MAX_SEQUENCES, MAX_KMERS, MAX_KMERS_OF_TASKS = 20_000, 1 << 26, 1 << 29
#: Ratio of the loss of an example to the penalty, and Euclidean length of the counts of its 4- to 6-mers if that of its
#: gapped k-mers is 1; chosen by cross-validation within training files.
_PRIORS = {"classes": (10.0, 0.5), "values": (0.3, 1.0), "counts": (1.0, 1.0)}
#: Distance to the middle of a sequence at which the weight of a k-mer is halved, if that fits the validation sequences
#: better than equal weights; chosen by cross-validation within training files.
HALF_LIVES = {"classes": 50.0, "values": 100.0, "counts": 100.0}
#: Approximate maximum number of different middles of padded sequences.
_MAX_MIDDLES = 128
#: Prior mean and standard deviation of the weight of a useful regression of classes, and log odds that it is useful;
#: chosen on training files.
_WEIGHT, _WEIGHT_SPREAD, _USEFUL = 0.8, 0.3, math.log(9)
#: Prior standard deviation of the weight of the network in the mean for values and counts, around 0.5; chosen on
#: training files.
_MEAN_SPREAD = 0.25


@dataclass(frozen=True, eq=False)
class KmerRegression:
    """Generalised linear model of T tasks on the counts of K k-mers, and its weight relative to the network.

    Parameters
    ----------
    weights : float32 array of shape (K, T)
        Contribution of each occurrence of a k-mer to the logit, by its column (`sequences.gapped_kmers`).
    intercepts : float32 array of shape (T,)
        For classes, without the log odds of the prevalence, which the network includes.
    network_weights, kmer_weights : float32 arrays of shape (T,)
        Factors of the logits of the network and of the regression, see `stacked`.
    strands : {"both", "forward"}
        "both": a k-mer and its reverse complement are counted as one.
    half_life : float
        Distance in bp over which the weight of an occurrence halves, from 1 in the middle of the sequence; infinity:
        all weights are 1.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    network_weights: NDArray[np.float32]
    kmer_weights: NDArray[np.float32]
    strands: str
    half_life: float = math.inf

    @cached_property
    def tables(self) -> dict[Pattern, NDArray[np.float32]]:
        """Weights of the k-mers of each pattern on the forward strand by their code, and 0: ``(4 ** k + 1, T)``."""
        by_pattern = zip(PATTERNS, columns(self.strands), strict=True)
        return {pattern: np.pad(self.weights[own], ((0, 1), (0, 0))) for pattern, own in by_pattern}

    def logits(self, sequences: SequenceSet) -> Floats:
        """Log odds without those of the prevalence, values, or logarithms of counts: float64 ``(N, T)``."""
        logits = np.zeros((len(sequences), self.weights.shape[1]))
        for rows, part in batches(sequences):
            near = self.nearness(part.codes)
            for pattern, table in self.tables.items():
                kmers = gapped_codes(part.codes, pattern)
                for task, weights in enumerate(table.T):
                    found = weights[kmers] if near is None else weights[kmers] * near[pattern[-1]]
                    logits[rows, task] += found.sum(axis=1, dtype=np.float64)
        return logits + self.intercepts

    def nearness(self, codes: Codes) -> dict[int, NDArray[np.float32]] | None:
        """Weights of the windows of sequences ``(N, L)`` by their last offset, see `nearness`; None: all are 1."""
        if math.isinf(self.half_life):
            return None
        middle, lasts = middles(codes), {pattern[-1] for pattern in PATTERNS}
        return {last: nearness(middle, codes.shape[1], last + 1, self.half_life) for last in lasts}

    def combined(self, scores: Floats, sequences: SequenceSet) -> Floats:
        """Scores ``(N, T)`` of the network combined with the regression."""
        return scores * self.network_weights + self.logits(sequences) * self.kmer_weights

    def stacked(self, valid: Dataset, scores: Floats, outputs: str) -> KmerRegression:
        """Weight the network, with these scores ``(N, T)`` of the validation sequences, and the regression.

        For classes, odds are multiplied, as for independent evidence; the odds of the regression have an exponent from
        0 to about 1, which is fitted on the validation sequences (`_odds_weight`). For values and counts, the result is
        the weighted mean (of logarithms, for counts) that fits the validation sequences best, by squared error or
        Poisson deviance (stacking; Breiman 1996, Mach Learn 24:49).
        """
        by_task = zip(valid.labels.T, scores.T, self.logits(valid.sequences).T, strict=True)
        if outputs == "classes":
            weights = np.array([_odds_weight(*task) for task in by_task], dtype=np.float32)
            return replace(self, network_weights=np.ones_like(weights), kmer_weights=weights)
        weights = np.array([_mean_weight(*task, outputs) for task in by_task], dtype=np.float32)
        return replace(self, network_weights=weights, kmer_weights=1 - weights)

    def strongest(self, n: int = 20, *, task: int = 0) -> pd.DataFrame:
        """The n k-mers with the largest absolute weights: ``kmer`` (N at positions with any base) and ``weight``."""
        weights = self.weights[:, task]
        order = np.argsort(-np.abs(weights), kind="stable")[:n]
        order = order[weights[order] != 0]
        return pd.DataFrame({"kmer": column_names(order, self.strands), "weight": weights[order]})

    def write(self, path: Path) -> None:
        """Write an HDF5 file with the arrays."""
        with h5py.File(path, "w") as file:
            for name in _ARRAYS:
                file.create_dataset(name, data=getattr(self, name), dtype="<f4")
            file.create_dataset("half_life", data=self.half_life, dtype="<f4")

    @classmethod
    def read(cls, path: Path, spec: ModelSpec) -> KmerRegression:
        """Read the file of a model.

        Raises
        ------
        ValueError, OSError, RuntimeError, KeyError
            If the file is damaged, or has k-mers or tasks of another model. Shapes are checked before arrays are read.
        """
        strands, n_tasks = spec.motif_strands, len(spec.tasks)
        with h5py.File(path) as file:
            stored = stored_arrays(file)
            for name in stored:
                if name not in (*_ARRAYS, "half_life"):
                    raise ValueError(f"{quoted(name)} is not an array of a k-mer regression")
            for name in (*_ARRAYS, "half_life"):
                expected = {"weights": (n_columns(strands), n_tasks), "half_life": ()}.get(name, (n_tasks,))
                if stored[name].shape != expected or stored[name].dtype != np.float32:
                    found = f"{stored[name].dtype} of shape {stored[name].shape}"
                    raise ValueError(f"{name} must be float32 of shape {expected}. Got {found} instead")
            arrays, half_life = {name: stored[name][()] for name in _ARRAYS}, float(stored["half_life"][()])
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("a weight is not a finite number")
        if not half_life >= 1:
            raise ValueError(f"half_life must be at least 1. Got {half_life} instead")
        return cls(**arrays, strands=strands, half_life=half_life)


#: Arrays of the file.
_ARRAYS = ("weights", "intercepts", "network_weights", "kmer_weights")


def choose_kmers(
    train: Dataset, valid: Dataset, scores: Floats, *, outputs: str, strands: str, seed: int = 0
) -> KmerRegression:
    """The regression that predicts the validation sequences best together with these scores of a network."""
    found = []
    for half_life in (math.inf, HALF_LIVES[outputs]):
        alone = fit_kmers(train, outputs=outputs, strands=strands, seed=seed, half_life=half_life)
        regression = alone.stacked(valid, scores, outputs)
        found.append((_loss(valid.labels, regression.combined(scores, valid.sequences), outputs), regression))
    return min(found, key=lambda pair: pair[0])[1]


def fit_kmers(
    data: Dataset, *, outputs: str, strands: str, seed: int = 0, half_life: float = math.inf
) -> KmerRegression:
    """Fit a regression on k-mer counts.

    L2-penalised: logistic for classes, least squares for values, Poisson for counts. If there are more than 20,000
    training sequences, or if they are long, a random sample is used; it is smaller for more than eight tasks. Unknown
    labels (NaN) are omitted. Weights are 0 for a task with a single label.
    """
    levels = [_level(labels, outputs) for labels in data.labels.T]
    rows = np.flatnonzero(~np.isnan(data.labels).all(axis=1))
    most = _most_sequences(data.sequences.length, len(data.tasks))
    data = data.take(np.sort(np.random.default_rng(seed).permutation(rows)[:most]))
    examples, factors = _examples(data.sequences, strands, half_life, short_length=_PRIORS[outputs][1])
    weights, intercepts = [], []
    for done, (labels, level) in enumerate(zip(data.labels.T, levels, strict=True), start=1):
        known = np.flatnonzero(~np.isnan(labels))
        if len(np.unique(labels[known])) < 2:  # all sequences with a rare label may be outside the sample
            weight, intercept = np.zeros(examples.n_columns), level
        else:
            own = examples if len(known) == len(labels) else examples.take(known)
            weight, intercept = _fit(own, labels[known].astype(np.float64), outputs, seed)
        weights.append((weight * factors).astype(np.float32))
        intercepts.append(intercept)
        report("regression on k-mers", done, len(levels))
    ones = np.ones(len(levels), dtype=np.float32)
    return KmerRegression(
        np.stack(weights, axis=1), np.array(intercepts, dtype=np.float32), ones, ones, strands, half_life
    )


def inverse_link(logits: Floats, outputs: str) -> Floats:
    """Predictions from logits: probabilities, values or expected counts."""
    return {"classes": expit, "values": np.asarray, "counts": np.exp}[outputs](logits)


def _loss(labels: NDArray[np.floating], logits: Floats, outputs: str) -> float:
    """Mean loss of known labels, averaged over tasks; for values, squared errors relative to the variance."""
    losses: Floats = (labels - logits) ** 2
    if outputs == "classes":
        losses = np.logaddexp(0, np.where(labels > 0.5, -logits, logits))
    elif outputs == "counts":
        losses = np.exp(logits) - labels * logits
    losses[np.isnan(labels)] = np.nan
    known = ~np.isnan(labels).all(axis=0)
    by_task = np.nanmean(losses[:, known], axis=0)
    if outputs == "values":
        by_task /= np.maximum(np.nanvar(labels[:, known], axis=0, dtype=np.float64), np.finfo(np.float64).tiny)
    return float(by_task.mean()) if known.any() else 0.0


def _odds_weight(labels: NDArray[np.floating], network: Floats, regression: Floats) -> float:
    """Factor of the log odds ``(N,)`` of the regression; 0.8 if there is only one label.

    Prior: the regression is useful, with a factor of 0.8 +- 0.3, or useless, with a factor of 0; the odds are 9 to 1.
    The result is the posterior mean, with a normal approximation of the likelihood: it is near 0.8 if there are few
    labels, and near 0 if the regression does not improve the fit.
    """
    known = ~np.isnan(labels)
    if len(np.unique(labels[known])) < 2:
        return _WEIGHT
    y, base, added = labels[known] > 0.5, network[known], regression[known]

    def loss(weight: float) -> float:
        logits = base + weight * added
        return float(np.logaddexp(0, np.where(y, -logits, logits)).sum())

    def penalised(weight: float) -> float:
        return loss(weight) + ((weight - _WEIGHT) / _WEIGHT_SPREAD) ** 2 / 2

    weight = float(minimize_scalar(penalised, bounds=(0, 2), method="bounded").x)
    probability = expit(base + weight * added)
    information = _WEIGHT_SPREAD**2 * float((probability * (1 - probability) * added**2).sum())
    evidence = loss(0) - penalised(weight) - math.log1p(information) / 2
    return weight * float(expit(_USEFUL + evidence))


def _mean_weight(labels: NDArray[np.floating], network: Floats, regression: Floats, outputs: str) -> float:
    """Weight of the network in the mean of logits ``(N,)``: the posterior mode; 0.5 if all labels are unknown.

    The weight that fits best has a prior around 0.5. The errors have the variance (for counts, the dispersion) of that
    fit, so the prior decides only where they are large or labels are few.
    """
    known = ~np.isnan(labels)
    if not known.any():
        return 0.5
    y, base, difference = labels[known].astype(np.float64), regression[known], (network - regression)[known]

    def loss(weight: float) -> float:
        logits = base + weight * difference
        return float(np.mean(np.exp(logits) - y * logits if outputs == "counts" else (y - logits) ** 2 / 2))

    best = float(minimize_scalar(loss, bounds=(0, 1), method="bounded").x)
    mean = inverse_link(base + best * difference, outputs)
    dispersion = float(np.mean((y - mean) ** 2 / (mean if outputs == "counts" else 1))) / len(y)

    def penalised(weight: float) -> float:
        return loss(weight) + dispersion * ((weight - 0.5) / _MEAN_SPREAD) ** 2 / 2

    return float(minimize_scalar(penalised, bounds=(0, 1), method="bounded").x)


def _level(labels: NDArray[np.floating], outputs: str) -> float:
    """Intercept of a task that does not depend on k-mers."""
    if outputs == "classes":
        return 0.0
    mean = float(np.nanmean(labels, dtype=np.float64))
    return math.log(mean) if outputs == "counts" else mean


def _most_sequences(length: int, n_tasks: int) -> int:
    """Number of sequences of a length that are used."""
    n_kmers = max(1, len(PATTERNS) * length)
    return max(1, min(MAX_SEQUENCES, MAX_KMERS // n_kmers, MAX_KMERS_OF_TASKS // (n_kmers * n_tasks)))


def _examples(
    sequences: SequenceSet, strands: str, half_life: float, *, short_length: float
) -> tuple[Examples, Floats]:
    """All k-mers of each sequence, and the factors ``(K,)`` that scale their counts to the length of the prior."""
    unknown, length = n_columns(strands), sequences.length
    n_windows = [[max(length - pattern[-1], 0) for pattern in patterns] for patterns in (SHORT, GAPPED)]
    n_short, n_gapped = map(sum, n_windows)
    found = np.empty((len(sequences), n_short + n_gapped), np.int32)
    middle, n_known = np.empty(len(sequences)), np.zeros(n_short + n_gapped)
    for rows, part in batches(sequences):
        found[rows], middle[rows] = window_columns(part.codes, strands), middles(part.codes)
        n_known += (found[rows] != unknown).sum(axis=0)
    if half_life == math.inf:
        middle = np.zeros(len(found))
    elif len(np.unique(middle)) > _MAX_MIDDLES:  # rounded, for fitting only
        middle = np.rint(middle / length * _MAX_MIDDLES) * length / _MAX_MIDDLES
    middle, kinds = np.unique(middle, return_inverse=True)
    near = [nearness(middle, length, pattern[-1] + 1, half_life) for pattern in PATTERNS]
    values = np.concatenate([np.broadcast_to(own, (len(middle), own.shape[1])) for own in near], axis=1)
    squares = np.bincount(kinds) @ values.astype(np.float64) ** 2 / len(kinds) * (n_known / len(kinds))
    lengths = [math.sqrt(max(float(own.sum()), 1.0)) for own in np.split(squares, [n_short])]
    scales = short_length / lengths[0], 1 / lengths[1]
    n_columns_short = 1 + int(columns(strands)[len(SHORT) - 1].max())
    factors = np.repeat(scales, (n_columns_short, unknown - n_columns_short))
    return Examples(found, values * np.repeat(scales, (n_short, n_gapped)), kinds, unknown), factors


def _fit(examples: Examples, labels: Floats, outputs: str, seed: int) -> tuple[Floats, float]:
    """Weights of each occurrence of a k-mer, and intercept, of one task."""
    mean = float(labels.mean())
    if outputs == "classes":
        labels, unit, level, offset = (labels > 0.5).astype(np.float64), 1.0, 0.0, float(logit(mean))
    elif outputs == "values":
        unit = float(labels.std())
        labels, level, offset = (labels - mean) / unit, mean, 0.0
    else:  # large counts vary more than by the Poisson distribution
        unit, scale, level = 1.0, max(mean, 1.0), math.log(mean)
        labels, offset = labels / scale, math.log(mean / scale)
    costs = np.full(len(labels), _PRIORS[outputs][0])
    weights, bias = fit_linear(examples, labels, costs, outputs=outputs, offset=offset, seed=seed)
    return weights * unit, level + bias * unit
