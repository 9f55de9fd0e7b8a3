"""`SpecChanges`: what to change in a network, with a field for each command-line option. No Keras, no numpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.fields import POOLS, Strands


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
    pool_kind : str, optional
        Kind of pooling after the blocks: max or average.
    pool_width : int, optional
        Width of the final max or average pooling, whose output is flattened. Replaces a global pooling.
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
        Layers after the last convolution: max or average (windows of --pool-width), flatten, global_max,
        global_average, global_max_average, conv_max or conv_average (1x1 convolution to the tasks, then global
        pooling).
    hidden : tuple of int, optional
        Units of dense layers before the output.
    hidden_dropout : float, optional
        Dropout rate after dense and recurrent layers.
    recurrent : str, optional
        Recurrent layer after the final pooling: gru, lstm, bidirectional_gru or bidirectional_lstm.
    recurrent_units : int, optional
        Units of the recurrent layer (in each direction).
    strands : {"both", "shared", "forward"}, optional
        Average predictions over both strands (both), take the higher one (shared), or use only the strand as given
        (forward: RNA, CLIP).
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

    def network_fields(self, blocks: tuple[Block, ...], final: str, pool_width: int | None) -> dict[str, Any]:
        """Fields of a ModelSpec that the changes replace, given the blocks and the final layers that it has.

        Raises
        ------
        SpecError
            If the parallel lists differ in length, or a block becomes invalid.
        """
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
        in_every_block = self._given("batch_norm", "dropout", "l1", "l2", "pool_kind")
        changed = []
        for i in range(counts.pop()):
            own: dict[str, Any] = {name: values[i] for name, values in given.items()}
            if i == 0 and self.activation is not None:
                own["activation"] = self.activation
            changed.append(replace(blocks[min(i, len(blocks) - 1)], **in_every_block, **own))
        return tuple(changed)

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(self, name)) is not None}
