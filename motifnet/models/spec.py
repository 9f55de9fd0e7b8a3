"""What a network is made of and how it is trained, as frozen values that travel as JSON. No Keras, no numpy.

A network is read from left to right: blocks (convolution, optional batch norm, activation, dropout, optional pool), one
final pool, optional hidden dense layers, and one sigmoid unit a task.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeVar

from motifnet.errors import SpecError

ACTIVATIONS: tuple[str, ...] = ("relu", "exponential", "elu", "gelu", "softplus", "tanh", "sigmoid", "linear")
FINALS: tuple[str, ...] = ("max", "global_max", "global_average", "global_max_average")
STRANDS: tuple[str, ...] = ("both", "forward")

#: A length in bp that every network fits.
ROOMY = 10**9

Strands = Literal["both", "forward"]
T = TypeVar("T")


@dataclass(frozen=True)
class Block:
    """A convolution with what follows it, in this order: batch norm, activation, dropout, max-pool.

    Parameters
    ----------
    filters : int
        Number of filters.
    width : int
        Their width in positions; the first block's filters are ``(4, width)``, all later ones ``(1, width)``.
    activation : str
        One of `ACTIVATIONS`, applied as a layer of its own.
    dropout : float
        Fraction of activations dropped in training, in [0, 1).
    pool : int
        Width and stride of the max-pool after the block; 1 is no pooling.
    batch_norm : bool
        Batch normalisation between convolution and activation; the convolution then has no bias.
    l1, l2 : float
        Penalties on weights and biases of the convolution.
    """

    filters: int
    width: int
    activation: str = "relu"
    dropout: float = 0.0
    pool: int = 1
    batch_norm: bool = False
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("filters", "width", "pool"):
            _check_integer(name, getattr(self, name), 1)
        _check("dropout", self.dropout, "in [0, 1)", 0 <= self.dropout < 1)
        for name in ("l1", "l2"):
            _check(name, getattr(self, name), "at least 0", 0 <= getattr(self, name) < math.inf)
        _check_name("activation", self.activation, ACTIVATIONS)


@dataclass(frozen=True)
class ModelSpec:
    """A network, up to its weights.

    Parameters
    ----------
    length : int
        Length of the sequences in bp.
    blocks : tuple of Block
        At least one.
    final : str
        The final pool, one of `FINALS`: "max" (windows of `pool_width`, then flattened), or over all positions
        "global_max", "global_average", or both side by side ("global_max_average").
    pool_width : int or None
        Width and stride of the final "max" pool, in positions of the last block; None for the global ones.
    hidden : tuple of int
        Units of dense ReLU layers between the final pool and the output.
    strands : {"both", "forward"}
        "both": a sequence and its reverse complement mean the same, in training, prediction and motifs.
    tasks : tuple of str
        One sigmoid output each.

    Raises
    ------
    SpecError
        If a value makes no sense, or the sequences are too short for the network.
    """

    length: int
    blocks: tuple[Block, ...]
    final: str = "global_max"
    pool_width: int | None = None
    hidden: tuple[int, ...] = ()
    strands: Strands = "both"
    tasks: tuple[str, ...] = ("positive",)

    def __post_init__(self) -> None:
        for name in ("blocks", "hidden", "tasks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _check_integer("length", self.length, 1)
        _check("blocks", self.blocks, "at least one Block", len(self.blocks) > 0)
        _check("hidden", self.hidden, "positive numbers of units", all(units >= 1 for units in self.hidden))
        _check("tasks", self.tasks, "different names, at least one", 0 < len(self.tasks) == len(set(self.tasks)))
        _check_name("final", self.final, FINALS)
        _check_name("strands", self.strands, STRANDS)
        needs_width = self.final == "max"
        wanted = "at least 1 with final='max'" if needs_width else f"None with final={self.final!r}"
        _check(
            "pool_width",
            self.pool_width,
            wanted,
            (self.pool_width or 0) >= 1 if needs_width else self.pool_width is None,
        )
        for _ in self.positions():
            pass

    def positions(self) -> Iterator[int]:
        """Positions left after each block.

        Raises
        ------
        SpecError
            If a convolution or pool is wider than what is left of the sequence.
        """
        left = self.length
        for number, block in enumerate(self.blocks, start=1):
            if block.width > left:
                raise self._too_short(f"the filters of block {number} are {block.width} wide", left, number > 1)
            left = left - block.width + 1
            if block.pool > left:
                raise self._too_short(f"the pool of block {number} is {block.pool} wide", left, True)
            left //= block.pool
            yield left
        if self.pool_width is not None and self.pool_width > left:
            raise self._too_short(f"the final pool is {self.pool_width} wide", left, True)

    def _too_short(self, what: str, left: int, is_later: bool) -> SpecError:
        where = f", and {left} positions are left there" if is_later else ""
        return SpecError(
            f"sequences of {self.length} bp are too short for this network: {what}{where}",
            hint="Use longer sequences, or narrower filters and pools (--conv-width, --block-pool, --pool-width).",
        )

    def check_layer(self, k: int) -> None:
        """Raise SpecError unless there is a convolution `k`, counted from 0."""
        if not 0 <= k < len(self.blocks):
            known = ", ".join(map(str, range(len(self.blocks))))
            raise SpecError(f"layer must be a convolution of the network: {known}. Got {k} instead")

    @property
    def is_length_fixed(self) -> bool:
        """Whether the head ties the network to `length`: a flattened head does, a global pool does not."""
        return self.final == "max"

    @classmethod
    def preset(
        cls, name: str, *, length: int, tasks: Sequence[str] = ("positive",), changes: SpecChanges | None = None
    ) -> ModelSpec:
        """A named network (see `PRESETS`) for sequences of `length` bp, with what `changes` names (see `changed`).

        Raises
        ------
        SpecError
            If there is no preset of that name, or the sequences are too short for it as changed.

        Examples
        --------
        >>> [block.filters for block in ModelSpec.preset("dragonn", length=500).blocks]
        [15, 15, 15]
        """
        _check_name("preset", name, tuple(PRESETS))
        # Changed while it is roomy: narrower filters may be what makes it fit.
        roomy = PRESETS[name](ROOMY).changed(changes or SpecChanges())
        return replace(roomy, length=length, tasks=tuple(tasks))

    def changed(self, changes: SpecChanges) -> ModelSpec:
        """This network with what `changes` names, in every block unless it says otherwise.

        Raises
        ------
        SpecError
            If the parallel lists differ in length, or the result makes no sense.
        """
        blocks = self._changed_blocks(changes)
        whole = {name: value for name in ("strands", "hidden") if (value := getattr(changes, name)) is not None}
        if changes.final is not None:
            whole |= {"final": changes.final, "pool_width": self.pool_width if changes.final == "max" else None}
        if changes.pool_width is not None:
            whole |= {"final": changes.final or "max", "pool_width": changes.pool_width}
        return replace(self, blocks=blocks, **whole)

    def _changed_blocks(self, changes: SpecChanges) -> tuple[Block, ...]:
        lists = {"filters": changes.num_filters, "width": changes.conv_width, "pool": changes.block_pool}
        given = {name: values for name, values in lists.items() if values is not None}
        counts = {len(values) for values in given.values()} or {len(self.blocks)}
        both = changes.num_filters is not None and changes.conv_width is not None
        if len(counts) > 1 or (not both and counts != {len(self.blocks)}):
            raise SpecError(
                "the lists that describe the blocks differ in length: "
                + ", ".join(f"{name} {' '.join(map(str, values))}" for name, values in given.items())
                + f" (the preset has {len(self.blocks)} blocks)",
                hint="Give --num-filters and --conv-width (and --block-pool) one number for each block.",
            )
        everywhere = {
            name: value
            for name in ("batch_norm", "dropout", "l1", "l2")
            if (value := getattr(changes, name)) is not None
        }
        blocks = []
        for i in range(counts.pop()):
            own: dict[str, Any] = {name: values[i] for name, values in given.items()}
            if i == 0 and changes.activation is not None:
                own["activation"] = changes.activation
            blocks.append(replace(self.blocks[min(i, len(self.blocks) - 1)], **everywhere, **own))
        return tuple(blocks)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelSpec:
        """Back from `to_dict`.

        Raises
        ------
        SpecError
            For a field that is missing or unknown.
        """
        blocks = tuple(from_mapping(Block, block) for block in values.get("blocks", ()))
        lists = {name: tuple(values[name]) for name in ("hidden", "tasks") if name in values}
        return from_mapping(cls, {**values, **lists, "blocks": blocks})


@dataclass(frozen=True)
class SpecChanges:
    """What to change in a preset; None keeps the preset's value.

    Parameters
    ----------
    num_filters : tuple of int, optional
        Filters of each block, e.g. 15 15 15.
    conv_width : tuple of int, optional
        Filter width of each block, e.g. 15 15 15.
    block_pool : tuple of int, optional
        Max-pool width after each block; 1 is no pooling.
    pool_width : int, optional
        Width of the final max-pool, which is then flattened; takes the place of a global pool.
    activation : str, optional
        Activation of the first block.
    batch_norm : bool, optional
        Batch normalisation in every block.
    dropout : float, optional
        Dropout after every activation.
    l1 : float, optional
        L1 penalty on weights and biases of the convolutions.
    l2 : float, optional
        L2 penalty on weights and biases of the convolutions.
    final : str, optional
        The final pool: max (of --pool-width), global_max, global_average or global_max_average.
    hidden : tuple of int, optional
        Units of dense layers between the final pool and the output.
    strands : {"both", "forward"}, optional
        Whether the reverse complement means the same.
    """

    num_filters: tuple[int, ...] | None = None
    conv_width: tuple[int, ...] | None = None
    block_pool: tuple[int, ...] | None = None
    pool_width: int | None = None
    activation: str | None = None
    batch_norm: bool | None = None
    dropout: float | None = None
    l1: float | None = None
    l2: float | None = None
    final: str | None = None
    hidden: tuple[int, ...] | None = None
    strands: Strands | None = None


@dataclass(frozen=True)
class TrainSpec:
    """How a network is trained.

    Parameters
    ----------
    seed : int
        Decides initial weights, dropout, the order of the sequences, and the split that a command makes.
    max_steps : int
        Budget in optimiser steps (batches), so that few sequences are seen as often as they need.
    batch_size : int
        Sequences a step.
    check_every : int
        Steps between two looks at the validation sequences.
    patience : int
        Looks without a better validation loss before training stops; the best weights are kept.
    learning_rate : float
        Peak rate of the Adam optimiser; it falls to zero over the budget along a cosine.
    shift : int
        Each time a sequence is seen it is moved at random by up to this many bp, but no more than a tenth of its length
        (N comes in at the end).
    """

    seed: int = 0
    max_steps: int = 3000
    batch_size: int = 64
    check_every: int = 100
    patience: int = 20
    learning_rate: float = 0.004
    shift: int = 8

    def __post_init__(self) -> None:
        for name in ("max_steps", "batch_size", "check_every", "patience"):
            _check_integer(name, getattr(self, name), 1)
        for name in ("seed", "shift"):
            _check_integer(name, getattr(self, name), 0)
        _check("learning_rate", self.learning_rate, "above 0", 0 < self.learning_rate < math.inf)


def dragonn(length: int) -> ModelSpec:
    """DragoNN's ``SequenceDNN``, to the letter: three blocks of 15 ReLU filters, no pool between, one max-pool of 35.

    Its first layer learns parts of motifs, which later layers put together: use `default` to read motifs off filters.
    The flattened head ties it to one length. Source: https://github.com/kundajelab/dragonn (MIT).
    """
    return ModelSpec(length, (Block(15, 15),) * 3, final="max", pool_width=35)


def default(length: int) -> ModelSpec:
    """Whole motifs in the first layer: exponential activation with batch norm and a small pool, then a global pool.

    After Koo & Ploenzke 2021 (Nat Mach Intell 3:258): an exponential first activation leaves deeper layers nothing to
    assemble from parts. Takes other lengths at prediction, since its head is global.
    """
    first = Block(64, 19, activation="exponential", batch_norm=True, dropout=0.1, pool=4)
    second = Block(32, 5, batch_norm=True, dropout=0.5)
    return ModelSpec(length, (first, second), final="global_max_average")


#: Every preset by name; the first is what the commands use unless told.
PRESETS: dict[str, Callable[[int], ModelSpec]] = {"default": default, "dragonn": dragonn}


def from_mapping(cls: Callable[..., T], values: Mapping[str, Any]) -> T:
    """Make a spec from a mapping, strictly: a name that is not a field is an error, not ignored."""
    known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := sorted(set(values) - known):
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise SpecError(
            f"{getattr(cls, '__name__', cls)} has no field {unknown[0]!r}",
            hint=f"Did you mean {near[0]!r}?" if near else f"Its fields are: {', '.join(sorted(known))}.",
        )
    try:
        return cls(**values)
    except TypeError as error:
        raise SpecError(f"{getattr(cls, '__name__', cls)} cannot be made from these values: {error}") from None


def _check(name: str, value: object, wanted: str, is_right: bool) -> None:
    if not is_right:
        raise SpecError(f"{name} must be {wanted}. Got {value!r} instead")


def _check_integer(name: str, value: object, lowest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SpecError(f"{name} must be an integer. Got {value!r} instead")
    _check(name, value, f"at least {lowest}", value >= lowest)


def _check_name(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1)
        raise SpecError(
            f"{name} must be one of {', '.join(known)}. Got {value!r} instead",
            hint=f"Did you mean {near[0]!r}?" if near else None,
        )
