"""Train the network as a plain Keras model, extract its motifs and export it.

    python examples/plain_keras.py [FOLDER] [EPOCHS]

Writes FOLDER/motifs.meme and FOLDER/model.keras (default results/keras). Keras opens model.keras without motifnet.
"""

import sys
from pathlib import Path

import numpy as np

import motifnet as mn

data_folder = Path(__file__).resolve().parents[1] / "data"
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "results/keras")
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 10

data = mn.read_data(data_folder / "simulated.positives.fa", data_folder / "simulated.negatives.fa")
split = data.split(valid=0.1, test=0.1, seed=0)
x, x_valid = (mn.one_hot(part.sequences)[..., np.newaxis] for part in (split.train, split.valid))  # (N, 4, L, 1)

spec = mn.ModelSpec.preset("default", length=data.sequences.length)
network = mn.build(spec, seed=0)  # a keras.Model
network.compile("adam", loss="binary_crossentropy", metrics=["accuracy"])
network.fit(x, split.train.labels, validation_data=(x_valid, split.valid.labels), epochs=epochs, verbose=2)

# The split is part of the model, so that motifs are tested on sequences that were not used for training.
model = mn.TrainedModel(spec, network, split)
positives = split.train.sequences.take(split.train.labels[:, 0] == 1)
folder.mkdir(parents=True, exist_ok=True)
mn.write_motifs(mn.extract_motifs(model, positives), folder / "motifs.meme")
model.export(folder / "model.keras")
print(mn.evaluate(model, split.test)[["auroc", "auprc"]])
