"""Training that starts from a trained model: its weights are copied, its first blocks may be frozen."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

import numpy as np

from motifnet.arguments import check_type
from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel

logger = logging.getLogger("motifnet")

#: Fields of a block that have no weights, so that they may differ from the model that training starts from.
_FREE: dict[str, Any] = {"dropout": 0.0, "l1": 0.0, "l2": 0.0}


def check_start(start: TrainedModel | None, spec: ModelSpec, freeze: int) -> None:
    """Check that a network can start from a model, if there is one.

    Raises
    ------
    SpecError
        If the blocks differ, or `freeze` is not a number of blocks.
    """
    if start is None:
        if freeze:
            raise SpecError("freeze needs a model to start from", hint="Give it: train(..., start=model).")
        return
    check_type("start", start, TrainedModel)
    hint = "Keep the blocks of the model; strands, dropout, penalties, tasks and head may change."
    old, new = start.spec.blocks, spec.blocks
    if len(old) != len(new):
        raise SpecError(f"the network has {len(new)} blocks, the model to start from {len(old)}", hint=hint)
    for number, blocks in enumerate(zip(new, old, strict=True), start=1):
        if difference := _difference(*blocks):
            raise SpecError(f"block {number} differs from the model to start from: {difference}", hint=hint)
    if not 0 <= freeze <= len(new):
        raise SpecError(f"freeze must be a number of blocks, 0 to {len(new)}. Got {freeze} instead")


def _difference(new: Block, old: Block) -> str:
    pairs = [(name, vars(new)[name], vars(old)[name]) for name in vars(new) if name not in _FREE]
    return ", ".join(f"{name} is {ours!r}, not {theirs!r}" for name, ours, theirs in pairs if ours != theirs)


def copy_start(start: TrainedModel, network: Any, spec: ModelSpec) -> bool:
    """Copy the weights of a model into a network with the same blocks.

    The head is copied too if tasks, outputs and the shapes of all weights are equal; else it keeps its new weights.

    Returns
    -------
    bool
        Whether the head was copied.
    """
    has_same_shapes = [w.shape for w in network.weights] == [w.shape for w in start.network.weights]
    is_head_copied = has_same_shapes and (start.spec.tasks, start.spec.outputs) == (spec.tasks, spec.outputs)
    for layer in network.layers:
        if layer.weights and (is_head_copied or _is_in_blocks(layer.name, len(spec.blocks))):
            layer.set_weights(start.network.get_layer(layer.name).get_weights())
    if not is_head_copied:
        logger.info("training starts with the blocks of the model and a new head")
    return is_head_copied


def freeze_blocks(network: Any, freeze: int) -> None:
    """Make the first blocks of a network untrainable: weights and the statistics of batch normalization."""
    for layer in network.layers:
        layer.trainable = not _is_in_blocks(layer.name, freeze)


def _is_in_blocks(name: str, count: int) -> bool:
    """Whether a layer is in one of the first blocks: ``conv_1``, ``conv_1_w9``, ``norm_1``."""
    parts = name.split("_")
    return parts[0] in ("conv", "norm", "compress") and parts[1].isdigit() and int(parts[1]) <= count


def origin_of(start: TrainedModel, freeze: int) -> dict[str, str | int]:
    """The `ModelHeader.origin` of a model that started from another one."""
    digest = hashlib.sha256()
    for array in start.network.get_weights():
        digest.update(np.ascontiguousarray(array).tobytes())
    return {"weights": digest.hexdigest(), "frozen": freeze}
