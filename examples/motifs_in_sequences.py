"""Scan sequences with known motifs, plot the hits, and compare the motifs with JASPAR. No training.

    python examples/motifs_in_sequences.py [FOLDER]

Writes FOLDER/hits.tsv, sites.svg, logo.svg and comparison.tsv (default results/motifs).
"""

import sys
from pathlib import Path

import motifnet as mn

data_folder = Path(__file__).resolve().parents[1] / "data"
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/motifs")
folder.mkdir(parents=True, exist_ok=True)

motifs = mn.read_motifs(data_folder / "simulated.motifs.meme")
sequences = mn.read_fasta(data_folder / "simulated.positives.fa")

# All windows with p <= 1e-4, as FIMO reports them.
hits = mn.scan(motifs, sequences).to_frame()
hits.to_csv(folder / "hits.tsv", sep="\t", index=False)
print(hits["motif"].value_counts().to_string())
mn.plot_sites(hits, motifs=motifs.names).figure.savefig(folder / "sites.svg")
mn.plot_logo(motifs["CTCF"]).figure.savefig(folder / "logo.svg")

# The most similar motifs of JASPAR CORE, which is part of motifnet.
known = mn.compare(motifs, "vertebrates", top=3)
known.to_csv(folder / "comparison.tsv", sep="\t", index=False)
print(known[["Query_ID", "Target_name", "E-value"]].to_string(index=False))
