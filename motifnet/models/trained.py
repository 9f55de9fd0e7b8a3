"""`TrainedModel`: predictions, filters, and a folder on disk that holds no code.

The folder: ``spec.json`` (format version, network, length rule), ``model.weights.h5``, ``splits.tsv`` (which sequences
the model has seen), ``history.tsv``, ``provenance.json``. Loading builds the network anew and reads its weights.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.errors import ModelError, SpecError
from motifnet.models.cnn import build
from motifnet.models.filters import ConvolutionFilters, first_layer, map_batches, one_hot_tensor
from motifnet.models.runtime import keras, tf
from motifnet.models.spec import ModelSpec, TrainSpec, from_mapping
from motifnet.outputs import PROVENANCE, output_file, output_folder
from motifnet.provenance import provenance
from motifnet.sequences.alphabet import reverse_complement
from motifnet.sequences.reading import Length, read_classes, read_sequences
from motifnet.sequences.sequence_set import Anchor, Dataset, LengthRule, SequenceSet

#: Version 1: `spec` as ModelSpec.to_dict(), `how` as a TrainSpec's fields, `length_rule` or null. A reader takes its
#: own version and older ones.
FORMAT_VERSION = 1
FORMAT_RULE = "motifnet reads formats up to its own version; a newer one needs a newer motifnet."
SPLITS_COLUMNS = ("digest", "split")
FILES = ("spec.json", "model.weights.h5", "splits.tsv", "history.tsv")


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A network with its weights, and what is needed to use it honestly.

    Parameters
    ----------
    spec : ModelSpec
    network : keras.Model
        From ``(N, 4, L, 1)`` to probabilities ``(N, T)``, forward strand only; `predict` averages both.
    splits : mapping of str to str
        Digest of a sequence (`SequenceSet.strand_digests`) to "train", "valid" or "test".
    history : DataFrame
        One row a look at the validation sequences.
    length_rule : LengthRule or None
        How the training sequences got their length; applied to what is read for the model.
    how : TrainSpec
        How it was trained; shuffles made for the model later are those of its seed.
    """

    spec: ModelSpec
    network: Any
    splits: Mapping[str, str]
    history: pd.DataFrame
    length_rule: LengthRule | None = None
    how: TrainSpec = TrainSpec()

    def predict(self, sequences: SequenceSet) -> NDArray[np.float32]:
        """Probability of each task, the mean over both strands unless the model is ``strands="forward"``.

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
        if sequences.length != self.spec.length:
            return self.for_length(sequences.length).predict(sequences)
        forward = map_batches(self._compiled, sequences.codes, (len(self.spec.tasks),))
        if self.spec.strands == "forward":
            return forward
        backward = map_batches(self._compiled, reverse_complement(sequences.codes), (len(self.spec.tasks),))
        return (forward + backward) / np.float32(2)

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
        if self.spec.is_length_fixed:
            raise ModelError(
                f"the model was trained on sequences of {self.spec.length} bp, "
                f"and its flattened head fixes that length; these have {length} bp",
                hint=f"Crop or pad them to {self.spec.length} bp, or train with --length N, which then holds here too.",
            )
        try:
            spec = replace(self.spec, length=length)
        except SpecError as error:
            raise ModelError(error.message, hint="Give longer sequences.") from None
        network = build(spec, seed=0)
        network.set_weights(self.network.get_weights())
        return replace(self, spec=spec, network=network)

    def read_sequences(self, path: str | Path) -> SequenceSet:
        """Read FASTA for this model: by its length rule, or padded to the longest if its head takes any length."""
        length, anchor = self._length
        return read_sequences(path, length=length, anchor=anchor)

    def read_classes(self, positives: str | Path, negatives: str | Path | None = None) -> Dataset:
        """`read_classes` for this model, likewise; labelled as its first task."""
        length, anchor = self._length
        task = self.spec.tasks[0]
        return read_classes(positives, negatives, length=length, anchor=anchor, seed=self.how.seed, task=task)

    @property
    def _length(self) -> tuple[Length, Anchor]:
        if self.length_rule is not None:
            return self.length_rule.length, self.length_rule.anchor
        return None if self.spec.is_length_fixed else "auto", "center"

    def layer(self, k: int = 0) -> ConvolutionFilters:
        """The filters of a convolution; its pre-activations are what motifs are read from.

        Parameters
        ----------
        k : int
            Which convolution. Only the first, 0, for now.

        Raises
        ------
        ModelError
            If there is no such layer.
        """
        if k != 0:
            raise ModelError(f"motifs are read from the first convolution, layer 0. Got {k} instead")
        return first_layer(self.network, self.spec)

    def with_history(self, history: pd.DataFrame) -> TrainedModel:
        """The same model with the record of its training."""
        return replace(self, history=history)

    def with_test(self, test: Dataset) -> TrainedModel:
        """The same model, remembering these sequences as set aside; what it was trained on stays "train" or "valid"."""
        return replace(self, splits=dict.fromkeys(test.sequences.strand_digests(), "test") | dict(self.splits))

    def split_of(self, sequences: SequenceSet) -> list[str]:
        """ "train", "valid", "test", or "" for a sequence that the model has not met."""
        return [self.splits.get(digest, "") for digest in sequences.strand_digests()]

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
        """Write `FILES` into a folder that is there already."""
        document = {
            "format_version": FORMAT_VERSION,
            "format_rule": FORMAT_RULE,
            "spec": self.spec.to_dict(),
            "how": asdict(self.how),
            "length_rule": asdict(self.length_rule) if self.length_rule else None,
        }
        (folder / "spec.json").write_text(json.dumps(document, indent=2) + "\n")
        write_weights(self.network, folder / "model.weights.h5")
        splits = pd.DataFrame(self.splits.items(), columns=list(SPLITS_COLUMNS))
        splits.to_csv(folder / "splits.tsv", sep="\t", index=False)
        self.history.to_csv(folder / "history.tsv", sep="\t", index=False)

    @classmethod
    def load(cls, folder: str | Path) -> TrainedModel:
        """Read a model's folder.

        Raises
        ------
        ModelError
            If it is not one, lacks a file, is damaged, or was written in a newer format.
        """
        path = Path(folder)
        # discover() keeps its model in a folder of its results.
        if not (path / "spec.json").is_file() and (path / "model" / "spec.json").is_file():
            path = path / "model"
        spec, how, rule = _read_spec(path)
        for name in FILES:
            if not (path / name).is_file():
                raise ModelError(f"{folder}: the model is incomplete, {name} is missing", hint="Train it again.")
        network = build(spec, seed=0)
        read_weights(network, path / "model.weights.h5")
        try:
            splits = pd.read_csv(path / "splits.tsv", sep="\t", dtype=str)
            history = pd.read_csv(path / "history.tsv", sep="\t")
            return cls(spec, network, dict(zip(splits["digest"], splits["split"], strict=True)), history, rule, how)
        except (ValueError, KeyError) as error:
            raise ModelError(f"{folder}: a table of the model is damaged: {error}", hint="Train it again.") from None

    def export(self, path: str | Path) -> None:
        """Write one ``.keras`` file that ``keras.models.load_model`` opens without motifnet, averaging both strands.

        It takes float32 one-hot DNA of shape ``(N, 4, L, 1)`` (`one_hot` with one more axis) and gives
        what `predict` gives.

        Raises
        ------
        ModelError
            If the file's name does not end in ``.keras``.
        InputError
            If it cannot be written.
        """
        if Path(path).suffix != ".keras":
            raise ModelError(f"{path}: Keras recognises its files by the suffix .keras", hint=f"Write to {path}.keras.")
        exported = self.network
        if self.spec.strands == "both":
            inputs = keras.Input(self.network.input_shape[1:], name="sequence", dtype="float32")
            other_strand = keras.ops.flip(keras.ops.flip(inputs, axis=1), axis=2)
            mean = keras.layers.Average(name="both_strands", dtype="float32")
            exported = keras.Model(inputs, mean([self.network(inputs), self.network(other_strand)]), name="motifnet")
        with output_file(path) as partial:
            # Keras looks at the suffix, so the partial file needs it too.
            named = partial.with_name(partial.name + ".keras")
            try:
                exported.save(named)
                named.replace(partial)
            finally:
                named.unlink(missing_ok=True)


def _read_spec(path: Path) -> tuple[ModelSpec, TrainSpec, LengthRule | None]:
    try:
        document = json.loads((path / "spec.json").read_text())
        version = document["format_version"]
    except FileNotFoundError:
        what = "there is no such folder" if not path.exists() else "this is not a model: spec.json is missing"
        raise ModelError(f"{path}: {what}", hint="Name a folder that `motifnet train` or `discover` wrote.") from None
    except NotADirectoryError:
        raise ModelError(
            f"{path}: a model is a folder, this is a file",
            hint="Name a folder that `motifnet train` or `discover` wrote.",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path / 'spec.json'}: damaged: {error}", hint="Train the model again.") from None
    if version > FORMAT_VERSION:
        raise ModelError(
            f"{path}: written in model format {version}; this motifnet reads up to {FORMAT_VERSION}",
            hint="Install a newer motifnet.",
        )
    try:
        rule = document["length_rule"]
        spec, how = ModelSpec.from_dict(document["spec"]), from_mapping(TrainSpec, document["how"])
        return spec, how, from_mapping(LengthRule, rule) if rule else None
    except (KeyError, TypeError, AttributeError, SpecError) as error:
        raise ModelError(f"{path / 'spec.json'}: damaged: {error}", hint="Train the model again.") from None


def write_weights(network: Any, path: Path) -> None:
    """Save weights. Keras calls numpy in a way that numpy deprecates; as an error that would leave a broken file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        network.save_weights(path)


def read_weights(network: Any, path: Path) -> None:
    """Load weights into a network of the same spec.

    Raises
    ------
    ModelError
        If the file is damaged or holds the weights of another network.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            network.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{path}: the weights cannot be read: {reason}", hint="The file is damaged; train again."
        ) from None
