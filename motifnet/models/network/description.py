"""`describe`: a network layer by layer, from its spec alone: shapes, parameters, receptive fields. No Keras."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from motifnet.arguments import check_type
from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import CONVOLUTIONAL, WINDOWED, ModelSpec

#: Columns of `describe`, and what they are.
DESCRIPTION_COLUMNS = {
    "layer": "name, as in the Keras network",
    "kind": "what it does",
    "positions": "positions along the sequence that it gives; 1 behind a flattened head or a pool over all positions",
    "maps": "numbers at each position: filters, units, tasks; the input has 4, A, C, G and T",
    "parameters": "numbers that it holds (for batch norm with its moving mean and variance, as Keras counts them)",
    "share": "their share of all parameters",
    "field": "bp of the sequence that one position sees, its receptive field",
    "stride": "bp between what two neighbouring positions see; 0 where all that there are see the same",
}
#: More parameters are a slip of the keyboard: with what training keeps of each, they take some 16 GB.
MOST_PARAMETERS = 10**9
_GLOBAL = {"global_max": "max over all", "global_average": "average over all"}


def describe(spec: ModelSpec) -> pd.DataFrame:
    """A network layer by layer, in the order in which `build` makes it.

    Parameters
    ----------
    spec : ModelSpec

    Returns
    -------
    DataFrame
        One row a layer, the columns of `DESCRIPTION_COLUMNS`. Receptive fields are those of positions away from the
        ends of the sequence; of a layer behind all positions, what it sees of the sequence (less than its length, where
        a pool or a stride leaves bases over).

    Examples
    --------
    >>> table = describe(ModelSpec.preset("dragonn", length=500)).set_index("layer")
    >>> table.loc["conv_3", ["positions", "maps", "parameters", "field"]].tolist()
    [458, 15, 3390, 43]
    """
    check_type("spec", spec, ModelSpec)
    layers = _Layers()
    x = layers.add("sequence", "input", _Maps(spec.length, 4, 1, 1, 0, (0, spec.length)))
    for number, block in enumerate(spec.blocks, start=1):
        x = _add_block(layers, x, block, number)
    x = _add_end(layers, x, spec)
    kinds = {"classes": ("sigmoid", "probability"), "values": ("linear", "value"), "counts": ("exponential", "count")}
    kind, name = kinds[spec.outputs]
    layers.add(name, kind, x)
    return layers.table()


def check_size(spec: ModelSpec) -> None:
    """Refuse a network that no memory holds, before one is asked for.

    Raises
    ------
    SpecError
        If it has more than `MOST_PARAMETERS`; it names the layer that holds most of them.
    """
    table = describe(spec)
    total, largest = int(table["parameters"].sum()), table.loc[table["parameters"].astype(float).idxmax()]
    if total > MOST_PARAMETERS:
        raise SpecError(
            f"the network has {total:,} parameters, {largest['parameters']:,} of them in {largest['layer']}: at most "
            f"{MOST_PARAMETERS:,} are possible",
            hint="Give fewer or narrower filters (--num-filters, --conv-width), or a smaller hidden layer.",
        )


def dense_share(table: pd.DataFrame) -> float:
    """Share of all parameters that the dense layers of a `describe` table hold, their batch norm included."""
    return float(table.loc[table["layer"].str.match("dense_|logits"), "share"].sum())


def dense_parameters(n_inputs: int, n_units: int, *, has_bias: bool = True) -> int:
    """Parameters of a dense layer: every unit weighs every input.

    Examples
    --------
    22 x 22 x 64 activations, flattened in front of 512 units, are what most of a network can consist of:

    >>> dense_parameters(22 * 22 * 64, 512, has_bias=False)
    15859712
    """
    return (n_inputs + has_bias) * n_units


class _Maps(NamedTuple):
    """What a layer gives: so many maps over so many positions, and what these see of the sequence."""

    positions: int
    maps: int
    field: int
    stride: int
    start: int  # the first bp that position 0 sees; negative in padding
    seen: tuple[int, int]  # the bp that all see together, before any padding: start and end

    def windows(self, width: int, *, stride: int = 1, dilation: int = 1) -> _Maps:
        """Behind a convolution or a pool."""
        reach = (width - 1) * dilation
        return self._replace(
            positions=(self.positions - reach - 1) // stride + 1,
            field=self.field + reach * self.stride,
            stride=self.stride * stride,
        )

    def cropped(self, before: int, after: int) -> _Maps:
        """Without so many positions at the ends."""
        return self._replace(positions=self.positions - before - after, start=self.start + before * self.stride)

    def padded(self, before: int, after: int) -> _Maps:
        """With so many positions more at the ends, which see nothing."""
        return self.cropped(-before, -after)._replace(seen=self.everything().seen)

    def beside(self, other: _Maps) -> _Maps:
        """What both see, where they stand side by side."""
        start = min(self.start, other.start)
        return self._replace(field=max(self.start + self.field, other.start + other.field) - start, start=start)

    def everything(self) -> _Maps:
        """Each position sees what all of them see together."""
        end = self.start + (self.positions - 1) * self.stride + self.field
        seen = max(self.start, self.seen[0]), min(end, self.seen[1])
        return self._replace(field=seen[1] - seen[0], stride=0, start=seen[0], seen=seen)

    def gathered(self, maps: int) -> _Maps:
        """One position, made of all."""
        return self.everything()._replace(positions=1, maps=maps)


class _Layers:
    """The rows of the table, as they come."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, int, int, int, int, int]] = []

    def add(self, name: str, kind: str, given: _Maps, parameters: int = 0) -> _Maps:
        """Note a layer, and return what it gives."""
        field = min(given.field, given.seen[1] - given.seen[0])
        self._rows.append((name, kind, given.positions, given.maps, parameters, field, given.stride))
        return given

    def convolution(self, name: str, x: _Maps, filters: int, width: int, block: Block) -> _Maps:
        """Note one of the convolutions that a block is named after."""
        given = x.windows(width, stride=block.stride, dilation=block.dilation)._replace(maps=filters)
        details = {
            f"convolution of {width}": True,
            f"stride {block.stride}": block.stride > 1,
            f"dilation {block.dilation}": block.dilation > 1,
            block.activation: block.fused,
        }
        kind = ", ".join(detail for detail, is_said in details.items() if is_said)
        return self.add(name, kind, given, (width * x.maps + (not block.batch_norm)) * filters)

    def point(self, name: str, kind: str, x: _Maps, filters: int, *, has_bias: bool = True) -> _Maps:
        """Note a 1x1 convolution: a dense layer at each position."""
        return self.add(name, kind, x._replace(maps=filters), dense_parameters(x.maps, filters, has_bias=has_bias))

    def cropped(self, name: str, x: _Maps, before: int, after: int) -> _Maps:
        """Note a crop, if it is one."""
        return self.add(name, "crop", x.cropped(before, after)) if before + after else x

    def table(self) -> pd.DataFrame:
        """What was noted."""
        columns = [column for column in DESCRIPTION_COLUMNS if column != "share"]
        table = pd.DataFrame(self._rows, columns=columns)
        shares = table["parameters"] / table["parameters"].sum()
        return table.assign(share=shares)[list(DESCRIPTION_COLUMNS)]


def _add_block(layers: _Layers, x: _Maps, block: Block, number: int) -> _Maps:
    before, surplus = x, block.span - 1
    if block.padding == "same" and surplus:
        x = layers.add(f"padding_{number}", "padding", x.padded(surplus // 2, surplus - surplus // 2))
    x = _add_sides(layers, x, block, number)
    if block.pool_place == "first":
        x = _add_pool(layers, x, block, number)
    if block.batch_norm:
        x = layers.add(f"norm_{number}", "batch norm", x, 4 * x.maps)
    if not block.fused:
        x = layers.add(f"activation_{number}", block.activation, x)
    if block.residual:
        if block.padding == "valid":
            before = layers.cropped(f"residual_crop_{number}", before, surplus // 2, surplus - surplus // 2)
        x = layers.add(f"residual_{number}", "sum with the block's input", x.beside(before))
    if block.pool_place == "before_dropout":
        x = _add_pool(layers, x, block, number)
    if block.dropout:
        x = layers.add(f"dropout_{number}", f"dropout {block.dropout:g}", x)
    return _add_pool(layers, x, block, number) if block.pool_place == "end" else x


def _add_pool(layers: _Layers, x: _Maps, block: Block, number: int) -> _Maps:
    if block.pool == 1:
        return x
    pooled = x.windows(block.pool, stride=block.pool)
    return layers.add(f"pool_{number}", f"{block.pool_kind}-pool of {block.pool}", pooled)


def _add_sides(layers: _Layers, x: _Maps, block: Block, number: int) -> _Maps:
    """The convolutions of a block, and its pool, side by side: each in the middle of what the widest of them sees."""
    sides = []
    widest = max(block.widths)
    surplus = block.span - 1 - (widest - 1) * block.dilation
    for width in block.widths:
        suffix = "" if width == block.width else f"_w{width}"
        before = surplus // 2 + (widest - width) // 2 * block.dilation
        after = block.span - 1 - (width - 1) * block.dilation - before
        side = layers.cropped(f"crop_{number}{suffix}", x, before, after)
        if block.compress:
            side = layers.point(f"compress_{number}{suffix}", "convolution of 1, relu", side, block.compress)
        sides.append(layers.convolution(f"conv_{number}{suffix}", side, block.filters, width, block))
    if block.pool_beside:
        surplus = block.span - block.pool_beside
        side = layers.cropped(f"pool_beside_crop_{number}", x, surplus // 2, surplus - surplus // 2)
        pooled = side.windows(block.pool_beside, stride=block.stride)
        side = layers.add(f"pool_beside_{number}", f"max-pool of {block.pool_beside}, stride {block.stride}", pooled)
        has_bias = not block.batch_norm
        sides.append(layers.point(f"conv_{number}_pool", "convolution of 1", side, block.filters, has_bias=has_bias))
    if len(sides) == 1:
        return sides[0]
    together = sides[0]._replace(maps=sum(side.maps for side in sides))
    for side in sides[1:]:
        together = together.beside(side)
    return layers.add(f"beside_{number}", "side by side", together)


def _add_end(layers: _Layers, x: _Maps, spec: ModelSpec) -> _Maps:
    """From the maps of the last block to the logits."""
    n_tasks = len(spec.tasks)
    if spec.final in WINDOWED:
        width = spec.pool_width or 1
        x = layers.add("final_pool", f"{spec.final}-pool of {width}", x.windows(width, stride=width))
    if spec.recurrent is not None:
        x = _add_recurrent(layers, x, spec)
    if spec.final in CONVOLUTIONAL:
        x = layers.point("task_maps", "convolution of 1", x, n_tasks)
        return layers.add("logits", _GLOBAL[spec.final.replace("conv", "global")], x.gathered(n_tasks))
    if spec.is_length_fixed:
        x = layers.add("flatten", "flatten", x.gathered(x.positions * x.maps))
    elif spec.final in _GLOBAL:
        x = layers.add("final_pool", _GLOBAL[spec.final], x.gathered(x.maps))
    else:
        for name, kind in _GLOBAL.items():
            layers.add(f"final_{name}", kind, x.gathered(x.maps))
        x = layers.add("final_pool", "side by side", x.gathered(2 * x.maps))
    for number, units in enumerate(spec.hidden, start=1):
        x = layers.point(f"dense_{number}", "dense", x, units, has_bias=not spec.hidden_batch_norm)
        if spec.hidden_batch_norm:
            layers.add(f"dense_norm_{number}", "batch norm", x, 4 * units)
        layers.add(f"dense_activation_{number}", "relu", x)
        if spec.hidden_dropout:
            layers.add(f"dense_dropout_{number}", f"dropout {spec.hidden_dropout:g}", x)
    return layers.point("logits", "dense", x, n_tasks)


def _add_recurrent(layers: _Layers, x: _Maps, spec: ModelSpec) -> _Maps:
    assert spec.recurrent is not None
    assert spec.recurrent_units is not None
    units, n_ways = spec.recurrent_units, 2 if spec.recurrent.startswith("bidirectional") else 1
    # Keras gives a GRU one bias for the input and one for the state.
    n_gates, n_biases = (3, 2) if spec.recurrent.endswith("gru") else (4, 1)
    parameters = n_ways * n_gates * units * (x.maps + units + n_biases)
    layers.add("positions", "reshape", x)
    kind = spec.recurrent.replace("_", " ").replace("gru", "GRU").replace("lstm", "LSTM")
    x = layers.add("recurrent", kind, x.everything()._replace(maps=n_ways * units), parameters)
    if spec.hidden_dropout:
        layers.add("recurrent_dropout", f"dropout {spec.hidden_dropout:g}", x)
    return layers.add("recurrent_maps", "reshape", x)
