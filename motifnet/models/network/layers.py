"""The layers of a network in order: the plan from which `build` makes the network and `describe` makes its table.

A layer has an operation with its options and inputs, the shape of its output, and its receptive field. No Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from motifnet.arguments import check_type
from motifnet.errors import SpecError, quoted
from motifnet.models.network.block import PLAIN_POOLS, SHARPNESS, Block
from motifnet.models.network.spec import ModelSpec

#: Columns of `describe`, with their descriptions.
DESCRIPTION_COLUMNS = {
    "layer": "name of the Keras layer",
    "kind": "what it computes",
    "positions": "positions along the sequence in its output; 1 after flattening or global pooling",
    "maps": "values per position: filters, units or tasks; 4 in the input (A, C, G, T)",
    "parameters": "number of parameters, including the moving mean and variance of batch norm",
    "fraction": "fraction of all parameters",
    "field": "receptive field: bp of the sequence that one position depends on",
    "stride": "bp between the receptive fields of neighbouring positions; 0 if all depend on the same bases",
}
#: Functions of one value and one parameter, used before and after the average of a pool.
TRANSFORMS = {
    "power": "absolute value to the power of {:g}",
    "root": "to the power of 1/{:g}",
    "exponential": "exponential of {:g} times the value",
    "logarithm": "logarithm, divided by {:g}",
    "positive": "value if it is positive, plus {:g}",
}
#: Added to the weights of a stochastic pool: without positive values, all have equal weights.
SMALLEST_WEIGHT = 1e-3
#: Numbers of parts of the positions in a spatial pyramid.
PYRAMID = (1, 2, 4)
#: Pools that are averages of transformed values: the functions before and after the average.
MEANS = {"lp": ("power", "root"), "log_average_exp": ("exponential", "logarithm")}
#: Maximum number of parameters: with the optimiser's copies, these take about 16 GB.
MAX_PARAMETERS = 10**9


class Maps(NamedTuple):
    """Output of a layer, with the receptive field of its positions in bp."""

    positions: int
    maps: int
    field: int  # bases that one position depends on
    stride: int  # bases between the receptive fields of neighbouring positions
    start: int  # first base that position 0 depends on; negative in padding
    seen: tuple[int, int]  # start and end of the bases that all positions together depend on, padding excluded

    def windows(self, width: int, *, stride: int = 1, dilation: int = 1) -> Maps:
        """After a convolution or pooling."""
        reach = (width - 1) * dilation
        return self._replace(
            positions=(self.positions - reach - 1) // stride + 1,
            field=self.field + reach * self.stride,
            stride=self.stride * stride,
        )

    def cropped(self, before: int, after: int) -> Maps:
        """Without this many positions at the start and at the end."""
        return self._replace(positions=self.positions - before - after, start=self.start + before * self.stride)

    def padded(self, before: int, after: int) -> Maps:
        """With this many further positions at the start and at the end, which depend on no base."""
        return self.cropped(-before, -after)._replace(seen=self.mixed().seen)

    def joined(self, other: Maps) -> Maps:
        """Each position depends on the bases that it depends on in either."""
        start = min(self.start, other.start)
        return self._replace(field=max(self.start + self.field, other.start + other.field) - start, start=start)

    def mixed(self) -> Maps:
        """Each position depends on all bases that any position depends on."""
        end = self.start + (self.positions - 1) * self.stride + self.field
        seen = max(self.start, self.seen[0]), min(end, self.seen[1])
        return self._replace(field=seen[1] - seen[0], stride=0, start=seen[0], seen=seen)

    def gathered(self, maps: int) -> Maps:
        """A single position, which depends on all bases that any position depends on."""
        return self.mixed()._replace(positions=1, maps=maps)


class Layer(NamedTuple):
    """One layer of a network."""

    name: str
    operation: str  # a method of the builder, or a class of keras.layers
    options: dict[str, Any]  # keyword arguments of the operation
    kind: str  # what it computes, in words
    inputs: tuple[str, ...]  # names of layers
    output: Maps
    parameters: int  # trainable or not, as Keras counts them
    block: int  # number of its block, from 1; 0 for the layers before and after the blocks


def describe(spec: ModelSpec) -> pd.DataFrame:
    """Describe a network layer by layer, in the order in which `build` makes it.

    Parameters
    ----------
    spec : ModelSpec

    Returns
    -------
    DataFrame
        One row per layer, the columns of `DESCRIPTION_COLUMNS`. Receptive fields are those of positions away from the
        ends of the sequence. A layer that reads all positions can depend on less than the whole sequence, where pools
        or strides leave out bases at its end.

    Examples
    --------
    >>> table = describe(ModelSpec.preset("dragonn", length=500)).set_index("layer")
    >>> table.loc["conv_3", ["positions", "maps", "parameters", "field"]].tolist()
    [458, 15, 3390, 43]
    """
    check_type("spec", spec, ModelSpec)
    layers = network_layers(spec)
    total = sum(layer.parameters for layer in layers)
    rows = []
    for layer in layers:
        x, parameters = layer.output, layer.parameters
        field = min(x.field, x.seen[1] - x.seen[0])
        rows.append((layer.name, layer.kind, x.positions, x.maps, parameters, parameters / total, field, x.stride))
    return pd.DataFrame(rows, columns=list(DESCRIPTION_COLUMNS))


def dense_fraction(table: pd.DataFrame) -> float:
    """Return the fraction of all parameters in the dense layers of a `describe` table, their batch norm included."""
    return float(table.loc[table["layer"].str.match("dense_|logits"), "fraction"].sum())


def network_layers(spec: ModelSpec, *, is_training: bool = False) -> list[Layer]:
    """Return all layers of a network in the order in which they are built, from ``sequence`` to the output.

    Only a stochastic pool is a different layer in training; all other layers have the same names and weights.
    """
    plan = _Plan(is_training=is_training)
    x = plan.add("Input", "sequence", "input", (), Maps(spec.length, 4, 1, 1, 0, (0, spec.length)))
    for number, block in enumerate(spec.blocks, start=1):
        plan.block = number
        x = _add_block(plan, x, block)
    plan.block = 0
    x = _add_head(plan, x, spec)
    function, name = {
        "classes": ("sigmoid", "probability"),
        "values": ("linear", "value"),
        "counts": ("exponential", "count"),
    }[spec.outputs]
    plan.add("Activation", name, function, x, activation=function)
    return plan.layers


def block_ends(spec: ModelSpec) -> list[str]:
    """Return the name of the last layer of each block."""
    return list({layer.block: layer.name for layer in network_layers(spec) if layer.block}.values())


def check_size(spec: ModelSpec) -> None:
    """Raise SpecError if a network has more than `MAX_PARAMETERS`."""
    layers = network_layers(spec)
    total, largest = sum(layer.parameters for layer in layers), max(layers, key=lambda layer: layer.parameters)
    if total > MAX_PARAMETERS:
        raise SpecError(
            f"the network has {total:,} parameters ({largest.parameters:,} of them in layer {quoted(largest.name)}); "
            f"the maximum is {MAX_PARAMETERS:,}",
            hint="Use fewer or narrower filters (--num-filters, --conv-width), or a smaller hidden layer.",
        )


class _Plan:
    """The layers added so far; each method adds one and returns it."""

    def __init__(self, *, is_training: bool = False) -> None:
        self.layers: list[Layer] = []
        self.block = 0
        #: Whether layers that differ in training are added.
        self.is_training = is_training

    def add(
        self,
        operation: str,
        name: str,
        kind: str,
        inputs: Layer | Sequence[Layer],
        output: Maps | None = None,
        parameters: int = 0,
        **options: Any,
    ) -> Layer:
        """Add a layer; its output has the shape of its (first) input unless given."""
        inputs = (inputs,) if isinstance(inputs, Layer) else inputs
        names = tuple(x.name for x in inputs)
        layer = Layer(name, operation, options, kind, names, output or inputs[0].output, parameters, self.block)
        self.layers.append(layer)
        return layer

    def convolution(self, name: str, x: Layer, filters: int, width: int, **options: Any) -> Layer:
        """Add a convolution; options are those of Conv2D along the sequence, `penalties` (L1, L2) and `initializer`."""
        defaults = {"initializer": "GlorotUniform", "penalties": (0.0, 0.0)}
        options = {"stride": 1, "dilation": 1, "activation": None, "use_bias": True, **defaults} | options
        stride, dilation, activation = options["stride"], options["dilation"], options["activation"]
        kind = f"convolution of {width}"
        kind += f", stride {stride}" if stride > 1 else ""
        kind += f", dilation {dilation}" if dilation > 1 else ""
        kind += f", {activation}" if activation else ""
        output = x.output.windows(width, stride=stride, dilation=dilation)._replace(maps=filters)
        parameters = (width * x.output.maps + options["use_bias"]) * filters
        return self.add("convolution", name, kind, x, output, parameters, filters=filters, width=width, **options)

    def pool(
        self, name: str, x: Layer, pooling: str, width: int | None = None, stride: int | None = None,
        sharpness: float | None = None,
    ) -> Layer:  # fmt: skip
        """Add a pool over windows of positions, or without a width, over all positions."""
        if pooling in PLAIN_POOLS:
            return self._plain_pool(name, x, pooling, width, stride)
        if pooling in ("attention", "stochastic"):
            return self._weighted_pool(name, x, pooling, width, stride)
        before, after = MEANS[pooling]
        sharpness = sharpness or SHARPNESS[pooling]
        x = self._transformed(f"{name}_{before}", x, before, sharpness)
        x = self._plain_pool(f"{name}_mean", x, "average", width, stride)
        return self._transformed(name, x, after, sharpness)

    def _weighted_pool(self, name: str, x: Layer, pooling: str, width: int | None, stride: int | None) -> Layer:
        """Add a mean with weights that depend on the maps."""
        if pooling == "attention":
            maps = x.output.maps
            weights = self.convolution(f"{name}_scores", x, maps, 1, use_bias=False, initializer="Zeros")
            weights = self._transformed(f"{name}_weights", weights, "exponential", 1.0)
        else:
            weights = self._transformed(f"{name}_weights", x, "positive", SMALLEST_WEIGHT)
        if pooling == "stochastic" and self.is_training:
            output = x.output.windows(width or 1, stride=stride or 1)
            return self.add("draw", name, "random value", (x, weights), output, width=width, stride=stride)
        x = self.add("Multiply", f"{name}_weighted", "product with the weights", (x, weights))
        x = self._plain_pool(f"{name}_mean", x, "average", width, stride)
        total = self._plain_pool(f"{name}_total", weights, "average", width, stride)
        return self.add("ratio", name, f"{pooling}-pool", (x, total))

    def _plain_pool(self, name: str, x: Layer, pooling: str, width: int | None, stride: int | None) -> Layer:
        if width is None or stride is None:
            output = x.output.gathered(x.output.maps)
            return self.add("global_pool", name, f"global {pooling}-pool", x, output, pooling=pooling)
        kind = f"{pooling}-pool of {width}" + ("" if stride == width else f", stride {stride}")
        output = x.output.windows(width, stride=stride)
        return self.add("pool", name, kind, x, output, pooling=pooling, width=width, stride=stride)

    def _transformed(self, name: str, x: Layer, function: str, sharpness: float) -> Layer:
        """Add a function of each value with one parameter (`TRANSFORMS`)."""
        kind = TRANSFORMS[function].format(sharpness)
        return self.add("transform", name, kind, x, function=function, sharpness=sharpness)

    def crop(self, name: str, x: Layer, before: int, after: int) -> Layer:
        """Add a crop, unless nothing is cropped."""
        if not before + after:
            return x
        columns = ((0, 0), (before, after))
        return self.add("Cropping2D", name, "crop", x, x.output.cropped(before, after), cropping=columns)

    def batch_norm(self, name: str, x: Layer) -> Layer:
        return self.add("BatchNormalization", name, "batch norm", x, parameters=4 * x.output.maps)

    def dropout(self, name: str, x: Layer, rate: float, activation: str = "relu") -> Layer:
        """Add dropout, unless the rate is 0."""
        return self.add("dropout", name, f"dropout {rate:g}", x, rate=rate, activation=activation) if rate else x

    def dense(self, name: str, x: Layer, units: int, *, use_bias: bool = True) -> Layer:
        output, parameters = x.output._replace(maps=units), (x.output.maps + use_bias) * units
        return self.add("dense", name, "dense", x, output, parameters, units=units, use_bias=use_bias)

    def concatenate(self, name: str, branches: list[Layer]) -> Layer:
        output = branches[0].output._replace(maps=sum(branch.output.maps for branch in branches))
        for branch in branches[1:]:
            output = output.joined(branch.output)
        return self.add("Concatenate", name, "concatenation", branches, output)


def _add_block(plan: _Plan, x: Layer, block: Block) -> Layer:
    n, before, surplus = plan.block, x, block.span - 1
    sides = surplus // 2, surplus - surplus // 2

    def pool(x: Layer, place: str) -> Layer:
        is_here = block.pool > 1 and block.pool_place == place
        options = block.pool_kind, block.pool, block.pool_step, block.pool_sharpness
        return plan.pool(f"pool_{n}", x, *options) if is_here else x

    if block.padding == "same" and surplus:
        x = plan.add("ZeroPadding2D", f"padding_{n}", "padding", x, x.output.padded(*sides), padding=((0, 0), sides))
    x = pool(_add_convolutions(plan, x, block), "first")
    if block.batch_norm:
        x = plan.batch_norm(f"norm_{n}", x)
    if not block.fused:
        x = plan.add("Activation", f"activation_{n}", block.activation, x, activation=block.activation)
    if block.residual:
        if block.padding == "valid":
            before = plan.crop(f"residual_crop_{n}", before, *sides)
        kind, output = "sum with the block's input", x.output.joined(before.output)
        x = plan.add("Add", f"residual_{n}", kind, (x, before), output)
    x = plan.dropout(f"dropout_{n}", pool(x, "before_dropout"), block.dropout, block.activation)
    return pool(x, "end")


def _add_convolutions(plan: _Plan, x: Layer, block: Block) -> Layer:
    """Add the parallel convolutions of a block and its parallel pool, centred on one another."""
    n, branches, widest = plan.block, [], max(block.widths)
    outer = (block.span - 1 - (widest - 1) * block.dilation) // 2
    penalties = (block.l1, block.l2)
    initializer = "LecunNormal" if block.activation == "selu" else "HeNormal"
    options: dict[str, Any] = {"use_bias": not block.batch_norm, "initializer": initializer, "penalties": penalties}
    options["activation"] = block.activation if block.fused else None
    for width in block.widths:
        suffix = "" if width == block.width else f"_w{width}"
        before = outer + (widest - width) // 2 * block.dilation
        after = block.span - 1 - (width - 1) * block.dilation - before
        branch = plan.crop(f"crop_{n}{suffix}", x, before, after)
        if block.bottleneck:
            name = f"compress_{n}{suffix}"
            branch = plan.convolution(
                name, branch, block.bottleneck, 1, activation="relu", penalties=penalties, initializer="HeNormal"
            )
        moves = {"stride": block.stride, "dilation": block.dilation}
        branches.append(plan.convolution(f"conv_{n}{suffix}", branch, block.filters, width, **options, **moves))
    if block.parallel_pool:
        surplus = block.span - block.parallel_pool
        branch = plan.crop(f"pool_beside_crop_{n}", x, surplus // 2, surplus - surplus // 2)
        branch = plan.pool(f"pool_beside_{n}", branch, "max", block.parallel_pool, block.stride)
        branches.append(plan.convolution(f"conv_{n}_pool", branch, block.filters, 1, **options))
    return plan.concatenate(f"beside_{n}", branches) if len(branches) > 1 else branches[0]


def _add_head(plan: _Plan, x: Layer, spec: ModelSpec) -> Layer:
    """Add the layers from the last block to the logits."""
    n_tasks = len(spec.tasks)
    if spec.pool_width is not None:
        x = plan.pool("final_pool", x, spec.final, spec.pool_width, spec.pool_width)
    if spec.recurrent is not None:
        x = _add_recurrent(plan, x, spec)
    scope, _, poolings = spec.final.partition("_")
    if scope == "conv":
        return plan.pool("logits", plan.convolution("task_maps", x, n_tasks, 1), poolings)
    if spec.is_length_fixed:
        x = plan.add("Flatten", "flatten", "flatten", x, x.output.gathered(x.output.positions * x.output.maps))
    elif scope == "pyramid":
        output = x.output.gathered(x.output.maps * sum(PYRAMID))
        x = plan.add("pyramid", "final_pool", "maxima of " + ", ".join(map(str, PYRAMID)) + " parts", x, output)
    elif poolings != "max_average":
        x = plan.pool("final_pool", x, poolings)
    else:
        branches = [plan.pool(f"final_global_{pooling}", x, pooling) for pooling in ("max", "average")]
        x = plan.concatenate("final_pool", branches)
    for number, units in enumerate(spec.hidden, start=1):
        x = plan.dense(f"dense_{number}", x, units, use_bias=not spec.hidden_batch_norm)
        if spec.hidden_batch_norm:
            x = plan.batch_norm(f"dense_norm_{number}", x)
        x = plan.add("Activation", f"dense_activation_{number}", "relu", x, activation="relu")
        x = plan.dropout(f"dense_dropout_{number}", x, spec.hidden_dropout)
    return plan.dense("logits", x, n_tasks)


def _add_recurrent(plan: _Plan, x: Layer, spec: ModelSpec) -> Layer:
    """Add a recurrent layer over the positions; its states are maps again."""
    assert spec.recurrent is not None
    assert spec.recurrent_units is not None
    units, n_directions = spec.recurrent_units, 2 if spec.recurrent.startswith("bidirectional") else 1
    # A GRU of Keras has one bias for the input and one for the state.
    n_gates, n_biases = (3, 2) if spec.recurrent.endswith("gru") else (4, 1)
    parameters = n_directions * n_gates * units * (x.output.maps + units + n_biases)
    kind = spec.recurrent.replace("_", " ").replace("gru", "GRU").replace("lstm", "LSTM")
    output = x.output.mixed()._replace(maps=n_directions * units)
    shape = (x.output.positions, x.output.maps)
    x = plan.add("Reshape", "positions", "reshape", x, target_shape=shape)
    x = plan.add("recurrent", "recurrent", kind, x, output, parameters, cell=spec.recurrent, units=units)
    x = plan.dropout("recurrent_dropout", x, spec.hidden_dropout)
    return plan.add("recurrent_maps", "recurrent_maps", "reshape", x)
