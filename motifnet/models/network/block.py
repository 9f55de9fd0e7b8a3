"""`Block`: convolutions with what follows them, as a frozen value. No Keras, no numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from motifnet.arguments import settle_numbers
from motifnet.models.network.spec_checks import check, check_integer, check_name

ACTIVATIONS: tuple[str, ...] = ("relu", "exponential", "elu", "gelu", "softplus", "tanh", "sigmoid", "linear")
POOLS: tuple[str, ...] = ("max", "average")
PADDINGS: tuple[str, ...] = ("valid", "same")
PLACES: tuple[str, ...] = ("end", "before_dropout", "first")


@dataclass(frozen=True)
class Block:
    """Convolutions with what follows them, in this order: batch norm, activation, dropout, pool.

    Parameters
    ----------
    filters : int
        Number of filters (of each of the convolutions, where there are several side by side).
    width : int
        Their width in positions; the first block's filters are ``(4, width)``, all later ones ``(1, width)``.
    activation : str
        One of `ACTIVATIONS`.
    dropout : float
        Fraction of activations dropped in training, in [0, 1).
    pool : int
        Width and stride of the pool after the block; 1 is no pooling.
    batch_norm : bool
        Batch normalisation between convolution and activation; the convolution then has no bias.
    l1, l2 : float
        Penalties on weights and biases of the convolutions.
    pool_kind : {"max", "average"}
    stride : int
        Positions that the convolution moves at a time: above 1 it does a pool's work (Springenberg et al. 2015).
    dilation : int
        Positions between two neighbours that a filter sees.
    padding : {"valid", "same"}
        "same" adds zero columns so that a stride of 1 keeps the number of positions.
    beside : tuple of int
        Widths of further convolutions of the same input, side by side with the first (Szegedy et al. 2015): all are
        centred on one another, and their maps concatenated.
    pool_beside : int
        Width of a max-pool (stride 1) of the same input beside them, with a 1x1 convolution behind it; 0 is none.
    compress : int
        Filters of a 1x1 convolution in front of each of the convolutions; 0 is none.
    residual : bool
        The block's input is added to its activations (before dropout and pool), cropped to the positions that are left.
    pool_place : {"end", "before_dropout", "first"}
        Where the pool stands: behind all else, in front of the dropout, or straight behind the convolutions, before
        batch norm and activation (for a max-pool the same maxima, where these two rise): the earlier, the cheaper.
    fused : bool
        The activation is part of the convolution layer instead of a layer of its own: the same numbers.

    Raises
    ------
    SpecError
        If a value makes no sense.
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
    beside: tuple[int, ...] = ()
    pool_beside: int = 0
    compress: int = 0
    residual: bool = False
    pool_place: str = "end"
    fused: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "beside", tuple(self.beside))
        settle_numbers(self)
        for name in ("filters", "width", "pool", "stride", "dilation"):
            check_integer(name, getattr(self, name), 1)
        for name in ("pool_beside", "compress"):
            check_integer(name, getattr(self, name), 0)
        check("dropout", self.dropout, "in [0, 1)", 0 <= self.dropout < 1)
        for name in ("l1", "l2"):
            check(name, getattr(self, name), "at least 0", 0 <= getattr(self, name) < math.inf)
        for name, known in (
            ("activation", ACTIVATIONS),
            ("pool_kind", POOLS),
            ("padding", PADDINGS),
            ("pool_place", PLACES),
        ):
            check_name(name, getattr(self, name), known)
        different = len({self.width, *self.beside}) == 1 + len(self.beside) and all(w >= 1 for w in self.beside)
        check("beside", self.beside, f"different widths, none of them {self.width}", different)
        check("fused", self.fused, "False with batch_norm, which stands between", not (self.fused and self.batch_norm))
        is_one = len(self.widths) == 1 and not self.pool_beside
        check("fused", self.fused, "False with convolutions side by side", is_one or not self.fused)
        check(
            "residual",
            self.residual,
            "False with pool_place='first'",
            not (self.residual and self.pool_place == "first"),
        )

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the convolutions, in the order in which their maps are concatenated."""
        return (self.width, *self.beside)

    @property
    def n_maps(self) -> int:
        """Maps that leave the block."""
        return self.filters * (len(self.widths) + bool(self.pool_beside))

    @property
    def span(self) -> int:
        """Positions of its input that one position of its convolutions sees."""
        return max((max(self.widths) - 1) * self.dilation + 1, self.pool_beside)

    @property
    def is_one_bank(self) -> bool:
        """Whether its convolutions see the block's input directly, so that they are one bank of filters."""
        return not (self.compress or self.pool_beside)

    def positions(self, left: int) -> int:
        """Positions in front of its pool, from `left` positions before the block; 0 or less: too few."""
        padded = left + (self.span - 1 if self.padding == "same" else 0)
        return (padded - self.span) // self.stride + 1
