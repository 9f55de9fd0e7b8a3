"""`Motif` and `MotifSet`: what a word looks like, as counts; everything else is derived from them.

Rows are A, C, G, T and columns are positions. PFM = counts, PPM = probabilities, PWM = log2 odds to the background
in bits. A `Motif` keeps the counts; pseudocounts enter only in `Motif.pwm`.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import tuple_of
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import TRIM_BITS
from motifnet.sequences.alphabet import LETTERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from motifnet.motifs.logo import Heights

Floats = NDArray[np.float64]
Strands = Literal["both", "forward"]

#: Sites added to each column of a PFM, distributed by the background, for every PWM score.
PSEUDOCOUNT = 1.0
STRANDS: tuple[Strands, ...] = ("both", "forward")
BASES = LETTERS[:4]
_SLACK = 2e-5
_TWO_LETTER_CODES = {"AC": "M", "AG": "R", "AT": "W", "CG": "S", "CT": "Y", "GT": "K"}


def _uniform() -> Floats:
    return np.full(4, 0.25)


@dataclass(frozen=True, eq=False, repr=False)
class Motif:
    """A DNA word as counts of bases by position.

    Parameters
    ----------
    name : str
        Not empty; unique within a `MotifSet`.
    counts : float array of shape (4, w)
        Rows are A, C, G, T. Weights need not be integers; each column has a positive sum. Copied and made read-only.
    nsites : int, optional
        How many sites the counts come from; None = unknown. Not derived from ``counts``, whose columns may hold
        weights or only some of the sites.
    background : float array of shape (4,), optional
        Share of A, C, G, T in the sequences: positive, scaled to sum to 1. Default uniform.
    alt_name : str, optional
        What the motif is also called, e.g. the transcription factor.
    e_value : float, optional
        Expected number of motifs this good by chance; None = unknown.

    Raises
    ------
    InputError
        If a value breaks one of these rules; the message names the motif.

    Examples
    --------
    >>> motif = Motif("ebox", [[0, 8, 0], [8, 0, 6], [0, 0, 2], [0, 0, 0]], nsites=8)
    >>> motif.width, motif.consensus, motif.information().round(2).tolist()
    (3, 'CAC', [2.0, 2.0, 1.19])
    >>> motif.reverse_complement().consensus
    'GTG'
    """

    name: str
    counts: Floats
    nsites: int | None = None
    background: Floats = field(default_factory=_uniform)
    alt_name: str = ""
    e_value: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError(f"a motif needs a name. Got {self.name!r} instead")
        object.__setattr__(self, "counts", _checked_counts(self.counts, self.name))
        object.__setattr__(self, "background", _checked_background(self.background, f"motif {self.name!r}"))
        object.__setattr__(self, "nsites", _checked_nsites(self.nsites, self.name))
        if self.e_value is not None and not 0 <= self.e_value < np.inf:
            raise InputError(
                f"motif {self.name!r}: e_value must be a finite number of at least 0, or None when unknown. "
                f"Got {self.e_value} instead"
            )

    def __repr__(self) -> str:
        sites = "" if self.nsites is None else f", {self.nsites} sites"
        return f"<Motif {self.name}: {self.consensus}, {self.total_information:.1f} bits{sites}>"

    @property
    def width(self) -> int:
        """Number of columns, in bp."""
        return int(self.counts.shape[1])

    @property
    def pfm(self) -> Floats:
        """Position frequency matrix: the counts, shape (4, w)."""
        return self.counts

    @property
    def ppm(self) -> Floats:
        """Position probability matrix: counts over column sums, shape (4, w); no pseudocount."""
        # Scaled by the largest count first: the sum of very large or very small weights must not overflow or vanish.
        scaled = self.counts / self.counts.max(axis=0)
        ppm: Floats = scaled / scaled.sum(axis=0)
        return ppm

    def pwm(self, pseudocount: float = PSEUDOCOUNT) -> Floats:
        """Position weight matrix: log2 odds to the background, in bits.

        Parameters
        ----------
        pseudocount : float
            Sites added to each column in proportion to the background. With 0, a base never seen scores minus infinity.

        Returns
        -------
        float array of shape (4, w)
            ``log2((counts + pseudocount * background) / (column sum + pseudocount) / background)``

        Raises
        ------
        InputError
            If the pseudocount is negative or not finite.
        """
        if not 0 <= pseudocount < np.inf:
            raise InputError(f"pseudocount must be a finite number of at least 0. Got {pseudocount} instead")
        background = self.background[:, np.newaxis]
        total = self.counts.sum(axis=0) + pseudocount
        with np.errstate(divide="ignore"):  # log2(0) without a pseudocount is meant to be -inf
            pwm: Floats = np.log2((self.counts + pseudocount * background) / total / background)
        return pwm

    def information(self) -> Floats:
        """Information of each column in bits, shape (w,): relative entropy of the PPM to the background.

        ``sum over bases of p * log2(p / background)`` with ``0 log 0 = 0`` (Schneider et al. 1986, J Mol Biol
        188:415; for a background that is not uniform, Stormo 1998, J Theor Biol 195:135).
        """
        ppm = self.ppm
        odds = np.where(ppm > 0, ppm / self.background[:, np.newaxis], 1.0)
        # Gibbs: never negative; rounding can leave -1e-17 where a column equals the background.
        information: Floats = np.maximum((ppm * np.log2(odds)).sum(axis=0), 0.0)
        return information

    @property
    def total_information(self) -> float:
        """Sum of `information` over the columns, in bits."""
        return float(self.information().sum())

    def trim_bounds(self, threshold_bits: float = TRIM_BITS) -> tuple[int, int]:
        """Where `trim` cuts: the columns ``[start, end)`` from the first to the last with enough information.

        ``start`` is how far the site of the trimmed motif is shifted on the forward strand, ``width - end`` on the
        reverse strand. When no column reaches the threshold, the bounds hold the best one (the first of equals).
        """
        information = self.information()
        kept = np.flatnonzero(information >= threshold_bits)
        if not len(kept):
            kept = np.array([information.argmax()])
        return int(kept[0]), int(kept[-1]) + 1

    def trim(self, threshold_bits: float = TRIM_BITS) -> Motif:
        """Without the columns at either end that hold less than ``threshold_bits`` (see `trim_bounds`); never empty."""
        start, end = self.trim_bounds(threshold_bits)
        return replace(self, counts=self.counts[:, start:end])

    def reverse_complement(self) -> Motif:
        """The same word read on the other strand, under the same name; the background is complemented too."""
        return replace(self, counts=self.counts[::-1, ::-1], background=self.background[::-1])

    def logo(self, ax: Axes | None = None, *, heights: Heights = "information") -> Axes:
        """Draw the logo (Schneider & Stephens 1990, Nucleic Acids Res 18:6097).

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into these axes; default: a picture of its own, which a notebook shows.
        heights : {"information", "probability"}
            A letter's height: its share of the column's information in bits, relative to the background (the axis
            reaches 2, or as far as the highest column), or its probability.

        Returns
        -------
        matplotlib Axes
            ``motif.logo().figure.savefig("logo.svg")`` makes a file of it; so does `draw_logo`.

        Raises
        ------
        InputError
            If `heights` is another word.

        Examples
        --------
        >>> Motif("ebox", [[0, 8, 0], [8, 0, 6], [0, 0, 2], [0, 0, 0]], nsites=8).logo().get_title()
        'ebox (8 sites)'
        """
        from motifnet.motifs.logo import plot_logo

        return plot_logo(self, ax, heights=heights)

    def _repr_html_(self) -> str:
        from motifnet.motifs.summaries import motif_html

        return motif_html(self)

    @property
    def consensus(self) -> str:
        """IUPAC consensus by Cavener's rule, w letters.

        A base that makes at least half of the column and at least twice the runner-up; else the two-letter code of
        the first two when together they make at least three quarters; else N (Cavener 1987, Nucleic Acids Res
        15:1353, as used by TRANSFAC).
        """
        return "".join(_consensus_letter(column) for column in self.counts.T)


def _consensus_letter(column: Floats) -> str:
    # Compared as counts, which are exact where probabilities are rounded; the slack keeps a column that meets a bound
    # exactly where it is when it comes back from a file of six digits.
    order = np.argsort(-column, kind="stable")
    first, second = column[order[0]], column[order[1]]
    least = column.sum() * (1 - _SLACK)
    if first >= least / 2 and first >= 2 * second * (1 - _SLACK):
        return BASES[order[0]]
    if first + second >= 0.75 * least:
        return _TWO_LETTER_CODES["".join(BASES[i] for i in sorted(order[:2]))]
    return "N"


def _as_floats(values: ArrayLike, what: str) -> Floats:
    """A copy of its own, so that nobody else can write to it."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be an array of numbers. Got {values!r} instead") from None


def _checked_counts(counts: ArrayLike, name: str) -> Floats:
    checked = _as_floats(counts, f"motif {name!r}: counts")
    if checked.ndim != 2 or checked.shape[0] != 4 or checked.shape[1] == 0:
        transposed = checked.ndim == 2 and checked.shape[1] == 4
        raise InputError(
            f"motif {name!r}: counts must have shape (4, w) with w of at least 1. Got {checked.shape} instead",
            hint="Rows are bases, columns are positions: give counts.T." if transposed else None,
        )
    wrong = np.argwhere(~(np.isfinite(checked) & (checked >= 0)))
    if len(wrong):
        base, position = wrong[0]
        raise InputError(
            f"motif {name!r}: the count of {BASES[base]} at position {position} is {checked[base, position]}",
            hint="Counts are finite and not negative; log-odds (a PWM) are not counts.",
        )
    empty = np.flatnonzero(checked.max(axis=0) == 0)
    if len(empty):
        raise InputError(
            f"motif {name!r}: the counts at position {empty[0]} sum to 0",
            hint="Leave the column out, or fill it with the background if nothing is known about it.",
        )
    checked.flags.writeable = False
    return checked


def _checked_background(background: ArrayLike, whose: str) -> Floats:
    checked = _as_floats(background, f"{whose}: background")
    if checked.shape != (4,) or not (np.isfinite(checked) & (checked > 0)).all():
        raise InputError(
            f"{whose}: background must be 4 positive numbers (A, C, G, T). Got {checked.tolist()} instead",
            hint="A base that was never seen needs a pseudocount.",
        )
    # Scaled only when it has to be: dividing by a sum of 1 - 1e-16 would change the digits at every copy.
    total = checked.sum()
    if abs(total - 1) > 1e-12:
        checked = checked / total
    checked.flags.writeable = False
    return checked


def _checked_nsites(nsites: int | None, name: str) -> int | None:
    if nsites is None:
        return None
    try:
        checked = operator.index(nsites)
    except TypeError:
        checked = 0
    if checked < 1:
        raise InputError(
            f"motif {name!r}: nsites must be an integer of at least 1, or None when unknown. Got {nsites} instead"
        )
    return checked


@dataclass(frozen=True, eq=False, repr=False)
class MotifSet:
    """Motifs in an order that means something, each with a name of its own, over one background.

    Parameters
    ----------
    motifs : sequence of Motif
        Their names are unique. Each comes out with the set's background.
    strands : {"both", "forward"}
        Whether the motifs describe sites on both strands or on the given one only.
    background : float array of shape (4,), optional
        Default: that of the motifs, which must then agree; uniform for an empty set. With both strands it is
        averaged over them, so A and T are equal, and C and G.

    Raises
    ------
    InputError
        If a name appears twice, ``strands`` is unknown, or backgrounds differ and none is given.

    Examples
    --------
    >>> motifs = MotifSet([Motif("a", [[4], [0], [0], [0]]), Motif("b", [[0], [4], [0], [0]])])
    >>> len(motifs), motifs["b"].consensus, motifs[:1].names
    (2, 'C', ('a',))
    """

    motifs: Sequence[Motif]
    strands: Strands = "both"
    background: Floats = None  # type: ignore[assignment]  # None only on the way in; always an array afterwards

    def __post_init__(self) -> None:
        if self.strands not in STRANDS:
            raise InputError(f"strands must be 'both' or 'forward'. Got {self.strands!r} instead")
        motifs = tuple_of("motifs", self.motifs, Motif)
        first_at: dict[str, int] = {}
        for index, motif in enumerate(motifs):
            if first_at.setdefault(motif.name, index) != index:
                raise InputError(
                    f"motifs {first_at[motif.name]} and {index} are both named {motif.name!r}",
                    hint="Names within a set are unique: rename one with dataclasses.replace(motif, name=...).",
                )
        background = self._common_background(motifs)
        object.__setattr__(self, "background", background)
        object.__setattr__(self, "motifs", tuple(replace(motif, background=background) for motif in motifs))

    def _common_background(self, motifs: tuple[Motif, ...]) -> Floats:
        given = [motif.background for motif in motifs] if self.background is None else [self.background]
        checked = [_checked_background(background, "motif set") for background in given or [_uniform()]]
        if self.strands == "both":
            checked = [_checked_background((b + b[::-1]) / 2, "motif set") for b in checked]
        if not all(np.allclose(b, checked[0], rtol=0, atol=1e-6) for b in checked):
            raise InputError(
                "the motifs have different backgrounds", hint="Give the set one: MotifSet(motifs, background=...)."
            )
        return checked[0]

    def __len__(self) -> int:
        return len(self.motifs)

    def __repr__(self) -> str:
        names = ", ".join(self.names[:3]) + (", ..." if len(self) > 3 else "")
        return f"<MotifSet: {len(self)} motifs ({names}), {self.strands} strands>"

    def _repr_html_(self) -> str:
        from motifnet.motifs.summaries import motif_set_html

        return motif_set_html(self)

    def __iter__(self) -> Iterator[Motif]:
        return iter(self.motifs)

    def __contains__(self, item: object) -> bool:
        return item in self.names if isinstance(item, str) else any(item is motif for motif in self.motifs)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the motifs, in order."""
        return tuple(motif.name for motif in self.motifs)

    @overload
    def __getitem__(self, key: int | str) -> Motif: ...
    @overload
    def __getitem__(self, key: slice) -> MotifSet: ...
    def __getitem__(self, key: int | str | slice) -> Motif | MotifSet:
        if isinstance(key, slice):
            return MotifSet(self.motifs[key], self.strands, self.background)
        if isinstance(key, str):
            if key not in self.names:
                raise InputError(f"no motif is named {key!r} among {len(self)}", hint=_near_names(key, self.names))
            return self.motifs[self.names.index(key)]
        return self.motifs[key]


def _near_names(name: str, names: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        return f"Near names: {', '.join(near)}."
    return f"The first names: {', '.join(names[:3])}." if names else None
