"""What models without a network make of the same sequences: a network's figures mean something beside these.

GC alone tells how much the composition of the classes gives away, k-mer regression what counting short words does.
The third baseline of `discover`, the best single motif, is found with the motifs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.models.evaluation import check_labels, metrics_table, poisson_deviance
from motifnet.progress import report
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import batches, kmer_counts
from motifnet.sequences.sequence_set import SequenceSet

#: Every baseline by name, and how the summary of a command calls it.
BASELINES = {
    "network": "network alone",
    "kmer_logistic": "k-mer logistic regression",
    "kmer_ridge": "k-mer ridge regression",
    "kmer_poisson": "k-mer Poisson regression",
    "best_pwm": "first motif alone",
    "gc": "GC alone",
}
#: Columns of baselines.tsv, the predictions behind the figures: a row a sequence, task and baseline. The index is as in
#: predictions.tsv.
PREDICTION_COLUMNS = ("sequence_index", "task", "baseline", "prediction")
#: What a row of a table of baselines is known by; its other columns are those of `evaluate`.
KEYS = ("task", "baseline")
#: GC is one feature: no penalty to speak of.
_HARDLY = 1e-6
#: Lengths of the words counted.
WORDS = (4, 5, 6)
#: Penalties tried on the training sequences (the inverse of scikit-learn's C), and the parts that they are tried in.
PENALTIES = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
FOLDS = 3
#: Training sequences looked at, at most; and those on which the penalty is chosen.
MOST = 20_000
MOST_TO_CHOOSE = 4_000

#: A dense or sparse array of shape (N, features); scikit-learn takes either.
Features = Any


class _Regression(NamedTuple):
    """How one kind of label is learned, predicted, and missed."""

    fit: Callable[[Features, NDArray[np.float64], float], Any]
    predict: Callable[[Any, Features], NDArray[np.float64]]
    loss: Callable[[NDArray[np.float64], NDArray[np.float64]], float]


def baselines(
    train: Dataset, test: Dataset, *, outputs: str = "classes", strands: str = "both", seed: int = 0
) -> pd.DataFrame:
    """Fit each baseline on training sequences and measure it on test sequences, as a network is measured.

    ``gc``: regression on one feature, the share of G and C among the known letters. ``kmer_logistic``: L2-penalised
    logistic regression on the counts of all 4-, 5- and 6-mers, each sequence's counts of one length scaled to norm 1
    (a spectrum kernel of several lengths; Leslie et al. 2002, Pac Symp Biocomput 7:564). In its place real values get
    ``kmer_ridge``, and counts ``kmer_poisson``; their GC is regressed likewise.

    Parameters
    ----------
    train : Dataset
        The penalty is chosen on it too, by cross-validation that keeps its groups whole. Of more than 20,000 sequences,
        20,000 are drawn; the penalty is chosen on at most 4,000.
    test : Dataset
        With the tasks of `train`.
    outputs : {"classes", "values", "counts"}
        What the labels are, as in `ModelSpec`.
    strands : {"both", "forward"}
        "both": a sequence and its reverse complement have the same counts.
    seed : int
        Decides which sequences are drawn, and their order.

    Returns
    -------
    DataFrame
        One row a task and baseline: ``task``, ``baseline``, and the columns of `evaluate`. A task with a single
        label to learn from has no rows.

    Raises
    ------
    InputError
        If the tasks differ, or a label is none of those that `outputs` can be.
    """
    by_name = baseline_predictions(train, test, outputs=outputs, strands=strands, seed=seed)
    return measure_baselines(by_name, train, test, outputs=outputs)


def measure_baselines(
    by_name: Mapping[str, NDArray[np.floating]], train: Dataset, test: Dataset, *, outputs: str
) -> pd.DataFrame:
    """The table of `baselines` for predictions ``(N, T)`` that are there already."""
    learned = _learnable(train)
    if not len(learned):
        return pd.DataFrame(columns=list(KEYS))
    tasks = tuple(test.tasks[t] for t in learned)
    part = Dataset(test.sequences, test.labels[:, learned], tasks, np.arange(len(test)))
    tables = [metrics_table(part, predicted[:, learned], outputs).reset_index() for predicted in by_name.values()]
    for name, table in zip(by_name, tables, strict=True):
        table.insert(1, "baseline", name)
    together = pd.concat(tables, ignore_index=True)
    return together.sort_values("task", key=lambda task: task.map(tasks.index), kind="stable", ignore_index=True)


def baseline_predictions(
    train: Dataset, test: Dataset, *, outputs: str = "classes", strands: str = "both", seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """What the models of `baselines` predict for test sequences, e.g. for `plot_roc`.

    Parameters
    ----------
    train, test, outputs, strands, seed
        As for `baselines`.

    Returns
    -------
    dict of str to float64 array of shape (N, T)
        By the name of the baseline; NaN for a task with a single label to learn from.

    Raises
    ------
    InputError
        If the tasks differ, or a label is none of those that `outputs` can be.
    """
    for name, part in (("train", train), ("test", test)):
        check_type(name, part, Dataset)
        check_labels(part, outputs)
    if train.tasks != test.tasks:
        raise InputError(
            f"the training data have the tasks {', '.join(train.tasks)}, the test data {', '.join(test.tasks)}"
        )
    train = train.take(np.random.default_rng(seed).permutation(len(train))[:MOST])
    with threadpool_limits(1):  # threads cost these small problems more than they bring
        return _predictions(train, test, outputs, strands)


def prediction_rows(
    by_name: Mapping[str, NDArray[np.floating]], tasks: Sequence[str], *, index: NDArray[np.int64]
) -> pd.DataFrame:
    """Predictions ``(N, T)`` of each baseline as a table with `PREDICTION_COLUMNS`; NaN is left out."""
    rows = [
        pd.DataFrame({"sequence_index": index, "task": task, "baseline": name, "prediction": predicted[:, t]})
        for t, task in enumerate(tasks)
        for name, predicted in by_name.items()
    ]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return table.reindex(columns=list(PREDICTION_COLUMNS)).dropna(ignore_index=True)


def baselines_json(table: pd.DataFrame) -> dict[str, dict[str, dict[str, float | int]]]:
    """``{task: {baseline: {"auroc": ...}}}``, as in metrics.json: the figures that each has."""
    document: dict[str, dict[str, dict[str, float | int]]] = {}
    for row in table.to_dict("records"):
        figures = {str(name): value for name, value in row.items() if name not in KEYS and not math.isnan(value)}
        numbers = {name: int(value) if name.split("_")[0] == "n" else float(value) for name, value in figures.items()}
        document.setdefault(row["task"], {})[row["baseline"]] = numbers
    return document


def baselines_table(document: Mapping[str, Mapping[str, Mapping[str, float]]]) -> pd.DataFrame:
    """Back from `baselines_json`."""
    rows = [
        {"task": task, "baseline": baseline, **figures}
        for task, by_baseline in document.items()
        for baseline, figures in by_baseline.items()
    ]
    return pd.DataFrame(rows, columns=None if rows else list(KEYS))


def _learnable(train: Dataset) -> list[int]:
    """Tasks with different labels to learn from."""
    return [t for t, labels in enumerate(train.labels.T) if len(np.unique(labels[~np.isnan(labels)])) > 1]


def _predictions(train: Dataset, test: Dataset, outputs: str, strands: str) -> dict[str, NDArray[np.float64]]:
    words, kind = _REGRESSIONS[outputs]
    predicted = {name: np.full(test.labels.shape, np.nan) for name in (words, "gc")}
    fitted: dict[tuple[str, int], Any] = {}
    learnable = _learnable(train)
    if not learnable:
        return predicted
    features, share = _word_features(train.sequences, strands), _gc_feature(train.sequences)
    for done, t in enumerate(learnable, start=1):
        known = np.flatnonzero(~np.isnan(train.labels[:, t]))
        labels, groups = train.labels[known, t].astype(np.float64), train.groups[known]
        own = features if len(known) == len(train) else features[known]
        fitted[words, t] = kind.fit(own, labels, _best_penalty(kind, own, labels, groups))
        fitted["gc", t] = kind.fit(share[known], labels, _HARDLY)
        report("baselines", done, len(learnable))
    for rows, part in batches(test.sequences):
        seen = {words: _word_features(part, strands), "gc": _gc_feature(part)}
        for (name, t), model in fitted.items():
            predicted[name][rows, t] = kind.predict(model, seen[name])
    return predicted


def _gc_feature(sequences: SequenceSet) -> NDArray[np.float64]:
    """GC content of each sequence, shape (N, 1)."""
    return sequences.gc_content(if_unknown=0.5)[:, np.newaxis]


def _word_features(sequences: SequenceSet, strands: str) -> csr_array:
    parts = [
        hstack([normalize(kmer_counts(part, k, strands=strands).astype(np.float32)) for k in WORDS], format="csr")
        for _, part in batches(sequences)
    ]
    return csr_array(vstack(parts, format="csr"))


def _best_penalty(
    kind: _Regression, features: Features, labels: NDArray[np.float64], groups: NDArray[np.int64]
) -> float:
    """The penalty of the lowest loss on groups left out; the middle one where there are too few to leave any out.

    The rows are in random order.
    """
    features, labels, groups = features[:MOST_TO_CHOOSE], labels[:MOST_TO_CHOOSE], groups[:MOST_TO_CHOOSE]
    if len(np.unique(groups)) < FOLDS:
        return PENALTIES[len(PENALTIES) // 2]
    losses = np.zeros(len(PENALTIES))
    for learned, left_out in GroupKFold(FOLDS).split(labels, groups=groups):
        if len(np.unique(labels[learned])) < 2:
            continue
        for i, penalty in enumerate(PENALTIES):
            fitted = kind.fit(features[learned], labels[learned], penalty)
            losses[i] += kind.loss(labels[left_out], kind.predict(fitted, features[left_out]))
    return PENALTIES[int(losses.argmin())]


def _log_loss(labels: NDArray[np.float64], probabilities: NDArray[np.float64]) -> float:
    right = np.where(labels > 0.5, probabilities, 1 - probabilities)
    return float(-np.log(np.maximum(right, 1e-12)).sum())


#: By `ModelSpec.outputs`: the name of the baseline of words, and the regression.
_REGRESSIONS = {
    "classes": (
        "kmer_logistic",
        _Regression(
            lambda x, y, penalty: LogisticRegression(C=1 / penalty, max_iter=1000).fit(x, y),
            lambda fitted, x: fitted.predict_proba(x)[:, 1],
            _log_loss,
        ),
    ),
    "values": (
        "kmer_ridge",
        _Regression(
            lambda x, y, penalty: Ridge(alpha=penalty).fit(x, y),
            lambda fitted, x: fitted.predict(x),
            lambda y, predicted: float(((y - predicted) ** 2).sum()),
        ),
    ),
    "counts": (
        "kmer_poisson",
        _Regression(
            lambda x, y, penalty: PoissonRegressor(alpha=penalty / len(y), max_iter=1000).fit(x, y),
            lambda fitted, x: fitted.predict(x),
            lambda y, predicted: len(y) * poisson_deviance(y, predicted),
        ),
    ),
}
