"""Messages about networks: blocks, specs, presets and changes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from motifnet.models.network.block import Block
from motifnet.models.network.layers import check_size
from motifnet.models.network.spec import ModelSpec
from motifnet.models.network.spec_changes import SpecChanges

BLOCK = Block(4, 5)
SPEC = ModelSpec(50, (BLOCK,))
DRAGONN = ModelSpec.preset("dragonn", length=500)

CASES: dict[str, Callable[[], object]] = {
    "number out of range": lambda: Block(0, 5),
    "not an integer": lambda: Block(4, 5, pool=2.5),  # type: ignore[arg-type]
    "rate out of range": lambda: Block(4, 5, dropout=1.0),
    "unknown name, similar to a known one": lambda: Block(4, 5, activation="rellu"),
    "unknown name": lambda: replace(SPEC, strands="xyz"),  # type: ignore[arg-type]
    "unknown preset": lambda: ModelSpec.preset("dragon", length=500),
    "equal widths in parallel": lambda: Block(4, 5, beside=(3, 5)),
    "fused activation with batch norm": lambda: Block(4, 5, fused=True, batch_norm=True),
    "residual block that pools first": lambda: Block(4, 5, residual=True, pool_place="first"),
    "residual block of another size": lambda: replace(SPEC, blocks=(BLOCK, Block(3, 3, residual=True))),
    "first block with branches": lambda: replace(SPEC, blocks=(Block(4, 5, compress=2),)),
    "pool width without windows": lambda: replace(SPEC, pool_width=3),
    "windows without pool width": lambda: replace(SPEC, final="max"),
    "recurrent layer without units": lambda: replace(SPEC, recurrent="gru"),
    "dense layers of a convolutional head": lambda: replace(SPEC, final="conv_max", hidden=(5,)),
    "equal tasks": lambda: replace(SPEC, tasks=("a", "a")),
    "too short for the first filters": lambda: ModelSpec(14, (Block(4, 15),)),
    "too short for later filters": lambda: ModelSpec(20, (Block(4, 15), Block(4, 7))),
    "too short for a pool": lambda: ModelSpec(20, (Block(4, 15, pool=7),)),
    "too short for the final pool": lambda: ModelSpec(20, (Block(4, 15),), final="max", pool_width=7),
    "too many parameters": lambda: check_size(ModelSpec(60, (Block(8, 11), Block(10**9, 5)))),
    "no such layer": lambda: SPEC.check_layer(1),
    "layer after parallel branches": lambda: ModelSpec.preset("inception", length=200).check_layer(1),
    "unknown field, similar to a known one": lambda: ModelSpec.from_dict({**DRAGONN.to_dict(), "pool_witdh": 3}),
    "unknown field": lambda: ModelSpec.from_dict({"length": 60, "blocks": [asdict(BLOCK) | {"zzz": 3}]}),
    "missing field": lambda: ModelSpec.from_dict({"blocks": [asdict(BLOCK)]}),
    "lists of different lengths": lambda: DRAGONN.changed(SpecChanges(num_filters=(8, 8), conv_width=(9, 9, 9))),
    "list that does not fit the preset": lambda: DRAGONN.changed(SpecChanges(block_pool=(2,))),
}
