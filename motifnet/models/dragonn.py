"""`read_dragonn`: models that DragoNN published run again."""

from __future__ import annotations

from pathlib import Path

from motifnet.models.dragonn_files import read_published
from motifnet.models.network.builder import build
from motifnet.models.trained import TrainedModel
from motifnet.sequences.sequence_set import Anchor, LengthRule


def read_dragonn(architecture: str | Path, weights: str | Path, *, anchor: Anchor | None = None) -> TrainedModel:
    """Read a model that DragoNN saved, in a format older than Keras 1, as a model like any other.

    DragoNN predicted from the strand that it was given, and its weights know nothing of the other one; so the model has
    ``strands="forward"``, and `TrainedModel.predict` gives what DragoNN's ``SequenceDNN.predict`` gave. Which sequences
    it was trained on is not recorded: its splits and its history are empty.
    Source of the format: https://github.com/kundajelab/dragonn (``paper_supplement``), written by Keras 0.3 on Theano.

    Parameters
    ----------
    architecture : str or Path
        JSON (``*.arch.json``).
    weights : str or Path
        HDF5 (``*.weights.h5``).
    anchor : {"center", "start", "end"}, optional
        Crop or pad sequences of other lengths around it when they are read for the model. By default they are an error:
        the flattened head fixes the length, and weighs each part of a sequence by where it lies.

    Returns
    -------
    TrainedModel
        Its task is called "positive"; of several, "task_1", "task_2" and so on.

    Raises
    ------
    FormatError
        If a file is not what it should be, comes from a newer Keras, holds a layer that cannot be imported, or the
        weights belong to another architecture.
    """
    spec, arrays = read_published(architecture, weights)
    network = build(spec, seed=0)
    for name, kernel_and_bias in arrays.items():
        network.get_layer(name).set_weights(kernel_and_bias)
    rule = None if anchor is None else LengthRule(spec.length, anchor)
    return TrainedModel(spec, network, length_rule=rule)
