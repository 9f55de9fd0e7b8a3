"""From two FASTA files to a trained network, its test figures, its motifs and their logos.

    python examples/quickstart.py [FOLDER] [--steps N]

The positives hold planted motifs, so at the end the sites found are held against the sites planted. Writes into FOLDER
(default results/quickstart, which must not exist or be empty).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

import motifnet as mn

DATA = Path(__file__).resolve().parents[1] / "data"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", nargs="?", default="results/quickstart", type=Path)
parser.add_argument("--steps", default=500, type=int, help="training steps (batches of 128 sequences)")
options = parser.parse_args()

# Sequences with labels: all of one length, 1 for the positives and 0 for the negatives.
data = mn.read_classes(DATA / "simulated.positives.fa", DATA / "simulated.negatives.fa")

# Train: what weights and motifs are made from. Valid: decides when to stop. Test: looked at once, at the end.
# Duplicates, overlapping windows, and a sequence with its shuffle are never on two sides.
split = data.split(valid=0.1, test=0.1, seed=0)

# A network by name, for sequences of this length; print(spec) shows its layers. The seed makes the run repeatable.
spec = mn.ModelSpec.preset("default", length=data.sequences.length)
model = mn.train(spec, split.train, valid=split.valid, how=mn.TrainSpec(max_steps=options.steps, seed=0))
model = model.with_test(split.test)  # a model remembers which sequences it has met, and how
model.save(options.folder / "model")
print(f"test: {mn.evaluate(model, split.test).loc['positive', ['auroc', 'auprc', 'prevalence']].round(3).to_dict()}")

# Each first-layer filter has its words: those where it fires, counted. Filters of one word are one motif, refined on
# the training sequences. Best first: auROC is how well the motif alone, as a scanner, tells positives from negatives.
# E tells whether it is enriched in the test sequences, match_name which known factor it is like. (Importance, what the
# network loses without the motif's filters, takes longer: leave `readout` out.)
found = mn.tabulate_motifs(model, data, readout=mn.ReadoutSpec(importance=False))
found.write_files(options.folder)
columns = ["motif", "bits", "nsites", "auroc", "auroc_test", "E", "match_name"]
print(found.table[columns].head(10).round({"bits": 1, "auroc": 3, "auroc_test": 3}).to_string(index=False))
mn.draw_logos(found.motifs[:9]).savefig(options.folder / "logos.png")

# The truth: which planted motif lies under the sites of each motif found (at least 5 bp of overlap)? Precision is the
# share of the found sites that are planted ones, recall the share of the planted ones that are found: at most one a
# sequence, since sites are the best ones of each.
columns = ["name", "start", "end", "planted", "score", "strand"]
truth = pd.read_csv(DATA / "simulated.truth.bed", sep="\t", names=columns)
pairs = found.sites.merge(truth, on="name", suffixes=("", "_planted"))
overlap = pairs[["end", "end_planted"]].min(axis=1) - pairs[["start", "start_planted"]].max(axis=1)
hits = pairs[overlap >= 5].groupby(["planted", "motif"]).size().rename("hits").reset_index()
hits["precision"] = hits["hits"] / hits["motif"].map(found.sites["motif"].value_counts())
hits["recall"] = hits["hits"] / hits["planted"].map(truth["planted"].value_counts())
best = hits.loc[(hits["precision"] * hits["recall"]).groupby(hits["planted"]).idxmax()]
print("the motif that is closest to each one planted:")
print(best.round(3).to_string(index=False))
