"""Options of motif extraction, and the names of motif formats and databases. No numpy, since CLI help imports this."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal, get_args

from motifnet.arguments import convert_numbers
from motifnet.errors import InputError, quoted

#: Motif formats that are read and written: modules of `motifnet.motifs.io`, and suffixes of files.
FORMATS = ("meme", "jaspar", "transfac", "homer")
#: All text formats that are read, in the order in which they are tried.
READ_FORMATS = (*FORMATS, "cisbp", "uniprobe", "matrix", "consensus")
#: Name of the format of TF-MoDISco's report, an HDF5 file with motifs and sites (`mn.read_modisco`).
MODISCO = "modisco"
#: Further suffixes, and their formats.
SUFFIXES = {"pfm": "jaspar", "tf": "transfac", "motif": "homer", "motifs": "homer"}
#: Groups of the JASPAR 2026 CORE motifs that are included in motifnet.
DATABASES = ("vertebrates", "plants", "insects", "fungi", "nematodes", "urochordates")
DEFAULT_DATABASE = "vertebrates"

#: Rows of a matrix without letters.
Orientation = Literal["bases", "positions"]
ORIENTATIONS: tuple[Orientation, ...] = ("bases", "positions")

#: Where motifs are read from: filters of a convolution, attributions of sequences, or both.
Source = Literal["filters", "attributions", "both"]

SiteRuleName = Literal["every", "best", "top", "rate"]
#: Site rules, with their default, lowest and highest values.
SITE_RULES: dict[SiteRuleName, tuple[float, float, float]] = {
    "every": (0.5, 0.0, 1.0),
    "best": (0.7, 0.0, 1.0),
    "top": (1000, 1, 1e9),
    "rate": (0.05, 0.0, 1.0),
}
#: Narrowly the best in the column `valid best` of `python tests/benchmarks/site_rules.py`. `rate` 0.1-0.2 is within
#: noise of it, and makes weak filters inactive, but needs negatives.
DEFAULT_RULE: SiteRuleName = "best"
#: Columns at the ends with less information, in bits, are trimmed, as in Basset and Basenji.
TRIM_BITS = 0.2
#: Maximum E-value of a significant motif, as in STREME.
EVALUE = 0.05


@dataclass(frozen=True)
class SiteRule:
    """Rule for which windows of a filter are its sites.

    Parameters
    ----------
    name : {"every", "best", "top", "rate"}
        "every": windows with at least `value` times the filter's maximum (commonly 0.5: Koo & Eddy 2019); "best": the
        best window of each sequence, if it reaches `value` times the maximum; "top": the `value` best windows, with all
        ties of the last one; "rate": the best window of each sequence, if it exceeds the score that a fraction `value`
        of the negative sequences reaches.
    value : float, optional
        Default: 0.5, 0.7, 1000 and 0.05, in this order.

    Raises
    ------
    InputError
        If the name is unknown or the value is out of range.
    """

    name: SiteRuleName = DEFAULT_RULE
    value: float | None = None

    def __post_init__(self) -> None:
        convert_numbers(self)
        if self.name not in SITE_RULES:
            near = difflib.get_close_matches(str(self.name), SITE_RULES, n=1)
            raise InputError(
                f"site_rule must be one of {', '.join(SITE_RULES)}. Got {quoted(self.name)} instead",
                hint=f"Did you mean {quoted(near[0])}?" if near else None,
            )
        default, lowest, highest = SITE_RULES[self.name]
        if self.value is None:
            object.__setattr__(self, "value", default)
        elif not lowest <= self.value <= highest:
            raise InputError(
                f"site_value must be from {lowest:g} to {highest:g} for site_rule {quoted(self.name)}. "
                f"Got {self.value:g} instead"
            )

    @property
    def is_best_only(self) -> bool:
        """Whether a sequence has at most one site of a filter."""
        return self.name in ("best", "rate")


@dataclass(frozen=True)
class ExtractionSpec:
    """How motifs are extracted from a network.

    Parameters
    ----------
    site_rule : {"every", "best", "top", "rate"}
        Windows of a filter that are its sites. best: the best window of each positive, if it reaches a fraction of the
        filter's highest score; every: every window above such a fraction; top: the best windows; rate: the best window
        of each sequence above the score that a fraction of the negatives reaches.
    site_value : float, optional
        Fraction of the highest score, number of windows, or fraction of the negatives, depending on the site rule.
    trim_bits : float
        Trim end columns of the filters' motifs with less information than this, in bits. Refined motifs keep the flanks
        that are informative beyond chance.
    min_sites : int
        Minimum number of sites of a filter, or of seqlets of a pattern; filters with fewer are inactive and have no
        motif.
    layer : int
        Convolution whose filters are read, counted from 0; filters of deeper layers are wider, and may be whole motifs
        where those of the first layer are fragments.
    source : {"filters", "attributions", "both"}
        Where motifs come from. filters: the sites of each filter of a convolution; attributions: patterns of seqlets,
        the regions of training positives that contribute most to the score, which can be complete motifs even if
        filters are fragments; both: filters and attributions.

    Raises
    ------
    InputError
        If a value is out of range, or `layer` or the site rule is given but no filters are used.
    """

    site_rule: SiteRuleName = DEFAULT_RULE
    site_value: float | None = None
    trim_bits: float = TRIM_BITS
    min_sites: int = 10  # as in Basset
    layer: int = 0
    source: Source = "filters"

    def __post_init__(self) -> None:
        convert_numbers(self)
        _ = self.rule
        if self.source not in get_args(Source):
            raise InputError(
                f"source must be one of {', '.join(get_args(Source))}. Got {quoted(str(self.source))} instead"
            )
        for name, least in (("trim_bits", 0), ("min_sites", 1), ("layer", 0)):
            if not getattr(self, name) >= least:
                raise InputError(f"{name} must be at least {least}. Got {getattr(self, name)} instead")
        given = {"layer": self.layer != 0, "site_rule": self.site_rule != DEFAULT_RULE, "site_value": self.site_value}
        unused = [name for name, value in given.items() if value not in (None, False)]
        if unused and not self.uses_filters:
            raise InputError(
                f"{unused[0]} applies to filters, which source 'attributions' does not use",
                hint=f"Omit {unused[0]}, or use source 'filters' or 'both'.",
            )

    @property
    def uses_filters(self) -> bool:
        """Whether motifs are read from filters."""
        return self.source != "attributions"

    @property
    def uses_attributions(self) -> bool:
        """Whether motifs are read from attributions."""
        return self.source != "filters"

    @property
    def rule(self) -> SiteRule:
        """Site rule and value."""
        return SiteRule(self.site_rule, self.site_value)


@dataclass(frozen=True)
class ReadoutSpec:
    """How the motifs of filters are refined, tested and compared.

    Parameters
    ----------
    refine : bool
        Refine each family of filters on the training sequences (scan, choose the sites that separate the classes best,
        count again); otherwise use the motifs of the filters.
    e_value : float
        Maximum E-value of a significant motif on held-out sequences (p-value times the numbers of motifs and tasks).
    database : str
        Known motifs to compare with: vertebrates, plants, insects, fungi, nematodes or urochordates (JASPAR 2026 CORE),
        a motif file, or none.
    skip_invalid : bool
        Leave out invalid motifs of the database (a column of zeros, no matrix, the name of another motif), and report
        their number.
    importance : bool
        Measure how much the loss of the network rises without the filters of each motif.

    Raises
    ------
    InputError
        If `e_value` is not above 0.
    """

    refine: bool = True
    e_value: float = EVALUE
    database: str = DEFAULT_DATABASE
    skip_invalid: bool = False
    importance: bool = True

    def __post_init__(self) -> None:
        convert_numbers(self)
        if not self.e_value > 0:
            raise InputError(f"e_value must be above 0. Got {self.e_value} instead")
