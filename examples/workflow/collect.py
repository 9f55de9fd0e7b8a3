"""Collect the results of many samples.

    python collect.py METRICS.tsv MOTIFS.meme COMPARISON.tsv FOLDER ...

METRICS has one row per sample and task. MOTIFS has the significant motifs of all samples, named SAMPLE.MOTIF.
COMPARISON lists pairs of similar motifs, by the rule for known matches (columns of matches.tsv).
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

import motifnet as mn

metrics_file, motifs_file, comparison_file, *folders = sys.argv[1:]
rows, motifs = [], []
for folder in map(Path, folders):
    for task, metrics in json.loads((folder / "metrics.json").read_text()).items():
        metrics.pop("baselines", None)
        rows.append({"sample": folder.name, "task": task, **metrics})
    table = pd.read_csv(folder / "motifs.tsv", sep="\t").set_index("motif")
    motifs += [
        replace(motif, name=f"{folder.name}.{motif.name}", alt_name=str(table.loc[motif.name, "match_name"]))
        for motif in mn.read_motifs(folder / "motifs.meme")
        if table.loc[motif.name, "status"] == "significant"
    ]

pd.DataFrame(rows).to_csv(metrics_file, sep="\t", index=False)
all_motifs = mn.MotifSet(motifs, background=[0.25] * 4)
mn.write_motifs(all_motifs, motifs_file)
found = mn.annotate(all_motifs, all_motifs, top=20)  # each motif matches itself
similar = (found["match_kind"] != "none") & (found["motif"] != found["match"])
found[similar].to_csv(comparison_file, sep="\t", index=False)
