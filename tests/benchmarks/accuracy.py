"""The default model on the scored sets of ../shared/data/tf, compared with lsgkm. The same recipe for every set.

    python tests/benchmarks/accuracy.py --models /tmp/models [--seeds 3] [--no-repeats] [SET ...]

Models are trained on the train files; the test files are used once. Columns: test auROC (mean over seeds) and its
standard error (bootstrap over test sequences); auROC of lsgkm; of the network alone and of the k-mer regression alone;
of the mean log odds over seeds (a separate row in the summary, because it costs as many trainings); auPRC, and that of
lsgkm; CPU seconds, and those of lsgkm. Sets with fewer than 200 test positives are also evaluated by 5-fold
cross-validation over all their sequences, twice, with groups kept together: mean and standard deviation over folds. The
value of lsgkm is that of one split.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from tf_models import trained
from training_parts import anchors, print_row

import motifnet as mn

HEADER = (
    *("set", "auROC", "se", "lsgkm", "se", "network", "k-mers", "mean of seeds", "auPRC", "lsgkm auPRC"),
    *("CPU s", "lsgkm CPU s", "ratio"),
)
FEW, RESAMPLES = 200, 500
REAL = ("human_NANOG_H1", "yeast_Cbf1", "yeast_Fkh1", "yeast_Reb1")


def standard_error(labels: NDArray[np.floating], scores: NDArray[np.floating]) -> float:
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(labels == value) for value in (1, 0)]
    drawn = (np.concatenate([rng.choice(rows, len(rows)) for rows in classes]) for _ in range(RESAMPLES))
    return float(np.std([roc_auc_score(labels[rows], scores[rows]) for rows in drawn]))


def measure(name: str, seeds: int, models: Path, anchor: dict[str, str]) -> dict[str, float]:
    """One set: a row, and its values for the summary."""
    runs = [trained(name, seed, models) for seed in range(seeds)]
    test, labels = runs[0].test, runs[0].test.labels[:, 0]
    whole = [run.model.scores(test.sequences)[:, 0] for run in runs]
    alone = [run.model.predict(test.sequences, part="network")[:, 0] for run in runs]
    kmers = [run.model.kmers.logits(test.sequences)[:, 0] for run in runs if run.model.kmers]
    auroc, network, kmer = (float(np.mean([roc_auc_score(labels, p) for p in ps])) for ps in (whole, alone, kmers))
    together = float(roc_auc_score(labels, np.mean(whole, axis=0)))
    auprc = float(np.mean([average_precision_score(labels, p) for p in whole]))
    seconds = float(np.mean([run.seconds for run in runs]))
    gkm = {key: float(anchor[f"gkm_{key}"]) for key in ("auroc", "se", "auprc", "cpu_s")}
    print_row(
        (
            *(name, auroc, standard_error(labels, whole[0]), gkm["auroc"], gkm["se"], network, kmer, together),
            *(auprc, gkm["auprc"], f"{seconds:.0f}", f"{gkm['cpu_s']:.0f}", f"{seconds / gkm['cpu_s']:.2f}"),
        )
    )
    row = {"auroc": auroc, "lsgkm": gkm["auroc"], "network": network, "k-mers": kmer, "together": together}
    return {**row, "n": float(labels.sum())}


def repeated(name: str, models: Path) -> None:
    """Cross-validation over all sequences of a small set."""
    _, data, test, _ = trained(name, 0, models)
    sequences = mn.SequenceSet.concatenate([data.sequences, test.sequences])
    labels = np.concatenate([data.labels, test.labels])
    whole = mn.Dataset.from_labels(sequences, labels, data.tasks)
    figures = []
    for repeat in range(2):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=repeat)
        for learned, left_out in folds.split(labels, labels[:, 0], whole.groups):
            split = whole.take(learned).split(valid=0.1, seed=repeat)
            spec = mn.ModelSpec.preset("default", length=sequences.length)
            model = mn.train(spec, split, training=mn.TrainSpec(seed=repeat))
            figures.append(roc_auc_score(labels[left_out, 0], model.predict(sequences.take(left_out))[:, 0]))
    print_row((name, "5-fold, twice", float(np.mean(figures)), "sd over folds", float(np.std(figures))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--no-repeats", action="store_true")
    parser.add_argument("sets", nargs="*")
    options = parser.parse_args()
    options.models.mkdir(exist_ok=True)
    mn.set_threads(1)
    known = anchors()
    print_row(HEADER)
    rows = {name: measure(name, options.seeds, options.models, known[name]) for name in options.sets or sorted(known)}
    for what, names in (("all", list(rows)), ("real negatives", REAL), ("shuffles", set(rows) - set(REAL))):
        of = [rows[name] for name in names if name in rows]
        if of:
            means = {key: float(np.mean([row[key] for row in of])) for key in of[0]}
            cells = ("mean", what, len(of), means["auroc"], "lsgkm", means["lsgkm"])
            gain = f"{means['auroc'] - means['lsgkm']:+.4f}"
            alone = "network", means["network"], "k-mers", means["k-mers"]
            print_row((*cells, gain, *alone, "mean of seeds", means["together"]))
    for name, row in rows.items():
        if row["n"] < FEW and not options.no_repeats:
            repeated(name, options.models)


if __name__ == "__main__":
    main()
