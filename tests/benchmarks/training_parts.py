"""Parts of the training files of ../shared/data/tf for the benchmarks of defaults: train, validation and held out.

Defaults are chosen on these parts alone. The test files are read by `tf_sets.py`, for the final value.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

import motifnet as mn
from motifnet.motifs.statistics.contrast import task_aurocs

DATA = Path(os.environ.get("MOTIFNET_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")) / "data"
SETS = ("encode_USF1_HepG2", "encode_GATA3_SHSY5Y", "encode_MYC_H1", "human_CTCF_gimme500", "yeast_Fkh1", "yeast_Cbf1")


def training_parts(name: str) -> mn.Split:
    """Split the training files: a tenth for validation, a fifth held out (`test` in the split)."""
    folder = DATA / "tf" / name
    return mn.read_data(folder / "train.pos.fa.gz", folder / "train.neg.fa.gz").split(valid=0.1, test=0.2, seed=0)


def anchors() -> dict[str, dict[str, str]]:
    """Rows of anchors.tsv by set: test metrics of other tools."""
    with (DATA / "anchors.tsv").open() as handle:
        return {row["set"]: row for row in csv.DictReader(handle, delimiter="\t")}


def motif_aurocs(motifs: mn.MotifSet, data: mn.Dataset) -> np.ndarray:
    """auROC of the best score of each motif as a classifier of each task: ``(M, T)``."""
    best = mn.scan(motifs, data.sequences, with_best=True).best
    assert best is not None
    return task_aurocs(best, data.labels)


def streme_separation(name: str, held_out: mn.Dataset) -> float:
    """auROC of STREME's first motif on the held-out part, which was among the files that it was found in."""
    motifs = mn.read_motifs(DATA / "streme_first.meme")
    own = mn.MotifSet([motifs[name]], "both", motifs.background)
    return float(motif_aurocs(own, held_out)[0, 0])


def print_row(cells: tuple[object, ...]) -> None:
    """Print one line of a table, floats with four digits."""
    print("\t".join(f"{c:.4f}" if isinstance(c, float) else str(c) for c in cells), flush=True)
