"""`TrainedModel`: predictions, filters, and a folder on disk that holds no code.

The folder: ``spec.json`` (format version, network, length rule), ``model.weights.h5``, ``splits.tsv`` (which sequences
the model has seen), ``history.tsv``, ``provenance.json``. Loading builds the network anew and reads its weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import ModelError
from motifnet.models.export import export_network
from motifnet.models.filters import ConvolutionFilters, convolution_filters
from motifnet.models.inference import map_batches, one_hot_tensor, over_strands, strands_of
from motifnet.models.kmer_regression import KmerRegression
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import tf
from motifnet.models.split_table import SplitTable
from motifnet.models.storage import HISTORY, KMERS, SPEC, SPLITS, WEIGHTS, ModelHeader, Origin, find_model, read_header
from motifnet.models.training.train_spec import TrainSpec
from motifnet.models.weights import read_weights, write_weights
from motifnet.outputs import PROVENANCE, output_folder
from motifnet.provenance import provenance
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A network with its weights, and what is needed to use it honestly.

    Parameters
    ----------
    spec : ModelSpec
    network : keras.Model
        From ``(N, 4, L, 1)`` to probabilities ``(N, T)``, one strand only; `predict` takes both.
    splits : mapping of str to str
        Digest of a sequence (`SequenceSet.strand_digests`) to "train", "valid" or "test".
    history : DataFrame
        One row a look at the validation sequences.
    length_rule : LengthRule or None
        How the training sequences got their length; applied to what is read for the model.
    training : TrainSpec
        How it was trained; shuffles made for the model later are those of its seed.
    origin : Origin or None
        The model that its training started from.
    kmers : KmerRegression or None
        The regression on k-mers that stands beside the network.
    """

    spec: ModelSpec
    network: Any
    splits: Mapping[str, str]
    history: pd.DataFrame
    length_rule: LengthRule | None = None
    training: TrainSpec = TrainSpec()
    origin: Origin | None = None
    kmers: KmerRegression | None = None

    def __repr__(self) -> str:
        return f"<TrainedModel: {self.spec.length} bp to {', '.join(self.spec.tasks)}, {len(self.spec.blocks)} blocks>"

    def _repr_html_(self) -> str:
        from motifnet.models.summaries import model_html

        return model_html(self)

    def predict(self, sequences: SequenceSet) -> NDArray[np.float32]:
        """Prediction for each task: a probability, a value or an expected count (`ModelSpec.outputs`).

        The network's (`predict_network`) together with that of the regression on k-mers, if there is one beside it.

        Parameters
        ----------
        sequences : SequenceSet of N sequences

        Returns
        -------
        float32 array of shape (N, T)

        Raises
        ------
        ModelError
            If the head fixes the length and the sequences have another one.
        """
        predictions = self.predict_network(sequences)
        if self.kmers is None:
            return predictions
        return self.kmers.combined(predictions, sequences, self.spec.outputs)

    def predict_network(self, sequences: SequenceSet) -> NDArray[np.float32]:
        """Prediction of the network alone, whose filters are what motifs are read from.

        The mean over both strands, the higher one if ``strands="shared"``, or the strand as given if "forward".

        Parameters
        ----------
        sequences : SequenceSet of N sequences

        Returns
        -------
        float32 array of shape (N, T)

        Raises
        ------
        ModelError
            If the head fixes the length and the sequences have another one.
        """
        check_type("sequences", sequences, SequenceSet)
        if sequences.length != self.spec.length:
            return self.for_length(sequences.length).predict_network(sequences)
        return map_batches(self._over_strands, sequences.codes, (len(self.spec.tasks),))

    def _over_strands(self, codes: Codes) -> NDArray[np.float32]:
        forward, *backward = (self._compiled(strand).numpy() for strand in strands_of(codes, self.spec))
        return over_strands(forward, backward[0], self.spec.strands) if backward else forward

    @cached_property
    def _compiled(self) -> Any:
        signature = [tf.TensorSpec((None, self.spec.length), tf.uint8)]

        @tf.function(input_signature=signature, jit_compile=False, autograph=False)
        def probabilities(codes: Any) -> Any:
            return self.network(one_hot_tensor(codes), training=False)

        return probabilities

    def for_length(self, length: int) -> TrainedModel:
        """The same weights for sequences of another length.

        Raises
        ------
        ModelError
            If the head of the network fixes its length, or `length` is too short for it.
        """
        if length == self.spec.length:
            return self
        spec = self.header.spec_for(length)
        network = build(spec, seed=0)
        network.set_weights(self.network.get_weights())
        return replace(self, spec=spec, network=network)

    def read_sequences(self, path: str | Path, *, intervals: IntervalSpec = IntervalSpec()) -> SequenceSet:
        """Read a file for this model: by its length rule, or padded to the longest if its head takes any length.

        With a genome (`intervals`) the file may be BED, and all sequences get the length of the model.
        """
        return self.header.read_sequences(path, intervals=intervals)

    def read_data(
        self,
        sequences: str | Path,
        negatives: str | Path | NegativeSpec | None = None,
        *,
        labels: LabelSpec = LabelSpec(),
        intervals: IntervalSpec = IntervalSpec(),
    ) -> Dataset:
        """`motifnet.read_data` for this model, likewise; without labels, for its first task."""
        return self.header.read_data(sequences, negatives, labels=labels, intervals=intervals)

    @property
    def header(self) -> ModelHeader:
        """What the model is, up to its weights."""
        training = replace(self.training, kmers=self.kmers is not None)
        return ModelHeader(self.spec, training, self.length_rule, self.origin)

    def layer(self, k: int = 0) -> ConvolutionFilters:
        """The filters of a convolution; its pre-activations are what motifs are read from.

        Parameters
        ----------
        k : int
            Which convolution, counted from 0.

        Raises
        ------
        SpecError
            If there is no such layer, or its filters cannot be read.
        """
        return convolution_filters(self.network, self.spec, k)

    def with_history(self, history: pd.DataFrame) -> TrainedModel:
        """The same model with the record of its training."""
        return replace(self, history=history)

    def with_test(self, test: Dataset) -> TrainedModel:
        """The same model, remembering these sequences as set aside; what it was trained on stays "train" or "valid"."""
        check_type("test", test, Dataset)
        return replace(self, splits=self._split_table.joined(SplitTable.of(test=test.sequences)))

    def split_of(self, sequences: SequenceSet) -> list[str]:
        """ "train", "valid", "test", or "" for a sequence that the model has not met."""
        check_type("sequences", sequences, SequenceSet)
        return self._split_table.parts_of(sequences).tolist()

    @cached_property
    def _split_table(self) -> SplitTable:
        return SplitTable.from_mapping(self.splits)

    def save(self, folder: str | Path, *, force: bool = False, command: Iterable[str] = ()) -> None:
        """Write the model's folder, whole or not at all.

        Parameters
        ----------
        folder : str or Path
            Must not exist, or be empty.
        force : bool
            Replace a folder that motifnet wrote.
        command : iterable of str
            Recorded in provenance.json.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        with output_folder(folder, force=force) as partial:
            self.write_files(partial)
            (partial / PROVENANCE).write_text(provenance(command=command))

    def write_files(self, folder: Path) -> None:
        """Write `folder.FILES` into a folder that is there already."""
        (folder / SPEC).write_text(self.header.to_json())
        write_weights(self.network, folder / WEIGHTS)
        self._split_table.write(folder / SPLITS)
        self.history.to_csv(folder / HISTORY, sep="\t", index=False)
        if self.kmers is not None:
            self.kmers.write(folder / KMERS, self.spec.tasks)

    @classmethod
    def load(cls, folder: str | Path) -> TrainedModel:
        """Read a model's folder.

        Raises
        ------
        ModelError
            If it is not one, lacks a file, is damaged, or was written in a newer format.
        """
        header, path = read_header(folder), find_model(folder)
        network = build(header.spec, seed=0)
        read_weights(network, path / WEIGHTS)
        try:
            splits = SplitTable.read(path / SPLITS)
            history = pd.read_csv(path / HISTORY, sep="\t")
            kmers = KmerRegression.read(path / KMERS, header.spec) if header.training.kmers else None
            return cls(header.spec, network, splits, history, header.length_rule, header.training, header.origin, kmers)
        except (ValueError, KeyError) as error:
            raise ModelError(f"{folder}: a table of the model is damaged: {error}", hint="Train it again.") from None

    def export(self, path: str | Path) -> None:
        """Write one ``.keras`` file that ``keras.models.load_model`` opens without motifnet, both strands in it.

        It takes float32 one-hot DNA of shape ``(N, 4, L, 1)`` (`one_hot` with one more axis) and gives
        what `predict` gives.

        Raises
        ------
        ModelError
            If the file's name does not end in ``.keras``.
        InputError
            If it cannot be written.
        """
        export_network(self.network, path, spec=self.spec, regression=self.kmers)
