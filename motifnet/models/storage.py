"""A model's folder as far as it can be read without TensorFlow: what network it holds, and which sequences it takes.

The commands read this and their sequences first, so that what is wrong with either is said at once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from motifnet.errors import InputError, ModelError, SpecError
from motifnet.models.network.fields import from_mapping
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ROOMY, ModelSpec
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.io.reader import Length, read_sequences
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet

#: spec.json has `spec` (ModelSpec.to_dict()), `training` (the fields of a TrainSpec), and `length_rule` and `origin` or
#: null. In version 2 `training` is `how`, and its `kmer_init` is `words`. Version 1 lacks fields, whose values are in
#: `_VERSION_1`.
FORMAT_VERSION = 3
_VERSION_1 = {"kmer_init": False, "kmers": False, "max_epochs": 10**6}
FORMAT_RULE = "motifnet reads formats up to its own version; a newer one needs a newer motifnet."
SPEC, WEIGHTS, SPLITS, HISTORY = "spec.json", "model.weights.h5", "splits.tsv", "history.tsv"
#: The regression on k-mers, where a model has one.
KMERS = "kmers.tsv"
KERAS_SUFFIX = ".keras"
FILES = (SPEC, WEIGHTS, SPLITS, HISTORY)
_HINT = "Name a folder that `motifnet train` or `discover` wrote."


@dataclass(frozen=True)
class Origin:
    """The model that a training started from.

    Parameters
    ----------
    weights : str
        SHA-256 of its weights, one array after the other.
    frozen : int
        Its first blocks, so many, that stayed as they were.
    """

    weights: str
    frozen: int


@dataclass(frozen=True)
class ModelHeader:
    """What a model is, up to its weights.

    Parameters
    ----------
    spec : ModelSpec
    training : TrainSpec
        How it was trained; negatives made for the model are shuffled with its seed.
    length_rule : LengthRule or None
        How the training sequences got their length; applied to what is read for the model.
    origin : Origin, optional
        Where its training started, if not from nothing.
    """

    spec: ModelSpec
    training: TrainSpec
    length_rule: LengthRule | None
    origin: Origin | None = None

    def to_json(self) -> str:
        """The text of spec.json."""
        document = {
            "format_version": FORMAT_VERSION,
            "format_rule": FORMAT_RULE,
            "spec": self.spec.to_dict(),
            "training": asdict(self.training),
            "length_rule": asdict(self.length_rule) if self.length_rule else None,
            "origin": asdict(self.origin) if self.origin else None,
        }
        return json.dumps(document, indent=2) + "\n"

    def spec_for(self, length: int) -> ModelSpec:
        """The network for sequences of this length.

        Raises
        ------
        ModelError
            If the head of the network fixes another length, or `length` is too short for it.
        """
        if length == self.spec.length:
            return self.spec
        if self.spec.is_length_fixed:
            raise ModelError(
                f"the model was trained on sequences of {self.spec.length} bp, "
                f"and its flattened head fixes that length; these have {length} bp",
                hint=f"Crop or pad them to {self.spec.length} bp, or train with --length N, which then holds here too.",
            )
        try:
            return replace(self.spec, length=length)
        except SpecError as error:
            raise ModelError(error.message, hint="Give longer sequences.") from None

    def read_sequences(self, path: str | Path, *, intervals: IntervalSpec = IntervalSpec()) -> SequenceSet:
        """Read a file for the model: by its length rule, or padded to the longest if its head takes any length.

        With a genome (`intervals`) the file may be BED, and all sequences get the length of the model.
        """
        length, anchor = self._size(intervals)
        sequences = read_sequences(path, length=length, anchor=anchor, genome=intervals)
        self.spec_for(sequences.length)
        return sequences

    def read_data(
        self,
        sequences: str | Path,
        negatives: str | Path | NegativeSpec | None = None,
        *,
        labels: LabelSpec = LabelSpec(),
        intervals: IntervalSpec = IntervalSpec(),
    ) -> Dataset:
        """`motifnet.read_data` for the model, likewise; without labels, for its first task."""
        own_tasks = self.spec.tasks if labels else self.spec.tasks[:1]
        length, anchor = self._size(intervals)
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

    def _size(self, intervals: IntervalSpec) -> tuple[Length, Anchor]:
        if self.length_rule is not None:
            return self.length_rule.length, self.length_rule.anchor
        if intervals:
            return self.spec.length, "center"
        return None if self.spec.is_length_fixed else "auto", "center"


def find_model(folder: str | Path) -> Path:
    """The folder that holds a model's files: `discover` keeps it in ``model/`` of its results.

    Raises
    ------
    ModelError
        If there is no model, or a file is missing.
    """
    path = Path(folder)
    if not (path / SPEC).is_file() and (path / "model" / SPEC).is_file():
        path = path / "model"
    if path.exists() and not path.is_dir():
        raise ModelError(f"{folder}: a model is a folder, this is a file", hint=_HINT)
    if not (path / SPEC).is_file():
        what = f"this is not a model: {SPEC} is missing" if path.exists() else "there is no such folder"
        raise ModelError(f"{folder}: {what}", hint=_HINT)
    for name in FILES:
        if not (path / name).is_file():
            raise ModelError(f"{folder}: the model is incomplete, {name} is missing", hint="Train it again.")
    return path


def read_header(folder: str | Path) -> ModelHeader:
    """Read what a model is.

    Raises
    ------
    ModelError
        If the folder is not one, lacks a file, is damaged, or was written in a newer format.
    """
    return read_spec(find_model(folder) / SPEC)


def read_spec(path: str | Path) -> ModelHeader:
    """Read a spec.json: of a model, or the best of `motifnet tune`.

    Raises
    ------
    ModelError
        If there is no such file, it is damaged, or it was written in a newer format.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file", hint="Name a spec.json of `motifnet tune` or of a model.")
    try:
        document = json.loads(path.read_text())
        version = document["format_version"]
        if not isinstance(version, int):
            raise TypeError(f"format_version is {version!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    if version > FORMAT_VERSION:
        raise ModelError(
            f"{path}: written in model format {version}; this motifnet reads up to {FORMAT_VERSION}",
            hint="Install a newer motifnet.",
        )
    try:
        rule, origin = document["length_rule"], document.get("origin")
        spec, training = ModelSpec.from_dict(document["spec"]), from_mapping(TrainSpec, _training(document, version))
        return ModelHeader(
            spec,
            training,
            from_mapping(LengthRule, rule) if rule else None,
            from_mapping(Origin, origin) if origin else None,
        )
    except (KeyError, TypeError, AttributeError, SpecError, InputError) as error:
        raise _damaged(path, error) from None


def _training(document: dict[str, Any], version: int) -> dict[str, Any]:
    """The fields of the TrainSpec, whatever the format version."""
    if version > 2:
        return dict(document["training"])
    fields = {"kmer_init" if name == "words" else name: value for name, value in document["how"].items()}
    return (_VERSION_1 if version == 1 else {}) | fields


def choose_network(
    preset: str, recipe: Path | None, changes: SpecChanges, training: TrainSpec
) -> tuple[ModelSpec, TrainSpec]:
    """The network and the training that a command's options ask for.

    Parameters
    ----------
    preset : str
    recipe : Path or None
        A spec.json, in place of a preset.
    changes : SpecChanges
        What is changed in the network of either.
    training : TrainSpec
        With a recipe: what differs from the defaults takes the place of its training.

    Returns
    -------
    ModelSpec
        For sequences of any length.
    TrainSpec

    Raises
    ------
    InputError
        If both a preset (other than the default) and a recipe are named.
    ModelError, SpecError
        As `read_spec` and `ModelSpec.preset`.
    """
    if recipe is None:
        return ModelSpec.preset(preset, length=ROOMY, changes=changes), training
    if preset != next(iter(PRESETS)):
        raise InputError("--preset and --spec both name a network", hint="Leave one of them out.")
    own, usual = read_spec(recipe), asdict(TrainSpec())
    given = {name: value for name, value in asdict(training).items() if value != usual[name]}
    return replace(own.spec, length=ROOMY).changed(changes), replace(own.training, **given)


def check_keras_name(path: str | Path) -> None:
    """Keras tells its files by their name.

    Raises
    ------
    ModelError
        If it does not end in ``.keras``.
    """
    if Path(path).suffix != KERAS_SUFFIX:
        raise ModelError(
            f"{path}: Keras recognises its files by the suffix {KERAS_SUFFIX}", hint=f"Write to {path}{KERAS_SUFFIX}."
        )


def _damaged(path: Path, error: Any) -> ModelError:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error).splitlines()[0]
    return ModelError(f"{path}: damaged: {reason}", hint="Train the model again.")
