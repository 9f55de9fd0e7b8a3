"""Both tasks of ../shared/data/regr_deepstarr_sample: the default model, five of them, k-mer ridge regression.

    python tests/benchmarks/deepstarr.py

All are trained on the same sequences: train and val of the sample's own split, without sequences related to test
sequences (copies, either strand, a shared 40-mer). The ridge regression counts k-mers of up to 6 bases on both strands;
the lengths and the penalty are chosen by cross-validation over groups. Prints Pearson's correlation on the test
sequences and its difference from the ridge regression, with a 95 % interval (paired bootstrap over groups).
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import normalize

import motifnet as mn
from motifnet.interpretation.resampling import bootstrap_weights, interval, weighted_pearson
from motifnet.models.metrics import pearson
from motifnet.sequences.kmers import kmer_counts

FOLDER = Path(os.environ.get("MOTIFNET_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")) / "data"
SAMPLE = FOLDER / "regr_deepstarr_sample"
LENGTHS = ((4, 5, 6), (1, 2, 3, 4, 5, 6), (6,))
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
FOLDS = 5
MEMBERS = 5
RESAMPLES = 2000

Floats = NDArray[np.float64]


def read() -> tuple[mn.Dataset, mn.Dataset]:
    """Training data and test data."""
    data = mn.read_data(SAMPLE / "seqs.fa.gz", labels=SAMPLE / "labels.tsv.gz")
    assert data.given is not None
    is_test = data.given == "test"
    return replace(data.take(~is_test), given=None), data.take(is_test)


def features(data: mn.Dataset, lengths: tuple[int, ...]) -> Any:
    counts = [kmer_counts(data.sequences, k, strands="both").astype(np.float64) for k in lengths]
    return np.hstack([normalize(c).toarray() for c in counts])


def ridge(learn: mn.Dataset, test: mn.Dataset) -> Floats:
    """Predictions of the ridge regression with the best lengths and penalty, for each task."""
    predicted = np.empty(test.labels.shape)
    tables = {lengths: (features(learn, lengths), features(test, lengths)) for lengths in LENGTHS}
    for t in range(len(learn.tasks)):
        y = learn.labels[:, t].astype(np.float64)
        scores = {}
        for lengths, (x, _) in tables.items():
            for alpha in PENALTIES:
                left_out = np.empty(len(y))
                for own, other in GroupKFold(FOLDS).split(x, groups=learn.groups):
                    left_out[other] = Ridge(alpha=alpha).fit(x[own], y[own]).predict(x[other])
                scores[lengths, alpha] = pearson(y, left_out)
        (lengths, alpha), best = max(scores.items(), key=lambda item: item[1])
        print(f"ridge, {learn.tasks[t]}: words of {lengths}, penalty {alpha:g}, cross-validated {best:.3f}", flush=True)
        predicted[:, t] = Ridge(alpha=alpha).fit(tables[lengths][0], y).predict(tables[lengths][1])
    return predicted


class Predictions(NamedTuple):
    """Test predictions of the models, and of their networks without the k-mer regression."""

    models: list[Floats]
    networks: list[Floats]


def predict(learn: mn.Dataset, test: mn.Dataset) -> Predictions:
    """`MEMBERS` default models, each with another seed and another tenth for validation."""
    found = Predictions([], [])
    spec = mn.ModelSpec.preset("default", length=learn.sequences.length, tasks=learn.tasks)
    for seed in range(MEMBERS):
        parts = learn.split(valid=0.1, seed=seed)
        training = mn.TrainSpec(seed=seed)
        model = mn.train(replace(spec, outputs="values"), parts, training=training)
        found.models.append(model.predict(test.sequences).astype(np.float64))
        found.networks.append(model.predict(test.sequences, part="network").astype(np.float64))
    return found


def tell(name: str, predicted: Floats, rival: Floats, test: mn.Dataset, seconds: float) -> None:
    """One row: for each task the correlation and its difference from the baseline."""
    cells = [name]
    for t in range(len(test.tasks)):
        y = test.labels[:, t]
        gains = np.concatenate([
            weighted_pearson(y, predicted[:, t], weights) - weighted_pearson(y, rival[:, t], weights)
            for weights in bootstrap_weights(test.groups, resamples=RESAMPLES, seed=0)
        ])  # fmt: skip
        low, high = interval(gains)
        gain = pearson(y, predicted[:, t]) - pearson(y, rival[:, t])
        cells.append(f"{pearson(y, predicted[:, t]):.3f}\t{gain:+.3f} [{low:+.3f}, {high:+.3f}]")
    print("\t".join([*cells, f"{seconds:.0f}"]), flush=True)


def main() -> None:
    learn, test = read()
    print(f"{len(learn)} sequences to learn from, {len(test)} to test on")
    clock = time.process_time()
    rival = ridge(learn, test)
    ridge_seconds = time.process_time() - clock
    clock = time.process_time()
    found = predict(learn, test)
    seconds = time.process_time() - clock
    print("\t".join(["", *(f"{task}\tabove the ridge" for task in test.tasks), "CPU s"]))
    tell("k-mer ridge", rival, rival, test, ridge_seconds)
    tell("default", found.models[0], rival, test, seconds / MEMBERS)
    tell("its network alone", found.networks[0], rival, test, seconds / MEMBERS)
    tell(f"mean of {MEMBERS}", np.mean(found.models, axis=0), rival, test, seconds)
    tell("their networks alone", np.mean(found.networks, axis=0), rival, test, seconds)


if __name__ == "__main__":
    main()
