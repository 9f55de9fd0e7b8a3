"""`KmerModel`: a regression on the counts of short words, which stands beside a network.

Words of 4 to 6 letters catch what a few filters miss: composition, weak words, many of them. Its errors are others than
a network's, so that both together are better than either (``tests/benchmarks/accuracy.py``).
"""

from __future__ import annotations

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

from motifnet.errors import ModelError
from motifnet.models.network.spec import ModelSpec
from motifnet.progress import report
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import batches, kmer_counts, kmer_names
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float64]

#: Lengths of the words.
LENGTHS = (4, 5, 6)
#: Training sequences looked at, at most.
MOST = 20_000
#: Prior variance of a weight, in units of its word's standard deviation: of few thousand words, log odds of a few.
_VARIANCE = 1e-3
_RARE = 0.1
#: Share of the variance of values that all words together explain a priori. Seen on 1,390 enhancers, 0.1 to 0.3 are
#: alike; the prior of the log odds would let the words explain nearly all, and learn the noise.
_EXPLAINED = 0.2
#: No task is called like the first column, and no word like the first rows.
_WORD, _NETWORK, _INTERCEPT = "(word)", "(network)", "(intercept)"
#: A float32 probability cannot be told from 0 or 1 beyond this.
SMALLEST = 2.0**-24
#: Steps of L-BFGS, at most; scikit-learn warns if they do not suffice.
_STEPS = 400


@dataclass(frozen=True, eq=False)
class KmerModel:
    """A regression on counts of words, one for each of T tasks.

    Parameters
    ----------
    weights : float32 array of shape (W, T)
        What each word adds to the logit each time that it stands in a sequence: `words()` in order.
    intercepts : float32 array of shape (T,)
    of_network : float32 array of shape (T,)
        What the network's own logit counts beside these: see `weighed`.
    strands : {"both", "forward"}
        Whether a word and its reverse complement are one.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    of_network: NDArray[np.float32]
    strands: str

    def logits(self, sequences: SequenceSet) -> Floats:
        """Log odds (less the prior ones), values, or logarithms of counts: float64 ``(N, T)``."""
        weights = self.weights.astype(np.float64)
        logits = np.empty((len(sequences), weights.shape[1]))
        for rows, part in batches(sequences):
            logits[rows] = word_counts(part, self.strands) @ weights
        return logits + self.intercepts

    def together(self, predictions: NDArray[np.float32], sequences: SequenceSet, outputs: str) -> NDArray[np.float32]:
        """Predictions ``(N, T)`` of the network with those of the regression."""
        logits = _link(predictions, outputs) * self.of_network + self.logits(sequences)
        inverse = {"classes": expit, "values": np.asarray, "counts": np.exp}[outputs]
        both: NDArray[np.float32] = inverse(logits).astype(np.float32)
        return both

    def weighed(self, valid: Dataset, predictions: NDArray[np.float32], outputs: str) -> KmerModel:
        """How much of the network and of the regression predictions are made of, for each task.

        The odds of classes are multiplied, as those of two witnesses. Of values and counts it is the weighted mean (of
        logarithms, for counts) that fits the validation sequences best, by squared error or Poisson deviance (stacking;
        Breiman 1996, Mach Learn 24:49).

        Parameters
        ----------
        valid : Dataset
        predictions : float32 array of shape (N, T)
            Of the network, for the validation sequences.
        outputs : {"classes", "values", "counts"}
        """
        if outputs == "classes":
            return self
        by_task = zip(valid.labels.T, _link(predictions, outputs).T, self.logits(valid.sequences).T, strict=True)
        share = np.array([_best_share(*task, outputs) for task in by_task], dtype=np.float32)
        return replace(
            self, weights=self.weights * (1 - share), intercepts=self.intercepts * (1 - share), of_network=share
        )

    def write(self, path: Path, tasks: tuple[str, ...]) -> None:
        """Write a table: a row a word, a column a task."""
        rows = np.concatenate([self.of_network[np.newaxis], self.intercepts[np.newaxis], self.weights])
        table = pd.DataFrame(rows.astype(np.float64), columns=list(tasks))
        table.insert(0, _WORD, [_NETWORK, _INTERCEPT, *words(self.strands)])
        table.to_csv(path, sep="\t", index=False, float_format="%.9g")

    @classmethod
    def read(cls, path: Path, spec: ModelSpec) -> KmerModel:
        """Back from `write`.

        Raises
        ------
        ModelError
            If the table is damaged, or that of another model.
        """
        strands = kmer_strands(spec)
        try:
            table = pd.read_csv(path, sep="\t", index_col=_WORD)
            values = table.loc[[_NETWORK, _INTERCEPT, *words(strands)], list(spec.tasks)].to_numpy(dtype=np.float32)
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"{path}: damaged: {error}", hint="Train the model again.") from None
        return cls(values[2:], values[1], values[0], strands)


def fit_kmers(data: Dataset, spec: ModelSpec, *, seed: int) -> KmerModel:
    """Fit the regression that stands beside a network.

    L2-penalised: logistic for classes, least squares for values, Poisson for counts, on counts that are scaled to a
    standard deviation of about 1 (a rare word's to less).

    Parameters
    ----------
    data : Dataset
        Training data; of more than 20,000 sequences, 20,000 are drawn. Unknown labels (NaN) are left out.
    spec : ModelSpec
        Of the network: outputs and strands.
    seed : int
        Decides which sequences are drawn.

    Returns
    -------
    KmerModel
    """
    levels = [_level(labels, spec.outputs) for labels in data.labels.T]
    rows = np.flatnonzero(~np.isnan(data.labels).all(axis=1))
    data = data.take(np.sort(np.random.default_rng(seed).permutation(rows)[:MOST]))
    strands = kmer_strands(spec)
    counts = word_counts(data.sequences, strands)
    scale = 1 / (_spread(counts) + _RARE)
    scaled = csr_array((counts.data * scale[counts.indices], counts.indices, counts.indptr), shape=counts.shape)
    weights, intercepts = [], []
    with threadpool_limits(1):  # threads cost these small problems more than they bring
        for done, (labels, level) in enumerate(zip(data.labels.T, levels, strict=True), start=1):
            known = np.flatnonzero(~np.isnan(labels))
            if len(np.unique(labels[known])) < 2:  # what is rare may not have been drawn
                weight, intercept = np.zeros(len(scale)), level
            else:
                own = scaled if len(known) == len(labels) else scaled[known]
                weight, intercept = _fit(own, labels[known].astype(np.float64), spec.outputs)
            weights.append(weight * scale)
            intercepts.append(intercept)
            report("regression on k-mers", done, len(levels))
    whole = np.ones(len(intercepts), dtype=np.float32)
    return KmerModel(
        np.stack(weights, axis=1).astype(np.float32), np.array(intercepts, dtype=np.float32), whole, strands
    )


def _link(predictions: NDArray[np.floating], outputs: str) -> Floats:
    """From what a network gives, or from labels, to logits."""
    if outputs == "classes":
        certain = np.clip(predictions.astype(np.float64), SMALLEST, 1 - SMALLEST)
        return np.asarray(np.log(certain) - np.log1p(-certain))
    if outputs == "counts":
        return np.asarray(np.log(np.maximum(predictions.astype(np.float64), SMALLEST)))
    return predictions.astype(np.float64)


def _best_share(labels: NDArray[np.floating], network: Floats, regression: Floats, outputs: str) -> float:
    """Of logits ``(N,)``, the network's share of the mean that fits the labels best; a half where none is known."""
    known = ~np.isnan(labels)
    if not known.any():
        return 0.5
    y, base, apart = labels[known].astype(np.float64), regression[known], (network - regression)[known]

    def loss(share: float) -> float:
        logits = base + share * apart
        return float(np.mean(np.exp(logits) - y * logits if outputs == "counts" else (y - logits) ** 2))

    return float(minimize_scalar(loss, bounds=(0, 1), method="bounded").x)


def _level(labels: NDArray[np.floating], outputs: str) -> float:
    """The logit (less the prior one) of a task that words tell nothing of."""
    if outputs == "classes":
        return 0.0
    mean = float(np.nanmean(labels, dtype=np.float64))
    return math.log(mean) if outputs == "counts" else mean


def kmer_strands(spec: ModelSpec) -> str:
    """Strands of the words beside a network."""
    return "both" if spec.is_double_stranded else "forward"


def words(strands: str) -> list[str]:
    """The words in their order."""
    return [word for k in LENGTHS for word in kmer_names(k, strands=strands)]


def word_counts(sequences: SequenceSet, strands: str) -> csr_array:
    """How often each of the words stands in each sequence: int32 ``(N, W)``."""
    parts = [
        hstack([kmer_counts(part, k, strands=strands) for k in LENGTHS], format="csr") for _, part in batches(sequences)
    ]
    return csr_array(vstack(parts, format="csr")) if parts else csr_array((0, len(words(strands))), dtype=np.int32)


def _spread(counts: csr_array) -> Floats:
    mean, square = (
        np.asarray(power.sum(axis=0)).ravel() / counts.shape[0] for power in (counts, counts.power(2, dtype=np.float64))
    )
    return np.sqrt(np.maximum(square - mean**2, 0))


def _fit(counts: csr_array, labels: Floats, outputs: str) -> tuple[Floats, float]:
    """Weights and intercept of one task."""
    if outputs == "classes":
        fitted = LogisticRegression(C=_VARIANCE, max_iter=_STEPS).fit(counts, labels > 0.5)
        # What the network knows of the prevalence counts once.
        return fitted.coef_[0], float(fitted.intercept_[0] - logit(labels.mean()))
    if outputs == "values":
        spread = float(labels.std())
        fitted = Ridge(alpha=counts.shape[1] * (1 - _EXPLAINED) / _EXPLAINED).fit(counts, labels / spread)
        return fitted.coef_ * spread, float(fitted.intercept_) * spread
    fitted = PoissonRegressor(alpha=1 / (_VARIANCE * len(labels)), max_iter=_STEPS).fit(counts, labels)
    return fitted.coef_, float(fitted.intercept_)
