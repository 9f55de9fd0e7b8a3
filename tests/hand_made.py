"""A hand-made model, and sequences with one k-mer in the positives and another one in half of the negatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from filter_banks import kmer_filters
from motifnet.interpretation.tables.motif_tables import MotifTables, tabulate_motifs
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, WORD, planted

OTHER = "CCTTGAGC"
RARE = "GGGGGGCC"
#: With few sites per motif, so that all three filters give one.
FEW = ExtractionSpec("every", 0.5, min_sites=1)
#: Sites are exact k-mers.
EXACT = ExtractionSpec("every", 0.9, min_sites=5)
#: Without the slow steps.
QUICK = ReadoutSpec(database="none", importance=False)


def with_other(data: Dataset) -> Dataset:
    """With the other k-mer in every second negative."""
    strings = list(data.sequences)
    for i in np.flatnonzero(data.labels[:, 0] == 0)[::2]:
        start = 7 * i % (LENGTH - len(OTHER))
        strings[i] = strings[i][:start] + OTHER + strings[i][start + len(OTHER) :]
    sequences = SequenceSet.from_strings(strings, data.sequences.names)
    return Dataset(sequences, data.labels, data.tasks, data.groups)


def joined(*parts: Dataset) -> Dataset:
    sequences = SequenceSet.concatenate([part.sequences for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    return Dataset(sequences, labels, parts[0].tasks, np.arange(len(sequences)))


PARTS = {
    "train": with_other(planted(60, 60, seed=1)),
    "valid": with_other(planted(15, 15, seed=2)),
    "test": with_other(planted(25, 25, seed=3)),
}
#: Training, validation and test sequences, in this order.
DATA = joined(*PARTS.values())
SPLIT = Split.from_parts(DATA, np.repeat([0, 1, 2], [len(part) for part in PARTS.values()]))
IN_TEST = np.repeat([False, True], [len(DATA) - len(PARTS["test"]), len(PARTS["test"])])


def hand_made(words: Sequence[str] = (RARE, OTHER, WORD), tasks: tuple[str, ...] = ("positive",)) -> TrainedModel:
    """A model with a filter for each k-mer; the last one predicts the positives."""
    spec = ModelSpec(LENGTH, (Block(len(words), len(words[0])),), tasks=tasks)
    network = build(spec, seed=0)
    filters = kmer_filters(words)
    bias = np.full(len(words), 3.0 - len(words[0]))
    network.get_layer("conv_1").set_weights([filters.weights.transpose(1, 2, 0)[:, :, None, :], bias])
    kernel, bias = network.get_layer("logits").get_weights()
    kernel *= 0
    kernel[len(words) - 1 :: len(words)] = 2
    network.get_layer("logits").set_weights([kernel, bias - 3])
    return TrainedModel(spec, network, Split(**PARTS))


def tabulate(model: TrainedModel, data: Dataset | Split = SPLIT, **values: Any) -> MotifTables:
    return tabulate_motifs(model, data, **{"extraction": FEW, "readout": QUICK, **values})
