"""Training, prediction and explanation on the CPU and the GPU, in one run; for machines that have a GPU.

    python tests/benchmarks/gpu.py FOLDER [--sequences 20000] [--steps 200] [--presets default basset]

For each preset, device and precision, in a process of its own, on random sequences of 200 bp with a planted site:

- sequences per second of training (steps of 64), and the share of a step in which the next batch is prepared;
- sequences per second of prediction, in-silico mutagenesis and DeepLIFT of a model that the CPU trained;
- the largest difference of their results from those of the CPU in float32, relative to the largest value; the exit
  code is 1 if one in float32 is above 1e-3.

Mixed precision is TensorFlow's own rewriting of the graph (float16 on GPUs, bfloat16 on CPUs). Without a GPU, only the
rows of the CPU are printed. FOLDER takes the models and results.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LENGTH, BATCH, WORD = 200, 64, "TGACTCAGCA"
TOLERANCE = 1e-3
RESULTS = ("predict", "ism", "deeplift")
#: Option of TensorFlow's graph optimizer for mixed precision, by device.
MIXED = {"CPU": "auto_mixed_precision_onednn_bfloat16", "GPU": "auto_mixed_precision"}


def labelled(n: int) -> Any:
    """Random sequences, half of them with the planted site."""
    import motifnet as mn

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, LENGTH)).astype(np.uint8)
    for row, start in enumerate(rng.integers(0, LENGTH - len(WORD), n // 2)):
        codes[row, start : start + len(WORD)] = ["ACGT".index(base) for base in WORD]
    labels = (np.arange(n) < n // 2).astype(np.float32)[:, np.newaxis]
    return mn.Dataset(mn.SequenceSet([f"s{i}" for i in range(n)], codes), labels, ("site",), np.arange(n))


def training_rate(
    spec: Any, data: Any, steps: int, *, batch_size: int = BATCH, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """Sequences per second of training, and the share of the time that batches take."""
    import motifnet as mn
    from motifnet.models.network.builder import build
    from motifnet.models.training.batches import Batches
    from motifnet.models.training.distributed import Replicas
    from motifnet.models.training.losses import Objective
    from motifnet.models.training.step import compile_step, make_learner

    replicas, training = Replicas(), mn.TrainSpec(batch_size=batch_size)
    learner, optimizer = make_learner(build(spec), spec, 0, 0, replicas)
    take_step = compile_step(spec, learner, optimizer, Objective.of("classes", data), replicas, batch_size)
    batches = Batches(data, training, spec)
    for _ in range(3):
        take_step(*next(batches), 1e-3)
    begun, of_batches = clock(), 0.0
    for _ in range(steps):
        start = clock()
        batch = next(batches)
        of_batches += clock() - start
        take_step(*batch, 1e-3)
    seconds = clock() - begun
    return steps * batch_size / seconds, of_batches / seconds


def timed_results(model: Any, sequences: Any) -> tuple[list[float], dict[str, np.ndarray]]:
    """Sequences per second and results of prediction, mutagenesis and DeepLIFT."""
    import motifnet as mn

    jobs = {
        "predict": lambda own: model.predict(own),
        "ism": lambda own: mn.mutation_effects(model, own),
        "deeplift": lambda own: mn.attribute(model, own, method="deeplift").values,
    }
    rates, results = [], {}
    for name in RESULTS:
        jobs[name](sequences[: min(BATCH, len(sequences))])  # compiles
        start = time.perf_counter()
        results[name] = np.asarray(jobs[name](sequences))
        rates.append(len(sequences) / (time.perf_counter() - start))
    return rates, results


def run_one(options: argparse.Namespace) -> None:
    """Measure one preset on one device, and write the results."""
    import motifnet as mn
    from motifnet.models.runtime import tf

    preset, device, precision = options.one
    if precision == "mixed":
        tf.config.optimizer.set_experimental_options({MIXED[device]: True})
    data = labelled(options.sequences)
    spec = mn.ModelSpec.preset(preset, length=LENGTH, tasks=data.tasks)
    rate, share = training_rate(spec, data, options.steps)
    folder = options.folder / preset
    if not folder.exists():
        training = mn.TrainSpec(max_steps=options.steps, kmers=False)
        mn.train(spec, data.split(valid=0.1, test=0.0), training=training).save(folder)
    rates, results = timed_results(mn.TrainedModel.load(folder), data.sequences)
    np.savez(options.folder / f"{preset}-{device}-{precision}.npz", **results)
    print(
        preset, device, precision, f"{rate:,.0f}", f"{share:.1%}", *(f"{own:,.1f}" for own in rates), sep="\t", end="\t"
    )


def differences(folder: Path, preset: str, device: str, precision: str) -> list[float]:
    """Largest difference of each result from the CPU's, relative to the largest value."""
    with (
        np.load(folder / f"{preset}-CPU-float32.npz") as cpu,
        np.load(folder / f"{preset}-{device}-{precision}.npz") as own,
    ):
        return [float(np.abs(own[name] - cpu[name]).max() / np.abs(cpu[name]).max()) for name in RESULTS]


def has_gpu() -> bool:
    code = "import tensorflow as tf, sys; sys.exit(not tf.config.list_physical_devices('GPU'))"
    return subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sequences", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--presets", nargs="+", default=["default", "basset"])
    parser.add_argument("--one", nargs=3, metavar=("PRESET", "DEVICE", "PRECISION"), help="used by the script itself")
    options = parser.parse_args()
    if options.one:
        run_one(options)
        return 0
    options.folder.mkdir(parents=True, exist_ok=True)
    devices, is_equal = ["CPU", "GPU"] if has_gpu() else ["CPU"], True
    print("preset\tdevice\tprecision\ttrain /s\tbatches\tpredict /s\tISM /s\tDeepLIFT /s\tdifferences", flush=True)
    for preset in options.presets:
        for device in devices:
            environment = os.environ | ({"CUDA_VISIBLE_DEVICES": "-1"} if device == "CPU" else {})
            for precision in ("float32", "mixed"):
                line = [sys.executable, *sys.argv, "--one", preset, device, precision]
                subprocess.run(line, env=environment, check=True)
                found = differences(options.folder, preset, device, precision)
                is_equal &= precision == "mixed" or max(found) <= TOLERANCE
                print(*(f"{value:.1e}" for value in found), flush=True)
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
