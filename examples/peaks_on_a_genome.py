"""From peaks and a genome to motifs with sites in genomic coordinates.

    python examples/peaks_on_a_genome.py PEAKS.narrowPeak GENOME.fa FOLDER [STEPS]

Positives are 200 bp around the summits of the 5,000 strongest peaks, negatives are GC-matched windows of the genome.
Whole chromosomes are held out. FOLDER must be empty or not exist.
"""

import sys
from pathlib import Path

import motifnet as mn

peaks, genome, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
steps = int(sys.argv[4]) if len(sys.argv) > 4 else 1000

intervals = mn.IntervalSpec(genome=genome, top=5000, merge_overlaps=True)
data = mn.read_data(peaks, mn.NegativeSpec(negatives_from="genome"), length=200, genome=intervals)
print(data)

# Test and validation chromosomes have about a tenth of the sequences each.
split = mn.split_data(data, mn.SplitSpec(split="chromosomes"), seed=0)
spec = mn.ModelSpec.preset("default", length=200)
model = mn.train(spec, split, training=mn.TrainSpec(max_steps=steps, seed=0))
model.save(folder / "model")

# Simpler models on the same test sequences. With GC-matched negatives, GC alone should be close to chance.
scores = {"network and k-mers": model.predict(split.test.sequences), **mn.baseline_predictions(split.train, split.test)}
mn.plot_roc(split.test, scores).figure.savefig(folder / "roc.svg")

found = mn.tabulate_motifs(model, split, readout=mn.ReadoutSpec(importance=False))
found.write_files(folder)  # sites.bed has genomic coordinates
print(found)
