"""`build`: make the Keras network of a ModelSpec, with every initialiser and dropout seeded; kinds of pooling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from motifnet.arguments import check_type
from motifnet.models.network.layers import PYRAMID, Layer, block_ends, check_size, network_layers
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf

layers, ops = keras.layers, keras.ops
# Explicit in every layer, since a user's keras.json may have other defaults.
_FLOAT = {"dtype": "float32"}
_LAST = {"data_format": "channels_last", **_FLOAT}
#: See `_TRANSFORMS`.
SMALLEST_POWER, MAX_EXPONENT = 1e-30, 80.0
#: Layer with the length of each sequence without N at its end, in networks that take any length.
KNOWN_LENGTH = "known_length"


class FastMaxPooling(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Max-pooling of ``(n, 1, P, C)`` whose gradient is found by comparison: three times as fast on CPUs.

    All positions equal to the maximum get the gradient. After a ReLU, several positions are usually equal only if all
    are 0, where the gradient of the ReLU is 0.
    """

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self._width = width

    def call(self, x: Any) -> Any:
        width, n_maps = self._width, x.shape[3]

        @tf.custom_gradient
        def pool(x: Any) -> Any:
            highest = tf.nn.max_pool2d(x, (1, width), (1, width), "VALID")
            n = highest.shape[2]

            def gradient(upstream: Any) -> Any:
                windows = tf.reshape(x[:, 0, : n * width], (-1, width, n_maps))
                is_highest = tf.equal(windows, tf.reshape(highest, (-1, 1, n_maps)))
                passed = tf.where(is_highest, tf.reshape(upstream, (-1, 1, n_maps)), 0.0)
                rest = x.shape[2] - n * width
                return tf.pad(tf.reshape(passed, (-1, 1, n * width, n_maps)), ((0, 0), (0, 0), (0, rest), (0, 0)))

            return highest, gradient

        return pool(x)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*shape[:2], shape[2] // self._width, shape[3])


class RandomPooling(keras.layers.Layer):  # type: ignore[misc]
    """One value of each window of maps ``(n, 1, P, C)``, drawn with a probability proportional to its weight."""

    def __init__(self, width: int, stride: int, name: str, seed: int) -> None:
        super().__init__(name=name, dtype="float32")
        self._width, self._stride = width, stride
        self._seeds = keras.random.SeedGenerator(seed)

    def call(self, x: Any, weights: Any) -> Any:
        values, logs = (
            tf.signal.frame(maps[:, 0], self._width, self._stride, axis=1) for maps in (x, tf.math.log(weights))
        )
        # Gumbel-max trick: the position of the largest sum of logarithm and Gumbel noise is a draw.
        uniform = keras.random.uniform(tf.shape(values), 1e-9, 1.0, seed=self._seeds)
        noisy = logs - tf.math.log(-tf.math.log(uniform))
        is_drawn = tf.equal(noisy, tf.reduce_max(noisy, axis=2, keepdims=True))
        return tf.reduce_sum(tf.where(is_drawn, values, 0.0), axis=2)[:, tf.newaxis]

    def compute_output_shape(self, x_shape: tuple[Any, ...], weights_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*x_shape[:2], (x_shape[2] - self._width) // self._stride + 1, x_shape[3])


class Pooling(NamedTuple):
    """One kind of pooling of maps ``(n, 1, P, C)``."""

    windows: Any  # Keras layer for windows of positions
    everywhere: Any  # Keras layer for all positions
    #: From maps, and 1 or 0 for positions inside and outside each sequence, to maps in which `everywhere` ignores the
    #: positions outside. If all positions are inside, the maps are bit-identical.
    masked: Callable[[Any, Any], Any]
    shifted: Callable[[list[Any]], Any]  # pools over maps that are shifted against one another
    fast: Any = None  # layer that replaces `windows` in training


#: The pools from which the other kinds are built.
POOLINGS = {
    "max": Pooling(
        layers.MaxPooling2D,
        layers.GlobalMaxPooling2D,
        lambda x, inside: x * inside + (inside - 1) * 1e9,  # below any activation
        lambda maps: reduce(tf.maximum, maps),
        FastMaxPooling,
    ),
    "average": Pooling(
        layers.AveragePooling2D,
        layers.GlobalAveragePooling2D,
        lambda x, inside: x * (inside / ops.mean(inside, axis=2, keepdims=True)),
        lambda maps: tf.add_n(maps) / len(maps),
    ),
}


#: The functions of `layers.TRANSFORMS`. A small constant keeps the gradient of the root finite at 0, and limits keep
#: the exponential finite.
_TRANSFORMS: dict[str, Callable[[Any, float], Any]] = {
    "power": lambda x, p: ops.power(ops.abs(x), p),
    "root": lambda x, p: ops.power(x + SMALLEST_POWER, 1 / p),
    "exponential": lambda x, t: ops.exp(ops.clip(x * t, -MAX_EXPONENT, MAX_EXPONENT)),
    "logarithm": lambda x, t: ops.log(x) * (1 / t),
    "positive": lambda x, smallest: ops.relu(x) + smallest,
}


def transform(x: Any, function: str, sharpness: float) -> Any:
    """Apply a function before or after the average of a pool (`layers.TRANSFORMS`)."""
    return _TRANSFORMS[function](x, sharpness)


def build(spec: ModelSpec, *, seed: int = 0) -> Any:
    """Build the network of a spec, with fresh weights.

    The input is one-hot DNA of shape ``(4, length, 1)``: filters of the first convolution are ``(4, width)``, all later
    ones ``(1, width)``. Activation ``p`` of the first layer scores the site ``[p, p + width)`` (with "same" padding,
    ``p`` minus the columns added at the start). Layers are named ``conv_1``, ``norm_1``, ``activation_1``,
    ``dropout_1``, ``pool_1`` and so on, parallel convolutions by their width (``conv_2_w9``); `describe` lists them.
    The output of layer ``logits`` is log odds, values, or logarithms of counts.

    A network for sequences of any length pools only over the positions within each sequence: N at the end of a sequence
    does not change its output. (`TrainedModel.predict` moves N from the start to the end.)

    Parameters
    ----------
    spec : ModelSpec
    seed : int
        Random seed for initial weights and dropout masks.

    Returns
    -------
    keras.Model
        From ``(N, 4, length, 1)`` to predictions ``(N, tasks)`` for one strand. Not compiled.

    Raises
    ------
    SpecError
        If the network has too many parameters.
    """
    check_type("spec", spec, ModelSpec)
    check_size(spec)
    inputs = keras.Input((4, spec.length, 1), name="sequence", dtype="float32")
    builder = _Builder(spec, seed)
    outputs = builder.add(network_layers(spec)[-1], builder.logits(inputs))
    return number_operations(keras.Model(inputs, outputs, name="motifnet"))


def build_twin(spec: ModelSpec, *, seed: int = 0) -> Any:
    """Build a network up to the logits for training: equal outputs in less time.

    The input is ``(N, 1, length, 4)``, with bases as channels, and max-pools compute their gradient by comparison. A
    step of the default network takes about three quarters of the CPU time (``tests/benchmarks/training_step.py``).
    """
    inputs = keras.Input((1, spec.length, 4), name="sequence", dtype="float32")
    logits = _Builder(spec, seed, is_twin=True).logits(inputs)
    return number_operations(keras.Model(inputs, logits, name="twin"))


def copy_weights(source: Any, target: Any) -> None:
    """Copy weights from a network to its twin or back; only kernels of the first block differ in layout."""
    for weights, copy in zip(source.weights, target.weights, strict=True):
        copy.assign(weights if weights.shape == copy.shape else tf.transpose(weights.value, (2, 1, 0, 3)))


def logits_network(network: Any) -> Any:
    """Return the network without its last activation, with the same weights."""
    return keras.Model(network.input, network.get_layer("logits").output, name="logits_network")


def output_weights(network: Any) -> Any:
    """Return the layer whose bias shifts the logits, one value per task."""
    names = [layer.name for layer in network.layers]
    return network.get_layer("task_maps" if "task_maps" in names else "logits")


def number_operations(model: Any) -> Any:
    """Number the operations of a model from 0; Keras numbers them by their order in the process."""
    others = [operation for operation in model.operations if not isinstance(operation, layers.Layer)]
    for number, operation in enumerate(others):
        operation.name = f"operation_{number}_{type(operation).__name__.lower()}"
    return model


class _Builder:
    """Adds the layers of a plan to a Keras graph. The operation of a layer names a method, or a class of Keras."""

    def __init__(self, spec: ModelSpec, seed: int, *, is_twin: bool = False) -> None:
        self._spec, self._seeds, self._is_twin = spec, _seeds(seed), is_twin
        #: 1 at positions of the last block within the sequence, else 0: ``(n, 1, P, 1)``; None if the length is fixed.
        self._inside: Any = None

    def logits(self, inputs: Any) -> Any:
        """Add all layers from the input to the logits."""
        outputs, ends = {"sequence": inputs}, block_ends(self._spec)
        known = None if self._spec.is_length_fixed else _known_length(inputs)
        is_padded = any(block.padding == "same" for block in self._spec.blocks)
        for layer in network_layers(self._spec, is_training=self._is_twin)[1:-1]:
            x = self.add(layer, *(outputs[name] for name in layer.inputs))
            if known is not None and layer.name in ends:
                block = self._spec.blocks[layer.block - 1]
                known = block.pooled(block.positions(known))
                x = x * _inside(x, known) if is_padded else x
                if layer.name == ends[-1]:
                    self._inside = _inside(x, known)
            outputs[layer.name] = x
        return outputs["logits"]

    def add(self, layer: Layer, *inputs: Any) -> Any:
        if hasattr(self, layer.operation):
            return getattr(self, layer.operation)(*inputs, name=layer.name, **layer.options)
        shared = _LAST if layer.operation.endswith(("2D", "Flatten")) else _FLOAT
        made = getattr(layers, layer.operation)(name=layer.name, **layer.options, **shared)
        return made(list(inputs) if len(inputs) > 1 else inputs[0])

    def convolution(
        self, x: Any, *, name: str, filters: int, width: int, stride: int, dilation: int,
        activation: str | None, use_bias: bool, penalties: tuple[float, float], initializer: str,
    ) -> Any:  # fmt: skip
        l1, l2 = penalties
        made = getattr(keras.initializers, initializer)
        return layers.Conv2D(
            filters,
            (x.shape[1], width),
            strides=(1, stride),
            dilation_rate=(1, dilation),
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=made() if initializer == "Zeros" else made(seed=next(self._seeds)),
            kernel_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
            bias_regularizer=keras.regularizers.L1L2(l1, l2) if l1 or l2 else None,
            name=name,
            **_LAST,
        )(x)

    def dropout(self, x: Any, *, name: str, rate: float, activation: str) -> Any:
        kind = layers.AlphaDropout if activation == "selu" else layers.Dropout
        return kind(rate, seed=next(self._seeds), name=name, **_FLOAT)(x)

    def pool(self, x: Any, *, name: str, pooling: str, width: int, stride: int) -> Any:
        kind = POOLINGS[pooling]
        if self._is_twin and kind.fast is not None and name.startswith("pool_") and stride == width:
            return kind.fast(width, name)(x)
        return kind.windows((1, width), strides=(1, stride), name=name, **_LAST)(x)

    def global_pool(self, x: Any, *, name: str, pooling: str) -> Any:
        """Pool over the positions within each sequence."""
        kind = POOLINGS[pooling]
        return kind.everywhere(name=name, **_LAST)(kind.masked(x, self._inside))

    def transform(self, x: Any, *, name: str, function: str, sharpness: float) -> Any:
        """Functions before and after the average of a pool (`layers.TRANSFORMS`)."""
        return layers.Identity(name=name, **_FLOAT)(transform(x, function, sharpness))

    def ratio(self, x: Any, total: Any, *, name: str) -> Any:
        return layers.Identity(name=name, **_FLOAT)(x / total)

    def draw(self, x: Any, weights: Any, *, name: str, width: int, stride: int) -> Any:
        return RandomPooling(width, stride, name, next(self._seeds))(x, weights)

    def pyramid(self, x: Any, *, name: str) -> Any:
        """Maxima over overlapping parts of the positions within each sequence (He et al. 2014, ECCV)."""
        position = ops.cumsum(ops.ones_like(ops.max(x, axis=3, keepdims=True)), axis=2)
        n_inside = ops.sum(self._inside, axis=2, keepdims=True)
        parts = []
        for n_parts in PYRAMID:
            for part in range(n_parts):
                first = ops.floor(n_inside * (part / n_parts)) + 1
                last = -ops.floor(n_inside * (-(part + 1) / n_parts))
                is_in = ops.cast(ops.greater_equal(position, first), "float32")
                is_in = is_in * ops.cast(ops.less_equal(position, last), "float32")
                maxima = layers.GlobalMaxPooling2D(name=f"{name}_{n_parts}_{part + 1}", **_LAST)
                parts.append(maxima(POOLINGS["max"].masked(x, is_in)))
        return layers.Concatenate(name=name, **_FLOAT)(parts)

    def dense(self, x: Any, *, name: str, units: int, use_bias: bool) -> Any:
        initializer = keras.initializers.GlorotUniform(seed=next(self._seeds))
        return layers.Dense(units, use_bias=use_bias, kernel_initializer=initializer, name=name, **_FLOAT)(x)

    def recurrent(self, x: Any, *, name: str, cell: str, units: int) -> Any:
        """Add a recurrent layer over the positions ``(n, P, C)`` within each sequence; its output has all states."""
        mask = None if self._inside is None else ops.reshape(self._inside, (-1, x.shape[1])) > 0
        kind = {"gru": layers.GRU, "lstm": layers.LSTM}[cell.removeprefix("bidirectional_")]

        def one_way(name: str, *, backwards: bool = False) -> Any:
            return kind(
                units,
                return_sequences=True,
                go_backwards=backwards,
                kernel_initializer=keras.initializers.GlorotUniform(seed=next(self._seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(self._seeds)),
                seed=next(self._seeds),
                name=name,
                **_FLOAT,
            )

        if not cell.startswith("bidirectional"):
            return one_way(name)(x, mask=mask)
        forward, backward = one_way("forward"), one_way("backward", backwards=True)
        return layers.Bidirectional(forward, backward_layer=backward, name=name, **_FLOAT)(x, mask=mask)

    def recurrent_maps(self, x: Any, *, name: str) -> Any:
        """From ``(n, P, C)`` to ``(n, 1, P, C)``, by an operation, since a layer would pass on the mask."""
        return layers.Identity(name=name, **_FLOAT)(ops.expand_dims(x, 1))


def _known_length(inputs: Any) -> Any:
    """Number of bases up to the last one that is not N, ``(n,)``; all later N are padding."""
    is_known = ops.max(inputs, axis=(1, 3))
    is_before_end = ops.minimum(ops.flip(ops.cumsum(ops.flip(is_known, axis=1), axis=1), axis=1), 1.0)
    return layers.Identity(name=KNOWN_LENGTH, **_FLOAT)(ops.sum(is_before_end, axis=1))


def _inside(x: Any, known: Any) -> Any:
    """1 at the first `known` positions ``(n,)`` of maps ``(n, 1, P, C)`` (at least one), else 0: ``(n, 1, P, 1)``."""
    number = ops.cumsum(ops.ones_like(ops.max(x, axis=3, keepdims=True)), axis=2)
    last = ops.reshape(ops.maximum(known, 1.0), (-1, 1, 1, 1))
    return ops.cast(ops.less_equal(number, last), "float32")


def _seeds(seed: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))
