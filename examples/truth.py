"""Compare the motifs of the quick start with the planted motifs.

    python examples/truth.py [FOLDER]

FOLDER is the output of `quickstart.py` (default results/quickstart). A site is a hit if it shares at least 5 bp with a
planted site. Precision is the fraction of sites that are hits, recall the fraction of planted sites that are hit; it is
limited by one site per sequence and motif.
"""

import sys
from pathlib import Path

import pandas as pd

truth_file = Path(__file__).resolve().parents[1] / "data" / "simulated.truth.bed"
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/quickstart")

sites = pd.read_csv(folder / "sites.tsv", sep="\t")
truth = pd.read_csv(truth_file, sep="\t", names=["name", "start", "end", "planted", "score", "strand"])
pairs = sites.merge(truth, on="name", suffixes=("", "_planted"))
overlap = pairs[["end", "end_planted"]].min(axis=1) - pairs[["start", "start_planted"]].max(axis=1)
hits = pairs[overlap >= 5].groupby(["planted", "motif"]).size().rename("hits").reset_index()
hits["precision"] = hits["hits"] / hits["motif"].map(sites["motif"].value_counts())
hits["recall"] = hits["hits"] / hits["planted"].map(truth["planted"].value_counts())
closest = hits.loc[(hits["precision"] * hits["recall"]).groupby(hits["planted"]).idxmax()]
print(closest.round(3).to_string(index=False))
