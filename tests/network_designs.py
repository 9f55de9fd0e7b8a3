"""Random networks of every design that a ModelSpec can describe, with weights that matter, and their logits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from motifnet.errors import SpecError
from motifnet.models.inference import strands_of
from motifnet.models.kmer_regression import KmerRegression
from motifnet.models.network.block import ACTIVATIONS, FINALS, POOLS, RECURRENT, SHARPNESS, STRANDS, Block
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import Codes, N, one_hot_codes
from motifnet.sequences.gapped_kmers import n_columns
from motifnet.sequences.sequence_set import SequenceSet


def random_design(seed: int, *, recurrent: bool = False) -> ModelSpec:
    """A random network of one to three blocks for sequences of 40 to 70 bp, with two tasks."""
    rng = np.random.default_rng([seed, 1])
    while True:
        try:
            return _design(rng, recurrent=recurrent)
        except SpecError:  # most combinations do not fit
            continue


def _design(rng: np.random.Generator, *, recurrent: bool) -> ModelSpec:
    blocks: list[Block] = []
    for number in range(rng.integers(1, 4)):
        blocks.append(_block(rng, blocks[-1].n_maps if number else None))
    final = str(rng.choice(FINALS))
    return ModelSpec(
        int(rng.integers(40, 71)),
        tuple(blocks),
        final=final,
        pool_width=int(rng.choice([1, 2, 4, 9, 12])) if final in POOLS else None,
        hidden=() if final.startswith("conv") else tuple(int(n) for n in rng.integers(2, 6, rng.integers(0, 3))),
        strands=str(rng.choice(STRANDS)),  # type: ignore[arg-type]
        tasks=("first", "second"),
        hidden_batch_norm=bool(rng.integers(2)),
        hidden_dropout=float(rng.choice([0, 0.2])),
        recurrent=str(rng.choice(RECURRENT)) if recurrent else None,
        recurrent_units=3 if recurrent else None,
    )


def _block(rng: np.random.Generator, n_maps: int | None) -> Block:
    """A random block for an input with this many maps, or for DNA."""
    is_first, width = n_maps is None, int(rng.integers(1, 8))
    widths = tuple(int(w) for w in rng.permutation([w for w in range(1, 8) if w != width])[: rng.integers(0, 3)])
    has_pool = not is_first and rng.random() < 0.3
    is_residual = not is_first and rng.random() < 0.4
    block = Block(
        int(rng.integers(2, 6)),
        width,
        # Exponentials of exponentials would exceed the range of float32.
        activation=str(rng.choice([name for name in ACTIVATIONS if is_first or name != "exponential"])),
        dropout=float(rng.choice([0, 0.1])),
        pool=int(rng.integers(1, 4)),
        pool_kind=str(rng.choice(POOLS)),
        pool_place=str(rng.choice(["end", "before_dropout"] if is_residual else ["end", "before_dropout", "first"])),
        batch_norm=bool(rng.integers(2)),
        stride=1 if is_residual else int(rng.choice([1, 1, 2, 3])),
        dilation=int(rng.choice([1, 1, 2, 3])),
        padding=str(rng.choice(["valid", "same"])),
        parallel_widths=() if is_residual else widths if rng.random() < 0.4 else (),
        parallel_pool=int(rng.integers(1, 5)) if has_pool and not is_residual else 0,
        bottleneck=int(rng.integers(1, 4)) if not is_first and rng.random() < 0.3 else 0,
        residual=is_residual,
    )
    if rng.random() < 0.4:
        block = replace(block, pool_stride=int(rng.integers(1, block.pool + 1)))
    if block.pool_kind in SHARPNESS and rng.random() < 0.5:
        block = replace(block, pool_sharpness=float(rng.choice([0.5, 2, 4])))
    if is_residual and n_maps is not None:
        block = replace(block, filters=n_maps)
    can_fuse = not (block.batch_norm or block.parallel_widths or block.parallel_pool)
    return replace(block, fused=can_fuse and bool(rng.integers(2)))


def network_of(spec: ModelSpec, seed: int = 1) -> Any:
    """A network with random biases and batch norms, some of which reverse the order of their inputs."""
    network, rng = build(spec, seed=seed), np.random.default_rng(seed)
    network.set_weights([w + rng.normal(0.1, 0.2, size=w.shape) * (w.ndim == 1) for w in network.get_weights()])
    for layer in network.layers:
        if "norm" in layer.name:
            gamma, beta, mean, variance = layer.get_weights()
            signs = np.where(rng.random(gamma.shape) < 0.2, -1, 1)
            layer.set_weights([gamma * signs, beta, mean, np.abs(variance) + 0.5])
    return network


def model_of(spec: ModelSpec, seed: int = 1, *, has_kmers: bool = False) -> TrainedModel:
    model, rng = TrainedModel(spec, network_of(spec, seed)), np.random.default_rng(seed)
    if not has_kmers:
        return model
    n_tasks, strands = len(spec.tasks), spec.motif_strands
    weights = rng.normal(size=(n_columns(strands), n_tasks)) / 20
    network_weights = rng.uniform(0.5, 1, n_tasks)
    return replace(
        model,
        kmers=KmerRegression(
            weights.astype(np.float32),
            np.zeros(n_tasks, np.float32),
            network_weights.astype(np.float32),
            rng.uniform(0.5, 1, n_tasks).astype(np.float32),
            strands,
            half_life=30.0 if seed % 2 else math.inf,
        ),
    )


def codes_with_n(spec: ModelSpec, n: int = 4, *, seed: int = 1) -> Codes:
    """Random sequences: the first is complete, others have N inside, at the end, at the start."""
    length = spec.length
    codes = np.random.default_rng(seed).integers(0, 4, (n, length)).astype(np.uint8)
    for row, known in enumerate([slice(0), slice(length // 2, length // 2 + 2), slice(length - 7, None), slice(5)]):
        codes[row % n, known] = N
    return codes


def score_of(model: SequenceModel, codes: Codes) -> np.ndarray:
    """The score, computed by Keras and by the counts of k-mers: float64 ``(n, T)``."""
    assert isinstance(model.spec, ModelSpec)
    logits = keras.Model(model.network.input, model.network.get_layer("logits").output)
    strands = [
        np.array(logits(one_hot_codes(strand)[..., np.newaxis], training=False), dtype=np.float64)
        for strand in strands_of(codes, model.spec)
    ]
    score = np.max(strands, axis=0) if model.spec.strands == "shared" else np.mean(strands, axis=0)
    if model.kmers is None:
        return score
    sequences = SequenceSet([f"s{i}" for i in range(len(codes))], codes)
    return score * model.kmers.network_weights + model.kmers.logits(sequences) * model.kmers.kmer_weights
