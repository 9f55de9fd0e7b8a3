"""`SequenceModel`: the interface of models, trained by motifnet or elsewhere, for motifs and attributions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, quoted
from motifnet.models.filters import ConvolutionFilters
from motifnet.models.inference import map_batches, one_hot_tensor, over_strands, strands_of
from motifnet.models.kmer_regression import KmerRegression, inverse_link
from motifnet.models.positive_scores import PositiveScores
from motifnet.models.runtime import tf
from motifnet.models.storage import ModelHeader
from motifnet.outputs import output_folder
from motifnet.provenance import write_provenance
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.io.reader import AnySequences, as_sequences
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.partition import SplitTable

#: The whole model, or its network alone.
Part = Literal["model", "network"]


class SequenceModel(ModelHeader, ABC):
    """A model of DNA: `TrainedModel` or `KerasModel`.

    Subclasses have fields or properties `network` (a keras.Model), `split_table`, `kmers` and `positives`.
    """

    network: Any
    kmers: KmerRegression | None
    positives: PositiveScores | None

    @property
    @abstractmethod
    def split_table(self) -> SplitTable:
        """Digests of the sequences that the model was trained, validated or tested on."""

    @property
    @abstractmethod
    def logits_network(self) -> Any:
        """keras.Model from the input of the network to the logits ``(N, T)`` of one strand, with the same weights."""

    @abstractmethod
    def network_input(self, x: Any) -> Any:
        """Rearrange one-hot DNA ``(n, 4, L, 1)`` for the network, in a TensorFlow function."""

    @abstractmethod
    def for_length(self, length: int) -> Self:
        """The model for sequences of another length, with the same weights; ModelError if it does not accept them."""

    @abstractmethod
    def layer(self, k: int = 0) -> ConvolutionFilters:
        """Return the filters of convolution `k`, counted from 0.

        Raises
        ------
        SpecError
            If there is no such layer, or its filters cannot be read.
        """

    @abstractmethod
    def cut(self, k: int) -> tuple[Any, Any]:
        """Two Keras models: from the input to the maps after convolution `k`, and from there to the logits.

        The outputs of the first model are the inputs of the second; the first output is the maps, with one filter per
        channel.
        """

    @abstractmethod
    def write_files(self, folder: Path) -> None:
        """Write all files of the model but provenance.json into an existing folder."""

    def save(self, folder: str | Path, *, force: bool = False, command: Iterable[str] = ()) -> None:
        """Write the folder of the model. It is written completely or not at all.

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
            write_provenance(partial, command=command)

    def predict(self, sequences: AnySequences, *, part: Part = "model") -> NDArray[np.float32]:
        """Predict each task: a probability, a value or an expected count (`ModelSpec.outputs`).

        Predictions are the inverse link of the `scores`: their logistic function for classes, their exponential for
        counts.

        Parameters
        ----------
        sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
            Strings and the records of a file are cropped or padded as the training sequences were (`length_rule`).
        part : {"model", "network"}
            "network": without the k-mer regression. Motifs are extracted from the network.

        Returns
        -------
        float32 array of shape (N, T)

        Raises
        ------
        InputError
            If the sequences cannot be read.
        ModelError
            If the model does not accept the length of the sequences.
        """
        return inverse_link(self.scores(sequences, part=part), self.spec.outputs).astype(np.float32)

    def scores(self, sequences: AnySequences, *, part: Part = "model") -> NDArray[np.float64]:
        """Score each task: log odds, values or logarithms of expected counts, float64 of shape (N, T).

        The score of the network is the mean of its `logits` over both strands, or their maximum with
        ``strands="shared"``. With a k-mer regression, the score of the model is that of the network, times its weight
        plus that of the regression, times its weight (`KmerRegression.stacked`). Parameters and errors are those of
        `predict`.
        """
        if part not in get_args(Part):
            raise InputError(f"part must be one of {', '.join(get_args(Part))}. Got {quoted(part)} instead")
        known = self.as_sequences(sequences)
        scores = over_strands(self.logits(known), self.spec.strands)
        return scores if self.kmers is None or part == "network" else self.kmers.combined(scores, known)

    def logits(self, sequences: AnySequences) -> NDArray[np.float32]:
        """Outputs of the network before its last activation, for each strand that it reads: float32 of shape (N, S, T).

        The first of the S strands is the given one. Parameters and errors are those of `predict`.
        """
        known = self.as_sequences(sequences)
        if known.length != self.spec.length:
            return self.for_length(known.length).logits(known)
        shape = (1 + self.spec.is_double_stranded, len(self.spec.tasks))
        return map_batches(self._logits_of_batch, known.codes, shape)

    def as_sequences(self, sequences: AnySequences) -> SequenceSet:
        """Convert sequences as `predict` does: crop or pad strings and records by the length rule of the model."""
        if isinstance(sequences, str | Path):
            return self.read_sequences(sequences)
        return as_sequences(sequences, length=self.length_rule or (None if self.spec.is_length_fixed else "auto"))

    def split_of(self, sequences: AnySequences) -> list[str]:
        """ "train", "valid" or "test" for each sequence (on either strand), or "" if it was not used."""
        return self.split_table.parts_of(self.as_sequences(sequences)).tolist()

    def _logits_of_batch(self, codes: Codes) -> NDArray[np.float32]:
        return np.stack([self._compiled(strand).numpy() for strand in strands_of(codes, self.spec)], axis=1)

    @cached_property
    def _compiled(self) -> Any:
        network = self.logits_network
        signature = [tf.TensorSpec((None, self.spec.length), tf.uint8)]

        @tf.function(input_signature=signature, jit_compile=False, autograph=False)
        def logits(codes: Any) -> Any:
            return network(self.network_input(one_hot_tensor(codes)), training=False)

        # A tf.function that is made for each length would warn of retracing.
        return logits.get_concrete_function()
