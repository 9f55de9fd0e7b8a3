"""Attributions beside those of tangermeme, with the same weights, in one run.

    python tests/benchmarks/attribution_tangermeme.py [PRESET ...] [--length N] --python PYTHON

PYTHON is that of an environment with motifnet, torch and tangermeme (1.6 or newer); torch and TensorFlow cannot run in
one process. One thread, one strand, random sequences; the first call of each method is not measured. Columns:
milliseconds of CPU per sequence, ours and theirs; the largest difference, relative to the largest effect or gradient.
Each call of `attribute` compiles the network once, which is not counted: times of the gradient-based methods are the
difference between calls with 192 and 64 sequences.

``ism``: `mutation_effects` beside ``saturation_mutagenesis`` in batches of 256 mutants, with ``fast=True`` (also for
few sequences, for which it otherwise uses ``fast=False``) and with ``fast=False``. ``gradient``: beside ``saliency``.
``deeplift``: beside ``deep_lift_shap``, 20 shuffles, which are given; it has no rule for the exponential function, to
which its general rule is assigned here. Their convergence delta, ours, and the largest difference of hypothetical
contributions are those of pairs of a sequence and a reference in float64, relative to the largest difference of logits;
the last only of the pairs with their delta below 1e-6, of which the share is printed. ``integrated-gradients``: only
ours (tangermeme has none).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import motifnet as mn
from motifnet.models.network.layers import Layer, network_layers

try:
    import torch
except ImportError:
    torch = None
else:

    class Exponential(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return torch.exp(x)


#: Number of sequences, and of sequences and references whose pairs are compared.
OURS, THEIRS, COMPARED, REFERENCES = 256, 64, 16, 20
#: Convergence delta of tangermeme below which contributions are compared.
SMALL = 1e-6


def torch_network(spec: mn.ModelSpec, files: Mapping[str, np.ndarray], dtype: Any) -> Any:
    """A network without padding masks, from one-hot DNA ``(n, 4, L)`` to logits, in torch.

    Activations and maxima are modules, since the rules of DeepLIFT are assigned to modules.
    """
    layers = network_layers(spec)[1:-1]
    weights = {x.name: [files[key] for key in files if key.rpartition("/")[0] == x.name] for x in layers}
    tensors = {name: [array.to(dtype) for array in torch_weights(own)] for name, own in weights.items()}

    class Network(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.nonlinear = torch.nn.ModuleDict(
                {layer.name: module for layer in layers if (module := nonlinear(layer, spec)) is not None}
            )

        def forward(self, x: Any) -> Any:
            outputs = {"sequence": x}
            for layer in layers:
                inputs = [outputs[name] for name in layer.inputs]
                y = compute(layer.operation, layer.options, inputs, tensors[layer.name])
                y = self.nonlinear[layer.name](y) if layer.name in self.nonlinear else y
                outputs[layer.name] = y[..., 0] if layer.operation == "global_pool" and y.ndim == 3 else y
            return outputs["logits"]

    return Network().eval()


def nonlinear(layer: Layer, spec: mn.ModelSpec) -> Any:
    """The module of a maximum or an activation; None if the layer is linear."""
    options = layer.options
    if options.get("pooling") == "max":
        by_name = {each.name: each.output.positions for each in network_layers(spec)}
        width = options.get("width", by_name[layer.inputs[0]])
        return torch.nn.MaxPool1d(width, options.get("stride", width))
    name = options.get("activation")
    return None if name in (None, "linear") else {"relu": torch.nn.ReLU, "exponential": Exponential}[name]()


def torch_weights(arrays: list[np.ndarray]) -> list[Any]:
    """Weights of a layer; kernels of convolutions as ``(F, C, w)``."""
    if arrays and arrays[0].ndim == 4:
        kernel = arrays[0]
        transposed = kernel[:, :, 0].transpose(2, 0, 1) if kernel.shape[0] == 4 else kernel[0].transpose(2, 1, 0)
        arrays = [transposed, *arrays[1:]]
    return [torch.tensor(np.ascontiguousarray(array)) for array in arrays]


def compute(operation: str, options: dict[str, Any], inputs: list[Any], weights: list[Any]) -> Any:
    """One layer of the plan in torch, without its activation or maximum."""
    functional, x = torch.nn.functional, inputs[0]
    bias = weights[1] if len(weights) == 2 else None
    if operation == "convolution":
        return functional.conv1d(x, weights[0], bias, options["stride"], dilation=options["dilation"])
    if operation == "dense":
        return functional.linear(x, weights[0].T, bias)
    if operation == "BatchNormalization":
        gamma, beta, mean, variance = weights
        return functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
    if operation in ("Activation", "dropout") or options.get("pooling") == "max":
        return x
    if operation == "pool":
        return functional.avg_pool1d(x, options["width"], options["stride"])
    if operation == "global_pool":
        return x.mean(dim=2)
    if operation in ("Cropping2D", "ZeroPadding2D"):
        before, after = options["cropping" if operation == "Cropping2D" else "padding"][1]
        return x[..., before : x.shape[2] - after] if operation == "Cropping2D" else functional.pad(x, (before, after))
    others = {
        "Add": lambda: x + inputs[1],
        "Concatenate": lambda: torch.cat(inputs, dim=1),
        "Flatten": lambda: x.transpose(1, 2).flatten(1),
    }
    return others[operation]()


def milliseconds(function: Callable[[], object]) -> float:
    """CPU time of the second of two calls."""
    function()
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1e3


def measure_theirs(folder: Path, preset: str, length: int) -> None:
    """Compute attributions by tangermeme and write them with the times, in an environment with torch."""
    from tangermeme import saturation_mutagenesis as mutagenesis
    from tangermeme._deep_lift_utils import _nonlinear
    from tangermeme.deep_lift_shap import deep_lift_shap
    from tangermeme.saliency import saliency

    torch.set_num_threads(1)
    mutagenesis._FAST_MIN_SECONDS = 0
    spec, files = mn.ModelSpec.preset(preset, length=length), np.load(folder / "weights.npz")
    network, exact = (torch_network(spec, files, dtype) for dtype in (torch.float32, torch.float64))
    one_hot, references = (torch.tensor(np.load(folder / f"{name}.npy")) for name in ("one_hot", "references"))

    def effects(*, fast: bool) -> Any:
        options = {"raw_outputs": True, "batch_size": 256, "device": "cpu", "fast": fast}
        with torch.no_grad():
            return mutagenesis.saturation_mutagenesis(network, one_hot, **options)

    def deeplift(model: Any, x: Any, references: Any, **options: Any) -> Any:
        rules = {Exponential: _nonlinear}
        return deep_lift_shap(
            model, x, references=references, batch_size=256, device="cpu", warning_threshold=np.inf,
            additional_nonlinear_ops=rules, **options,
        )  # fmt: skip

    def gradient() -> Any:
        return saliency(network, one_hot, batch_size=256, device="cpu", hypothetical=True)

    times = {
        "ism (fast)": milliseconds(lambda: effects(fast=True)),
        "ism": milliseconds(lambda: effects(fast=False)),
        "gradient": milliseconds(gradient),
        "deeplift": milliseconds(lambda: deeplift(network, one_hot, references, hypothetical=True)),
    }
    (folder / "times.json").write_text(json.dumps({name: value / THEIRS for name, value in times.items()}))
    for name, fast in (("ism (fast)", True), ("ism", False)):
        found = effects(fast=fast)
        np.save(folder / f"{name}.npy", (found.y_hat - found.y0[:, None, None])[..., 0].numpy())
    np.save(folder / "gradient.npy", gradient().numpy())
    x, baseline = (each.to(torch.float64) for each in pairs(one_hot, references))
    multipliers = deeplift(exact, x, baseline, raw_outputs=True, dtype=torch.float64)[:, 0]
    with torch.no_grad():
        difference = (exact(x) - exact(baseline[:, 0]))[:, 0]
    np.save(folder / "difference.npy", difference.numpy())
    np.save(folder / "deeplift.npy", multipliers.numpy())


def pairs(one_hot: Any, references: Any) -> tuple[Any, Any]:
    """Each sequence ``(n * R, 4, L)`` with each of its references ``(n * R, 1, 4, L)``, of those that are compared."""
    own = references[:COMPARED]
    repeated = one_hot[:COMPARED, np.newaxis] + 0 * own
    return repeated.reshape(-1, *own.shape[2:]), own.reshape(-1, 1, *own.shape[2:])


def measure(preset: str, length: int, python: str) -> None:
    from motifnet.interpretation.attribution.reference_sequences import make_references
    from network_designs import network_of

    spec = replace(mn.ModelSpec.preset(preset, length=length), strands="forward")
    model = mn.TrainedModel(spec, network_of(spec))
    codes = np.random.default_rng(0).integers(0, 4, (OURS, length), dtype=np.uint8)
    sequences = mn.SequenceSet([""] * OURS, codes)
    few = sequences.take(slice(THEIRS))
    references = make_references(few.codes, "shuffle", n=REFERENCES, seed=0)

    def attribute(n: int, method: str, given: np.ndarray | None) -> mn.Attributions:
        repeated = None if given is None else np.concatenate([given] * (n // THEIRS))
        return mn.attribute(model, sequences.take(slice(n)), method=method, references=repeated)

    ours = {"ism": milliseconds(lambda: mn.mutation_effects(model, sequences)) / OURS}
    for method, given in (("gradient", None), ("deeplift", references), ("integrated-gradients", None)):
        calls = [partial(attribute, n, method, given) for n in (3 * THEIRS, THEIRS)]
        ours[method] = float(np.subtract(*map(milliseconds, calls))) / (2 * THEIRS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = {f"{x.name}/{i}": array for x in model.network.layers for i, array in enumerate(x.get_weights())}
        np.savez(folder / "weights.npz", **weights)
        np.save(folder / "one_hot.npy", mn.one_hot(few))
        np.save(folder / "references.npy", references)
        command = [python, __file__, preset, "--length", str(length), "--folder", name]
        subprocess.run(command, check=True)
        times = json.loads((folder / "times.json").read_text())
        theirs = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    found = {"ism": mn.mutation_effects(model, few), "gradient": mn.attribute(model, few, method="gradient").values}
    for method, time_taken in times.items():
        own = method.removesuffix(" (fast)")
        if own in found:
            error = f"{relative(found[own].reshape(theirs[method].shape) - theirs[method], theirs[method]):10.1e}"
        else:
            error = compared_pairs(model, few, references, theirs)
        print(f"{preset:12}{method:22}{ours[own]:9.2f}{time_taken:9.2f}{error}", flush=True)
    print(f"{preset:12}{'integrated-gradients':22}{ours['integrated-gradients']:9.2f}", flush=True)


def compared_pairs(
    model: mn.TrainedModel, sequences: mn.SequenceSet, references: np.ndarray, theirs: Mapping[str, np.ndarray]
) -> str:
    """Largest difference where their delta is small, share of these pairs, and the largest delta of both."""
    x, baseline = pairs(mn.one_hot(sequences), references)
    repeated = sequences.take(np.repeat(np.arange(COMPARED), REFERENCES))
    found = mn.attribute(model, repeated, method="deeplift", references=baseline, dtype="float64")
    multipliers, logits = theirs["deeplift"], theirs["difference"]
    delta = np.abs(((x - baseline[:, 0]) * multipliers).sum(axis=(1, 2)) - logits)
    hypothetical = multipliers - (baseline[:, 0] * multipliers).sum(axis=1, keepdims=True)
    is_small = delta < SMALL * np.abs(logits).max()
    difference = relative((found.values - hypothetical)[is_small], logits) if is_small.any() else np.nan
    return (
        f"{difference:10.1e}{is_small.mean():8.0%}{relative(delta, logits):10.1e}"
        f"{relative(found.completeness_errors(), logits):10.1e}"
    )


def relative(values: np.ndarray, scale: np.ndarray) -> float:
    return float(np.abs(values).max() / np.abs(scale).max())


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
    print(f"{'':34}{'ours':>9}{'theirs':>9}{'error':>10}{'share':>8}{'delta':>10}{'our delta':>10}")
    for preset in options.presets:
        measure(preset, options.length, options.python)


if __name__ == "__main__":
    main()
