"""From peaks and a genome to motifs with places on that genome.

    python examples/peaks_on_a_genome.py PEAKS.narrowPeak GENOME.fa FOLDER [STEPS]

The 5,000 strongest peaks, 200 bp around each summit; as many windows of the genome that match them in GC; whole
chromosomes held out. FOLDER must not exist or be empty.
"""

import sys
from pathlib import Path

import motifnet as mn

peaks, genome, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
steps = int(sys.argv[4]) if len(sys.argv) > 4 else 1000

places = mn.IntervalSpec(genome=genome, top=5000, merge_overlaps=True)
data = mn.read_data(peaks, mn.NegativeSpec(negatives_from="genome"), length=200, genome=places)
print(data)

# Test and validation sequences are on other chromosomes than training sequences, about a tenth of all each.
split = mn.split_data(data, mn.SplitSpec(split="chromosomes"), seed=0)
spec = mn.ModelSpec.preset("default", length=200)
model = mn.train(spec, split, training=mn.TrainSpec(max_steps=steps, seed=0))
model.save(folder / "model")

# What has the network to beat? GC alone should say nothing where the negatives match.
scores = {"network and k-mers": model.predict(split.test.sequences), **mn.baseline_predictions(split.train, split.test)}
mn.plot_roc(split.test, scores).figure.savefig(folder / "roc.svg")

found = mn.tabulate_motifs(model, data, readout=mn.ReadoutSpec(importance=False))
found.write_files(folder)  # sites.bed is on the genome
print(found)
