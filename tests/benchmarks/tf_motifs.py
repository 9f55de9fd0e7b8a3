"""First motifs on the sets of ../shared/data/tf, three seeds each, compared with STREME's first motifs.

    python tests/benchmarks/tf_motifs.py --models /tmp/models [SET ...]

Networks are trained on the train files (and kept in the folder, so that a second run only extracts motifs); the test
files are used once, for the metrics. For each set and seed: the best JASPAR match of the first motif; whether it is
accepted (the motif of the TF or of its family); test auROC of its PWM as a classifier, and that of STREME's; CPU
seconds of extracting motifs. At the end: the mean difference over sets with a 95 % interval (paired bootstrap over
sequences).
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from tf_models import SEEDS, trained

import motifnet as mn
from motifnet.motifs.known.comparison import compare
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.motif import Motif, MotifSet

SHARED = Path(os.environ.get("MOTIFNET_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")) / "data"
RESAMPLES = 1000


def scores(motif: Motif, test: mn.Dataset) -> NDArray[np.float32]:
    """Scores as for the anchors: best hit on either strand, background of the test negatives, one pseudosite."""
    background = test.sequences.take(test.labels[:, 0] == 0).background()
    best = mn.scan(MotifSet([motif], "both", background), test.sequences, with_best=True).best
    assert best is not None
    return best[:, 0]


def auroc(values: NDArray[np.floating], labels: NDArray[np.floating]) -> float:
    n = int(labels.sum())
    return float((rankdata(values)[labels == 1].sum() - n * (n + 1) / 2) / (n * (len(labels) - n)))


def differences(ours: list[NDArray[np.float32]], streme: NDArray[np.float32], labels: NDArray[np.float32], seed: int):
    """Mean difference of auROC over seeds, on the test sequences and on resamples stratified by class."""
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(labels == value) for value in (1, 0)]
    rows = [np.arange(len(labels))]
    rows += [np.concatenate([rng.choice(c, len(c)) for c in classes]) for _ in range(RESAMPLES)]
    return np.array(
        [np.mean([auroc(o[r], labels[r]) for o in ours]) - auroc(streme[r], labels[r]) for r in rows]
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("sets", nargs="*")
    options = parser.parse_args()
    options.models.mkdir(exist_ok=True)
    mn.set_threads(1)
    with (SHARED / "tf" / "sets.tsv").open() as handle:
        sets = {row["set"]: row for row in csv.DictReader(handle, delimiter="\t")}
    with (SHARED / "anchors.tsv").open() as handle:
        anchors = {row["set"]: row for row in csv.DictReader(handle, delimiter="\t")}
    streme_first = mn.read_motifs(SHARED / "streme_first.meme")
    print("set\tseed\tfirst motif\tmatch\taccepted\tmotif 1\tSTREME 1\tmotifs\tCPU s", flush=True)
    all_differences, accepted = [], []
    for number, name in enumerate(options.sets or sorted(anchors)):
        database = read_database("fungi" if name.startswith("yeast") else "vertebrates")
        primary, family = (set(sets[name][f"jaspar_{kind}"].split(",")) for kind in ("primary", "family"))
        streme = next(motif for motif in streme_first if name in motif.name)
        ours = []
        for seed in SEEDS[: options.seeds]:
            model, data, test, _ = trained(name, seed, options.models)
            from motifnet.interpretation.readout import find_motifs, known_split

            start = time.process_time()
            found = find_motifs(model, known_split(model, data, min_per_class=mn.ExtractionSpec().min_sites))
            seconds = time.process_time() - start
            first = found.motifs[0]
            best = compare(found.motifs[:1], database, top=1).iloc[0]
            kind = "own" if best["Target_ID"] in primary else "family" if best["Target_ID"] in family else "-"
            accepted.append((name, kind))
            ours.append(scores(first, test))
            labels = test.labels[:, 0]
            figures = f"{auroc(ours[-1], labels):.4f}\t{auroc(scores(streme, test), labels):.4f}"
            match = f"{best['Target_name']} E={best['E-value']:.0e}"
            line = f"{name}\t{seed}\t{first.name}\t{match}\t{kind}\t{figures}\t{len(found.motifs)}\t{seconds:.0f}"
            print(line, flush=True)
        all_differences.append(differences(ours, scores(streme, test), labels, number))
        low, high = np.quantile(all_differences[-1][1:], [0.025, 0.975])
        print(f"{name}\tdifference\t{all_differences[-1][0]:+.4f}\t[{low:+.4f}, {high:+.4f}]", flush=True)
    mean = np.mean(all_differences, axis=0)
    low, high = np.quantile(mean[1:], [0.025, 0.975])
    print(f"mean difference over {len(all_differences)} sets: {mean[0]:+.4f} [{low:+.4f}, {high:+.4f}]")
    own = sum(kind == "own" for _, kind in accepted)
    families = sum(kind == "family" for _, kind in accepted)
    print(
        f"first motif's best match: the TF {own}, its family {families}, of {len(accepted)} runs; STREME: 12 of 12 sets"
    )


if __name__ == "__main__":
    main()
