"""`build`: a ModelSpec becomes a Keras network, with every initialiser and dropout seeded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from motifnet.arguments import check_type
from motifnet.models.network.block import Block
from motifnet.models.network.description import check_size
from motifnet.models.network.spec import CONVOLUTIONAL, WINDOWED, ModelSpec
from motifnet.models.runtime import keras, tf

layers = keras.layers
# Said on every layer: a user's keras.json may hold other defaults.
_FLOAT = {"dtype": "float32"}
_LAST = {"data_format": "channels_last", **_FLOAT}
_POOLS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
_GLOBAL_POOLS = {"global_max": layers.GlobalMaxPooling2D, "global_average": layers.GlobalAveragePooling2D}
#: The layer that holds how long each sequence is, N at its end left out; where the head takes any length.
KNOWN_LENGTH = "known_length"
#: Below all that maps hold.
_NEVER = 1e9
#: What each kind of output does to the logits, and what its layer is called.
_OUTPUTS = {"classes": ("sigmoid", "probability"), "values": ("linear", "value"), "counts": ("exponential", "count")}


def build(spec: ModelSpec, *, seed: int) -> Any:
    """Build the network of a spec, with fresh weights.

    The input is one-hot DNA of shape ``(4, length, 1)``: the first convolution has filters of 4 rows, ``(4, width)``,
    all later ones ``(1, width)``. Activation ``p`` of the first layer scores ``[p, p + width)`` (with "same" padding,
    ``p`` less the columns that were added in front). Layers are called ``conv_1``, ``norm_1``, ``activation_1``,
    ``dropout_1``, ``pool_1``, and so on; further convolutions of a block carry their width, ``conv_2_w9``. The layer
    ``logits`` holds what comes out before the last function: log odds, values, or logarithms of counts.

    A head that takes any length pools over the positions within each sequence: N at its end are padding, and do not
    change what comes out (`trained.TrainedModel.predict` moves those at its start there).

    Parameters
    ----------
    spec : ModelSpec
    seed : int
        Decides the initial weights and the dropout masks.

    Returns
    -------
    keras.Model
        From ``(N, 4, length, 1)`` to predictions ``(N, tasks)``, one strand only. Not compiled.

    Raises
    ------
    SpecError
        If it is too large for any memory.
    """
    check_type("spec", spec, ModelSpec)
    check_size(spec)
    inputs = keras.Input((4, spec.length, 1), name="sequence", dtype="float32")
    x = _add_all(inputs, spec, seed)
    activation, name = _OUTPUTS[spec.outputs]
    outputs = layers.Activation(activation, name=name, **_FLOAT)(x)
    return number_operations(keras.Model(inputs, outputs, name="motifnet"))


def build_twin(spec: ModelSpec, *, seed: int) -> Any:
    """Build what `build` does for training: the same numbers in less time, up to the logits.

    It takes ``(N, 1, length, 4)``, the rows as channels, and its max-pools hand gradients on by comparison: about three
    quarters of the CPU time of a step of the default network (``tests/benchmarks/training_step.py``).
    """
    inputs = keras.Input((1, spec.length, 4), name="sequence", dtype="float32")
    return number_operations(keras.Model(inputs, _add_all(inputs, spec, seed), name="twin"))


def copy_weights(source: Any, target: Any) -> None:
    """From a network to its twin, or back: only the kernels of the first block are laid out differently."""
    for ours, theirs in zip(source.weights, target.weights, strict=True):
        theirs.assign(ours if ours.shape == theirs.shape else tf.transpose(ours.value, (2, 1, 0, 3)))


def _add_all(inputs: Any, spec: ModelSpec, seed: int) -> Any:
    """From the input to the logits."""
    seeds, x = _seeds(seed), inputs
    known = None if spec.is_length_fixed else _known_length(inputs)
    hangs_over = any(block.padding == "same" for block in spec.blocks)
    for number, block in enumerate(spec.blocks, start=1):
        x = _add_block(x, block, number, seeds, is_quick=inputs.shape[1] == 1)
        if known is not None:
            known = block.positions(known) // block.pool
            x = x * _inside(x, known) if hangs_over else x
    return _add_end(x, spec, seeds, None if known is None else _inside(x, known))


def _known_length(inputs: Any) -> Any:
    """Letters of each sequence up to its last known one, ``(n,)``: N behind that is padding, no part of it."""
    ops = keras.ops
    is_known = ops.max(inputs, axis=(1, 3))
    is_before_end = ops.minimum(ops.flip(ops.cumsum(ops.flip(is_known, axis=1), axis=1), axis=1), 1.0)
    return layers.Identity(name=KNOWN_LENGTH, **_FLOAT)(ops.sum(is_before_end, axis=1))


def _inside(x: Any, known: Any) -> Any:
    """1 at the first `known` positions ``(n,)`` of maps ``(n, 1, P, C)``, at one at least, else 0: ``(n, 1, P, 1)``."""
    ops = keras.ops
    number = ops.cumsum(ops.ones_like(ops.max(x, axis=3, keepdims=True)), axis=2)
    last = ops.reshape(ops.maximum(known, 1.0), (-1, 1, 1, 1))
    return ops.cast(ops.less_equal(number, last), "float32")


def number_operations(model: Any) -> Any:
    """Keras numbers operations in the order in which the process made them; here they count from 0 in each model."""
    others = [operation for operation in model.operations if not isinstance(operation, layers.Layer)]
    for number, operation in enumerate(others):
        operation.name = f"operation_{number}_{type(operation).__name__.lower()}"
    return model


class _QuickMaxPool(layers.Layer):  # type: ignore[misc, name-defined]  # Keras has no types
    """Max-pool of ``(n, 1, P, C)`` whose gradient goes to what equals the maximum: TensorFlow's own takes three times
    as long on CPUs. Where several are equal each gets it (the zeros of a ReLU, which hand nothing on)."""

    def __init__(self, pool: int, name: str) -> None:
        super().__init__(name=name, **_FLOAT)
        self._pool = pool

    def call(self, x: Any) -> Any:
        pool, maps = self._pool, x.shape[3]

        @tf.custom_gradient
        def pooled(x: Any) -> Any:
            highest = tf.nn.max_pool2d(x, (1, pool), (1, pool), "VALID")
            n = highest.shape[2]

            def gradient(above: Any) -> Any:
                windows = tf.reshape(x[:, 0, : n * pool], (-1, pool, maps))
                is_highest = tf.equal(windows, tf.reshape(highest, (-1, 1, maps)))
                below = tf.where(is_highest, tf.reshape(above, (-1, 1, maps)), 0.0)
                rest = x.shape[2] - n * pool
                return tf.pad(tf.reshape(below, (-1, 1, n * pool, maps)), ((0, 0), (0, 0), (0, rest), (0, 0)))

            return highest, gradient

        return pooled(x)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*shape[:2], shape[2] // self._pool, shape[3])


def output_weights(network: Any) -> Any:
    """The layer whose bias moves the logits, one number a task."""
    names = [layer.name for layer in network.layers]
    return network.get_layer("task_maps" if "task_maps" in names else "logits")


def end_of_block(spec: ModelSpec, k: int) -> str:
    """Name of the last layer of block `k`, counted from 0."""
    block, number = spec.blocks[k], k + 1
    order = {
        "conv": True,
        "pool": block.pool > 1 and block.pool_place == "first",
        "activation": not block.fused,
        "residual": block.residual,
        "pool ": block.pool > 1 and block.pool_place == "before_dropout",
        "dropout": block.dropout > 0,
        "pool  ": block.pool > 1 and block.pool_place == "end",
    }
    last = [name for name, is_there in order.items() if is_there][-1]
    return f"{last.strip()}_{number}"


def _add_block(x: Any, block: Block, number: int, seeds: Iterator[int], *, is_quick: bool) -> Any:
    before, x = x, _add_sides(x, block, number, seeds)
    x = _add_pool(x, block, number, "first", is_quick=is_quick)
    if block.batch_norm:
        x = layers.BatchNormalization(name=f"norm_{number}", **_FLOAT)(x)
    if not block.fused:
        x = layers.Activation(block.activation, name=f"activation_{number}", **_FLOAT)(x)
    if block.residual:
        if block.padding == "valid":
            surplus = block.span - 1
            before = _cropped(before, surplus // 2, surplus - surplus // 2, f"residual_crop_{number}")
        x = layers.Add(name=f"residual_{number}", **_FLOAT)([x, before])
    x = _add_pool(x, block, number, "before_dropout", is_quick=is_quick)
    if block.dropout:
        x = layers.Dropout(block.dropout, seed=next(seeds), name=f"dropout_{number}", **_FLOAT)(x)
    return _add_pool(x, block, number, "end", is_quick=is_quick)


def _add_pool(x: Any, block: Block, number: int, place: str, *, is_quick: bool) -> Any:
    """The pool of a block, if this is its place."""
    if block.pool == 1 or block.pool_place != place:
        return x
    if block.pool_kind == "max" and is_quick:
        return _QuickMaxPool(block.pool, f"pool_{number}")(x)
    return _POOLS[block.pool_kind]((1, block.pool), name=f"pool_{number}", **_LAST)(x)


def _add_sides(x: Any, block: Block, number: int, seeds: Iterator[int]) -> Any:
    """The convolutions of a block, and its pool, side by side."""
    if block.padding == "same" and block.span > 1:
        left = (block.span - 1) // 2
        x = layers.ZeroPadding2D(((0, 0), (left, block.span - 1 - left)), name=f"padding_{number}", **_LAST)(x)
    sides = [_convolution(x, block, number, width, seeds) for width in block.widths]
    if block.pool_beside:
        surplus = block.span - block.pool_beside
        pooled = _cropped(x, surplus // 2, surplus - surplus // 2, f"pool_beside_crop_{number}")
        pool = layers.MaxPooling2D(
            (1, block.pool_beside), strides=(1, block.stride), name=f"pool_beside_{number}", **_LAST
        )
        sides.append(_conv2d(block, block.filters, (1, 1), f"conv_{number}_pool", seeds)(pool(pooled)))
    return layers.Concatenate(name=f"beside_{number}", **_FLOAT)(sides) if len(sides) > 1 else sides[0]


def _convolution(x: Any, block: Block, number: int, width: int, seeds: Iterator[int]) -> Any:
    """One of the convolutions of a block, in the middle of what the widest of them sees."""
    suffix = "" if width == block.width else f"_w{width}"
    widest = max(block.widths)
    before = (block.span - 1 - (widest - 1) * block.dilation) // 2 + (widest - width) // 2 * block.dilation
    x = _cropped(x, before, block.span - 1 - (width - 1) * block.dilation - before, f"crop_{number}{suffix}")
    if block.compress:
        x = _conv2d(block, block.compress, (1, 1), f"compress_{number}{suffix}", seeds, is_whole=True)(x)
    return _conv2d(block, block.filters, (x.shape[1], width), f"conv_{number}{suffix}", seeds)(x)


def _conv2d(
    block: Block, filters: int, size: tuple[int, int], name: str, seeds: Iterator[int], *, is_whole: bool = False
) -> Any:
    """A convolution of a block; `is_whole`: with a ReLU of its own, in front of the others. The 1x1 ones see all."""
    is_wide = not is_whole and not name.endswith("_pool")

    def penalty() -> Any:
        return keras.regularizers.L1L2(l1=block.l1, l2=block.l2) if block.l1 or block.l2 else None

    return layers.Conv2D(
        filters,
        size,
        strides=(1, block.stride if is_wide else 1),
        dilation_rate=(1, block.dilation if is_wide else 1),
        activation="relu" if is_whole else block.activation if block.fused else None,
        use_bias=is_whole or not block.batch_norm,
        kernel_initializer=keras.initializers.HeNormal(seed=next(seeds)),
        kernel_regularizer=penalty(),
        bias_regularizer=penalty(),
        name=name,
        **_LAST,
    )


def _cropped(x: Any, before: int, after: int, name: str) -> Any:
    """Without so many columns at the start and at the end."""
    if not before + after:
        return x
    return layers.Cropping2D(((0, 0), (before, after)), name=name, **_LAST)(x)


def _add_end(x: Any, spec: ModelSpec, seeds: Iterator[int], inside: Any) -> Any:
    """From the maps of the last block to the logits; `inside`: see `_inside`, None where the length is fixed."""
    if spec.final in WINDOWED:
        x = _POOLS[spec.final]((1, spec.pool_width), name="final_pool", **_LAST)(x)
    if spec.recurrent is not None:
        x = _add_recurrent(x, spec, seeds, inside)
    if spec.final in CONVOLUTIONAL:
        maps = layers.Conv2D(
            len(spec.tasks), (1, 1), kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            name="task_maps", **_LAST,
        )(x)  # fmt: skip
        return _global_pool(maps, inside, spec.final.replace("conv", "global"), "logits")
    x = _flattened(x, spec.final, inside)
    for number, units in enumerate(spec.hidden, start=1):
        x = _dense(units, f"dense_{number}", seeds, use_bias=not spec.hidden_batch_norm)(x)
        if spec.hidden_batch_norm:
            x = layers.BatchNormalization(name=f"dense_norm_{number}", **_FLOAT)(x)
        x = layers.Activation("relu", name=f"dense_activation_{number}", **_FLOAT)(x)
        x = _hidden_dropout(x, spec, f"dense_dropout_{number}", seeds)
    return _dense(len(spec.tasks), "logits", seeds)(x)


def _flattened(x: Any, final: str, inside: Any) -> Any:
    if final in (*WINDOWED, "flatten"):
        return layers.Flatten(name="flatten", **_LAST)(x)
    if final in _GLOBAL_POOLS:
        return _global_pool(x, inside, final, "final_pool")
    sides = [_global_pool(x, inside, pool, f"final_{pool}") for pool in _GLOBAL_POOLS]
    return layers.Concatenate(name="final_pool", **_FLOAT)(sides)


def _global_pool(x: Any, inside: Any, pool: str, name: str) -> Any:
    """Over the positions within the sequence alone; where that is all, the same to the bit as over all."""
    if pool == "global_max":
        x = x * inside + (inside - 1) * _NEVER
    else:
        x = x * (inside / keras.ops.mean(inside, axis=2, keepdims=True))
    return _GLOBAL_POOLS[pool](name=name, **_LAST)(x)


def _add_recurrent(x: Any, spec: ModelSpec, seeds: Iterator[int], inside: Any) -> Any:
    """A recurrent layer over the positions of ``(n, 1, P, C)``; all its states, ``(n, 1, P, units)``."""
    assert spec.recurrent is not None
    kind = {"gru": layers.GRU, "lstm": layers.LSTM}[spec.recurrent.removeprefix("bidirectional_")]
    is_bidirectional = spec.recurrent.startswith("bidirectional")

    def one(name: str, *, backwards: bool = False) -> Any:
        return kind(
            spec.recurrent_units,
            return_sequences=True,
            go_backwards=backwards,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=next(seeds),
            name=name,
            **_FLOAT,
        )

    n_positions = x.shape[2]
    x = layers.Reshape((n_positions, x.shape[3]), name="positions", **_FLOAT)(x)
    mask = None if inside is None else keras.ops.reshape(inside, (-1, n_positions)) > 0
    if is_bidirectional:
        both = layers.Bidirectional(
            one("forward"), backward_layer=one("backward", backwards=True), name="recurrent", **_FLOAT
        )
        x = both(x, mask=mask)
    else:
        x = one("recurrent")(x, mask=mask)
    x = _hidden_dropout(x, spec, "recurrent_dropout", seeds)
    # An operation and no layer: it takes the mask off, which only the recurrent layer needs.
    return layers.Identity(name="recurrent_maps", **_FLOAT)(keras.ops.expand_dims(x, 1))


def _hidden_dropout(x: Any, spec: ModelSpec, name: str, seeds: Iterator[int]) -> Any:
    if not spec.hidden_dropout:
        return x
    return layers.Dropout(spec.hidden_dropout, seed=next(seeds), name=name, **_FLOAT)(x)


def _dense(units: int, name: str, seeds: Iterator[int], *, use_bias: bool = True) -> Any:
    return layers.Dense(
        units,
        use_bias=use_bias,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        name=name,
        **_FLOAT,
    )


def _seeds(seed: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))
