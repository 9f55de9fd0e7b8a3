"""`Block`, a block of layers; names of the kinds of layers; checks of the fields of specs. No Keras, no numpy."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Literal, TypeVar

from motifnet.arguments import convert_numbers
from motifnet.errors import SpecError, quoted

#: Activations, by the names of Keras.
ACTIVATIONS: tuple[str, ...] = (
    *("relu", "exponential", "elu", "gelu", "softplus", "tanh", "sigmoid", "linear"),
    *("leaky_relu", "selu", "silu"),
)
#: Kinds of pooling, see `Block`.
PLAIN_POOLS: tuple[str, ...] = ("max", "average")
POOLS: tuple[str, ...] = (*PLAIN_POOLS, "lp", "log_average_exp", "attention", "stochastic")
#: Kinds of pooling that have a sharpness, with its default.
SHARPNESS: dict[str, float] = {"lp": 3.0, "log_average_exp": 1.0}
_MAX_SHARPNESS: dict[str, float] = {"lp": 10.0, "log_average_exp": 100.0}
#: What follows the last block, see `ModelSpec`.
FINALS: tuple[str, ...] = (
    *POOLS,
    "flatten",
    *(f"global_{pool}" for pool in POOLS if pool != "stochastic"),
    "global_max_average",
    "pyramid_max",
    *(f"conv_{pool}" for pool in ("max", "average", "log_average_exp", "attention")),
)
RECURRENT: tuple[str, ...] = ("gru", "lstm", "bidirectional_gru", "bidirectional_lstm")
Strands = Literal["both", "shared", "forward"]
STRANDS: tuple[str, ...] = ("both", "shared", "forward")

T = TypeVar("T")


def check(name: str, value: object, required: str, is_valid: bool) -> None:
    """Raise SpecError unless the value of a field is valid."""
    if not is_valid:
        raise SpecError(f"{name} must be {required}. Got {quoted(value)} instead")


def check_integer(name: str, value: object, lowest: int, highest: int = 10**9) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SpecError(f"{name} must be an integer. Got {quoted(value)} instead")
    check(name, value, f"at least {lowest}", value >= lowest)
    check(name, value, f"at most {highest:,}", value <= highest)


def check_integers(name: str, values: object, lowest: int) -> None:
    """Check a tuple of at most 256 integers."""
    is_tuple = isinstance(values, tuple) and len(values) <= 256
    check(name, values, "a list of at most 256 integers", is_tuple)
    for value in values if isinstance(values, tuple) else ():
        check_integer(name, value, lowest)


def check_number(name: str, value: object, required: str, is_valid: Callable[[float], bool]) -> None:
    """Check a number; `is_valid` is called only with an integer or a float."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    check(name, value, required, is_number and is_valid(value))  # type: ignore[arg-type]


def check_flags(spec: object, *names: str) -> None:
    """Check fields that are true or false."""
    for name in names:
        check(name, value := getattr(spec, name), "True or False", isinstance(value, bool))


def as_tuple(value: Any) -> Any:
    """A list or another sequence as a tuple; text and other values, which the checks reject, unchanged."""
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) else value


def check_name(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1)
        raise SpecError(
            f"{name} must be one of {', '.join(known)}. Got {quoted(value)} instead",
            hint=f"Did you mean {quoted(near[0])}?" if near else None,
        )


def check_tasks(tasks: Any) -> None:
    """Check names of tasks, which are columns of tables: no tabs or line breaks."""
    are_names = isinstance(tasks, tuple) and all(isinstance(name, str) and name for name in tasks)
    required = "one or more distinct names, without tabs or line breaks"
    check("tasks", tasks, required, are_names and 0 < len(tasks) == len(set(tasks)))
    check("tasks", tasks, required, not any(char in name for name in tasks for char in "\t\n\r\0"))


def check_companion(name: str, value: int | None, is_needed: bool, companion: str) -> None:
    """Check a field that is at least 1 if it is needed, and None otherwise."""
    required = f"at least 1 with {companion}" if is_needed else f"None with {companion}"
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    check(name, value, required, is_integer and 1 <= (value or 0) <= 10**9 if is_needed else value is None)


def from_mapping(cls: Callable[..., T], values: Mapping[str, Any]) -> T:
    """Make a dataclass from a mapping; raise SpecError if a key is not a field, or a field has no value."""
    name = getattr(cls, "__name__", cls)
    if not isinstance(values, Mapping):
        raise SpecError(f"{name} must be an object with fields. Got {quoted(values)} instead")
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(map(str, set(values) - set(known))):
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise SpecError(
            f"{name} has no field {quoted(unknown[0])}",
            hint=f"Did you mean {quoted(near[0])}?" if near else f"Its fields are: {', '.join(sorted(known))}.",
        )
    needed = [field.name for field in known.values() if field.default is MISSING and field.default_factory is MISSING]
    if missing := [field for field in needed if field not in values]:
        raise SpecError(f"{name} has no value for the field {missing[0]}")
    return cls(**values)


@dataclass(frozen=True)
class Block:
    """One or several parallel convolutions, then batch norm, activation, dropout and pooling, in this order.

    Parameters
    ----------
    filters : int
        Number of filters of each convolution.
    width : int
        Filter width in positions: filters of the first block are ``(4, width)``, all later ones ``(1, width)``.
    activation : {"relu", "exponential", "elu", "gelu", "softplus", "tanh", "sigmoid", "linear", "leaky_relu", \
"selu", "silu"}
        Those of Keras: leaky_relu has a slope of 0.2 below 0; selu (Klambauer et al. 2017) is used with the initial
        weights and the dropout of its authors.
    dropout : float
        Fraction of activations dropped in training, in [0, 1).
    pool : int
        Width of the pooling; 1 means no pooling.
    batch_norm : bool
        Batch normalisation between convolution and activation; the convolution then has no bias.
    l1, l2 : float
        Penalties on weights and biases of the convolutions.
    pool_kind : {"max", "average", "lp", "log_average_exp", "attention", "stochastic"}
        "lp": the p-th root of the mean of the p-th powers of the absolute values; for p = 1 their mean, for large p
        nearly their maximum (Sermanet et al. 2012). "log_average_exp": the logarithm of the mean of the exponentials of
        t times the values, divided by t (Pinheiro & Collobert 2015). "attention": the mean with weights that are a
        softmax of a learned linear function of the maps, initially equal (Avsec et al. 2021). "stochastic": in
        training, one value drawn with a probability proportional to it; otherwise the mean with these weights (Zeiler
        & Fergus 2013).
    pool_stride : int or None
        Stride of the pooling; below the width, windows overlap. None: the width.
    pool_sharpness : float or None
        p of "lp" (at most 10; None: 3) or t of "log_average_exp" (at most 100; None: 1; values are limited to the range
        from -80 / t to 80 / t); None for other kinds.
    stride : int
        Stride of the convolution; above 1 it can replace pooling (Springenberg et al. 2015).
    dilation : int
        Distance in positions between neighbouring weights of a filter; 1 with a stride above 1.
    padding : {"valid", "same"}
        "same" adds zero columns, so that a convolution of stride 1 keeps the number of positions.
    parallel_widths : tuple of int
        Widths of further convolutions of the same input (Szegedy et al. 2015). All are centred on one another, and
        their maps are concatenated.
    parallel_pool : int
        Width of a max-pooling (stride 1) of the same input, followed by a 1x1 convolution, whose maps are concatenated
        with the others; 0 means none.
    bottleneck : int
        Number of filters of a 1x1 convolution before each convolution; 0 means none.
    residual : bool
        Add the block's input, cropped to the positions of its output, to its activations (before dropout and pooling).
    pool_place : {"end", "before_dropout", "first"}
        Pool at the end of the block, before dropout, or directly after the convolutions, before batch norm and
        activation. Earlier pooling is faster; max-pooling gives the same maxima where both functions are increasing.
    fused : bool
        Make the activation part of the convolution layer instead of a separate layer; outputs are equal.

    Raises
    ------
    SpecError
        If a value is out of range, or two values exclude each other.
    """

    filters: int
    width: int
    activation: str = "relu"
    dropout: float = 0.0
    pool: int = 1
    batch_norm: bool = False
    l1: float = 0.0
    l2: float = 0.0
    pool_kind: str = "max"
    stride: int = 1
    dilation: int = 1
    padding: str = "valid"
    parallel_widths: tuple[int, ...] = ()
    parallel_pool: int = 0
    bottleneck: int = 0
    residual: bool = False
    pool_place: str = "end"
    fused: bool = False
    pool_stride: int | None = None
    pool_sharpness: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "parallel_widths", as_tuple(self.parallel_widths))
        convert_numbers(self)
        for name in ("filters", "width", "pool", "stride", "dilation"):
            check_integer(name, getattr(self, name), 1)
        for name in ("parallel_pool", "bottleneck"):
            check_integer(name, getattr(self, name), 0)
        check_integers("parallel_widths", self.parallel_widths, 1)
        check_number("dropout", self.dropout, "in [0, 1)", lambda rate: 0 <= rate < 1)
        for name in ("l1", "l2"):
            check_number(name, getattr(self, name), "at least 0", lambda penalty: 0 <= penalty < math.inf)
        check_flags(self, "batch_norm", "residual", "fused")
        check_name("activation", self.activation, ACTIVATIONS)
        check_name("pool_kind", self.pool_kind, POOLS)
        check_name("padding", self.padding, ("valid", "same"))
        check_name("pool_place", self.pool_place, ("end", "before_dropout", "first"))
        if self.pool_stride is not None:
            check_integer("pool_stride", self.pool_stride, 1)
            check(
                "pool_stride", self.pool_stride, f"at most the pool width, {self.pool}", self.pool_stride <= self.pool
            )
        self._check_pool_kind()
        is_distinct = len(set(self.widths)) == len(self.widths) and min(self.widths) >= 1
        check("parallel_widths", self.parallel_widths, f"distinct widths other than {self.width}", is_distinct)
        can_fuse = not (self.batch_norm or self.parallel_widths or self.parallel_pool)
        check("fused", self.fused, "False with batch_norm or parallel branches", can_fuse or not self.fused)
        check("dilation", self.dilation, "1 with a stride above 1", self.dilation == 1 or self.stride == 1)
        can_add = self.pool_place != "first"
        check("residual", self.residual, "False with pool_place='first'", can_add or not self.residual)

    def _check_pool_kind(self) -> None:
        is_plain = self.pool_kind in PLAIN_POOLS
        check(
            "pool_kind",
            self.pool_kind,
            "max or average with pool_place='first'",
            is_plain or self.pool_place != "first",
        )
        if self.pool_sharpness is None:
            return
        if self.pool_kind not in SHARPNESS:
            raise SpecError(
                f"pool_sharpness does not apply to {self.pool_kind} pooling",
                hint=f"Omit it, or use pool_kind {' or '.join(SHARPNESS)} (--pool-kind).",
            )
        highest = _MAX_SHARPNESS[self.pool_kind]
        required = f"above 0 and at most {highest:g} for {self.pool_kind} pooling"
        check_number("pool_sharpness", self.pool_sharpness, required, lambda x: 0 < x <= highest)

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the convolutions, in the order in which their maps are concatenated."""
        return (self.width, *self.parallel_widths)

    @property
    def n_maps(self) -> int:
        """Number of maps in the output."""
        return self.filters * (len(self.widths) + bool(self.parallel_pool))

    @property
    def span(self) -> int:
        """Positions of the input that one position of the convolutions depends on."""
        return max((max(self.widths) - 1) * self.dilation + 1, self.parallel_pool)

    @property
    def is_one_bank(self) -> bool:
        """Whether its convolutions read the block's input directly, so that they form one bank of filters."""
        return not (self.bottleneck or self.parallel_pool)

    def positions(self, n: int) -> int:
        """Positions before pooling, from `n` positions of input; below 1 if the input is too short."""
        padded = n + (self.span - 1 if self.padding == "same" else 0)
        return (padded - self.span) // self.stride + 1

    @property
    def pool_step(self) -> int:
        """Stride of the pooling."""
        return self.pool if self.pool_stride is None else self.pool_stride

    def pooled(self, n: int) -> int:
        """Positions after pooling, from `n` positions before it; below 1 if these are too few."""
        return (n - self.pool) // self.pool_step + 1
