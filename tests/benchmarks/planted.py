"""The planted-motif task of Koo & Ploenzke 2021 (Nat Mach Intell 3:258), rebuilt with `simulate`: are filters motifs?

    python tests/benchmarks/planted.py FOLDER [SEED ...]

30,000 sequences of 200 bp, each with 1 to 5 sites of 12 JASPAR motifs on either strand, and one label per planted
motif. A filter is correct if its best Tomtom hit among all of JASPAR 2016 vertebrates is a planted motif or of the
family of one, and the hit covers at least three quarters of the information of that motif; inactive filters are
incorrect. Expected of the filters of the default preset, unmerged and unrefined: a fraction of 0.90 (mean of 3 seeds),
and all 12 motifs found (the best network of the paper: 0.97, by a rule without coverage). Columns: rows (filters, or
motifs of the table), inactive filters, fraction with a correct best hit of any coverage, fraction correct, fraction
correct by the identifier alone, planted motifs found, CPU seconds. Trained models are kept in FOLDER and read from
there the next time. JASPAR 2016 is read from the shared data (MOTIFNET_SHARED).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from training_parts import DATA, print_row

import motifnet as mn
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.motifs.known.databases import Factor, factors_of
from motifnet.motifs.statistics.enrichment import SIGNIFICANT

PLANTED = ("Arid3a", "CEBPB", "FOSL1", "Gabpa", "MAFK", "MAX", "MEF2A", "NFYB", "SP1", "SRF", "STAT1", "YY1")
COVERED = 0.75
HEADER = ("preset", "seed", "of", "rows", "inactive", "right hit", "right", "right id", "covered", "CPU s")


class Known(NamedTuple):
    """JASPAR 2016, and its planted motifs."""

    database: mn.MotifSet
    factors: Mapping[str, Factor]
    planted: mn.MotifSet

    @classmethod
    def read(cls) -> Known:
        database = mn.read_database(DATA / "motifs" / "JASPAR2016_CORE_vertebrates_official.meme.gz")
        by_factor = {motif.alt_name: motif for motif in database}
        return cls(database, factors_of(database), mn.MotifSet([by_factor[factor] for factor in PLANTED]))

    def meant(self, identifier: str) -> set[str]:
        """The planted motifs that a hit counts for: itself, or those of its family."""
        if identifier in self.planted.names:
            return {identifier}
        own = self._families(identifier)
        return {name for name in self.planted.names if own & self._families(name)}

    def _families(self, identifier: str) -> set[str]:
        return set(self.factors[identifier].family.split("::")) - {""}


class Figures(NamedTuple):
    """Fractions of `n` rows, and planted motifs that correct rows count for."""

    right_hit: float
    right: float
    right_id: float
    covered: str


def planted_data(planted: mn.MotifSet) -> mn.Dataset:
    """Sequences with labels for the motifs planted in them."""
    uniform = np.full(4, 0.25)
    made = mn.simulation.simulate(
        planted, n=30_000, length=200, per_sequence=(1, 5), n_negatives=1, background=uniform, seed=0
    )
    labels = pd.crosstab(made.truth["sequence_index"], made.truth["motif"])[list(planted.names)].clip(upper=1)
    return mn.Dataset.from_labels(made.positives, labels.to_numpy(), PLANTED)


def judge(motifs: mn.MotifSet, n: int, known: Known) -> Figures:
    """Motifs by their best hits, as fractions of n, which includes filters without a motif."""
    best = mn.compare(motifs, known.database, top=1)
    meant = [known.meant(identifier) for identifier in best["Target_ID"]]
    is_hit = np.array([bool(names) for names in meant])
    is_right = is_hit & (best["target_share"] >= COVERED).to_numpy()
    is_own = is_right & best["Target_ID"].isin(known.planted.names).to_numpy()
    covered = set().union(*(names for names, right in zip(meant, is_right, strict=True) if right))
    missed = [motif.alt_name for motif in known.planted if motif.name not in covered]
    told = f"{len(covered)}{' without ' + ' '.join(missed) if missed else ''}"
    right_hit, right, right_id = (float(rows.sum() / max(n, 1)) for rows in (is_hit, is_right, is_own))
    return Figures(right_hit, right, right_id, told)


def trained(preset: str, seed: int, parts: mn.Split, folder: Path) -> tuple[mn.TrainedModel, str]:
    """The model, and the CPU seconds of its training (recorded when it was trained)."""
    path = folder / f"{preset}_{seed}"
    seconds = path.with_suffix(".cpu_seconds")
    if not seconds.exists():
        start = time.process_time()
        spec = mn.ModelSpec.preset(preset, length=parts.train.sequences.length, tasks=parts.train.tasks)
        model = mn.train(spec, parts, training=mn.TrainSpec(seed=seed))
        spent = f"{time.process_time() - start:.0f}"
        model.save(path, force=True)
        seconds.write_text(spent)
    return mn.TrainedModel.load(path), seconds.read_text()


def print_filters(model: mn.TrainedModel, layer: int, parts: mn.Split, known: Known, row: tuple[object, ...]) -> float:
    """The filters, unmerged and unrefined; returns the fraction that is correct."""
    start = time.process_time()
    sequences = parts.train.sequences  # every one holds a planted motif
    motifs = mn.extract_motifs(model, sequences, extraction=mn.ExtractionSpec(layer=layer))
    seconds = f"{time.process_time() - start:.0f}"
    n_filters = len(model.layer(layer).names)
    figures = judge(motifs, n_filters, known)
    print_row((*row, f"filters of layer {layer}", n_filters, n_filters - len(motifs), *figures, seconds))
    return figures.right


def print_families(model: mn.TrainedModel, data: mn.Dataset, known: Known, row: tuple[object, ...]) -> None:
    """Merged, refined and tested motifs: all rows of the table, and the significant ones."""
    start = time.process_time()
    readout = ReadoutSpec(database="none", importance=False)
    found = mn.tabulate_motifs(model, data, readout=readout)
    seconds = f"{time.process_time() - start:.0f}"
    chosen = np.flatnonzero((found.table["status"] == SIGNIFICANT).to_numpy())
    significant = mn.MotifSet([found.motifs[int(i)] for i in chosen], "both", found.motifs.background)
    for what, motifs in (("refined families", found.motifs), ("significant ones", significant)):
        print_row((*row, what, len(motifs), 0, *judge(motifs, len(motifs), known), seconds))


def measure(seeds: Iterable[int], folder: Path) -> list[float]:
    """Print the table; returns the deciding value of each seed."""
    known = Known.read()
    data = planted_data(known.planted)
    parts = data.split(valid=0.1, test=0.1, seed=0)
    print_row(HEADER)
    right = []
    for seed in seeds:
        for preset, layers in (("default", [0]), ("dragonn", [0, 2])):
            model, seconds = trained(preset, seed, parts, folder)
            auroc = mn.evaluate(model, parts.test)["auroc"].mean()
            print_row((preset, seed, f"training: mean auROC {auroc:.4f}", *[""] * 6, seconds))
            shares = [print_filters(model, layer, parts, known, (preset, seed)) for layer in layers]
            if preset == "default":
                right += shares
                print_families(model, data, known, (preset, seed))
    return right


def main() -> None:
    mn.set_threads(1)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    right = measure([int(seed) for seed in sys.argv[2:] or (0, 1, 2)], folder)
    print(f"mean share of the default's filters that are right\t{np.mean(right):.3f}\twanted: 0.90")


if __name__ == "__main__":
    main()
