"""`SpecChanges`: what to change in a preset, as the commands' options say it. No Keras, no numpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import CONVOLUTIONAL, WINDOWED, ModelSpec, Strands

#: Fields of the changes that go into every block under the same name, and into the network under the same name.
_EVERYWHERE = ("batch_norm", "dropout", "l1", "l2", "pool_kind")
_WHOLE = ("strands", "hidden", "hidden_dropout", "recurrent", "recurrent_units")


@dataclass(frozen=True)
class SpecChanges:
    """What to change in a preset; None keeps the preset's value.

    Parameters
    ----------
    num_filters : tuple of int, optional
        Filters of each block, e.g. 15 15 15.
    conv_width : tuple of int, optional
        Filter width of each block, e.g. 15 15 15.
    block_pool : tuple of int, optional
        Pool width after each block; 1 is no pooling.
    conv_stride : tuple of int, optional
        Positions that each block's convolution moves at a time: above 1 it does a pool's work.
    dilation : tuple of int, optional
        Positions between two neighbours that a filter sees, in each block.
    pool_kind : str, optional
        Pools after the blocks: max or average.
    pool_width : int, optional
        Width of the final max-pool (or average pool), which is then flattened; takes the place of a global pool.
    activation : str, optional
        Activation of the first block.
    batch_norm : bool, optional
        Batch normalisation in every block.
    dropout : float, optional
        Dropout after every activation.
    l1 : float, optional
        L1 penalty on weights and biases of the convolutions.
    l2 : float, optional
        L2 penalty on weights and biases of the convolutions.
    final : str, optional
        What ends the convolutions: max or average (of --pool-width) or flatten; global_max, global_average or
        global_max_average; conv_max or conv_average (1x1 convolution to the tasks, then the pool).
    hidden : tuple of int, optional
        Units of dense layers in front of the output.
    hidden_dropout : float, optional
        Dropout behind dense and recurrent layers.
    recurrent : str, optional
        Recurrent layer behind the final pool: gru, lstm, bidirectional_gru or bidirectional_lstm.
    recurrent_units : int, optional
        Its units (in each direction).
    strands : {"both", "shared", "forward"}, optional
        Whether the reverse complement means the same: both (the mean over both strands), shared (the higher of both) or
        forward (the strand as given: RNA, CLIP).
    """

    num_filters: tuple[int, ...] | None = None
    conv_width: tuple[int, ...] | None = None
    block_pool: tuple[int, ...] | None = None
    conv_stride: tuple[int, ...] | None = None
    dilation: tuple[int, ...] | None = None
    pool_kind: str | None = None
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


def changed(spec: ModelSpec, changes: SpecChanges) -> ModelSpec:
    """`ModelSpec.changed`."""
    whole = _given(changes, _WHOLE)
    if changes.final is not None:
        whole |= {"final": changes.final, "pool_width": spec.pool_width if changes.final in WINDOWED else None}
        if changes.final in CONVOLUTIONAL and changes.hidden is None:
            whole["hidden"] = ()
    if changes.pool_width is not None:
        kept = spec.final if spec.final in WINDOWED else "max"
        whole |= {"final": changes.final or kept, "pool_width": changes.pool_width}
    return replace(spec, blocks=_changed_blocks(spec.blocks, changes), **whole)


def _changed_blocks(blocks: tuple[Block, ...], changes: SpecChanges) -> tuple[Block, ...]:
    lists = {
        "filters": changes.num_filters,
        "width": changes.conv_width,
        "pool": changes.block_pool,
        "stride": changes.conv_stride,
        "dilation": changes.dilation,
    }
    given = {name: values for name, values in lists.items() if values is not None}
    counts = {len(values) for values in given.values()} or {len(blocks)}
    both = changes.num_filters is not None and changes.conv_width is not None
    if len(counts) > 1 or (not both and counts != {len(blocks)}):
        raise SpecError(
            "the lists that describe the blocks differ in length: "
            + ", ".join(f"{name} {' '.join(map(str, values))}" for name, values in given.items())
            + f" (the preset has {len(blocks)} blocks)",
            hint="Give --num-filters and --conv-width (and --block-pool, --conv-stride, --dilation) one number "
            "a block.",
        )
    everywhere = _given(changes, _EVERYWHERE)
    result = []
    for i in range(counts.pop()):
        own: dict[str, Any] = {name: values[i] for name, values in given.items()}
        if i == 0 and changes.activation is not None:
            own["activation"] = changes.activation
        result.append(replace(blocks[min(i, len(blocks) - 1)], **everywhere, **own))
    return tuple(result)


def _given(changes: SpecChanges, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(changes, name)) is not None}
