"""Messages about networks: blocks, specs, presets, changes of them; baselines; files of DragoNN."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import numpy as np

from dragonn_models import layers_of, random_weights, write_dragonn
from motifnet.models.baselines import baselines
from motifnet.models.dragonn import read_published
from motifnet.models.kmer_regression import KmerRegression
from motifnet.models.network.block import Block
from motifnet.models.network.layers import check_size
from motifnet.models.network.spec import ModelSpec, SpecChanges
from motifnet.models.storage import ModelHeader, find_model, model_file
from motifnet.models.training.journal import read_journal
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.gapped_kmers import n_columns
from motifnet.sequences.sequence_set import SequenceSet

BLOCK = Block(4, 5)
SPEC = ModelSpec(50, (BLOCK,))
DRAGONN = ModelSpec.preset("dragonn", length=500)
SEQUENCES = SequenceSet.from_strings(["ACGT", "GGGG"])
LAYERS = layers_of([(3, 7), (2, 5)], length=60, pool_width=10)


def _import(document: object = None, **attributes: object) -> None:
    """Import a DragoNN model with another architecture, or other attributes of the weights."""
    architecture, weights = write_dragonn(Path(), LAYERS, random_weights(LAYERS))
    if document is not None:
        architecture.write_text(document if isinstance(document, str) else json.dumps(document))
    with h5py.File(weights, "a") as file:
        if attributes:
            del file.attrs["nb_layers"]
        file.attrs.update(attributes)
    read_published(architecture, weights)


def _baselines_of_other_tasks() -> None:
    train, test = (Dataset(SEQUENCES, np.eye(2)[:, :1], (task,), np.arange(2)) for task in ("CTCF", "REST"))
    baselines(train, test)


def _kmers_of_another_model() -> None:
    ones = np.ones(2)
    KmerRegression(np.zeros((n_columns("both"), 2)), ones, ones, ones, "both").write(Path("kmers.h5"))
    with model_file(Path("kmers.h5")) as path:
        KmerRegression.read(path, SPEC)


def _format_4() -> None:
    folder = Path("old")
    folder.mkdir()
    header = json.loads(ModelHeader(SPEC).to_json()) | {"format_version": 4}
    (folder / "spec.json").write_text(json.dumps(header))
    for name in ("model.weights.h5", "splits.tsv", "history.tsv", "kmers.tsv"):
        (folder / name).touch()
    find_model(folder)


def _exchanged() -> None:
    architecture, weights = write_dragonn(Path(), LAYERS, random_weights(LAYERS))
    read_published(weights, architecture)


def _weights_of_another() -> None:
    other = layers_of([(3, 9), (2, 5)], length=60, pool_width=10)
    read_published(*write_dragonn(Path(), LAYERS, random_weights(other)))


def _weights_are_text() -> None:
    architecture, weights = write_dragonn(Path(), LAYERS, random_weights(LAYERS))
    weights.write_text("ACGT\n")
    read_published(architecture, weights)


def _not_finite() -> None:
    weights = random_weights(LAYERS)
    weights[0][1][0] = float("nan")
    read_published(*write_dragonn(Path(), LAYERS, weights))


def other_file(name: str) -> Path:
    Path(name).write_text('{"op_code": 0}\n')
    return Path(name)


CASES: dict[str, Callable[[], object]] = {
    "number out of range": lambda: Block(0, 5),
    "not an integer": lambda: Block(4, 5, pool=2.5),  # type: ignore[arg-type]
    "rate out of range": lambda: Block(4, 5, dropout=1.0),
    "unknown name, similar to a known one": lambda: Block(4, 5, activation="rellu"),
    "unknown name": lambda: replace(SPEC, strands="xyz"),  # type: ignore[arg-type]
    "unknown preset": lambda: ModelSpec.preset("dragon", length=500),
    "sharpness of a max-pool": lambda: Block(4, 5, pool_sharpness=2),
    "sharpness out of range": lambda: Block(4, 5, pool_kind="lp", pool_sharpness=20),
    "stride of a pool above its width": lambda: Block(4, 5, pool=2, pool_stride=3),
    "pool of another kind in the first place": lambda: Block(4, 5, pool_kind="lp", pool_place="first"),
    "dilated filters with a stride": lambda: Block(4, 5, dilation=2, stride=2),
    "equal widths in parallel": lambda: Block(4, 5, parallel_widths=(3, 5)),
    "fused activation with batch norm": lambda: Block(4, 5, fused=True, batch_norm=True),
    "residual block that pools first": lambda: Block(4, 5, residual=True, pool_place="first"),
    "residual block of another size": lambda: replace(SPEC, blocks=(BLOCK, Block(3, 3, residual=True))),
    "first block with branches": lambda: replace(SPEC, blocks=(Block(4, 5, bottleneck=2),)),
    "pool width without windows": lambda: replace(SPEC, pool_width=3),
    "windows without pool width": lambda: replace(SPEC, final="max"),
    "recurrent layer without units": lambda: replace(SPEC, recurrent="gru"),
    "dense layers of a convolutional head": lambda: replace(SPEC, final="conv_max", hidden=(5,)),
    "equal tasks": lambda: replace(SPEC, tasks=("a", "a")),
    "too short for the first filters": lambda: ModelSpec(14, (Block(4, 15),)),
    "too short for later filters": lambda: ModelSpec(20, (Block(4, 15), Block(4, 7))),
    "too short for a pool": lambda: ModelSpec(20, (Block(4, 15, pool=7),)),
    "too short for the final pool": lambda: ModelSpec(20, (Block(4, 15),), final="max", pool_width=7),
    "too many parameters": lambda: check_size(ModelSpec(60, (Block(8, 11), Block(10**9, 5)))),
    "no such layer": lambda: SPEC.check_layer(1),
    "layer after parallel branches": lambda: ModelSpec.preset("inception", length=200).check_layer(1),
    "unknown field, similar to a known one": lambda: ModelSpec.from_dict({**DRAGONN.to_dict(), "pool_witdh": 3}),
    "unknown field": lambda: ModelSpec.from_dict({"length": 60, "blocks": [asdict(BLOCK) | {"zzz": 3}]}),
    "missing field": lambda: ModelSpec.from_dict({"blocks": [asdict(BLOCK)]}),
    "lists of different lengths": lambda: DRAGONN.changed(SpecChanges(num_filters=(8, 8), conv_width=(9, 9, 9))),
    "list that does not fit the preset": lambda: DRAGONN.changed(SpecChanges(block_pool=(2,))),
    "baselines of other tasks": _baselines_of_other_tasks,
    "k-mers of another model": _kmers_of_another_model,
    "k-mers of format 4": _format_4,
    "DragoNN files exchanged": _exchanged,
    "DragoNN architecture is no JSON": lambda: _import("{"),
    "DragoNN architecture without layers": lambda: _import([1, 2]),
    "DragoNN architecture of a newer Keras": lambda: _import({"config": [], "keras_version": "2.2.4"}),
    "DragoNN network with another layer": lambda: _import({"layers": [*LAYERS[:6], *LAYERS[7:]]}),
    "DragoNN network that is incomplete": lambda: _import({"layers": LAYERS[:8]}),
    "DragoNN network that does not end": lambda: _import({"layers": LAYERS * 2}),
    "DragoNN layer with another option": lambda: _import({"layers": [{**LAYERS[0], "nb_row": 3}, *LAYERS[1:]]}),
    "DragoNN layer without a number": lambda: _import({"layers": [{**LAYERS[0], "nb_filter": None}, *LAYERS[1:]]}),
    "DragoNN input of another shape": lambda: _import({"layers": [{**LAYERS[0], "input_shape": [3, 32, 32]}]}),
    "DragoNN weights are text": _weights_are_text,
    "DragoNN weights of a newer Keras": lambda: _import(keras_version="1.2.2"),
    "DragoNN weights without layers": lambda: _import(other=1),
    "DragoNN weights of fewer layers": lambda: _import(nb_layers=7),
    "DragoNN weights of another architecture": _weights_of_another,
    "DragoNN weights that are not finite": _not_finite,
    "journal of another program": lambda: read_journal(other_file("trials.journal")),
}
