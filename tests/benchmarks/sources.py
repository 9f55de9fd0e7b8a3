"""Motifs from filters, from attributions, and from both, for several networks.

    python tests/benchmarks/sources.py --models FOLDER [--seed N] [--presets NAME ...] [--starts kmers random] [SET ...]

Networks are trained on a part of the train files (`training_parts`) and kept in the folder; motifs are evaluated on
sequences of the train files that neither training nor extraction used. Start "kmers" is the shipped one; "random" is
without initial k-mers. Columns: number of sources with a motif (filters, patterns); fraction of them whose own motif,
before refinement, is a whole known motif (Tomtom's best match is full) and one of the TF or its family; motifs of the
list; held-out auROC of the first, and of the first five in a logistic regression (as ../shared/score_motif_list.py);
best match of the first; significant motifs; CPU seconds of the extraction.

SET koo-12 is the task of Koo & Ploenzke 2021 (`simulate_scenario`; models FOLDER/koo-12_PRESET_SEED are read, or
trained): instead of the TF, the 12 planted motifs are counted among the sources' own motifs (similarity of whole motifs
at least 0.8), and among the significant motifs of the list, beside the significant rows that are like none of them.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from training_parts import DATA, print_row, training_parts

import motifnet as mn
from motifnet.motifs.alignment import align_motifs, mutual_similarity
from motifnet.motifs.statistics.enrichment import SIGNIFICANT
from motifnet.simulation.scenario_spec import SCENARIOS
from motifnet.simulation.scenarios import known_motifs

PRESETS = ("default", "dragonn", "koo-cnn-2", "basset")
SOURCES = ("filters", "attributions", "both")
HEADER = ("set", "preset", "start", "source", "sources", "whole", "of the TF", "motifs", "first", "five", "first is")
HEADER = (*HEADER, "significant", "CPU s")
KOO = (
    "set",
    "preset",
    "start",
    "source",
    "sources",
    "planted, own",
    "motifs",
    "planted, significant",
    "wrong",
    "CPU s",
)
ALIKE = 0.8


def trained(path: Path, parts: mn.Split, preset: str, start: str, seed: int) -> mn.TrainedModel:
    if not path.exists():
        spec = mn.ModelSpec.preset(preset, length=parts.train.sequences.length, tasks=parts.train.tasks)
        is_random = start == "random"
        training = mn.TrainSpec(seed=seed, kmer_init=not is_random, kmers=not is_random)
        mn.train(spec, parts, training=training).save(path)
    return mn.TrainedModel.load(path)


def five_auroc(motifs: mn.MotifSet, parts: mn.Split) -> float:
    """Held-out auROC of a logistic regression on the best scores of the first five motifs."""
    chosen = mn.MotifSet(motifs.motifs[:5], motifs.strands, motifs.background)
    if not len(chosen):
        return float("nan")
    train, held_out = (mn.scan(chosen, part.sequences, with_best=True).best for part in (parts.train, parts.test))
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(train, parts.train.labels[:, 0])
    return float(roc_auc_score(parts.test.labels[:, 0], fitted.decision_function(held_out)))


def extracted(
    model: mn.TrainedModel, parts: mn.Split, source: str, database: str
) -> tuple[mn.MotifTables, list, float]:
    """Tables, the own motifs of filters and patterns, and CPU seconds."""
    from motifnet.interpretation import readout
    from motifnet.interpretation.tables import motif_tables

    kept = []

    def find_motifs(*args: object, **options: object) -> readout.Readout:
        kept.append(readout.find_motifs(*args, **options))
        return kept[-1]

    motif_tables.find_motifs, begun = find_motifs, time.process_time()
    extraction = mn.ExtractionSpec(source=source)
    found = mn.tabulate_motifs(
        model, parts, extraction=extraction, readout=mn.ReadoutSpec(database=database, importance=False)
    )
    seconds = time.process_time() - begun
    return found, [each.motif for each in kept[0].instances if each.motif is not None], seconds


def tf_rows(name: str, preset: str, start: str, options: argparse.Namespace) -> None:
    parts = training_parts(name)
    model = trained(options.models / f"{name}_{preset}_{start}_{options.seed}", parts, preset, start, options.seed)
    with (DATA / "tf" / "sets.tsv").open() as handle:
        row = next(row for row in csv.DictReader(handle, delimiter="\t") if row["set"] == name)
    accepted = set(f"{row['jaspar_primary']},{row['jaspar_family']}".split(","))
    database = "fungi" if name.startswith("yeast") else "vertebrates"
    known = mn.read_database(database)
    for source in SOURCES:
        found, own, seconds = extracted(model, parts, source, database)
        first = found.table.iloc[0] if len(found.table) else {}
        whole = of_tf = 0
        if own:
            best = mn.annotate(mn.MotifSet(own, "both"), known).drop_duplicates("motif")
            is_whole = best["match_kind"] == "full"
            whole, of_tf = is_whole.mean(), (is_whole & best["match"].isin(accepted)).mean()
        auroc = float(first.get("auroc_test", np.nan))
        named = f"{first.get('match_name', '')} ({first.get('match_kind', '')})"
        cells = (len(own), float(whole), float(of_tf), len(found.table), auroc, five_auroc(found.motifs, parts), named)
        print_row((name, preset, start, source, *cells, found.n_significant, f"{seconds:.1f}"))


def koo_rows(preset: str, start: str, options: argparse.Namespace) -> None:
    simulation = mn.simulation.simulate_scenario("koo-12", seed=options.seed)
    parts = simulation.data.split(valid=0.1, test=0.1, seed=options.seed)
    suffix = "" if start == "kmers" else "_random"
    path = options.models / f"koo-12_{preset}{suffix}_{options.seed}"
    model, planted = trained(path, parts, preset, start, options.seed), known_motifs(SCENARIOS["koo-12"].jaspar).motifs
    for source in SOURCES:
        found, own, seconds = extracted(model, parts, source, "none")
        significant = np.flatnonzero(found.table["status"] == SIGNIFICANT)
        listed = [found.motifs[int(index)] for index in significant]
        n_own, n_listed = (
            int((mutual_similarity(planted, motifs, strands="both").max(axis=1, initial=0) >= ALIKE).sum())
            for motifs in (own, listed)
        )
        wrong = int((align_motifs(listed, planted).similarity.max(axis=1, initial=0) < ALIKE).sum())
        cells = (len(own), n_own, len(found.table), n_listed, f"{wrong} of {len(listed)}", f"{seconds:.1f}")
        print_row(("koo-12", preset, start, source, *cells))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--presets", nargs="*", default=PRESETS)
    parser.add_argument("--starts", nargs="*", default=("random",))
    parser.add_argument("sets", nargs="*", default=("encode_USF1_HepG2", "human_CTCF_gimme500", "koo-12"))
    options = parser.parse_args()
    options.models.mkdir(exist_ok=True)
    mn.set_threads(1)
    for name in options.sets:
        print_row(KOO if name == "koo-12" else HEADER)
        for preset in options.presets:
            for start in options.starts:
                koo_rows(preset, start, options) if name == "koo-12" else tf_rows(name, preset, start, options)


if __name__ == "__main__":
    sys.exit(main())
