"""CPU time of a training step: the twin for training (rows as channels, faster max-pool) and the network itself.

    python tests/benchmarks/training_step.py [PRESET] [LENGTH]

One thread, alternating in one process: milliseconds of both and their ratio, three rounds. Batches of 64 random
sequences.
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from training_parts import print_row

import motifnet as mn
from motifnet.models import runtime

STEPS, ROUNDS, BATCH = 60, 3, 64


def stepper(model: object, x: np.ndarray, labels: np.ndarray) -> object:
    """A compiled Adam step on one batch."""
    keras, tf = runtime.keras, runtime.tf
    optimizer = keras.optimizers.Adam(clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function(autograph=False, jit_compile=False)
    def step() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, model(x, training=True)))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    return step


def milliseconds(step: object) -> float:
    for _ in range(3):
        step()
    start = time.process_time()
    for _ in range(STEPS):
        float(step())
    return (time.process_time() - start) / STEPS * 1e3


def main() -> None:
    mn.set_threads(1)
    from motifnet.models.network.builder import build, build_twin, copy_weights  # starts TensorFlow

    preset, length = (*sys.argv[1:], *("default", "101")[len(sys.argv) - 1 :])[:2]
    spec = mn.ModelSpec.preset(preset, length=int(length))
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (BATCH, spec.length))]
    labels = rng.integers(0, 2, (BATCH, 1)).astype(np.float32)
    network, twin = build(spec, seed=0), build_twin(spec, seed=0)
    copy_weights(network, twin)
    logits = runtime.keras.Model(network.input, network.get_layer("logits").output)
    of_network = stepper(logits, x.transpose(0, 2, 1)[..., np.newaxis], labels)
    of_twin = stepper(twin, x[:, np.newaxis], labels)
    print_row(("network ms", "twin ms", "ratio"))
    for _ in range(ROUNDS):
        ours, theirs = milliseconds(of_network), milliseconds(of_twin)
        print_row((f"{ours:.1f}", f"{theirs:.1f}", f"{theirs / ours:.2f}"))


if __name__ == "__main__":
    main()
