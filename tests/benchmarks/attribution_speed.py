"""CPU time of in-silico mutagenesis and DeepLIFT per sequence and strand, beside forward passes of the same network.

    python tests/benchmarks/attribution_speed.py [PRESET ...] [--length N] [--layers]

One thread, the network alone, 256 random sequences. Columns: milliseconds of CPU per sequence and strand of one forward
pass, of all mutants as forward passes (3 x length of them), and of `mutation_effects`; the ratios of the third to the
others; the largest difference from the effects of forward passes (two sequences), and the largest effect; milliseconds
of DeepLIFT with 20 shuffles (64 sequences), and of making the shuffles. With ``--layers``, the milliseconds of each
layer. The first call of each method is not measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import motifnet as mn

N_SEQUENCES = 256
N_DEEPLIFT = 64


def milliseconds(function: Callable[[], object], rounds: int = 3) -> float:
    """CPU time of a call: the least of a few rounds, after one that is not measured."""
    function()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times) * 1e3


def measure(preset: str, length: int, *, by_layer: bool) -> None:
    from motifnet.interpretation.attribution.ism import effects_by_passes
    from motifnet.interpretation.attribution.reference_sequences import make_references
    from network_designs import network_of

    spec = replace(mn.ModelSpec.preset(preset, length=length), strands="forward")
    model = mn.TrainedModel(spec, network_of(spec))
    codes = np.random.default_rng(0).integers(0, 4, (N_SEQUENCES, length), dtype=np.uint8)
    sequences = mn.SequenceSet([""] * N_SEQUENCES, codes)
    forward = milliseconds(lambda: model.logits(sequences)) / N_SEQUENCES
    local = milliseconds(lambda: mn.mutation_effects(model, sequences)) / N_SEQUENCES

    def scores(mutants: np.ndarray) -> np.ndarray:
        return model.scores(mn.SequenceSet([""] * len(mutants), mutants))

    passes = effects_by_passes(scores, codes[:2], np.ones((2, length), dtype=np.bool_))
    difference = np.abs(passes - mn.mutation_effects(model, sequences.take([0, 1]))).max()
    naive = 3 * length * forward
    few = sequences.take(slice(N_DEEPLIFT))
    deeplift = milliseconds(lambda: mn.attribute(model, few, method="deeplift"), rounds=1) / N_DEEPLIFT
    shuffles = milliseconds(lambda: make_references(few.codes, "shuffle", n=20, seed=0)) / N_DEEPLIFT
    print(
        f"{preset:12}{forward:9.3f}{naive:9.1f}{local:9.2f}{local / forward:9.0f}{naive / local:9.1f}"
        f"{difference:10.1e}{np.abs(passes).max():10.1e}{deeplift:10.1f}{shuffles:10.1f}",
        flush=True,
    )
    if by_layer:
        print_layers(spec, model.network, codes)


def print_layers(spec: mn.ModelSpec, network: Any, codes: np.ndarray) -> None:
    """CPU time of each layer of mutants."""
    from motifnet.interpretation.attribution.local_network import LocalNetwork

    local, times = LocalNetwork(spec, network), defaultdict[str, float](float)
    codes = codes[: local.n_rows]

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            start = time.perf_counter()
            values = function(*arguments)
            times[name] += time.perf_counter() - start
            return values

        return call

    for name, layer in local.layers.items():
        layer.local = timed(name, layer.local)  # type: ignore[method-assign]
    references = local.references(codes)
    for _ in range(2):
        times.clear()
        for position in range(spec.length):
            bases = (codes[:, position, np.newaxis] + np.arange(1, 4)) % 4
            local.substitutions(references, position, bases)
    for name, seconds in sorted(times.items(), key=lambda item: -item[1])[:8]:
        print(f"    {name:30}{seconds / len(codes) * 1e3:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("presets", nargs="*", default=["default"])
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--layers", action="store_true")
    options = parser.parse_args()
    mn.set_threads(1)
    names = "".join(f"{name:>9}" for name in ("forward", "naive", "effects", "/forward", "naive/"))
    print(f"{'':12}{names}{'error':>10}{'largest':>10}{'DeepLIFT':>10}{'shuffles':>10}")
    for preset in options.presets:
        measure(preset, options.length, by_layer=options.layers)


if __name__ == "__main__":
    main()
