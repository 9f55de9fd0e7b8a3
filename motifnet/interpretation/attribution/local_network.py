"""`LocalNetwork`: logits of mutants of a sequence; only positions affected by the mutations are recomputed.

The layers are those of `motifnet.models.network.layers`, which the builder of the network reads too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.special import erf, expit

from motifnet.interpretation.attribution.local_layers import (
    Combination,
    Concatenation,
    Elementwise,
    LocalLayer,
    Mask,
    Part,
    Reference,
    Shift,
    Window,
)
from motifnet.interpretation.attribution.local_linear import Linear, joined_filters
from motifnet.interpretation.attribution.local_pools import GlobalPool, Pool
from motifnet.models.network.builder import MAX_EXPONENT, SMALLEST_POWER
from motifnet.models.network.keras_spec import KerasSpec
from motifnet.models.network.layers import Layer, block_ends, network_layers
from motifnet.models.network.spec import ModelSpec
from motifnet.sequences.alphabet import Codes, N

Array = NDArray[Any]
_ONE_HOT = np.eye(5, 4)
#: Values of the largest layer of the mutants, which should fit into the cache, and of all references.
_CACHED, _MAX_VALUES = 1 << 18, 1 << 25


def _elu(x: Array, out: Array) -> None:
    np.copyto(out, np.where(x > 0, x, np.expm1(np.minimum(x, 0))))


def _selu(x: Array, out: Array) -> None:
    scale, alpha = x.dtype.type(1.0507009873554805), x.dtype.type(1.6732632423543772)
    np.copyto(out, scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))))


#: Activations by name, as functions that write their values for the first array into the second.
ACTIVATION_FUNCTIONS: dict[str, Callable[[Array, Array], object]] = {
    "relu": lambda x, out: np.maximum(x, 0, out=out),
    "exponential": lambda x, out: np.exp(x, out=out),
    "elu": _elu,
    "gelu": lambda x, out: np.copyto(out, x * (1 + erf(x * x.dtype.type(0.5**0.5))) / 2),
    "softplus": lambda x, out: np.logaddexp(x, 0, out=out),
    "tanh": lambda x, out: np.tanh(x, out=out),
    "sigmoid": lambda x, out: expit(x, out=out),
    "linear": lambda x, out: np.copyto(out, x),
    "leaky_relu": lambda x, out: np.copyto(out, np.maximum(x, x.dtype.type(0.2) * x)),
    "selu": _selu,
    "silu": lambda x, out: np.copyto(out, x * expit(x)),
}
#: Functions of `layers.TRANSFORMS`.
_TRANSFORMS: dict[str, Callable[[Array, float], Array]] = {
    "power": lambda x, p: np.abs(x) ** p,
    "root": lambda x, p: (x + x.dtype.type(SMALLEST_POWER)) ** (1 / p),
    "exponential": lambda x, t: np.exp(np.clip(x * t, -MAX_EXPONENT, MAX_EXPONENT)),
    "logarithm": lambda x, t: np.log(x) / t,
    "positive": lambda x, smallest: np.maximum(x, 0) + x.dtype.type(smallest),
}


class Step(NamedTuple):
    """Positions that one layer recomputes for mutations at one position."""

    name: str
    inputs: tuple[str, ...]
    held: Window
    changed: Window


class LocalNetwork:
    """A network without recurrent layers that recomputes only the positions affected by a mutation.

    Parameters
    ----------
    spec : ModelSpec
    network : keras.Model
        Made by `build`.
    tasks : sequence of int, optional
        Indices of the tasks; all by default.
    dtype : dtype
        float32, or float64 for tests.
    """

    def __init__(
        self, spec: ModelSpec, network: Any, *, tasks: Sequence[int] | None = None, dtype: DTypeLike = np.float32
    ) -> None:
        self.dtype = np.dtype(dtype)
        self._spec = spec
        plan = _Plan(spec, network, self.dtype)
        self.layers, self._inputs = plan.layers, plan.inputs
        self.n_tasks = len(spec.tasks) if tasks is None else len(tasks)
        #: Indices of the tasks in the output of the layers.
        self._kept: Sequence[int] | slice = slice(None)
        if tasks is not None and spec.final == "conv_attention":
            self._kept = list(tasks)  # the attention to a task depends on the maps of all tasks
        elif tasks is not None:
            last = self.layers["task_maps" if "task_maps" in self.layers else "logits"]
            assert isinstance(last, Linear)
            last.take_filters(tasks)
        self.steps_at = lru_cache(maxsize=None)(self._steps_at)

    def references(self, codes: Codes) -> dict[str, Reference]:
        """The output of each layer for codes ``(n, L)``; N before the first base must have been moved to the end."""
        references = {"sequence": Reference(_ONE_HOT[codes].astype(self.dtype))}
        inside = self._positions_inside(codes)
        for name, layer in self.layers.items():
            inputs = [references[x].maps for x in self._inputs[name]]
            references[name] = layer.full(inputs, inside.get(layer.block))
        return references

    def _positions_inside(self, codes: Codes) -> dict[int, Array]:
        """Positions after each block, by its number, that are within each sequence; empty if all are."""
        if not self._spec.ignores_padding or (codes[:, -1] != N).all():
            return {}
        known, inside = known_lengths(codes), {}
        for number, block in enumerate(self._spec.blocks, start=1):
            known = block.pooled(block.positions(known))  # type: ignore[arg-type, assignment]
            inside[number] = np.maximum(known, 1)
        return inside

    @property
    def n_rows(self) -> int:
        """Sequences per call: enough to keep the overhead small, few enough for the maps to fit into the cache."""
        positions = self._spec.length // 2, self._spec.length // 2 + 1
        sizes = [step.held.size * self._n_maps(step.name) for position in positions for step in self.steps_at(position)]
        all_maps = sum(layer.n_positions * self._n_maps(name) for name, layer in self.layers.items())
        return int(max(1, min(max(64, _CACHED // max(sizes, default=1)), _MAX_VALUES // all_maps, 256)))

    def substitutions(self, references: dict[str, Reference], position: int, bases: NDArray[np.integer]) -> Array:
        """Change of the logits if the base at a position is replaced.

        Parameters
        ----------
        references : dict of Reference
            Of n sequences.
        position : int
        bases : int array of shape (n, B)
            New bases.

        Returns
        -------
        array of shape (n, B, T)
        """
        steps = self.steps_at(position)
        if not steps:
            return np.zeros((*bases.shape, self.n_tasks), self.dtype)
        one_hot = _ONE_HOT[bases][:, :, np.newaxis].astype(self.dtype)
        window = Window(position, position + 1)
        parts = {"sequence": Part(window, window, references["sequence"], one_hot)}
        for name, inputs, held, changed in steps:
            reference, layer = references[name], self.layers[name]
            if name == "logits" and isinstance(layer, Linear):
                # Keeps the precision of small changes of large logits.
                reference = reference._replace(maps=np.zeros_like(reference.maps))
            values = layer.local([parts[x] for x in inputs], held, changed, reference)
            parts[name] = Part(held, changed, reference, values)
        return parts["logits"].difference(np.empty_like(parts["logits"].values))[:, :, 0, self._kept]

    def logits(self, references: dict[str, Reference]) -> Array:
        """The logits ``(n, T)``."""
        return references["logits"].maps[:, 0, self._kept]

    @staticmethod
    def take(references: dict[str, Reference], rows: NDArray[np.int64]) -> dict[str, Reference]:
        """The references of some of the sequences."""
        return {name: reference._replace(rows=rows) for name, reference in references.items()}

    def _n_maps(self, name: str) -> int:
        """Maps of a layer."""
        if name == "sequence":
            return 4
        layer = self.layers[name]
        if isinstance(layer, Linear):
            return int(layer.kernel.shape[2])
        return sum(self._n_maps(x) for x in self._inputs[name][: None if isinstance(layer, Concatenation) else 1])

    def _steps_at(self, position: int) -> tuple[Step, ...]:
        """All layers with their windows; empty if the logits do not depend on the position."""
        changed = {"sequence": Window(position, position + 1)}
        for name, layer in self.layers.items():
            changed[name] = layer.reached(*(changed[x] for x in self._inputs[name]))
        if not changed["logits"]:
            return ()
        held = dict(changed)
        for name in reversed(self.layers):
            for x in self._inputs[name] if held[name] else ():
                if x != "sequence":
                    needed = self.layers[name].needed(held[name]).clipped(self.layers[x].n_positions)
                    held[x] = held[x].joined(needed)
        return tuple(Step(name, self._inputs[name], held[name], changed[name]) for name in self.layers)


def is_local(spec: ModelSpec | KerasSpec) -> TypeGuard[ModelSpec]:
    """Whether a network has only layers that can be recomputed locally."""
    return isinstance(spec, ModelSpec) and all(layer.operation in KINDS for layer in network_layers(spec)[1:-1])


def known_lengths(codes: Codes) -> NDArray[np.int64]:
    """Number of bases up to the last one that is not N, ``(n,)``."""
    is_known = codes[:, ::-1] != N
    return np.where(is_known.any(axis=1), codes.shape[1] - is_known.argmax(axis=1), 0)


class _Plan:
    """The local layers of a network by name, and the names of their inputs."""

    def __init__(self, spec: ModelSpec, network: Any, dtype: np.dtype[Any]) -> None:
        self.layers: dict[str, LocalLayer] = {}
        self.inputs: dict[str, tuple[str, ...]] = {}
        #: Name of the local layer with the output of each layer of the plan.
        self._output_of = {"sequence": "sequence"}
        self._network, self._dtype = network, dtype
        self.n_blocks = len(spec.blocks)
        ends = block_ends(spec)
        is_padded = spec.ignores_padding and any(block.padding == "same" for block in spec.blocks)
        for layer in network_layers(spec)[1:-1]:
            KINDS[layer.operation](self, layer)
            if is_padded and layer.name in ends:
                self.add(layer, Mask(layer.output.positions, layer.block), "inside")
        self._omit_unread()
        for name, local in self.layers.items():
            if isinstance(local, Elementwise):
                readers = [inputs for inputs in self.inputs.values() if self.inputs[name][0] in inputs]
                local.in_place = len(readers) == 1

    def _omit_unread(self) -> None:
        """Omit layers whose output no other layer reads."""
        read = {"logits"}
        for name in reversed(list(self.layers)):
            if name in read:
                read.update(self.inputs[name])
            else:
                del self.layers[name], self.inputs[name]

    def add(self, layer: Layer, local: LocalLayer, suffix: str = "") -> None:
        """Add a local layer that computes the output of a layer of the plan, or with a suffix, the last step of it."""
        name = f"{layer.name}_{suffix}" if suffix else layer.name
        inputs = (layer.name,) if suffix else layer.inputs
        self.layers[name], self.inputs[name] = local, tuple(self._output_of[x] for x in inputs)
        self._output_of[layer.name] = name

    def omit(self, layer: Layer) -> None:
        """Use the output of the layer before, since this one does not change it."""
        self._output_of[layer.name] = self._output_of[layer.inputs[0]]

    def source(self, layer: Layer) -> str:
        """Name of the local layer that computes the first input."""
        return self._output_of[layer.inputs[0]]

    def rescale(self, name: str, scale: Array, shift: Array) -> bool:
        """Include a factor and a summand of each map in the linear layers that compute a layer, if this is possible."""
        layer, inputs = self.layers[name], self.inputs[name]
        if isinstance(layer, Linear):
            layer.rescale(scale, shift)
            return True
        # An increasing function does not change which input of a pool is the maximum.
        if isinstance(layer, Pool) and (layer.pooling == "average" or (scale > 0).all()):
            return self.rescale(inputs[0], scale, shift)
        sources = [self.layers[x] for x in inputs if x in self.layers]
        linear = [source for source in sources if isinstance(source, Linear)]
        if not isinstance(layer, Concatenation) or len(linear) < len(inputs):
            return False
        ends = np.cumsum([len(source.bias) for source in linear])
        for source, *both in zip(linear, np.split(scale, ends[:-1]), np.split(shift, ends[:-1]), strict=True):
            source.rescale(*both)
        return True

    def join_first(self, layer: Layer) -> bool:
        """Replace parallel convolutions of DNA, whose maps a layer concatenates, by one as wide as the widest."""
        names = [self._output_of[x] for x in layer.inputs]
        branches = [branch for name in names if isinstance(branch := self.layers[name], Linear) and branch.is_first]
        if len(branches) < len(names):
            return False
        before, sources = [], set()
        for name in names:
            (source,) = self.inputs[name]
            crop = self.layers.get(source)
            is_cropped = source.startswith("crop_") and isinstance(crop, Shift)
            before.append(crop.before if is_cropped and isinstance(crop, Shift) else 0)
            sources.add(self.inputs[source][0] if is_cropped else source)
        self.layers[layer.name] = joined_filters(branches, before)
        self.inputs[layer.name] = tuple(sources)
        self._output_of[layer.name] = layer.name
        return True

    def weights(self, layer: Layer) -> list[Array]:
        return [weights.astype(self._dtype) for weights in self._network.get_layer(layer.name).get_weights()]

    def epsilon(self, layer: Layer) -> float:
        """The term that batch norm adds to the variance."""
        return float(self._network.get_layer(layer.name).epsilon)


def _convolution(plan: _Plan, layer: Layer) -> None:
    kernel, *bias = plan.weights(layer)
    is_first = kernel.shape[0] == 4  # (4, w, 1, F) on DNA, (1, w, C, F) on maps
    kernel = kernel[:, :, 0].transpose(1, 0, 2) if is_first else kernel[0]
    moves = {name: layer.options[name] for name in ("stride", "dilation")}
    plan.add(layer, Linear(layer.output.positions, kernel, *bias, **moves, is_first=is_first))
    if layer.options["activation"] is not None:
        plan.add(
            layer, Elementwise(layer.output.positions, ACTIVATION_FUNCTIONS[layer.options["activation"]]), "activation"
        )


def _dense(plan: _Plan, layer: Layer) -> None:
    kernel, *bias = plan.weights(layer)
    # Flattened maps are read as by a convolution of all positions.
    kernel = kernel.reshape(plan.layers[plan.source(layer)].n_positions, -1, kernel.shape[1])
    plan.add(layer, Linear(1, kernel, *bias))


def _batch_norm(plan: _Plan, layer: Layer) -> None:
    gamma, beta, mean, variance = plan.weights(layer)
    scale = gamma / np.sqrt(variance + variance.dtype.type(plan.epsilon(layer)))
    shift = beta - mean * scale
    if plan.rescale(plan.source(layer), scale, shift):
        plan.omit(layer)
        return

    def function(x: Array, out: Array) -> None:
        np.add(np.multiply(x, scale, out=out), shift, out=out)

    plan.add(layer, Elementwise(layer.output.positions, function))


def _activation(plan: _Plan, layer: Layer) -> None:
    plan.add(layer, Elementwise(layer.output.positions, ACTIVATION_FUNCTIONS[layer.options["activation"]]))


def _transform(plan: _Plan, layer: Layer) -> None:
    function, sharpness = _TRANSFORMS[layer.options["function"]], layer.options["sharpness"]
    plan.add(layer, Elementwise(layer.output.positions, lambda x, out: np.copyto(out, function(x, sharpness))))


def _pool(plan: _Plan, layer: Layer) -> None:
    plan.add(layer, Pool(layer.output.positions, **layer.options))


def _global_pool(plan: _Plan, layer: Layer) -> None:
    plan.add(layer, GlobalPool(plan.layers[plan.source(layer)].n_positions, layer.options["pooling"], plan.n_blocks))


def _crop(plan: _Plan, layer: Layer) -> None:
    plan.add(layer, Shift(layer.output.positions, layer.options["cropping"][1][0]))


def _pad(plan: _Plan, layer: Layer) -> None:
    plan.add(layer, Shift(layer.output.positions, -layer.options["padding"][1][0]))


def _concatenate(plan: _Plan, layer: Layer) -> None:
    if not plan.join_first(layer):
        plan.add(layer, Concatenation(layer.output.positions))


def _combination(combine: np.ufunc, plan: _Plan, layer: Layer) -> None:
    plan.add(layer, Combination(layer.output.positions, combine))


_COMBINATIONS = {"Add": np.add, "Multiply": np.multiply, "ratio": np.divide}
#: Adds the local layers of each operation of the plan.
KINDS: dict[str, Callable[[_Plan, Layer], None]] = {
    "convolution": _convolution,
    "dense": _dense,
    "BatchNormalization": _batch_norm,
    "Activation": _activation,
    "pool": _pool,
    "global_pool": _global_pool,
    "Cropping2D": _crop,
    "ZeroPadding2D": _pad,
    "transform": _transform,
    **{name: partial(_combination, combine) for name, combine in _COMBINATIONS.items()},
    "Concatenate": _concatenate,
    "dropout": _Plan.omit,
    "Flatten": _Plan.omit,
}
