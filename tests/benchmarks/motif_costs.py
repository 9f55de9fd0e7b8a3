"""CPU time of extracting motifs, compared with training and with one forward pass of the first layer.

    python tests/benchmarks/motif_costs.py [STEPS]

CPU seconds in one process and one thread, on simulated sequences of the sizes of USF1: 3,200 + 3,200 of 101 bp, and
400 + 400 of 200 bp, a motif planted in each positive. The forward pass computes pre-activations of both strands of the
positives and discards them. Sites and counts (`extract_motifs`, on the same sequences) may cost 1.2 times that;
`tabulate_motifs` without importance a quarter of training with the default preset; importance is timed separately.
Training takes STEPS steps (default 300) after a few untimed ones and is scaled to the default budget; where training
would stop early, the result is too high.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from training_parts import print_row

import motifnet as mn
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.motifs.learned.sites import FilterBank
from motifnet.sequences.alphabet import reverse_complement

#: Sequences per class, and their length.
SIZES = ((3200, 101), (400, 200))
STEPS = 300
REPEATS = 5
BATCH = 256
MOTIF = "MA0093"  # USF1, in any version
HEADER = (
    *("sequences", "length", "bare pass s", "sites s", "ratio (1.2)", "all windows s"),
    *("training s", "motifs s", "ratio (0.25)", "importance s"),
)


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def least(work: Callable[[], object]) -> float:
    """Median of several times, because other processes share the caches."""
    return min(seconds(work) for _ in range(REPEATS))


def bare_pass(filters: FilterBank, sequences: mn.SequenceSet) -> None:
    for start in range(0, len(sequences), BATCH):
        codes = sequences.codes[start : start + BATCH]
        filters.activations(codes)
        filters.activations(reverse_complement(codes))


def simulated(n: int, length: int) -> mn.Dataset:
    motif = next(m for m in mn.read_database("vertebrates") if m.name.startswith(MOTIF))
    made = mn.simulation.simulate(mn.MotifSet([motif]), n=n, length=length, per_sequence=(1, 1), seed=0)
    return mn.Dataset.from_classes(made.positives, made.negatives)


def timed_training(parts: mn.Split, steps: int) -> tuple[mn.TrainedModel, float]:
    """A model trained for `steps` steps, and the seconds that the default number of steps would take."""
    training = mn.TrainSpec()
    spec = mn.ModelSpec.preset("default", length=parts.train.sequences.length)
    two_steps = replace(training, max_steps=2)
    # The second of two, because TensorFlow starts in the first.
    start = min(seconds(lambda: mn.train(spec, parts, training=two_steps)) for _ in range(2))
    models = []
    short = replace(training, max_steps=steps)
    spent = seconds(lambda: models.append(mn.train(spec, parts, training=short)))
    # Two steps measure what is done once per training; it is not scaled.
    return models[0], start + max(spent - start, 0.0) * training.steps(len(parts.train)) / steps


def measure(n: int, length: int, steps: int) -> tuple[object, ...]:
    data = simulated(n, length)
    parts = data.split(valid=0.1, test=0.2, seed=0)
    model, training = timed_training(parts, steps)
    filters, positives = model.layer(0), parts.train.sequences.take(parts.train.labels[:, 0] == 1)
    by_rule = {name: mn.ExtractionSpec(site_rule=name) for name in ("best", "every")}
    # Alternating, because the speed of the machine varies.
    bare = least(lambda: bare_pass(filters, positives))
    sites = least(lambda: mn.extract_motifs(filters, positives, extraction=by_rule["best"]))
    bare = min(bare, least(lambda: bare_pass(filters, positives)))
    every = least(lambda: mn.extract_motifs(filters, positives, extraction=by_rule["every"]))
    motifs = seconds(lambda: mn.tabulate_motifs(model, parts, readout=ReadoutSpec(importance=False)))
    whole = seconds(lambda: mn.tabulate_motifs(model, parts))
    return (2 * n, length, bare, sites, sites / bare, every, training, motifs, motifs / training, whole - motifs)


def main() -> None:
    mn.set_threads(1)
    print_row(HEADER)
    for n, length in SIZES:
        print_row(measure(n, length, int(sys.argv[1]) if len(sys.argv) > 1 else STEPS))


if __name__ == "__main__":
    main()
