"""`build`: a ModelSpec becomes a Keras network, with every initialiser and dropout seeded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from motifnet.models.runtime import keras
from motifnet.models.spec import Block, ModelSpec

layers = keras.layers
# Said on every layer: a user's keras.json may hold other defaults.
_FLOAT = {"dtype": "float32"}
_LAST = {"data_format": "channels_last", **_FLOAT}


def build(spec: ModelSpec, *, seed: int) -> Any:
    """Build the network of a spec, with fresh weights.

    The input is one-hot DNA of shape ``(4, length, 1)``: the first convolution has filters of 4 rows, ``(4, width)``,
    all later ones ``(1, width)``, without padding, so activation ``p`` of the first layer scores ``[p, p + width)``.
    Layers are called ``conv_1``, ``norm_1``, ``activation_1``, ``dropout_1``, ``pool_1``, and so on; the layer
    ``logits`` holds the log odds of each task and ``probability`` their sigmoid.

    Parameters
    ----------
    spec : ModelSpec
    seed : int
        Decides the initial weights and the dropout masks.

    Returns
    -------
    keras.Model
        From ``(N, 4, length, 1)`` to probabilities ``(N, tasks)``. Not compiled.
    """
    seeds = _seeds(seed)
    inputs = keras.Input((4, spec.length, 1), name="sequence", dtype="float32")
    x = inputs
    for number, block in enumerate(spec.blocks, start=1):
        x = _add_block(x, block, number, seeds)
    x = _add_final(x, spec)
    for number, units in enumerate(spec.hidden, start=1):
        x = _dense(units, f"dense_{number}", seeds)(x)
        x = layers.Activation("relu", name=f"dense_activation_{number}", **_FLOAT)(x)
    x = _dense(len(spec.tasks), "logits", seeds)(x)
    outputs = layers.Activation("sigmoid", name="probability", **_FLOAT)(x)
    return keras.Model(inputs, outputs, name="motifnet")


def _add_block(x: Any, block: Block, number: int, seeds: Iterator[int]) -> Any:
    def penalty() -> Any:
        return keras.regularizers.L1L2(l1=block.l1, l2=block.l2) if block.l1 or block.l2 else None

    x = layers.Conv2D(
        block.filters,
        (4 if number == 1 else 1, block.width),
        use_bias=not block.batch_norm,
        kernel_initializer=keras.initializers.HeNormal(seed=next(seeds)),
        kernel_regularizer=penalty(),
        bias_regularizer=penalty(),
        name=f"conv_{number}",
        **_LAST,
    )(x)
    if block.batch_norm:
        x = layers.BatchNormalization(name=f"norm_{number}", **_FLOAT)(x)
    x = layers.Activation(block.activation, name=f"activation_{number}", **_FLOAT)(x)
    if block.dropout:
        x = layers.Dropout(block.dropout, seed=next(seeds), name=f"dropout_{number}", **_FLOAT)(x)
    if block.pool > 1:
        x = layers.MaxPooling2D((1, block.pool), name=f"pool_{number}", **_LAST)(x)
    return x


def _add_final(x: Any, spec: ModelSpec) -> Any:
    if spec.final == "max":
        x = layers.MaxPooling2D((1, spec.pool_width), name="final_pool", **_LAST)(x)
        return layers.Flatten(name="flatten", **_LAST)(x)
    pools = {"global_max": layers.GlobalMaxPooling2D, "global_average": layers.GlobalAveragePooling2D}
    if spec.final in pools:
        return pools[spec.final](name="final_pool", **_LAST)(x)
    sides = [pool(name=f"final_{name}", **_LAST)(x) for name, pool in pools.items()]
    return layers.Concatenate(name="final_pool", **_FLOAT)(sides)


def _dense(units: int, name: str, seeds: Iterator[int]) -> Any:
    return layers.Dense(
        units, kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)), name=name, **_FLOAT
    )


def _seeds(seed: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))
