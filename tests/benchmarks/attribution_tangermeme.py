"""In-silico mutagenesis beside tangermeme's, with the same weights.

    python tests/benchmarks/attribution_tangermeme.py [PRESET ...] [--length N] --python PYTHON

PYTHON is that of an environment with motifnet, torch and tangermeme (1.6 or newer); torch and TensorFlow cannot run in
one process. One thread, one strand. Columns: milliseconds of CPU per sequence of `mutation_effects`, of tangermeme with
``fast=True`` (also for few sequences, for which it otherwise uses ``fast=False``) and with ``fast=False``, in batches
of 256 mutants; the largest difference of our effects from theirs; the largest effect. The first call of each is not
measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import motifnet as mn
from motifnet.models.network.layers import network_layers

try:
    import torch
except ImportError:
    torch = None

OURS, THEIRS = 256, 64


def logits(spec: mn.ModelSpec, weights: dict[str, list[Any]], x: Any) -> Any:
    """The logits of a network without padding masks, from one-hot DNA ``(n, 4, L)``, in torch."""
    outputs = {"sequence": x}
    for layer in network_layers(spec)[1:-1]:
        inputs = [outputs[name] for name in layer.inputs]
        outputs[layer.name] = compute(layer.operation, layer.options, inputs, weights[layer.name])
    return outputs["logits"]


def torch_weights(arrays: list[np.ndarray]) -> list[Any]:
    """Weights of a layer; kernels of convolutions as ``(F, C, w)``."""
    if arrays and arrays[0].ndim == 4:
        kernel = arrays[0]
        transposed = kernel[:, :, 0].transpose(2, 0, 1) if kernel.shape[0] == 4 else kernel[0].transpose(2, 1, 0)
        arrays = [transposed, *arrays[1:]]
    return [torch.tensor(np.ascontiguousarray(array)) for array in arrays]


def compute(operation: str, options: dict[str, Any], inputs: list[Any], weights: list[Any]) -> Any:
    """One layer of the plan in torch."""
    functional, x = torch.nn.functional, inputs[0]
    bias = weights[1] if len(weights) == 2 else None
    if operation == "convolution":
        y = functional.conv1d(x, weights[0], bias, options["stride"], dilation=options["dilation"])
        return activate(options["activation"], y)
    if operation == "dense":
        return functional.linear(x, weights[0].T, bias)
    if operation == "BatchNormalization":
        gamma, beta, mean, variance = weights
        return functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
    if operation == "Activation":
        return activate(options["activation"], x)
    if operation == "pool":
        pool = functional.max_pool1d if options["pooling"] == "max" else functional.avg_pool1d
        return pool(x, options["width"], options["stride"])
    if operation == "global_pool":
        return x.amax(dim=2) if options["pooling"] == "max" else x.mean(dim=2)
    if operation in ("Cropping2D", "ZeroPadding2D"):
        before, after = options["cropping" if operation == "Cropping2D" else "padding"][1]
        return x[..., before : x.shape[2] - after] if operation == "Cropping2D" else functional.pad(x, (before, after))
    others = {
        "Add": lambda: x + inputs[1],
        "Concatenate": lambda: torch.cat(inputs, dim=1),
        "Flatten": lambda: x.transpose(1, 2).flatten(1),
        "dropout": lambda: x,
    }
    return others[operation]()


def activate(name: str | None, x: Any) -> Any:
    return x if name in (None, "linear") else {"relu": torch.relu, "exponential": torch.exp}[name](x)


def milliseconds(function: Callable[[], object]) -> float:
    """CPU time of the second of two calls."""
    function()
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1e3


def measure_theirs(folder: Path, preset: str, length: int) -> None:
    """Compute effects by tangermeme and write them with the times, in an environment with torch."""
    from tangermeme import saturation_mutagenesis as theirs

    torch.set_num_threads(1)
    theirs._FAST_MIN_SECONDS = 0
    spec, files = mn.ModelSpec.preset(preset, length=length), np.load(folder / "weights.npz")
    names = [layer.name for layer in network_layers(spec)]
    arrays = {name: [files[key] for key in files if key.rpartition("/")[0] == name] for name in names}
    weights = {name: torch_weights(own) for name, own in arrays.items()}

    class Network(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return logits(spec, weights, x)

    network, one_hot = Network().eval(), torch.tensor(np.load(folder / "one_hot.npy"))

    def effects(*, fast: bool) -> Any:
        options = {"raw_outputs": True, "batch_size": 256, "device": "cpu", "fast": fast}
        with torch.no_grad():
            return theirs.saturation_mutagenesis(network, one_hot, **options)

    times = [milliseconds(lambda fast=fast: effects(fast=fast)) / THEIRS for fast in (True, False)]  # type: ignore[misc]
    found = effects(fast=False)
    np.save(folder / "effects.npy", (found.y_hat - found.y0[:, None, None])[..., 0].numpy())
    (folder / "times.json").write_text(json.dumps(times))


def measure(preset: str, length: int, python: str) -> None:
    from network_designs import network_of

    spec = replace(mn.ModelSpec.preset(preset, length=length), strands="forward")
    model = mn.TrainedModel(spec, network_of(spec))
    codes = np.random.default_rng(0).integers(0, 4, (OURS, length), dtype=np.uint8)
    sequences = mn.SequenceSet([""] * OURS, codes)
    ours = milliseconds(lambda: mn.mutation_effects(model, sequences)) / OURS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = {f"{x.name}/{i}": array for x in model.network.layers for i, array in enumerate(x.get_weights())}
        np.savez(folder / "weights.npz", **weights)
        np.save(folder / "one_hot.npy", mn.one_hot(sequences)[:THEIRS])
        command = [python, __file__, preset, "--length", str(length), "--folder", name]
        subprocess.run(command, check=True)
        fast, plain = json.loads((folder / "times.json").read_text())
        effects = np.load(folder / "effects.npy")
    difference = np.abs(mn.mutation_effects(model, sequences)[:THEIRS, 0] - effects).max()
    print(f"{preset:12}{ours:9.2f}{fast:9.2f}{plain:9.2f}{difference:10.1e}{np.abs(effects).max():10.1e}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("presets", nargs="*", default=["default"])
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--python")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder:
        measure_theirs(options.folder, options.presets[0], options.length)
        return
    mn.set_threads(1)
    print(f"{'':12}{'ours':>9}{'fast':>9}{'plain':>9}{'error':>10}{'largest':>10}")
    for preset in options.presets:
        measure(preset, options.length, options.python)


if __name__ == "__main__":
    main()
