"""`ModelSpec`, a network without its weights, and `SpecChanges`, changes to it. No Keras, no numpy.

A network has blocks, then an optional final pooling, an optional recurrent layer, and a head: global pooling or
flattening, hidden dense layers and one unit per task, or a 1x1 convolution to the tasks and global pooling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from motifnet.arguments import convert_numbers
from motifnet.errors import SpecError, quoted
from motifnet.models.network.block import (
    FINALS,
    PLAIN_POOLS,
    POOLS,
    RECURRENT,
    STRANDS,
    Block,
    Strands,
    as_tuple,
    check,
    check_companion,
    check_flags,
    check_integer,
    check_integers,
    check_name,
    check_number,
    check_tasks,
    from_mapping,
)
from motifnet.models.network.presets import PRESETS

#: A length in bp that is enough for every network, used while the length of the data is not known.
ROOMY = 10**9


@dataclass(frozen=True)
class ModelSpec:
    """A network without its weights.

    Parameters
    ----------
    length : int
        Length of the sequences in bp.
    blocks : tuple of Block
        At least one.
    final : str
        What follows the last block: the name of a kind of pooling (`Block`), over windows of `pool_width`, or "flatten"
        (no pooling), all then flattened; "global_max", "global_average", "global_lp", "global_log_average_exp",
        "global_attention" or "global_max_average" (pooling over all positions; the last concatenates both);
        "pyramid_max" (maxima over all positions, their halves and their quarters: He et al. 2014); "conv_max",
        "conv_average", "conv_log_average_exp" or "conv_attention" (1x1 convolution to the tasks, then pooling over all
        positions: a fully convolutional network).
    pool_width : int or None
        Width and stride of the final pooling over windows, in positions of the last block; None without one.
    hidden : tuple of int
        Units of dense ReLU layers before the output.
    strands : {"both", "shared", "forward"}
        "both": the label applies to either strand; training uses a random strand each time, and the score is the mean
        of the logits of both. "shared": both strands pass through the same filters, and the higher logit is used, in
        training too (Alipanahi et al. 2015). "forward": only the strand as given, for RNA and CLIP.
    tasks : tuple of str
        One output each.
    outputs : {"classes", "values", "counts"}
        Probability of a binary label (sigmoid, log loss), real value (linear, squared error), or expected count
        (exponential, Poisson loss).
    recurrent : {"gru", "lstm", "bidirectional_gru", "bidirectional_lstm"} or None
        Recurrent layer over the positions after the final pooling; the head reads all its states.
    recurrent_units : int or None
        Units of the recurrent layer (in each direction); None without one.
    hidden_dropout : float
        Dropout rate after the recurrent layer and each hidden layer, in [0, 1).
    hidden_batch_norm : bool
        Batch normalisation in the hidden layers.

    Raises
    ------
    SpecError
        If a value is out of range, two values exclude each other, or the sequences are too short for the network.
    """

    length: int
    blocks: tuple[Block, ...]
    final: str = "global_max"
    pool_width: int | None = None
    hidden: tuple[int, ...] = ()
    strands: Strands = "both"
    tasks: tuple[str, ...] = ("positive",)
    outputs: str = "classes"
    recurrent: str | None = None
    recurrent_units: int | None = None
    hidden_dropout: float = 0.0
    hidden_batch_norm: bool = False

    def __post_init__(self) -> None:
        for name in ("blocks", "hidden", "tasks"):
            object.__setattr__(self, name, as_tuple(getattr(self, name)))
        convert_numbers(self)
        check_integer("length", self.length, 1)
        are_blocks = isinstance(self.blocks, tuple) and all(isinstance(block, Block) for block in self.blocks)
        check("blocks", self.blocks, "a list of 1 to 256 Blocks", are_blocks and 1 <= len(self.blocks) <= 256)
        check_integers("hidden", self.hidden, 1)
        check_number("hidden_dropout", self.hidden_dropout, "in [0, 1)", lambda rate: 0 <= rate < 1)
        check_flags(self, "hidden_batch_norm")
        check_tasks(self.tasks)
        check_name("final", self.final, FINALS)
        check_name("strands", self.strands, STRANDS)
        check_name("outputs", self.outputs, ("classes", "values", "counts"))
        self._check_head()
        self._check_blocks()
        for _ in self.positions():
            pass

    def _check_head(self) -> None:
        check_companion("pool_width", self.pool_width, self.final in POOLS, f"final={quoted(self.final)}")
        has_recurrent = self.recurrent is not None
        if self.recurrent is not None:
            check_name("recurrent", self.recurrent, RECURRENT)
        check_companion("recurrent_units", self.recurrent_units, has_recurrent, f"recurrent={quoted(self.recurrent)}")
        has_dense = bool(self.hidden) and self.final.startswith("conv_")
        check("hidden", self.hidden, f"empty with final={quoted(self.final)}", not has_dense)

    def _check_blocks(self) -> None:
        first, n_maps = self.blocks[0], None
        if not first.is_one_bank or first.residual:
            raise SpecError("block 1 reads DNA: it must not have bottleneck, parallel_pool or residual")
        for number, block in enumerate(self.blocks, start=1):
            if block.residual and (block.n_maps != n_maps or block.stride > 1):
                raise SpecError(
                    f"block {number} is residual: it needs stride 1 and as many maps as its input, {n_maps}. "
                    f"Got {block.n_maps} maps and stride {block.stride}"
                )
            n_maps = block.n_maps

    def positions(self) -> Iterator[int]:
        """Positions after each block; raise SpecError if a convolution or pool is wider than its input."""
        n = self.length
        for number, block in enumerate(self.blocks, start=1):
            before, n = n, block.positions(n)
            if n < 1:
                raise self._too_short(f"the filters of block {number} have width {block.span}", before, number > 1)
            if block.pool > n:
                raise self._too_short(f"the pool of block {number} has width {block.pool}", n, True)
            n = block.pooled(n)
            yield n
        if self.pool_width is not None and self.pool_width > n:
            raise self._too_short(f"the final pool has width {self.pool_width}", n, True)

    def _too_short(self, what: str, n: int, is_later: bool) -> SpecError:
        where = f", its input has {n} positions" if is_later else ""
        return SpecError(
            f"sequences of {self.length} bp are too short for this network: {what}{where}",
            hint="Use longer sequences, or narrower filters and pools (--conv-width, --block-pool, --pool-width).",
        )

    def check_layer(self, k: int) -> None:
        """Raise SpecError unless convolution `k`, counted from 0, exists and has readable filters."""
        if not 0 <= k < len(self.blocks):
            raise SpecError(f"layer must be from 0 to {len(self.blocks) - 1}, the last convolution. Got {k} instead")
        for i, block in enumerate(self.blocks[: k + 1]):
            if not block.is_one_bank:
                raise SpecError(
                    f"filters of layer {k} cannot be read: block {i + 1} has parallel branches (1x1 convolutions or a "
                    "pool)",
                    hint=f"Use a layer before that block: 0 to {i - 1}.",
                )

    @property
    def is_double_stranded(self) -> bool:
        """Whether a label applies to both a sequence and its reverse complement."""
        return self.strands != "forward"

    @property
    def motif_strands(self) -> Literal["both", "forward"]:
        """Strands that motifs and k-mers are found on."""
        return "both" if self.is_double_stranded else "forward"

    @property
    def is_length_fixed(self) -> bool:
        """Whether the head is flattened, so that the network takes only sequences of `length`."""
        return self.final in (*POOLS, "flatten")

    @property
    def ignores_padding(self) -> bool:
        """Whether N at the end of a sequence has no effect."""
        return not self.is_length_fixed

    @classmethod
    def preset(
        cls, name: str, *, length: int, tasks: Sequence[str] = ("positive",), changes: SpecChanges | None = None
    ) -> ModelSpec:
        """Return a network by name for sequences of `length` bp, with `changes` if given.

        The names are the keys of `motifnet.models.network.presets.PRESETS`.

        Raises
        ------
        SpecError
            If there is no preset of that name, or the sequences are too short for the network.

        Examples
        --------
        >>> [block.filters for block in ModelSpec.preset("dragonn", length=500).blocks]
        [15, 15, 15]
        """
        check_name("preset", name, tuple(PRESETS))
        # Changed before the length is set: narrower filters can make the network fit.
        spec = cls(ROOMY, **PRESETS[name]()).changed(changes or SpecChanges())
        return replace(spec, length=length, tasks=tuple(tasks))

    def changed(self, changes: SpecChanges) -> ModelSpec:
        """Return this network with some fields changed; changes of a block's fields apply to every block.

        Raises
        ------
        SpecError
            If the parallel lists differ in length, or the result is invalid.
        """
        return replace(self, **changes.network_fields(self.blocks, self.final, self.pool_width))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelSpec:
        """Make a spec from the result of `to_dict`; raise SpecError if a field is missing or unknown."""
        blocks = values.get("blocks")
        if isinstance(blocks, list | tuple):
            values = {**values, "blocks": tuple(from_mapping(Block, block) for block in blocks)}
        return from_mapping(cls, values)


@dataclass(frozen=True)
class SpecChanges:
    """What to change in a preset; None keeps the value of the preset.

    Parameters
    ----------
    num_filters : tuple of int, optional
        Number of filters in each block, e.g. 15 15 15.
    conv_width : tuple of int, optional
        Filter width in each block, e.g. 15 15 15.
    block_pool : tuple of int, optional
        Width of the pooling after each block; 1 means no pooling.
    conv_stride : tuple of int, optional
        Stride of the convolution in each block; above 1 it can replace pooling.
    dilation : tuple of int, optional
        Dilation of the convolution in each block.
    block_pool_stride : tuple of int, optional
        Stride of the pooling after each block; below the width, windows overlap. By default the width.
    pool_kind : str, optional
        Kind of pooling after the blocks: max, average, lp (root of the mean power), log_average_exp (smooth maximum),
        attention (learned weights) or stochastic (a random value in training).
    pool_sharpness : float, optional
        Power of lp pooling (3 by default), or factor of log_average_exp pooling (1 by default). Small values give
        nearly the average, large values nearly the maximum.
    pool_width : int, optional
        Width of the windows of the final pooling, whose output is flattened. Replaces a global pooling.
    activation : str, optional
        Activation of the first block.
    batch_norm : bool, optional
        Use batch normalisation in every block.
    dropout : float, optional
        Dropout rate after every activation.
    l1 : float, optional
        L1 penalty on weights and biases of the convolutions.
    l2 : float, optional
        L2 penalty on weights and biases of the convolutions.
    final : str, optional
        Layers after the last convolution: a kind of pooling (windows of --pool-width), flatten, global_max,
        global_average, global_max_average, global_lp, global_log_average_exp, global_attention, pyramid_max (any
        length, coarse positions), or conv_max, conv_average, conv_log_average_exp, conv_attention (1x1 convolution to
        the tasks, then global pooling).
    hidden : tuple of int, optional
        Units of dense layers before the output.
    hidden_dropout : float, optional
        Dropout rate after dense and recurrent layers.
    recurrent : str, optional
        Recurrent layer after the final pooling: gru, lstm, bidirectional_gru or bidirectional_lstm.
    recurrent_units : int, optional
        Units of the recurrent layer (in each direction).
    strands : {"both", "shared", "forward"}, optional
        Average the logits of both strands (both), take the higher one (shared), or use only the strand as given
        (forward: RNA, CLIP).
    """

    num_filters: tuple[int, ...] | None = None
    conv_width: tuple[int, ...] | None = None
    block_pool: tuple[int, ...] | None = None
    conv_stride: tuple[int, ...] | None = None
    dilation: tuple[int, ...] | None = None
    block_pool_stride: tuple[int, ...] | None = None
    pool_kind: str | None = None
    pool_sharpness: float | None = None
    pool_width: int | None = None
    activation: str | None = None
    batch_norm: bool | None = None
    dropout: float | None = None
    l1: float | None = None
    l2: float | None = None
    final: str | None = None
    hidden: tuple[int, ...] | None = None
    hidden_dropout: float | None = None
    recurrent: str | None = None
    recurrent_units: int | None = None
    strands: Strands | None = None

    def network_fields(self, blocks: tuple[Block, ...], final: str, pool_width: int | None) -> dict[str, Any]:
        """Fields of a ModelSpec to replace, given its blocks and final layers; errors as of `ModelSpec.changed`."""
        changed = self._given("strands", "hidden", "hidden_dropout", "recurrent", "recurrent_units")
        if self.final is not None:
            changed |= {"final": self.final, "pool_width": pool_width if self.final in POOLS else None}
            if self.final.startswith("conv_"):
                changed.setdefault("hidden", ())
        if self.pool_width is not None:
            kept = final if final in POOLS else "max"
            changed |= {"final": self.final or kept, "pool_width": self.pool_width}
        return changed | {"blocks": self._changed_blocks(blocks)}

    def _changed_blocks(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        lists = {
            "filters": self.num_filters,
            "width": self.conv_width,
            "pool": self.block_pool,
            "pool_stride": self.block_pool_stride,
            "stride": self.conv_stride,
            "dilation": self.dilation,
        }
        given = {name: values for name, values in lists.items() if values is not None}
        counts = {len(values) for values in given.values()} or {len(blocks)}
        sets_number = self.num_filters is not None and self.conv_width is not None
        if len(counts) > 1 or (not sets_number and counts != {len(blocks)}):
            raise SpecError(
                "the lists that describe the blocks differ in length: "
                + ", ".join(f"{name} {' '.join(map(str, values))}" for name, values in given.items())
                + f" (the preset has {len(blocks)} blocks)",
                hint="Give one number per block in --num-filters and --conv-width (and --block-pool, --conv-stride, "
                "--dilation).",
            )
        in_every_block = self._given("batch_norm", "dropout", "l1", "l2", "pool_kind", "pool_sharpness")
        changed = []
        for i in range(counts.pop()):
            own: dict[str, Any] = {name: values[i] for name, values in given.items()}
            if i == 0 and self.activation is not None:
                own["activation"] = self.activation
            block = blocks[min(i, len(blocks) - 1)]
            if self.pool_kind not in (None, *PLAIN_POOLS) and block.pool_place == "first":
                own["pool_place"] = "before_dropout"
            changed.append(replace(block, **in_every_block, **own))
        return tuple(changed)

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(self, name)) is not None}
