"""Values that fields of a specification can have: the kinds of layers by name, and checks. No Keras, no numpy."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, TypeVar

from motifnet.errors import SpecError

#: Activations, by the names of Keras.
ACTIVATIONS: tuple[str, ...] = ("relu", "exponential", "elu", "gelu", "softplus", "tanh", "sigmoid", "linear")
#: Kinds of pooling; `pooling.POOLINGS` implements each.
POOLS: tuple[str, ...] = ("max", "average")
POOL_PLACES: tuple[str, ...] = ("end", "before_dropout", "first")
PADDINGS: tuple[str, ...] = ("valid", "same")
#: What follows the last block, see `ModelSpec`.
FINALS: tuple[str, ...] = (
    *POOLS,
    "flatten",
    *(f"global_{pool}" for pool in POOLS),
    "global_max_average",
    *(f"conv_{pool}" for pool in POOLS),
)
RECURRENT: tuple[str, ...] = ("gru", "lstm", "bidirectional_gru", "bidirectional_lstm")
Strands = Literal["both", "shared", "forward"]
STRANDS: tuple[str, ...] = ("both", "shared", "forward")
OUTPUTS: tuple[str, ...] = ("classes", "values", "counts")

T = TypeVar("T")


def check(name: str, value: object, required: str, is_valid: bool) -> None:
    """Raise SpecError unless the value of a field is valid."""
    if not is_valid:
        raise SpecError(f"{name} must be {required}. Got {value!r} instead")


def check_integer(name: str, value: object, lowest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SpecError(f"{name} must be an integer. Got {value!r} instead")
    check(name, value, f"at least {lowest}", value >= lowest)


def check_name(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1)
        raise SpecError(
            f"{name} must be one of {', '.join(known)}. Got {value!r} instead",
            hint=f"Did you mean {near[0]!r}?" if near else None,
        )


def check_companion(name: str, value: int | None, is_needed: bool, companion: str) -> None:
    """Check a field that is set if and only if another field has a certain value."""
    required = f"at least 1 with {companion}" if is_needed else f"None with {companion}"
    check(name, value, required, value is not None and value >= 1 if is_needed else value is None)


def from_mapping(cls: Callable[..., T], values: Mapping[str, Any]) -> T:
    """Make a dataclass from a mapping; a key that is not a field is an error."""
    name, known = getattr(cls, "__name__", cls), {field.name for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(set(values) - known):
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise SpecError(
            f"{name} has no field {unknown[0]!r}",
            hint=f"Did you mean {near[0]!r}?" if near else f"Its fields are: {', '.join(sorted(known))}.",
        )
    try:
        return cls(**values)
    except TypeError as error:
        raise SpecError(f"{name} cannot be made from these values: {error}") from None
