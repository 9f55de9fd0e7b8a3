"""`Motif` and `MotifSet`: counts of bases per position, from which all matrices are derived.

Rows are A, C, G, T and columns are positions. PFM = counts, PPM = probabilities, PWM = log2 odds to the background
in bits. A `Motif` keeps the counts; pseudocounts enter only in `Motif.pwm`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_integer, tuple_of
from motifnet.errors import InputError, listed, quoted
from motifnet.html import Image, image_html, summary_html, table_html
from motifnet.motifs.biopython import biopython_motif, is_biopython, motif_fields
from motifnet.motifs.extraction_spec import TRIM_BITS
from motifnet.motifs.frequencies import checked_background, checked_counts
from motifnet.motifs.logo import logo_svg
from motifnet.sequences.alphabet import LETTERS

Floats = NDArray[np.float64]
Strands = Literal["both", "forward"]

#: Sites added to each column of a PFM, distributed by the background, for every PWM score.
PSEUDOCOUNT = 1.0
STRANDS: tuple[Strands, ...] = ("both", "forward")
BASES = LETTERS[:4]
_TWO_LETTER_CODES = {"AC": "M", "AG": "R", "AT": "W", "CG": "S", "CT": "Y", "GT": "K"}


def _uniform() -> Floats:
    return np.full(4, 0.25)


@dataclass(frozen=True, eq=False, repr=False)
class Motif:
    """A DNA motif as counts of bases per position.

    Parameters
    ----------
    name : str
        Not empty; unique within a `MotifSet`.
    counts : float array of shape (4, w)
        Rows are A, C, G, T. Weights need not be integers; each column has a positive sum. Copied and made read-only.
    nsites : int, optional
        Number of sites that the counts come from; None = unknown. Not derived from ``counts``, which may be weights, or
        come from only some of the sites in some columns.
    background : float array of shape (4,), optional
        Frequencies of A, C, G, T in the sequences: positive, scaled to sum to 1. Default uniform.
    alt_name : str, optional
        Alternate name, such as the transcription factor.
    e_value : float, optional
        Expected number of motifs this good by chance; None = unknown.
    threshold : float, optional
        Lowest score of a site in bits, on the scale of all scores: the sum of ``pwm()`` over the columns. It holds for
        these columns and this background; None = unknown.

    Raises
    ------
    InputError
        If a value breaks one of these rules.

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
    threshold: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError(f"a motif must have a name. Got {quoted(self.name)} instead")
        object.__setattr__(self, "counts", checked_counts(self.counts, self.name))
        object.__setattr__(self, "background", checked_background(self.background, f"motif {quoted(self.name)}"))
        if self.nsites is not None:
            check_integer(f"motif {quoted(self.name)}: nsites", self.nsites, at_least=1)
            object.__setattr__(self, "nsites", int(self.nsites))
        if self.e_value is not None and not 0 <= self.e_value < np.inf:
            raise self._wrong("e_value", "a finite number of at least 0")
        if self.threshold is not None and not abs(self.threshold) < np.inf:
            raise self._wrong("threshold", "a finite number")

    def _wrong(self, field: str, rule: str) -> InputError:
        value = getattr(self, field)
        return InputError(
            f"motif {quoted(self.name)}: {field} must be {rule}, or None when unknown. Got {value} instead"
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
        # Scaled by the largest count first, so that sums of very large or small weights do not overflow or vanish.
        scaled = self.counts / self.counts.max(axis=0)
        ppm: Floats = scaled / scaled.sum(axis=0)
        return ppm

    def pwm(self, pseudocount: float = PSEUDOCOUNT) -> Floats:
        """Position weight matrix: log2 odds to the background, in bits.

        Parameters
        ----------
        pseudocount : float
            Sites added to each column, distributed by the background. With 0, a base without counts scores minus
            infinity.

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
        with np.errstate(divide="ignore"):  # log2(0) without a pseudocount is -inf
            pwm: Floats = np.log2((self.counts + pseudocount * background) / total / background)
        return pwm

    def information(self) -> Floats:
        """Information of each column in bits, shape (w,): relative entropy of the PPM to the background.

        ``sum over bases of p * log2(p / background)`` with ``0 log 0 = 0`` (Schneider et al. 1986, J Mol Biol
        188:415; for a background that is not uniform, Stormo 1998, J Theor Biol 195:135).
        """
        ppm = self.ppm
        odds = np.where(ppm > 0, ppm / self.background[:, np.newaxis], 1.0)
        # Rounding can give -1e-17 where a column equals the background.
        information: Floats = np.maximum((ppm * np.log2(odds)).sum(axis=0), 0.0)
        return information

    @property
    def total_information(self) -> float:
        """Sum of `information` over the columns, in bits."""
        return float(self.information().sum())

    def trim_bounds(self, threshold_bits: float = TRIM_BITS) -> tuple[int, int]:
        """Columns ``[start, end)`` that `trim` keeps: from the first to the last with enough information.

        Sites of the trimmed motif are shifted by ``start`` on the forward strand, by ``width - end`` on the reverse
        strand. If no column reaches the threshold, the best one is kept (the first of equals).
        """
        information = self.information()
        kept = np.flatnonzero(information >= threshold_bits)
        if not len(kept):
            kept = np.array([information.argmax()])
        return int(kept[0]), int(kept[-1]) + 1

    def trim(self, threshold_bits: float = TRIM_BITS) -> Motif:
        """Remove end columns with less information than ``threshold_bits`` (`trim_bounds`), and then the threshold."""
        start, end = self.trim_bounds(threshold_bits)
        threshold = self.threshold if end - start == self.width else None
        return replace(self, counts=self.counts[:, start:end], threshold=threshold)

    def reverse_complement(self) -> Motif:
        """The motif on the other strand, with the same name; the background is complemented too."""
        return replace(self, counts=self.counts[::-1, ::-1], background=self.background[::-1])

    def to_biopython(self) -> Any:
        """The motif as a `Bio.motifs.jaspar.Motif`, with the name as ``matrix_id`` and the alternate name as ``name``.

        Its pseudocounts are those of `pwm`, so that its ``pssm`` has the same scores. ``nsites`` and ``e_value`` are in
        ``num_occurrences`` and ``evalue``; the threshold is not kept. `MotifSet` accepts motifs of Biopython.
        """
        names, counts = (self.name, self.alt_name), self.counts.tolist()
        motif = biopython_motif(names, counts, self.background.tolist(), pseudocount=PSEUDOCOUNT)
        motif.num_occurrences, motif.evalue = self.nsites, self.e_value
        return motif

    def logo_image(self, height: int = 36) -> Image:
        """The logo as an SVG image for HTML tables; its alternative text is the consensus."""
        return Image(logo_svg(self.ppm * self.information()), self.consensus, height)

    def _repr_html_(self) -> str:
        facts = {
            "alternate name": self.alt_name,
            "consensus": self.consensus,
            "width": f"{self.width} bp",
            "information": f"{self.total_information:.1f} bits",
            "sites": _optional(self.nsites, ","),
            "E-value": _optional(self.e_value, ".2g"),
        }
        logos = (self.logo_image(60), self.reverse_complement().logo_image(60))
        known = {name: value for name, value in facts.items() if value}
        return summary_html(self.name, known, *(f"<p>{image_html(logo)}</p>" for logo in logos))

    @property
    def consensus(self) -> str:
        """IUPAC consensus by Cavener's rule, w letters.

        The base with at least half of the counts and at least twice those of the second; else the code of the first two
        bases if they have at least three quarters of the counts; else N (Cavener 1987, Nucleic Acids Res 15:1353, as in
        TRANSFAC).
        """
        return "".join(_consensus_letter(column) for column in self.counts.T)


def _consensus_letter(column: Floats) -> str:
    # Counts are compared, since probabilities are rounded. The slack keeps the consensus of a column that meets a bound
    # exactly when it is written to a file with six digits.
    order = np.argsort(-column, kind="stable")
    first, second = column[order[0]], column[order[1]]
    slack = 1 - 2e-5
    total = column.sum() * slack
    if first >= total / 2 and first >= 2 * second * slack:
        return BASES[order[0]]
    if first + second >= 0.75 * total:
        return _TWO_LETTER_CODES["".join(BASES[i] for i in sorted(order[:2]))]
    return "N"


@dataclass(frozen=True, eq=False, repr=False)
class MotifSet:
    """Motifs in a meaningful order, with unique names and one background.

    Parameters
    ----------
    motifs : sequence of Motif or Bio.motifs.Motif
        Their names must be unique. Each gets the background of the set; a motif with another background loses its
        threshold, which holds for one background only.
    strands : {"both", "forward"}
        Whether the motifs have sites on both strands or on the forward strand only.
    background : float array of shape (4,), optional
        Default: that of the motifs, which must be the same for all; uniform for an empty set. With both strands it is
        averaged over them, so that A and T are equally frequent, and C and G.

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
    background: Floats = None  # type: ignore[assignment]  # None only as an argument

    def __post_init__(self) -> None:
        if self.strands not in STRANDS:
            raise InputError(f"strands must be 'both' or 'forward'. Got {quoted(self.strands)} instead")
        found = self.motifs
        if not is_biopython(found) and isinstance(found, Iterable):
            found = [Motif(**motif_fields(m, i)) if is_biopython(m) else m for i, m in enumerate(found)]
        motifs = tuple_of("motifs", found, Motif)
        first_at: dict[str, int] = {}
        for index, motif in enumerate(motifs):
            if first_at.setdefault(motif.name, index) != index:
                raise InputError(
                    f"motifs {first_at[motif.name]} and {index} are both named {quoted(motif.name)}",
                    hint="Names must be unique: rename one with dataclasses.replace(motif, name=...).",
                )
        background = self._common_background(motifs)
        object.__setattr__(self, "background", background)
        object.__setattr__(self, "motifs", tuple(_with_background(motif, background) for motif in motifs))

    def _common_background(self, motifs: tuple[Motif, ...]) -> Floats:
        different = {motif.background.tobytes(): motif.background for motif in motifs}.values()
        given = list(different) if self.background is None else [self.background]
        checked = [checked_background(background, "motif set") for background in given or [_uniform()]]
        if self.strands == "both":
            checked = [checked_background((b + b[::-1]) / 2, "motif set") for b in checked]
        if not all(np.allclose(b, checked[0], rtol=0, atol=1e-6) for b in checked):
            raise InputError("the motifs have different backgrounds", hint="Set one: MotifSet(motifs, background=...).")
        return checked[0]

    def __len__(self) -> int:
        return len(self.motifs)

    def __repr__(self) -> str:
        names = ", ".join(self.names[:3]) + (", ..." if len(self) > 3 else "")
        return f"<MotifSet: {len(self)} motifs ({names}), {self.strands} strands>"

    def _repr_html_(self) -> str:
        rows = (
            (
                motif.name,
                motif.logo_image(),
                motif.alt_name,
                f"{motif.total_information:.1f}",
                _optional(motif.nsites, ","),
                _optional(motif.e_value, ".2g"),
            )
            for motif in self
        )
        columns = ("motif", "logo", "alternate name", "bits", "sites", "E-value")
        facts = {"motifs": f"{len(self):,}", "strands": self.strands}
        return summary_html("MotifSet", facts, table_html(columns, rows, n_rows=len(self)))

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
                raise InputError(f"there is no motif {quoted(key)}", hint=_near_names(key, self.names))
            return self.motifs[self.names.index(key)]
        return self.motifs[key]


def _with_background(motif: Motif, background: Floats) -> Motif:
    if np.array_equal(motif.background, background):
        return motif
    is_same = np.allclose(motif.background, background, rtol=0, atol=1e-6)
    return replace(motif, background=background, threshold=motif.threshold if is_same else None)


def _optional(value: float | None, format: str) -> str:
    """Format a number; empty if it is unknown."""
    return "" if value is None else f"{value:{format}}"


def _near_names(name: str, names: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        return f"Similar names: {listed(near)}."
    return f"The first names: {listed(names[:3])}." if names else None
