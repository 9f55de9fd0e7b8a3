"""What a caller gives: what is of the wrong type is told at the door, with how to make what is wanted. No numpy."""

from __future__ import annotations

import reprlib
from dataclasses import fields
from typing import Any, TypeVar

from motifnet.errors import InputError

T = TypeVar("T")

#: How to come by what was wanted, by the name of its type.
_MAKERS = {
    "SequenceSet": "Make one: SequenceSet.from_strings(strings), or read_fasta(path).",
    "Dataset": "Make one: Dataset.from_classes(positives, negatives), Dataset.from_labels(sequences, labels, tasks), "
    "or read_data(path).",
    "MotifSet": "Make one: MotifSet([motif, ...]), or read_motifs(path).",
    "Motif": "Take one of a set, by its index or its name: motifs[0].",
    "TrainedModel": "Make one: train(spec, data, valid=...), or TrainedModel.load(folder).",
    "ModelSpec": "Make one: ModelSpec.preset('default', length=..., tasks=...).",
    "TrainSpec": "Make one: TrainSpec(max_steps=..., seed=...).",
    "LabelSpec": "Make one: LabelSpec(labels=path), LabelSpec(label_pattern=...) or LabelSpec(class_files=...).",
    "Mapping": "Give them by name: {'network': model.predict(data.sequences)}.",
    "IntervalSpec": "Make one: IntervalSpec(genome=path).",
}
#: How to make it of what was given, by the names of both.
_FROM = {
    ("SequenceSet", "Dataset"): "Give its sequences: data.sequences.",
    ("Dataset", "Split"): "Give one of its parts: split.train, split.valid or split.test.",
    ("MotifSet", "Motif"): "Make a set of it: MotifSet([motif]).",
    ("MotifSet", "MotifTables"): "Give its motifs: tables.motifs.",
    ("MotifSet", "Discovery"): "Give its motifs: discovery.motifs.motifs.",
    ("TrainedModel", "Discovery"): "Give its model: discovery.model.",
}


def check_type(name: str, value: object, *wanted: type) -> None:
    """Raise InputError unless an argument is of one of these types; the hint is for the first."""
    if not isinstance(value, wanted):
        first = wanted[0].__name__
        raise InputError(
            f"{name} must be {' or '.join(_with_article(kind.__name__) for kind in wanted)}. "
            f"Got {_described(value)} instead",
            hint=_FROM.get((first, type(value).__name__)) or _MAKERS.get(first),
        )


def tuple_of(name: str, values: Any, wanted: type[T]) -> tuple[T, ...]:
    """All of several values, each of this type; else raise InputError."""
    if isinstance(values, wanted) or not hasattr(values, "__iter__"):
        raise InputError(
            f"{name} must be a list (or another sequence) of {wanted.__name__}. Got {_described(values)} instead",
            hint="Put it into a list." if isinstance(values, wanted) else None,
        )
    found = tuple(values)
    for index, value in enumerate(found):
        if not isinstance(value, wanted):
            check_type(f"{name}[{index}]", value, wanted)
    return found


def check_whole(name: str, value: object, *, at_least: int) -> None:
    """Raise InputError unless it is a whole number, of Python or numpy, of at least so much."""
    number = plain_number(value)
    if not isinstance(number, int) or isinstance(number, bool) or number < at_least:
        raise InputError(f"{name} must be an integer of at least {at_least}. Got {_described(value)} instead")


def plain_number(value: Any) -> Any:
    """A number of numpy (or each in a tuple) as Python's own, which JSON takes; anything else as it is."""
    if type(value) is tuple:
        return tuple(map(plain_number, value))
    return value.item() if getattr(value, "shape", None) == () else value


def settle_numbers(spec: Any) -> None:
    """Make all numbers of a frozen dataclass Python's own (`plain_number`)."""
    for field in fields(spec):
        object.__setattr__(spec, field.name, plain_number(getattr(spec, field.name)))


def _described(value: object) -> str:
    if value is None or isinstance(value, str | bytes | int | float):
        return reprlib.repr(value)
    if isinstance(value, list | tuple) and type(value) in (list, tuple) and value:
        return f"a {type(value).__name__} of {type(value[0]).__name__}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of {value.dtype}, shape {tuple(value.shape)},"
    return _with_article(type(value).__name__)


def _with_article(word: str) -> str:
    return f"{'an' if word[0].lower() in 'aeiou' else 'a'} {word}"
