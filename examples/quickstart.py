"""From two FASTA files to a trained network, its test figures, its motifs and their logos.

    python examples/quickstart.py [FOLDER] [STEPS]

Writes into FOLDER (default results/quickstart, which must not exist or be empty) after so many training steps (default
500, batches of 64 sequences). The positives hold planted motifs: `truth.py` tells which of them came back.
"""

import sys
from pathlib import Path

import motifnet as mn

data_folder = Path(__file__).resolve().parents[1] / "data"
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/quickstart")
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 500

# Sequences with labels: all of one length, 1 for the positives and 0 for the negatives.
data = mn.read_data(data_folder / "simulated.positives.fa", data_folder / "simulated.negatives.fa")

# Train: what weights and motifs are made from. Valid: decides when to stop. Test: looked at once, at the end.
# Duplicates, overlapping windows, and a sequence with its shuffle are never on two sides.
split = data.split(valid=0.1, test=0.1, seed=0)
spec = mn.ModelSpec.preset("default", length=data.sequences.length)
model = mn.train(spec, split, training=mn.TrainSpec(max_steps=steps, seed=0))
model.save(folder / "model")
print(mn.evaluate(model, split.test)[["auroc", "auprc", "prevalence"]].round(3))

# Filters of one word are one motif, refined on the training part, tested on the test part (E), and named (match_name).
# (Importance, what the network loses without the motif's filters, takes longer: leave `readout` out.)
found = mn.tabulate_motifs(model, data, readout=mn.ReadoutSpec(importance=False))
found.write_files(folder)
print(found.table[["motif", "bits", "nsites", "auroc", "auroc_test", "e_value", "match_name"]].head(10))
mn.draw_logos(found.motifs[:9]).savefig(folder / "logos.png")
