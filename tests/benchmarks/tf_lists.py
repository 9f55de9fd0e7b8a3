"""The first five motifs together on the sets of ../shared/data/tf, compared with STREME's five.

    python tests/benchmarks/tf_lists.py --models /tmp/models [SET ...]

Networks are trained on the train files and kept in the folder (`tf_models`). The lists are scored as in
../shared/score_motif_list.py: a logistic regression on the best scores of the motifs, fitted on the train files and
measured on the test files, which are used once. Prints for each set the auROC of our five and of STREME's, the
difference with its standard error (paired bootstrap over sequences), and the auROC of either first motif. Then the
numbers of different known factors and families that match significant motifs of our whole list, of our five and of
STREME's five. Thresholds and directions of all three come from the train files, their E-values from the test files.
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
from motifnet.motifs.known.comparison import annotate
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.enrichment import SIGNIFICANT, enrichment_table
from motifnet.motifs.statistics.thresholds import directions, site_threshold

sys.path.insert(0, str(DATA.parent))

import score_motif_list
from tf_models import trained
from tf_motifs import auroc

RESAMPLES = 500
SHOWN = 5
FOUND = ("factors", "families")


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


def known_factors(motifs: mn.MotifSet, train: mn.Dataset, test: mn.Dataset, database: str) -> tuple[float, float]:
    """Numbers of different factors, and of their families, that are the best match of a significant motif."""
    scores, held_out = (best_sites(motifs.motifs, data.sequences, strands="both").score for data in (train, test))
    thresholds = np.array([site_threshold(column, train.labels[:, 0]) for column in scores.T])
    signs = directions(scores, thresholds, train.labels)
    table = enrichment_table(motifs, test, held_out, thresholds=thresholds, signs=signs)
    matches = annotate(motifs, database).set_index("motif")
    best = matches[matches["match_rank"] == 1].reindex(table.loc[table["status"] == SIGNIFICANT, "motif"])
    return float(best["match_name"].nunique()), float(best["match_family"].nunique())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("sets", nargs="*")
    options = parser.parse_args()
    options.models.mkdir(exist_ok=True)
    mn.set_threads(1)
    aurocs = ("our five", "STREME's", "difference", "standard error", "our first", "STREME's first")
    print_row(("set", *aurocs, *(f"{what} {whose}" for whose in ("ours", "our five", "STREME's") for what in FOUND)))
    rows = []
    for name in options.sets or sorted(path.stem for path in (DATA / "streme_lists").glob("*.meme")):
        model, data, test, _ = trained(name, options.seed, options.models)
        from motifnet.interpretation.readout import find_motifs, known_split

        found = find_motifs(model, known_split(model, data, min_per_class=mn.ExtractionSpec().min_sites))
        meme = options.models / f"{name}_{options.seed}.meme"
        mn.write_motifs(found.motifs, meme)
        streme = mn.MotifSet(
            mn.read_motifs(DATA / "streme_lists" / f"{name}.meme").motifs, "both", found.motifs.background
        )
        database = "fungi" if name.startswith("yeast") else "vertebrates"
        lists = (found.motifs, found.motifs[:SHOWN], streme)
        counts = [known_factors(motifs, data, test, database) for motifs in lists]
        rows.append((*compared(meme, name), *(count for own in counts for count in own)))
        print_row((name, *rows[-1]))
    print_row(("mean", *np.mean(rows, axis=0).tolist()))


if __name__ == "__main__":
    main()
