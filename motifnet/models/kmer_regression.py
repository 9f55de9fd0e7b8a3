"""Regression on k-mer counts: combined with the network of a model, and a baseline on its own.

Counts of 4- to 6-mers reflect what a few filters miss: base composition and many weak motifs. The errors of the
regression differ from those of a network, so that both together are better than either
(``tests/benchmarks/accuracy.py``).
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array, hstack, vstack
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from threadpoolctl import threadpool_limits

from motifnet.documents import read_table
from motifnet.errors import FormatError
from motifnet.models.network.spec import ModelSpec
from motifnet.progress import report
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import batches, kmer_counts, kmer_names
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float64]

#: Lengths of the k-mers.
KMER_LENGTHS = (4, 5, 6)
#: Maximum number of training sequences.
MAX_SEQUENCES = 20_000
#: Prior variance of a weight, per standard deviation of the counts: a few thousand k-mers give log odds of a few units.
_PRIOR_VARIANCE = 1e-3
#: First column of the table, and its rows before the k-mers.
_KMER = "(k-mer)"
_NETWORK, _INTERCEPT = "(network)", "(intercept)"
_MAX_ITERATIONS = 400


@dataclass(frozen=True, eq=False)
class KmerRegression:
    """Generalised linear model of T tasks on the counts of K k-mers, and the weight of the network relative to it.

    Parameters
    ----------
    weights : float32 array of shape (K, T)
        Contribution of each occurrence of a k-mer to the logit, in the order of `kmer_columns`.
    intercepts : float32 array of shape (T,)
        For classes, without the log odds of the prevalence, which the network includes.
    network_weights : float32 array of shape (T,)
        Factor of the logit of the network, see `stacked`.
    strands : {"both", "forward"}
        "both": a k-mer and its reverse complement are counted as one.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    network_weights: NDArray[np.float32]
    strands: str

    def logits(self, sequences: SequenceSet) -> Floats:
        """Log odds without those of the prevalence, values, or logarithms of counts: float64 ``(N, T)``."""
        weights = self.weights.astype(np.float64)
        logits = np.empty((len(sequences), weights.shape[1]))
        for rows, part in batches(sequences):
            logits[rows] = count_kmers(part, self.strands) @ weights
        return logits + self.intercepts

    def combined(self, scores: Floats, sequences: SequenceSet) -> Floats:
        """Scores ``(N, T)`` of the network combined with the regression."""
        return scores * self.network_weights + self.logits(sequences)

    def stacked(self, valid: Dataset, scores: Floats, outputs: str) -> KmerRegression:
        """Weight the network, with these scores ``(N, T)`` of the validation sequences, and the regression.

        For classes, odds are multiplied, as for independent evidence. For values and counts, the result is the weighted
        mean (of logarithms, for counts) that fits the validation sequences best, by squared error or Poisson deviance
        (stacking; Breiman 1996, Mach Learn 24:49).
        """
        if outputs == "classes":
            return self
        by_task = zip(valid.labels.T, scores.T, self.logits(valid.sequences).T, strict=True)
        weights = np.array([_best_weight(*task, outputs) for task in by_task], dtype=np.float32)
        scaled = (1 - weights) * self.weights, (1 - weights) * self.intercepts
        return replace(self, weights=scaled[0], intercepts=scaled[1], network_weights=weights)

    def unstacked(self, outputs: str) -> KmerRegression:
        """Undo `stacked`: the regression alone (NaN if the network has all the weight)."""
        if outputs == "classes":
            return self
        own = 1 - self.network_weights
        own[own == 0] = np.nan
        ones = np.ones_like(own)
        return replace(self, weights=self.weights / own, intercepts=self.intercepts / own, network_weights=ones)

    def write(self, path: Path, tasks: tuple[str, ...]) -> None:
        """Write a table: one row per k-mer, one column per task."""
        rows = np.concatenate([self.network_weights[np.newaxis], self.intercepts[np.newaxis], self.weights])
        index = pd.Index([_NETWORK, _INTERCEPT, *kmer_columns(self.strands)], name=_KMER)
        table = pd.DataFrame(rows.astype(np.float64), index, list(tasks))
        table.to_csv(path, sep="\t", float_format="%.9g", quoting=csv.QUOTE_NONE)

    @classmethod
    def read(cls, path: Path, spec: ModelSpec) -> KmerRegression:
        """Read the table of a model; raise FormatError if it is damaged, or has k-mers or tasks of another model."""
        table = read_table(path, (_KMER, *spec.tasks), texts=(_KMER,), filled=spec.tasks)
        found, expected = table[_KMER].tolist(), [_NETWORK, _INTERCEPT, *kmer_columns(spec.motif_strands)]
        hint = "Train the model again."
        if found != expected:
            pairs = enumerate(zip(found, expected, strict=False), start=2)
            line = next((line for line, (own, other) in pairs if own != other), None)
            raise FormatError(path, "k-mers differ from those of the model", line=line, hint=hint)
        with np.errstate(over="ignore"):
            values = table[list(spec.tasks)].to_numpy(dtype=np.float32)
        if not np.isfinite(values).all():
            raise FormatError(path, "a weight exceeds the range of float32", hint=hint)
        return cls(values[2:], values[1], values[0], spec.motif_strands)


def fit_kmers(data: Dataset, *, outputs: str, strands: str, seed: int = 0) -> KmerRegression:
    """Fit a regression on k-mer counts.

    L2-penalised: logistic for classes, least squares for values, Poisson for counts. Counts are scaled to a standard
    deviation of about 1 (those of rare k-mers to less). Of more than 20,000 training sequences, a random sample is
    used; unknown labels (NaN) are left out. Weights are 0 for a task with a single label.
    """
    levels = [_level(labels, outputs) for labels in data.labels.T]
    rows = np.flatnonzero(~np.isnan(data.labels).all(axis=1))
    data = data.take(np.sort(np.random.default_rng(seed).permutation(rows)[:MAX_SEQUENCES]))
    counts = count_kmers(data.sequences, strands)
    scale = 1 / (_standard_deviation(counts) + 0.1)
    scaled = csr_array((counts.data * scale[counts.indices], counts.indices, counts.indptr), shape=counts.shape)
    weights, intercepts = [], []
    with threadpool_limits(1):  # these problems are so small that threads slow them down
        for done, (labels, level) in enumerate(zip(data.labels.T, levels, strict=True), start=1):
            known = np.flatnonzero(~np.isnan(labels))
            if len(np.unique(labels[known])) < 2:  # all sequences with a rare label may be outside the sample
                weight, intercept = np.zeros(len(scale)), level
            else:
                own = scaled if len(known) == len(labels) else scaled[known]
                weight, intercept = _fit(own, labels[known].astype(np.float64), outputs)
            weights.append(weight * scale)
            intercepts.append(intercept)
            report("regression on k-mers", done, len(levels))
    return KmerRegression(
        np.stack(weights, axis=1).astype(np.float32),
        np.array(intercepts, dtype=np.float32),
        np.ones(len(intercepts), dtype=np.float32),
        strands,
    )


def inverse_link(logits: Floats, outputs: str) -> Floats:
    """Predictions from logits: probabilities, values or expected counts."""
    return {"classes": expit, "values": np.asarray, "counts": np.exp}[outputs](logits)


def _best_weight(labels: NDArray[np.floating], network: Floats, regression: Floats, outputs: str) -> float:
    """Weight of the network in the mean of logits ``(N,)`` that fits the labels best; 0.5 if all are unknown."""
    known = ~np.isnan(labels)
    if not known.any():
        return 0.5
    y, base, difference = labels[known].astype(np.float64), regression[known], (network - regression)[known]

    def loss(weight: float) -> float:
        logits = base + weight * difference
        return float(np.mean(np.exp(logits) - y * logits if outputs == "counts" else (y - logits) ** 2))

    return float(minimize_scalar(loss, bounds=(0, 1), method="bounded").x)


def _level(labels: NDArray[np.floating], outputs: str) -> float:
    """Intercept of a task that does not depend on k-mers."""
    if outputs == "classes":
        return 0.0
    mean = float(np.nanmean(labels, dtype=np.float64))
    return math.log(mean) if outputs == "counts" else mean


def kmer_columns(strands: str) -> list[str]:
    """All k-mers, in the order of their columns."""
    return [kmer for k in KMER_LENGTHS for kmer in kmer_names(k, strands=strands)]


def count_kmers(sequences: SequenceSet, strands: str) -> csr_array:
    """Number of occurrences of each k-mer in each sequence: int32 ``(N, K)``."""
    parts = [part for _, part in batches(sequences)] or [sequences]
    counts = [hstack([kmer_counts(part, k, strands=strands) for k in KMER_LENGTHS], format="csr") for part in parts]
    return csr_array(vstack(counts, format="csr"))


def _standard_deviation(counts: csr_array) -> Floats:
    mean, square = (
        np.asarray(power.sum(axis=0)).ravel() / counts.shape[0] for power in (counts, counts.power(2, dtype=np.float64))
    )
    return np.sqrt(np.maximum(square - mean**2, 0))


def _fit(counts: csr_array, labels: Floats, outputs: str) -> tuple[Floats, float]:
    """Weights and intercept of one task."""
    if outputs == "classes":
        fitted = LogisticRegression(C=_PRIOR_VARIANCE, max_iter=_MAX_ITERATIONS).fit(counts, labels > 0.5)
        return fitted.coef_[0], float(fitted.intercept_[0] - logit(labels.mean()))
    if outputs == "values":
        spread = float(labels.std())
        # A priori fraction of the variance that all k-mers together explain. With the prior of the log odds they would
        # explain nearly all, noise included. On 1,390 enhancers, 0.1 to 0.3 were equally good.
        explained = 0.2
        fitted = Ridge(alpha=counts.shape[1] * (1 - explained) / explained).fit(counts, labels / spread)
        return fitted.coef_ * spread, float(fitted.intercept_) * spread
    alpha = 1 / (_PRIOR_VARIANCE * len(labels))
    fitted = PoissonRegressor(alpha=alpha, max_iter=_MAX_ITERATIONS).fit(counts, labels)
    return fitted.coef_, float(fitted.intercept_)
