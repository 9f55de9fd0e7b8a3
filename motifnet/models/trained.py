"""`TrainedModel`: a network with its weights; predictions, filters, and a folder of files without code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from motifnet.arguments import check_type
from motifnet.html import summary_html, table_html
from motifnet.models.export import export_network
from motifnet.models.filters import ConvolutionFilters, convolution_filters
from motifnet.models.kmer_regression import KmerRegression
from motifnet.models.manifest import write_manifest
from motifnet.models.network.builder import KNOWN_LENGTH, build, logits_network
from motifnet.models.network.layers import block_ends, describe
from motifnet.models.network.spec import ModelSpec
from motifnet.models.positive_scores import PositiveScores
from motifnet.models.runtime import keras
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.storage import (
    ALL_FILES,
    FORMAT_VERSION,
    HISTORY,
    HISTORY_COLUMNS,
    KMERS,
    POSITIVES,
    SPEC,
    SPLITS,
    WEIGHTS,
    ModelHeader,
    find_model,
    model_file,
    read_header,
    read_history,
    read_weights,
    write_weights,
)
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.splits.partition import SplitTable


@dataclass(frozen=True, eq=False)
class TrainedModel(SequenceModel):
    """A trained network.

    Made by `train`, loaded from a folder with `load`, or made from any network of this architecture.

    Parameters
    ----------
    spec : ModelSpec
    network : keras.Model
        From one-hot sequences ``(N, 4, L, 1)`` to probabilities, values or counts ``(N, T)``, for one strand, with a
        layer ``logits``.
    splits : Split
        Training, validation and test sequences. Their digests are kept: see `split_of`.
    history : DataFrame
        One row per validation, with `HISTORY_COLUMNS`.
    kmers : KmerRegression or None
        The k-mer regression whose predictions are combined with the network's.
    positives : PositiveScores or None
        Scores of the validation positives, of a model of classes that was trained by motifnet.
    training, length_rule, origin
        See `ModelHeader`.
    """

    spec: ModelSpec
    network: Any
    splits: SplitTable | Split = field(default_factory=SplitTable.empty)
    history: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(HISTORY_COLUMNS)))
    kmers: KmerRegression | None = None
    positives: PositiveScores | None = None

    # Compared by identity: ModelHeader would compare only the fields of the header.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __post_init__(self) -> None:
        if isinstance(self.splits, Split):
            object.__setattr__(self, "splits", SplitTable.of(self.splits))

    def __repr__(self) -> str:
        return f"<TrainedModel: {self.spec.length} bp to {', '.join(self.spec.tasks)}, {len(self.spec.blocks)} blocks>"

    def _repr_html_(self) -> str:
        spec, layers = self.spec, describe(self.spec)
        facts = {
            "input": f"{spec.length:,} bp",
            "outputs": f"{', '.join(spec.tasks)} ({spec.outputs})",
            "strands": spec.strands,
            "parameters": f"{layers['parameters'].sum():,}",
            "width of the first filters": f"{spec.blocks[0].span} bp",
            **self._training_facts(),
            **{part: f"{n:,} sequences" for part, n in self.split_table.counts().items() if n},
            "k-mer regression": "no" if self.kmers is None else "yes",
        }
        columns = ("layer", "kind", "positions", "maps", "parameters", "field")
        rows = (
            (row.layer, row.kind, f"{row.positions:,}", f"{row.maps:,}", f"{row.parameters:,}", f"{row.field:,} bp")
            for row in layers.itertuples()
        )
        return summary_html("TrainedModel", facts, table_html(columns, rows, n_rows=len(layers), most=40))

    def _training_facts(self) -> dict[str, str]:
        """Loss and score at the step whose weights the model has."""
        if not self.history["valid_loss"].notna().any():
            return {}
        best = self.history.iloc[int(np.nanargmin(self.history["valid_loss"]))]
        scores = [name for name in self.history.columns if name.startswith("valid_") and name != "valid_loss"]
        return {
            "best step": f"{best['step']:.0f}",
            "validation loss": f"{best['valid_loss']:.3g}",
            **{name.replace("valid_", "validation "): f"{best[name]:.3f}" for name in scores},
        }

    def network_input(self, x: Any) -> Any:
        return x

    @cached_property
    def logits_network(self) -> Any:
        return logits_network(self.network)

    def for_length(self, length: int) -> TrainedModel:
        """The model for sequences of another length, with the same weights.

        Raises
        ------
        ModelError
            If the head of the network fixes the length, or the sequences are too short.
        """
        if length == self.spec.length:
            return self
        spec = self.spec_for(length)
        network = build(spec, seed=0)
        network.set_weights(self.network.get_weights())
        return replace(self, spec=spec, network=network)

    def layer(self, k: int = 0) -> ConvolutionFilters:
        return convolution_filters(self.network, self.spec, k)

    def cut(self, k: int) -> tuple[Any, Any]:
        # Dropout and pools treat each map alone, so that maps can be replaced after them, which is cheaper.
        cut = [self.network.get_layer(block_ends(self.spec)[k]).output]
        # The head ignores padding by the known length of the sequence itself.
        cut += [] if self.spec.is_length_fixed else [self.network.get_layer(KNOWN_LENGTH).output]
        logits = self.network.get_layer("logits").output
        return keras.Model(self.network.input, cut), keras.Model(cut, logits)

    def with_test(self, test: Dataset) -> TrainedModel:
        """The model with these test sequences in `splits`; training and validation sequences do not change."""
        check_type("test", test, Dataset)
        return replace(self, splits=self.split_table.joined(SplitTable.of(Split(test.take([]), test.take([]), test))))

    @property
    def split_table(self) -> SplitTable:
        """Digests of the sequences in `splits`."""
        assert isinstance(self.splits, SplitTable)
        return self.splits

    def write_files(self, folder: Path) -> None:
        training = replace(self.training, kmers=self.kmers is not None)
        header = ModelHeader(self.spec, training=training, length_rule=self.length_rule, origin=self.origin)
        (folder / SPEC).write_text(header.to_json())
        write_weights(self.network, folder / WEIGHTS)
        self.split_table.write(folder / SPLITS)
        self.history.to_csv(folder / HISTORY, sep="\t", index=False)
        if self.kmers is not None:
            self.kmers.write(folder / KMERS)
        if self.positives is not None:
            self.positives.write(folder / POSITIVES, self.spec.tasks)
        write_manifest(folder, ALL_FILES, version=FORMAT_VERSION)

    @classmethod
    def load(cls, folder: str | Path) -> TrainedModel:
        """Load a model from its folder, or from the results of `discover`.

        Raises
        ------
        ModelError
            If the folder is not that of a model, lacks a file, is damaged, or was written by a newer motifnet.
        """
        path = find_model(folder)
        header = read_header(path)
        spec = header.architecture
        with model_file(path / SPLITS) as file:
            splits = SplitTable.read(file)
        history = read_history(path / HISTORY)
        with model_file(path / KMERS) as file:
            kmers = KmerRegression.read(file, spec) if header.training.kmers else None
        with model_file(path / POSITIVES) as file:
            positives = PositiveScores.read(file, spec.tasks) if file.exists() else None
        network = build(spec, seed=0)
        read_weights(network, path / WEIGHTS)
        model = cls(spec, network, splits, history, kmers, positives)
        return replace(model, training=header.training, length_rule=header.length_rule, origin=header.origin)

    def export(self, path: str | Path) -> None:
        """Write one ``.keras`` file that ``keras.models.load_model`` opens without motifnet.

        Its input is float32 one-hot DNA of shape ``(N, 4, L, 1)`` (`one_hot` with one more axis), its output that of
        `predict`, for both strands and with the k-mer regression.

        Raises
        ------
        ModelError
            If the name of the file does not end in ``.keras``.
        InputError
            If it cannot be written.
        """
        export_network(self.network, path, spec=self.spec, regression=self.kmers)


def as_model(model: SequenceModel | str | Path) -> SequenceModel:
    """The model, loaded if its folder is given; errors are those of `load_model`."""
    if isinstance(model, str | Path):
        return load_model(model)
    check_type("model", model, SequenceModel)
    return model


def load_model(folder: str | Path) -> SequenceModel:
    """Load a model from its folder: a `TrainedModel`, or a `KerasModel` that was imported.

    Raises
    ------
    ModelError
        If the folder is not that of a model, lacks a file, is damaged, or was written by a newer motifnet.
    """
    from motifnet.models.keras_model import KerasModel

    is_trained = isinstance(read_header(folder).spec, ModelSpec)
    return TrainedModel.load(folder) if is_trained else KerasModel.load(folder)
