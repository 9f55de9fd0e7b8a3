"""From two FASTA files to a trained network, its test metrics, its motifs and their logos.

    python examples/quickstart.py [FOLDER] [STEPS]

FOLDER (default results/quickstart) must be empty or not exist. STEPS is the number of training steps (default 500) of
64 sequences each. The positives have planted motifs; `truth.py` compares the result with them.
"""

import sys
from pathlib import Path

import motifnet as mn

data_folder = Path(__file__).resolve().parents[1] / "data"
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/quickstart")
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 500

# Sequences of one length with labels: 1 for positives, 0 for negatives.
data = mn.read_data(data_folder / "simulated.positives.fa", data_folder / "simulated.negatives.fa")

# Training sequences determine weights and motifs, validation sequences when to stop; test sequences are held out.
# Duplicates, overlapping windows, and a sequence and its shuffle stay in one part of the split.
split = data.split(valid=0.1, test=0.1, seed=0)
spec = mn.ModelSpec.preset("default", length=data.sequences.length)
model = mn.train(spec, split, training=mn.TrainSpec(max_steps=steps, seed=0))
model.save(folder / "model")
print(mn.evaluate(model, split.test)[["auroc", "auprc", "prevalence"]].round(3))

# Similar filters form one motif, which is refined on training sequences, tested on test sequences (e_value), and
# compared with JASPAR (match_name). Without `readout`, the importance of each motif is measured too.
found = mn.tabulate_motifs(model, split, readout=mn.ReadoutSpec(importance=False))
found.write_files(folder)
print(found.table[["motif", "bits", "nsites", "auroc", "auroc_test", "e_value", "match_name"]].head(10))
mn.draw_logos(found.motifs[:9]).savefig(folder / "logos.png")
