"""Weights that training starts from: random ones, enriched k-mers in the first layer, or those of a trained model."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import SpecError, quoted
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build, output_weights
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.models.training.losses import Objective
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import KMER_LENGTH, enriched_kmers

logger = logging.getLogger("motifnet")


def initial_network(
    spec: ModelSpec, objective: Objective, data: Dataset, training: TrainSpec, start: TrainedModel | None = None
) -> Any:
    """A network with the weights that training starts from."""
    network = build(spec, seed=training.seed)
    if start is not None and copy_start(start, network, spec):
        objective.standardize_output(output_weights(network))
    else:
        objective.init_output(output_weights(network))
    if training.kmer_init and start is None:
        init_from_kmers(network, spec, data, seed=training.seed)
    return network


def init_from_kmers(network: Any, spec: ModelSpec, data: Dataset, *, seed: int) -> int:
    """Set the filters of the first convolution to k-mers that are enriched in the training sequences.

    A filter is the log odds of a k-mer and its flanks, on a random strand if both count, with the mean norm of a random
    filter. Without enriched k-mers (rare in real data) the filters stay random. Returns the number of k-mers.
    """
    block, layer = spec.blocks[0], network.get_layer("conv_1")
    if block.width < KMER_LENGTH or spec.length < block.width:
        return 0
    kmers, z_scores = enriched_kmers(
        data.sequences.codes,
        data.labels,
        width=block.width,
        at_most=max(1, block.filters // 4),  # about four filters per k-mer, which differ by noise
        is_double_stranded=spec.is_double_stranded,
        seed=seed,
    )
    if not len(kmers):
        return 0
    rng = np.random.default_rng(seed)
    kernel, *bias = layer.get_weights()
    spread = np.sqrt(2 / (4 * block.width))  # of the weights of random filters (He et al. 2015, ICCV)
    for i, chosen in enumerate(_allot(z_scores, block.filters)):
        kmer = kmers[chosen]
        if spec.is_double_stranded and rng.random() < 0.5:
            kmer = kmer[::-1, ::-1]
        start = kmer / max(np.linalg.norm(kmer), 1e-6) * spread * np.sqrt(4 * block.width)
        kernel[:, :, 0, i] = start + 0.1 * spread * rng.normal(size=start.shape)
    layer.set_weights([kernel, *bias])
    return len(kmers)


def _allot(z_scores: NDArray[np.float64], n: int) -> list[int]:
    """Index of the k-mer of each of `n` filters, in proportion to the z-scores (D'Hondt's method)."""
    counts = np.zeros(len(z_scores), dtype=np.int64)
    chosen = []
    for _ in range(n):
        chosen.append(int((z_scores / (counts + 1)).argmax()))
        counts[chosen[-1]] += 1
    return chosen


def check_start(start: TrainedModel | None, spec: ModelSpec, freeze: int) -> None:
    """Raise SpecError unless the blocks of the model to start from fit, and `freeze` is a number of blocks."""
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
        if difference := _describe_difference(*blocks):
            raise SpecError(f"block {number} differs from the model to start from: {difference}", hint=hint)
    if not 0 <= freeze <= len(new):
        raise SpecError(f"freeze must be a number of blocks, 0 to {len(new)}. Got {freeze} instead")


def _describe_difference(new: Block, old: Block) -> str:
    """Fields that differ, except for those without an effect on the shapes of weights or on predictions."""
    names = [name for name in vars(new) if name not in ("dropout", "l1", "l2")]
    pairs = [(name, vars(new)[name], vars(old)[name]) for name in names]
    return ", ".join(
        f"{name} is {quoted(ours)}, not {quoted(theirs)}" for name, ours, theirs in pairs if ours != theirs
    )


def copy_start(start: TrainedModel, network: Any, spec: ModelSpec) -> bool:
    """Copy the weights of a model into a network with the same blocks; return whether the head was copied too.

    It is if tasks, outputs and the shapes of all weights are equal; otherwise it keeps its new weights.
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
