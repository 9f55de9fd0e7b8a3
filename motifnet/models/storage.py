"""The folder of a trained model, and the parts of it that can be read without TensorFlow.

    spec.json           format version, ModelSpec, TrainSpec, length rule, origin: a `ModelHeader`
    model.weights.h5    weights of the network, as Keras writes them
    splits.tsv          digests of the training, validation and test sequences: a `SplitTable`
    history.tsv         losses and scores, one row per validation
    kmers.h5            k-mer regression, if the model has one: a `KmerRegression`
    positives.tsv       scores of the validation positives, of a model of classes: `PositiveScores`
    network.keras       in place of weights, splits and history: a Keras network that motifnet did not build
    manifest.json       size and SHA-256 of the files above
    provenance.json     versions, command and inputs

Commands read spec.json and their sequences before TensorFlow starts, so that errors in either are reported at once.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import KW_ONLY, asdict, dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from motifnet.documents import read_json, read_table
from motifnet.errors import FormatError, ModelError, MotifnetError, SpecError, listed, quoted
from motifnet.hdf5 import stored_arrays
from motifnet.models.manifest import MANIFEST, check_manifest, manifest_version
from motifnet.models.network.block import from_mapping
from motifnet.models.network.keras_spec import KerasSpec
from motifnet.models.network.layers import describe
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ROOMY, ModelSpec, SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec
from motifnet.sequences.io.genome_grid import tile_genome
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.io.reader import Length, read_sequences
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet

SPEC, WEIGHTS, SPLITS, HISTORY, KMERS = "spec.json", "model.weights.h5", "splits.tsv", "history.tsv", "kmers.h5"
POSITIVES, NETWORK = "positives.tsv", "network.keras"
_OLD_KMERS = "kmers.tsv"
#: Files of every model that motifnet trained, and of every imported Keras network.
FILES, KERAS_FILES = (SPEC, WEIGHTS, SPLITS, HISTORY), (SPEC, NETWORK)
#: Files that a model can have; its manifest lists them.
ALL_FILES = (*FILES, KMERS, POSITIVES, NETWORK)
#: Version of the folder; older versions are read too, but no k-mer regression of a version before `_GAPPED_KMERS`.
#: Version 3 had no manifest. In version 2, `training` was called
#: `how`, its `kmer_init` was called `words`, and fields of blocks had the names in `_VERSION_2`. Version 1 lacks the
#: fields of `_VERSION_1`, which have these values.
FORMAT_VERSION, _GAPPED_KMERS, _WITHOUT_MANIFEST = 5, 5, 3
_VERSION_2 = {"beside": "parallel_widths", "pool_beside": "parallel_pool", "compress": "bottleneck"}
_VERSION_1 = {"kmer_init": False, "kmers": False, "max_epochs": 10**6}
#: Values of spec.json that no spec checks.
_STRUCTURE: dict[str, Any] = {
    "format_version": int,
    "spec": {},
    "training": {},
    "how": {},
    "length_rule": {"length": int, "anchor": str},
    "origin": {"weights": str, "frozen": int},
}
#: Columns of history.tsv. The last one is a score for the kind of output: ``valid_auroc`` or ``valid_pearson``.
HISTORY_COLUMNS = {
    "step": "optimizer steps so far",
    "epoch": "passes over the training sequences so far",
    "loss": "mean training loss since the last validation; classes have equal weight",
    "valid_loss": "loss of the predictions for the validation sequences, without weights",
}
_FOLDER_HINT = "Give a folder written by `motifnet train`, `discover` or `import-keras`."


@dataclass(frozen=True)
class ModelHeader:
    """A model without its weights: the content of spec.json.

    Parameters
    ----------
    spec : ModelSpec
    training : TrainSpec
        How the model was trained. Negatives made for the model are shuffled with its seed.
    length_rule : LengthRule, optional
        How the training sequences were cropped or padded; applied to all sequences that are read for the model.
    origin : mapping, optional
        For a fine-tuned model: ``weights``, the SHA-256 of the weights of the model that training started from, and
        ``frozen``, the number of blocks that were not trained.
    """

    spec: ModelSpec | KerasSpec
    _: KW_ONLY
    training: TrainSpec = TrainSpec()
    length_rule: LengthRule | None = None
    origin: Mapping[str, str | int] | None = None

    def to_json(self) -> str:
        """The text of spec.json."""
        document = {
            "format_version": FORMAT_VERSION,
            "format_rule": "motifnet reads formats up to its own version; a newer one needs a newer motifnet.",
            "spec": self.spec.to_dict(),
            "training": asdict(self.training),
            "length_rule": asdict(self.length_rule) if self.length_rule else None,
            "origin": self.origin,
        }
        return json.dumps(document, indent=2) + "\n"

    @property
    def architecture(self) -> ModelSpec:
        """The spec of a network that motifnet built; raise ModelError for another Keras network."""
        if isinstance(self.spec, ModelSpec):
            return self.spec
        raise ModelError("the network of this model was not built by motifnet", hint="Use a model of `motifnet train`.")

    def task_indices(self, task: str | None) -> list[int]:
        """Index of a task, or of all of them if it is None; raise ModelError if there is no such task."""
        tasks = self.spec.tasks
        if task is None:
            return list(range(len(tasks)))
        if task not in tasks:
            raise ModelError(f"the model has no task {quoted(task)}", hint=f"Its tasks are: {listed(tasks)}.")
        return [tasks.index(task)]

    def spec_for(self, length: int) -> Any:
        """The network for sequences of this length; raise ModelError if it does not accept the length."""
        if length == self.spec.length:
            return self.spec
        if isinstance(self.spec, KerasSpec) and self.spec.length is not None:
            what = f"the sequences have {length} bp, but the input of the network has {self.spec.length} bp"
            raise ModelError(what, hint=f"Crop or pad the sequences to {self.spec.length} bp.")
        if self.spec.is_length_fixed:
            cause, hint = "the length of its input", f"Crop or pad the sequences to {self.spec.length} bp."
            if isinstance(self.spec, ModelSpec):
                cause = "the length that it was trained on, because of its flattened head"
                hint += (
                    " To apply a length to all files, train with --length N, or import a DragoNN model with --anchor."
                )
            what = f"the sequences have {length} bp, but the model accepts only {self.spec.length} bp, {cause}"
            raise ModelError(what, hint=hint)
        try:
            return replace(self.spec, length=length)
        except SpecError as error:
            raise ModelError(error.message, hint="Use longer sequences.") from None

    def read_sequences(self, path: str | Path, *, intervals: IntervalSpec = IntervalSpec()) -> SequenceSet:
        """Read a FASTA file, or with a genome a BED file, for the model.

        Sequences are cropped and padded by the model's length rule. Without a rule they are padded to the longest one,
        or, if the head of the network fixes the length, must have that length. Windows of BED files have the length of
        the model.

        Raises
        ------
        InputError
            If the file cannot be read.
        ModelError
            If the model does not accept the length of the sequences.
        """
        length, anchor = self._length_and_anchor(intervals)
        sequences = read_sequences(path, length=length, anchor=anchor, genome=intervals)
        self.spec_for(sequences.length)
        return sequences

    def read_windows(self, genome: str | Path, *, stride: int, regions: str | Path | None = None) -> SequenceSet:
        """Read windows of the model's length with `tile_genome`; ModelError if the model accepts any length."""
        if self.spec.length is None:
            raise ModelError("windows along a genome require a fixed length", hint="Use a file of sequences.")
        return tile_genome(genome, length=self.spec.length, stride=stride, regions=regions)

    def read_data(
        self,
        sequences: str | Path,
        negatives: str | Path | NegativeSpec | None = None,
        *,
        labels: LabelSpec = LabelSpec(),
        intervals: IntervalSpec = IntervalSpec(),
    ) -> Dataset:
        """Read sequences with labels for the tasks of the model, with the lengths of `read_sequences`.

        Parameters and errors are those of `motifnet.read_data`; without labels, the first task has the classes.
        """
        own_tasks = self.spec.tasks if labels else self.spec.tasks[:1]
        length, anchor = self._length_and_anchor(intervals)
        data = read_data(
            sequences,
            negatives,
            labels=labels,
            tasks=() if labels.class_files or labels.tasks else own_tasks,
            genome=intervals,
            length=length,
            anchor=anchor,
            seed=self.training.seed,
        )
        self.spec_for(data.sequences.length)
        return data

    def _length_and_anchor(self, intervals: IntervalSpec) -> tuple[Length, Anchor]:
        if self.length_rule is not None:
            return self.length_rule.length, self.length_rule.anchor
        if intervals:
            return self.spec.length or "auto", "center"
        return None if self.spec.is_length_fixed else "auto", "center"


def find_model(folder: str | Path) -> Path:
    """The folder of a model: the one given, or ``model/`` in the results of `discover`.

    Raises ModelError unless it has all `FILES`, with the sizes and checksums of its manifest.
    """
    path = Path(folder)
    if not (path / SPEC).is_file() and (path / "model" / SPEC).is_file():
        path = path / "model"
    if path.exists() and not path.is_dir():
        hint = f"{_FOLDER_HINT} Import a Keras file with `motifnet import-keras`."
        raise ModelError(f"{folder}: this is a file, not the folder of a model", hint=hint)
    if not (path / SPEC).is_file():
        reason = f"not the folder of a model: {SPEC} is missing" if path.exists() else "there is no such folder"
        raise ModelError(f"{folder}: {reason}", hint=_FOLDER_HINT)
    document = _read_document(path / SPEC)
    for name in KERAS_FILES if _is_keras(document) else FILES:
        if not (path / name).is_file():
            raise ModelError(f"{folder}: the model is incomplete: {name} is missing", hint="Train the model again.")
    if document["format_version"] < _GAPPED_KMERS and (path / _OLD_KMERS).exists():
        raise ModelError(
            f"{path / _OLD_KMERS}: the k-mer regression of model format {document['format_version']} is not supported",
            hint="Train the model again.",
        )
    if version := manifest_version(path):
        _check_version(path / MANIFEST, version)
        check_manifest(path, ALL_FILES)
    elif document["format_version"] > _WITHOUT_MANIFEST:
        raise ModelError(f"{folder}: the model is incomplete: {MANIFEST} is missing", hint="Train the model again.")
    return path


def read_header(folder: str | Path) -> ModelHeader:
    """Read the spec.json of a model, and compare the size of its network with that of its weights.

    Errors are those of `TrainedModel.load`.
    """
    path = find_model(folder)
    header = read_spec(path / SPEC)
    if isinstance(header.spec, ModelSpec):
        check_weights(path / WEIGHTS, int(describe(header.spec)["parameters"].sum()))
    return header


def read_spec(path: str | Path) -> ModelHeader:
    """Read the spec.json of a model or of `motifnet tune`.

    Raises ModelError if the file does not exist, is damaged, or was written by a newer motifnet.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file", hint="Give the spec.json of `motifnet tune` or of a model.")
    document = _read_document(path)
    with model_file(path):
        version, rule = document["format_version"], document["length_rule"]
        make = KerasSpec.from_dict if _is_keras(document) else ModelSpec.from_dict
        return ModelHeader(
            make(_spec_fields(document["spec"], version)),
            training=from_mapping(TrainSpec, _training_fields(document, version)),
            length_rule=from_mapping(LengthRule, rule) if rule else None,
            origin=document.get("origin"),
        )


def _is_keras(document: Mapping[str, Any]) -> bool:
    """Whether a spec.json describes a network that motifnet did not build."""
    return "layout" in document["spec"]


def _read_document(path: Path) -> dict[str, Any]:
    """The content of spec.json, of a format that can be read."""
    with model_file(path):
        document: dict[str, Any] = read_json(path, _STRUCTURE)
        for name in ("format_version", "spec"):
            if document.get(name) is None:
                raise KeyError(name)
            _check_version(path, document["format_version"])
        if ((document["length_rule"] or {}).get("length") or 0) > ROOMY:
            raise ValueError(f"length_rule.length must be at most {ROOMY:,}")
        return document


def _check_version(path: Path, version: int) -> None:
    if not 1 <= version <= FORMAT_VERSION:
        raise ModelError(
            f"{path}: model format {version} is not supported; this motifnet reads formats up to {FORMAT_VERSION}",
            hint="Install a newer motifnet.",
        )


def read_history(path: Path) -> pd.DataFrame:
    """Read history.tsv; raise ModelError if it is another table, or damaged."""
    with model_file(path):
        return read_table(path, HISTORY_COLUMNS, texts=(), filled=("step", "epoch", "loss"), has_more=True)


@contextmanager
def model_file(
    path: Path, *, hint: str = "The file is damaged or belongs to another model: train the model again."
) -> Iterator[Path]:
    """Convert errors in reading a file of a model to a ModelError with its path."""
    try:
        yield path
    except ModelError:
        raise
    except FormatError as error:  # its message has the path
        raise ModelError(error.message, hint=hint) from None
    except MotifnetError as error:
        raise ModelError(f"{path}: cannot be read: {error.message}", hint=hint) from None
    except (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = f"{lines[0]} is missing" if isinstance(error, KeyError) else lines[0].removeprefix(f"{path}: ")
        raise ModelError(f"{path}: cannot be read: {reason}", hint=hint) from None


def _spec_fields(fields: dict[str, Any], version: int) -> dict[str, Any]:
    if version > 2:
        return fields
    blocks = [{_VERSION_2.get(name, name): value for name, value in block.items()} for block in fields["blocks"]]
    return fields | {"blocks": blocks}


def _training_fields(document: Mapping[str, Any], version: int) -> dict[str, Any]:
    if version > 2:
        return dict(document["training"])
    fields = {"kmer_init" if name == "words" else name: value for name, value in document["how"].items()}
    return (_VERSION_1 if version == 1 else {}) | fields


def choose_network(network: str | Path, changes: SpecChanges, training: TrainSpec) -> tuple[ModelSpec, TrainSpec]:
    """Network (for sequences of any length) and training for the options of a command.

    `network` is the name of a preset or a spec.json. Values of `training` that differ from the defaults replace those
    of the file. Errors are those of `read_spec` and `ModelSpec.preset`.
    """
    if str(network) in PRESETS or not (Path(network).suffix == ".json" or Path(network).exists()):
        return ModelSpec.preset(str(network), length=ROOMY, changes=changes), training
    header, defaults = read_spec(network), asdict(TrainSpec())
    given = {name: value for name, value in asdict(training).items() if value != defaults[name]}
    return replace(header.architecture, length=ROOMY).changed(changes), replace(header.training, **given)


def check_keras_name(path: str | Path) -> None:
    """Raise ModelError unless the name of a file ends in ``.keras``, by which Keras recognises its format."""
    if Path(path).suffix != ".keras":
        raise ModelError(f"{path}: the name of a Keras file must end in .keras", hint=f"Write to {path}.keras.")


@contextmanager
def ignore_keras_warnings() -> Iterator[None]:
    """Ignore warnings about Keras' use of numpy: raised as errors, they would leave an incomplete file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def write_weights(network: Any, path: Path) -> None:
    """Write the weights of a keras.Model."""
    with ignore_keras_warnings():
        network.save_weights(path)


def check_weights(path: Path, n_parameters: int) -> None:
    """Check, before a network is built, that a file declares and contains this number of parameters."""
    with model_file(path), h5py.File(path) as file:
        n_stored = sum(math.prod(array.shape) for array in stored_arrays(file).values())
        if n_stored != n_parameters:
            raise ValueError(f"{n_stored:,} parameters in the file, but {n_parameters:,} in the network")


def read_weights(network: Any, path: Path) -> None:
    """Read weights into a keras.Model.

    Raises ModelError if the file is damaged, has the weights of another network (checked before weights are read), or
    has a weight that is not finite.
    """
    with model_file(path), warnings.catch_warnings():
        with h5py.File(path) as file:
            stored = sorted(array.shape for array in stored_arrays(file).values())
        expected = sorted(tuple(weight.shape) for weight in network.weights)
        if len(stored) != len(expected):  # Keras would ignore further layers in the file
            raise ValueError(f"{len(stored)} arrays in the file, but {len(expected)} in the network")
        for found, own in zip(stored, expected, strict=True):
            if found != own:
                raise ValueError(f"an array has shape {found} in the file, but {own} in the network")
        # For the weights of another network, Keras warns before it raises.
        warnings.simplefilter("ignore")
        network.load_weights(path)
        if not all(np.isfinite(weight).all() for weight in network.get_weights()):
            raise ValueError("a weight is not a finite number")
