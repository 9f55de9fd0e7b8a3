"""What a network is made of and how it is trained, as frozen values that travel as JSON. No Keras, no numpy.

A network is read from left to right: blocks (convolutions, optional batch norm, activation, dropout, optional pool), an
optional final pool, an optional recurrent layer, then what ends it: a global pool or a flattened head with optional
hidden dense layers and one unit a task, or a 1x1 convolution to the tasks and a global pool.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from motifnet.arguments import settle_numbers
from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec_checks import check, check_companion, check_integer, check_name

if TYPE_CHECKING:
    from motifnet.models.network.spec_changes import SpecChanges

#: Final pools over windows of `pool_width`, flattened behind them.
WINDOWED: tuple[str, ...] = ("max", "average")
#: 1x1 convolution to the tasks, then the pool.
CONVOLUTIONAL: tuple[str, ...] = ("conv_max", "conv_average")
FINALS: tuple[str, ...] = (
    *WINDOWED, "flatten", "global_max", "global_average", "global_max_average", *CONVOLUTIONAL,
)  # fmt: skip
RECURRENT: tuple[str, ...] = ("gru", "lstm", "bidirectional_gru", "bidirectional_lstm")
STRANDS: tuple[str, ...] = ("both", "shared", "forward")
OUTPUTS: tuple[str, ...] = ("classes", "values", "counts")

#: A length in bp that every network fits.
ROOMY = 10**9

Strands = Literal["both", "shared", "forward"]
T = TypeVar("T")


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
        What ends the convolutional part, one of `FINALS`: "max" or "average" (windows of `pool_width`) or "flatten"
        (no pool), all three flattened; a pool over all positions: "global_max", "global_average", or both side by side
        ("global_max_average"); or a 1x1 convolution to the tasks and a pool over all positions ("conv_max",
        "conv_average"; fully convolutional).
    pool_width : int or None
        Width and stride of the final "max" or "average" pool, in positions of the last block; None for the others.
    hidden : tuple of int
        Units of dense ReLU layers in front of the output.
    strands : {"both", "shared", "forward"}
        "both": a sequence and its reverse complement mean the same; either is seen at random in training, and
        predictions are the mean over both. "shared": both strands always pass the same filters, and the higher output
        counts, in training too (Alipanahi et al. 2015). "forward": the strand as given, for RNA and CLIP.
    tasks : tuple of str
        One output each.
    outputs : {"classes", "values", "counts"}
        What a task is: the probability of a binary label (sigmoid, log loss), a real value (linear, squared error), or
        an expected count (exponential, Poisson loss).
    recurrent : str or None
        A recurrent layer over the positions behind the final pool, one of `RECURRENT`; all its states go on.
    recurrent_units : int or None
        Its units (in each direction); None without it.
    hidden_dropout : float
        Dropout behind the recurrent layer and behind each hidden layer, in [0, 1).
    hidden_batch_norm : bool
        Batch normalisation in the hidden layers.

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
    outputs: str = "classes"
    recurrent: str | None = None
    recurrent_units: int | None = None
    hidden_dropout: float = 0.0
    hidden_batch_norm: bool = False

    def __post_init__(self) -> None:
        for name in ("blocks", "hidden", "tasks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        settle_numbers(self)
        check_integer("length", self.length, 1)
        check("blocks", self.blocks, "at least one Block", len(self.blocks) > 0)
        check("hidden", self.hidden, "positive numbers of units", all(units >= 1 for units in self.hidden))
        check("hidden_dropout", self.hidden_dropout, "in [0, 1)", 0 <= self.hidden_dropout < 1)
        check("tasks", self.tasks, "different names, at least one", 0 < len(self.tasks) == len(set(self.tasks)))
        for name, known in (("final", FINALS), ("strands", STRANDS), ("outputs", OUTPUTS)):
            check_name(name, getattr(self, name), known)
        self._check_end()
        self._check_blocks()
        for _ in self.positions():
            pass

    def _check_end(self) -> None:
        check_companion("pool_width", self.pool_width, self.final in WINDOWED, f"final={self.final!r}")
        if self.recurrent is not None:
            check_name("recurrent", self.recurrent, RECURRENT)
        check_companion(
            "recurrent_units", self.recurrent_units, self.recurrent is not None, f"recurrent={self.recurrent!r}"
        )
        is_convolutional = self.final in CONVOLUTIONAL
        check("hidden", self.hidden, f"empty with final={self.final!r}", not (is_convolutional and self.hidden))

    def _check_blocks(self) -> None:
        first, maps = self.blocks[0], None
        if not first.is_one_bank or first.residual:
            raise SpecError("block 1 reads DNA: it takes no compress, pool_beside or residual")
        for number, block in enumerate(self.blocks, start=1):
            if block.residual and (block.n_maps != maps or block.stride > 1):
                raise SpecError(
                    f"block {number} is residual: it must have as many maps as come in, at stride 1. "
                    f"Got {block.n_maps} of {maps}, stride {block.stride}"
                )
            maps = block.n_maps

    def positions(self) -> Iterator[int]:
        """Positions left after each block.

        Raises
        ------
        SpecError
            If a convolution or pool is wider than what is left of the sequence.
        """
        left = self.length
        for number, block in enumerate(self.blocks, start=1):
            before, left = left, block.positions(left)
            if left < 1:
                raise self._too_short(f"the filters of block {number} are {block.span} wide", before, number > 1)
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
        """Raise SpecError unless there is a convolution `k`, counted from 0, whose filters can be read."""
        if not 0 <= k < len(self.blocks):
            known = ", ".join(map(str, range(len(self.blocks))))
            raise SpecError(f"layer must be a convolution of the network: {known}. Got {k} instead")
        closed = next((i for i, block in enumerate(self.blocks[: k + 1]) if not block.is_one_bank), None)
        if closed is not None:
            raise SpecError(
                f"layer {k} lies behind block {closed + 1}, whose parallel branches (1x1 convolutions, a pool) are no "
                "filters",
                hint=f"Read a layer in front of it: 0 to {closed - 1}.",
            )

    @property
    def is_double_stranded(self) -> bool:
        """Whether a sequence and its reverse complement mean the same."""
        return self.strands != "forward"

    @property
    def is_length_fixed(self) -> bool:
        """Whether the head ties the network to `length`: a flattened head does, a global pool does not."""
        return self.final in (*WINDOWED, "flatten")

    @classmethod
    def preset(
        cls, name: str, *, length: int, tasks: Sequence[str] = ("positive",), changes: SpecChanges | None = None
    ) -> ModelSpec:
        """A network by name (see `presets`) for sequences of `length` bp, with what `changes` names (see `changed`).

        Raises
        ------
        SpecError
            If there is no preset of that name, or the sequences are too short for it as changed.

        Examples
        --------
        >>> [block.filters for block in ModelSpec.preset("dragonn", length=500).blocks]
        [15, 15, 15]
        """
        from motifnet.models.network.presets import PRESETS

        check_name("preset", name, tuple(PRESETS))
        # Changed while it is roomy: narrower filters may be what makes it fit.
        roomy = PRESETS[name](ROOMY)
        roomy = roomy.changed(changes) if changes else roomy
        return replace(roomy, length=length, tasks=tuple(tasks))

    def changed(self, changes: SpecChanges) -> ModelSpec:
        """This network with what `changes` names, in every block unless it says otherwise.

        Raises
        ------
        SpecError
            If the parallel lists differ in length, or the result makes no sense.
        """
        from motifnet.models.network.spec_changes import changed

        return changed(self, changes)

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
