"""Hand-made models of two k-mers: their effects add up, or depend on the distance."""

from __future__ import annotations

import numpy as np

import motifnet as mn
from keras_networks import keras, layers
from motifnet.sequences.alphabet import encode_letters

FIRST, SECOND = "GGATTACA", "CCTTGAGC"
LENGTH = 61
#: The gap between the k-mers that the dependent model requires.
GAP = 4


def motif_of(word: str, name: str = "") -> mn.Motif:
    """A motif of one k-mer."""
    return mn.Motif(name or word, 10 * np.eye(4)[encode_letters(word.encode())[0]].T)


PAIR = mn.MotifSet([motif_of(FIRST), motif_of(SECOND)])


def pair_model(*, is_dependent: bool) -> mn.KerasModel:
    """A network on one strand, whose score is its logit.

    The first layer detects both k-mers on the forward strand. If the effects are independent, the logit is the sum of
    their maxima. Otherwise it is 1 where the second k-mer is `GAP` bp downstream of the first, and 0 elsewhere.
    """
    width, distance = len(FIRST), len(FIRST) + GAP
    x = layers.Input((LENGTH, 4))
    maps = layers.Conv1D(2, width, activation="relu", name="words")(x)
    if is_dependent:
        maps = layers.Conv1D(1, distance + 1, activation="relu", name="pairs")(maps)
    logits = layers.Dense(1, name="logits")(layers.GlobalMaxPooling1D()(maps))
    network = keras.Model(x, layers.Activation("sigmoid")(logits))
    words = [np.eye(4)[encode_letters(word.encode())[0]] for word in (FIRST, SECOND)]
    network.get_layer("words").set_weights([np.stack(words, axis=2), np.full(2, 1.0 - width)])
    if is_dependent:
        kernel = np.zeros((distance + 1, 2, 1))
        kernel[0, 0], kernel[-1, 1] = 1, 1
        network.get_layer("pairs").set_weights([kernel, np.full(1, -1.0)])
    network.get_layer("logits").set_weights([np.ones((1 if is_dependent else 2, 1)), np.zeros(1)])
    return mn.KerasModel(network)
