"""Networks of other tools, made with plain Keras as their authors made them, in small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from motifnet.models.runtime import keras
from motifnet.models.storage import ignore_keras_warnings
from motifnet.sequences.alphabet import one_hot
from small_models import LENGTH, WORD

layers = keras.layers


def basset(length: int = 60, tasks: int = 3) -> Any:
    """Basset (Kelley et al. 2016): convolutions with batch norm, max-pools, dense layers, sigmoid."""
    return keras.Sequential(
        [
            keras.Input((length, 4)),
            layers.Conv1D(12, 9, padding="same", use_bias=False, name="motifs"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling1D(3),
            layers.Conv1D(8, 5, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling1D(4),
            layers.Flatten(),
            layers.Dense(16),
            layers.ReLU(),
            layers.Dropout(0.3),
            layers.Dense(tasks),
            layers.Activation("sigmoid"),
        ]
    )


def danq(length: int = 60, tasks: int = 2) -> Any:
    """DanQ (Quang & Xie 2016): a convolution, a max-pool and a bidirectional LSTM; bases in the order AGCT."""
    return keras.Sequential(
        [
            keras.Input((length, 4)),
            layers.Conv1D(10, 11, activation="relu"),
            layers.MaxPooling1D(5),
            layers.Dropout(0.2),
            layers.Bidirectional(layers.LSTM(6, return_sequences=True)),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dense(tasks, activation="sigmoid"),
        ]
    )


def crested(length: int = 60, classes: int = 3, activation: str = "softplus") -> Any:
    """CREsted's dilated CNN: an exponential first activation, dilated residual convolutions, a global average."""
    inputs = keras.Input((length, 4), name="sequence")
    x = layers.Conv1D(14, 9, padding="same", use_bias=False, name="basenji_conv")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("exponential")(x)
    x = layers.Dropout(0.1)(x)
    for dilation in (2, 4):
        y = layers.Conv1D(14, 3, padding="valid", dilation_rate=dilation, use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.Activation("relu")(y)
        x = layers.Add()([y, layers.Cropping1D(dilation)(x)])
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation=activation)(x))


def profile(length: int = 60) -> Any:
    """BPNet (Avsec et al. 2021): two heads, the logits of a profile and the logarithm of its total counts."""
    inputs = keras.Input((length, 4))
    x = layers.Conv1D(8, 7, padding="same", activation="relu")(inputs)
    x = layers.Add()([x, layers.Conv1D(8, 3, padding="same", dilation_rate=2, activation="relu")(x)])
    shape = layers.Conv1D(1, 5, padding="same", name="profile")(x)
    counts = layers.Dense(1, name="counts")(layers.GlobalAveragePooling1D()(x))
    return keras.Model(inputs, {"profile": shape, "counts": counts})


def image(length: int = 60, *, bases_first: bool = True, padding: str = "valid") -> Any:
    """A network on images of DNA: ``(N, 4, L, 1)``, or ``(N, L, 4, 1)``."""
    shape, width = ((4, length, 1), (4, 9)) if bases_first else ((length, 4, 1), (9, 4))
    inputs = keras.Input(shape)
    x = layers.Conv2D(6, width, activation="relu", padding=padding)(inputs)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.GlobalMaxPooling2D()(x)))


def save(network: Any, path: Path) -> None:
    """Save a network as its authors do, with Keras' own method."""
    with ignore_keras_warnings():
        network.save(path)


def spread(network: Any, seed: int = 0) -> Any:
    """Give a network random weights and batch statistics that are not those of its initialisers."""
    keras.utils.set_random_seed(seed)
    for weight in network.weights:
        is_scale = "moving" in weight.path or "gamma" in weight.path
        uniform, normal = keras.random.uniform(weight.shape, 0.1, 0.9), keras.random.normal(weight.shape, stddev=0.3)
        values = uniform if is_scale else normal
        weight.assign(values)
    return network


#: How each network is made and imported.
PLANTED: dict[str, tuple[Callable[..., Any], dict[str, Any], str, tuple[str, ...]]] = {
    "basset": (basset, {"tasks": 1}, "ACGT", ()),
    "danq": (danq, {"tasks": 1}, "AGCT", ("--alphabet", "AGCT", "--strands", "both")),
    "crested": (crested, {"classes": 1}, "ACGT", ()),
}


def write_planted(path: Path, build: Callable[..., Any], options: dict[str, Any], alphabet: str) -> Any:
    """Write a network whose first filter is the planted k-mer."""
    network = spread(build(LENGTH, **options))
    first = next(layer for layer in network.layers if hasattr(layer, "kernel"))
    kernel = first.kernel.numpy()
    kernel[:, :, 0] = 0
    kernel[: len(WORD), :, 0] = 2 * one_hot(WORD)[0, ["ACGT".index(base) for base in alphabet]].T
    first.kernel.assign(kernel)
    save(network, path)
    return network
