"""Checks of arguments: a value of the wrong type is refused with a hint how to make the right one. No numpy."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from motifnet.errors import InputError, quoted

T = TypeVar("T")

#: How to make a value of a type, by the name of the type.
_MAKERS = {
    "SequenceSet": "Use SequenceSet.from_strings(strings) or read_fasta(path).",
    "Dataset": "Use Dataset.from_classes(positives, negatives), Dataset.from_labels(sequences, labels, tasks) or "
    "read_data(path).",
    "MotifSet": "Use MotifSet([motif, ...]) or read_motifs(path).",
    "Motif": "Take one motif of a set, by index or name: motifs[0].",
    "SequenceModel": "Use train(spec, data, valid=...), load_model(folder) or KerasModel(network).",
    "Model": "Use keras.models.load_model(path).",
    "TrainedModel": "Use train(spec, data, valid=...) or TrainedModel.load(folder).",
    "ModelSpec": "Use ModelSpec.preset('default', length=..., tasks=...).",
    "TrainSpec": "Use TrainSpec(max_steps=..., seed=...).",
    "LabelSpec": "Use LabelSpec(labels=path), LabelSpec(label_pattern=...) or LabelSpec(class_files=...).",
    "Mapping": "Use a dict of names to values: {'network': model.predict(data.sequences)}.",
    "IntervalSpec": "Use IntervalSpec(genome=path).",
}
#: How to convert a value, by the names of the expected type and the given type.
_CONVERSIONS = {
    ("SequenceSet", "Dataset"): "Use its sequences: data.sequences.",
    ("Dataset", "Split"): "Use one of its parts: split.train, split.valid or split.test.",
    ("MotifSet", "Motif"): "Make a set of it: MotifSet([motif]).",
    ("MotifSet", "MotifTables"): "Use its motifs: tables.motifs.",
    ("MotifSet", "Discovery"): "Use its motifs: discovery.motifs.motifs.",
    ("SequenceModel", "Discovery"): "Use its model: discovery.model.",
    ("TrainedModel", "Discovery"): "Use its model: discovery.model.",
}


def check_type(name: str, value: object, *types: type) -> None:
    """Raise InputError unless an argument has one of these types; the hint is for the first."""
    if not isinstance(value, types):
        first = types[0].__name__
        raise InputError(
            f"{name} must be {' or '.join(_with_article(kind.__name__) for kind in types)}. "
            f"Got {_described(value)} instead",
            hint=_CONVERSIONS.get((first, type(value).__name__)) or _MAKERS.get(first),
        )


def tuple_of(name: str, values: Any, kind: type[T]) -> tuple[T, ...]:
    """The values as a tuple; raise InputError unless each of them has this type."""
    if isinstance(values, kind) or not hasattr(values, "__iter__"):
        raise InputError(
            f"{name} must be a list (or another sequence) of {kind.__name__}. Got {_described(values)} instead",
            hint="Put it into a list." if isinstance(values, kind) else None,
        )
    found = tuple(values)
    for index, value in enumerate(found):
        if not isinstance(value, kind):
            check_type(f"{name}[{index}]", value, kind)
    return found


def check_integer(name: str, value: object, *, at_least: int) -> None:
    """Raise InputError unless the value is an integer, of Python or numpy, of at least `at_least`."""
    number = plain_number(value)
    if not isinstance(number, int) or isinstance(number, bool) or number < at_least:
        raise InputError(f"{name} must be an integer of at least {at_least}. Got {_described(value)} instead")


def check_fraction(name: str, value: object, *, is_zero_valid: bool = True) -> None:
    """Raise InputError unless the value is a number from 0 to 1, or above 0 and at most 1."""
    number = plain_number(value)
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not (is_number and 0 <= number <= 1 and (is_zero_valid or number > 0)):
        limits = "from 0 to 1" if is_zero_valid else "above 0 and at most 1"
        raise InputError(f"{name} must be {limits}. Got {_described(value)} instead")


def plain_number(value: Any) -> Any:
    """A numpy number, or each in a tuple, as a Python number, which JSON accepts; other values unchanged."""
    if type(value) is tuple:
        return tuple(map(plain_number, value))
    return value.item() if getattr(value, "shape", None) == () else value


def convert_numbers(spec: Any) -> None:
    """Convert all numpy numbers in a frozen dataclass, in place (`plain_number`)."""
    for field in fields(spec):
        object.__setattr__(spec, field.name, plain_number(getattr(spec, field.name)))


def _described(value: object) -> str:
    if value is None or isinstance(value, str | bytes | int | float):
        return quoted(value)
    if isinstance(value, list | tuple) and type(value) in (list, tuple) and value:
        return f"a {type(value).__name__} of {type(value[0]).__name__}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of {value.dtype}, shape {tuple(value.shape)},"
    return _with_article(type(value).__name__)


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
