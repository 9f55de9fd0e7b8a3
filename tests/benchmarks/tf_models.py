"""The default model for each set of ../shared/data/tf and each seed, as `discover` trains it; kept in a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from training_parts import DATA

import motifnet as mn

SEEDS = (0, 1, 2)


class Trained(NamedTuple):
    """A model, its training files (a tenth for validation), the test files, and CPU seconds of training."""

    model: mn.TrainedModel
    data: mn.Dataset
    test: mn.Dataset
    seconds: float


def trained(name: str, seed: int, models: Path) -> Trained:
    """Read a model from the folder, or train it."""
    folder, kept = DATA / "tf" / name, models / f"{name}_{seed}"
    data = mn.read_data(folder / "train.pos.fa.gz", folder / "train.neg.fa.gz")
    rule = data.sequences.length if data.sequences.rule else None
    test = mn.read_data(folder / "test.pos.fa.gz", folder / "test.neg.fa.gz", length=rule)
    seconds = models / f"{name}_{seed}.cpu_seconds"
    if not seconds.exists():
        train, start = mn.train, time.process_time()  # the first use of mn.train imports TensorFlow
        spec = mn.ModelSpec.preset("default", length=data.sequences.length, tasks=data.tasks)
        split = data.split(valid=0.1, test=0.0, seed=seed).with_test(test)
        model = train(spec, split, training=mn.TrainSpec(seed=seed))
        spent = time.process_time() - start
        model.save(kept, force=True)
        seconds.write_text(f"{spent:.1f}")
    return Trained(mn.TrainedModel.load(kept), data, test, float(seconds.read_text()))
