"""The default preset and TrainSpec compared with alternatives, on held-out parts of the training files.

    python tests/benchmarks/default_preset.py [SET ...]

One row per set and variant: held-out auROC of the network; held-out auROC of its best motif as a classifier, and the
mean of its best five; median information of its motifs, the fraction with at least 8 bits, and the fraction whose auROC
above 0.5 is at least three quarters of that of STREME's first motif; CPU seconds of training. Also: auROC of lsgkm (on
the test files) and its CPU seconds, and STREME's first motif (which was found with the held-out part included). One
seed: small differences are noise, in particular on the yeast sets.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from training_parts import SETS, anchors, motif_aurocs, print_row, streme_separation, training_parts

import motifnet as mn

HEADER = (
    *("set", "variant", "auROC", "lsgkm (test)", "best motif", "best 5", "STREME 1"),
    *("median bits", ">= 8 bits", "near STREME", "motifs", "CPU s", "lsgkm CPU s"),
)
HOW = mn.TrainSpec()


def default(length: int) -> mn.ModelSpec:
    return mn.ModelSpec.preset("default", length=length)


def changed(*, block: int, **values: object) -> Callable[[int], mn.ModelSpec]:
    """The default preset with other values in one block."""

    def spec(length: int) -> mn.ModelSpec:
        blocks = list(default(length).blocks)
        blocks[block] = replace(blocks[block], **values)
        return replace(default(length), blocks=tuple(blocks))

    return spec


def with_final(final: str) -> Callable[[int], mn.ModelSpec]:
    return lambda length: replace(default(length), final=final)


#: The default, the default with one choice reverted at a time, and DragoNN's layout.
VARIANTS: dict[str, tuple[Callable[[int], mn.ModelSpec], mn.TrainSpec]] = {
    "default": (default, HOW),
    "first activation relu": (changed(block=0, activation="relu"), HOW),
    "32 filters": (changed(block=0, filters=32), HOW),
    "second block: dropout 0.1": (changed(block=1, dropout=0.1), HOW),
    "second block: no batch norm": (changed(block=1, batch_norm=False), HOW),
    "global max alone": (with_final("global_max"), HOW),
    "no shift": (default, replace(HOW, shift=0)),
    "learning rate 0.001": (default, replace(HOW, learning_rate=0.001)),
    "dragonn": (lambda length: mn.ModelSpec.preset("dragonn", length=length), HOW),
}


def measure(spec: mn.ModelSpec, training: mn.TrainSpec, parts: mn.Split, streme: float) -> tuple[object, ...]:
    start = time.process_time()
    model = mn.train(spec, parts, training=training)
    seconds = time.process_time() - start
    is_positive = parts.train.labels[:, 0] == 1
    positives, negatives = (parts.train.take(np.flatnonzero(mask)).sequences for mask in (is_positive, ~is_positive))
    motifs = mn.extract_motifs(model, positives, negatives=negatives)
    separations = np.sort(motif_aurocs(motifs, parts.test)[:, 0])[::-1]
    bits = np.array([motif.total_information for motif in motifs])
    return (
        float(mn.evaluate(model, parts.test)["auroc"].iloc[0]),
        float(separations[0]),
        float(separations[:5].mean()),
        float(np.median(bits)),
        float(np.mean(bits >= 8)),
        float(np.mean(separations - 0.5 >= 0.75 * (streme - 0.5))),
        len(motifs),
        f"{seconds:.0f}",
    )


def main() -> None:
    mn.set_threads(1)
    print_row(HEADER)
    known = anchors()
    for name in sys.argv[1:] or SETS:
        parts = training_parts(name)
        streme = streme_separation(name, parts.test)
        for variant, (spec, training) in VARIANTS.items():
            network, best, best_five, *rest = measure(spec(parts.train.sequences.length), training, parts, streme)
            lsgkm, lsgkm_seconds = known[name]["gkm_auroc"], known[name]["gkm_cpu_s"]
            print_row((name, variant, network, lsgkm, best, best_five, streme, *rest, lsgkm_seconds))


if __name__ == "__main__":
    main()
