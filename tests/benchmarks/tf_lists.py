"""The first five motifs together on the sets of ../shared/data/tf, compared with STREME's five.

    python tests/benchmarks/tf_lists.py --models /tmp/models [SET ...]

Networks are trained on the train files and kept in the folder (`tf_models`). The lists are scored as in
../shared/score_motif_list.py: a logistic regression on the best scores of the motifs, fitted on the train files and
measured on the test files, which are used once. Prints for each set the auROC of our five and of STREME's, the
difference with its standard error (paired bootstrap over sequences), and the auROC of either first motif.
Wanted: a mean difference of at least 0.01, and no set worse by more than two standard errors.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from training_parts import DATA, print_row

import motifnet as mn

sys.path.insert(0, str(DATA.parent))

import score_motif_list
from tf_models import trained
from tf_motifs import auroc

RESAMPLES = 500
SHOWN = 5


def list_scores(motifs: list[tuple[float, np.ndarray]], folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Predictions for the test sequences of a set, by the regression of `score_motif_list`; and their labels."""
    found = []

    def kept(labels: np.ndarray, predictions: np.ndarray) -> float:
        found.append((predictions, labels))
        return auroc(predictions, labels)

    score_motif_list.roc_auc_score = kept
    score_motif_list.score_list(motifs, folder)
    return found[0]


def difference(ours: np.ndarray, theirs: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Difference of auROC, and its standard error over resamples stratified by class."""
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(labels == value) for value in (1, 0)]
    rows = [np.concatenate([rng.choice(own, len(own)) for own in classes]) for _ in range(RESAMPLES)]
    spread = np.std([auroc(ours[r], labels[r]) - auroc(theirs[r], labels[r]) for r in rows])
    return auroc(ours, labels) - auroc(theirs, labels), float(spread)


def compared(meme: Path, name: str) -> tuple[float, ...]:
    """AuROC of our five and of STREME's, difference, standard error, and auROC of either first motif."""
    folder, streme = DATA / "tf" / name, DATA / "streme_lists" / f"{name}.meme"
    lists = [score_motif_list.read_meme(path) for path in (meme, streme)]
    (ours, labels), (theirs, _) = (list_scores(motifs[:SHOWN], folder) for motifs in lists)
    firsts = [auroc(list_scores(motifs[:1], folder)[0], labels) for motifs in lists]
    return auroc(ours, labels), auroc(theirs, labels), *difference(ours, theirs, labels), *firsts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("sets", nargs="*")
    options = parser.parse_args()
    options.models.mkdir(exist_ok=True)
    mn.set_threads(1)
    print_row(("set", "our five", "STREME's", "difference", "standard error", "our first", "STREME's first"))
    rows = []
    for name in options.sets or sorted(path.stem for path in (DATA / "streme_lists").glob("*.meme")):
        model, data, _, _ = trained(name, options.seed, options.models)
        from motifnet.interpretation.readout import find_motifs, known_split

        found = find_motifs(model, known_split(model, data, min_per_class=mn.ExtractionSpec().min_sites))
        meme = options.models / f"{name}_{options.seed}.meme"
        mn.write_motifs(found.motifs, meme)
        rows.append(compared(meme, name))
        print_row((name, *rows[-1]))
    print_row(("mean", *np.mean(rows, axis=0).tolist()))


if __name__ == "__main__":
    main()
