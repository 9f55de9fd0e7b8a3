"""How motifs are read from filters, and the formats of their files. No numpy: the command line's help reads this."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal, NamedTuple

from motifnet.arguments import settle_numbers
from motifnet.errors import InputError

#: Name of each motif format, which is also a suffix of its files, and its module (imported only when asked for).
FORMATS = {
    "meme": "motifnet.motifs.io.meme",
    "jaspar": "motifnet.motifs.io.jaspar",
    "transfac": "motifnet.motifs.io.transfac",
    "homer": "motifnet.motifs.io.homer",
}
#: Groups of the JASPAR 2026 CORE motifs that ship with motifnet.
DATABASES = ("vertebrates", "plants", "insects", "fungi", "nematodes", "urochordates")
DEFAULT_DATABASE = "vertebrates"
#: Further suffixes that files of a format go by.
SUFFIXES = {"pfm": "jaspar", "tf": "transfac", "motif": "homer", "motifs": "homer"}

SiteRuleName = Literal["every", "best", "top", "rate"]


class RuleValues(NamedTuple):
    """What the value of a site rule may be, and whether a sequence has at most one site of a filter."""

    default: float
    lowest: float
    highest: float
    is_best_only: bool


#: Every site rule by name; how each finds its thresholds stands in `sites.THRESHOLDS`.
SITE_RULES: dict[SiteRuleName, RuleValues] = {
    "every": RuleValues(0.5, 0.0, 1.0, False),
    "best": RuleValues(0.7, 0.0, 1.0, True),
    "top": RuleValues(1000, 1, 1e9, False),
    "rate": RuleValues(0.05, 0.0, 1.0, True),
}
#: Led the column `valid best` of `python tests/benchmarks/site_rules.py`, narrowly: `rate` 0.1-0.2 is within noise of
#: it, and drops weak filters as inactive, but needs negatives.
DEFAULT_RULE: SiteRuleName = "best"
#: Ends below this many bits are trimmed; Basset's and Basenji's convention.
TRIM_BITS = 0.2
#: A filter with fewer sites is called inactive; Basset's convention.
MIN_SITES = 10
#: A motif is significant up to this E-value; STREME's and the MEME Suite's habit.
EVALUE = 0.05


@dataclass(frozen=True)
class SiteRule:
    """Which windows of a filter are its sites.

    Parameters
    ----------
    name : {"every", "best", "top", "rate"}
        "every" window of at least `value` times the filter's maximum (0.5 is the field's convention: Koo & Eddy 2019);
        the "best" window of each sequence, if it reaches `value` times the maximum; the "top" `value` windows (with all
        that equal the last one); or the best window of each sequence above the score that a share of `value` of the
        negative sequences reaches ("rate").
    value : float, optional
        By default that of `SITE_RULES`.

    Raises
    ------
    InputError
        If the name is unknown or the value makes no sense.
    """

    name: SiteRuleName = DEFAULT_RULE
    value: float | None = None

    def __post_init__(self) -> None:
        settle_numbers(self)
        if self.name not in SITE_RULES:
            near = difflib.get_close_matches(str(self.name), SITE_RULES, n=1)
            raise InputError(
                f"site rule must be one of {', '.join(SITE_RULES)}. Got {self.name!r} instead",
                hint=f"Did you mean {near[0]!r}?" if near else None,
            )
        known = SITE_RULES[self.name]
        if self.value is None:
            object.__setattr__(self, "value", known.default)
        elif not known.lowest <= self.value <= known.highest:
            raise InputError(
                f"the value of site rule {self.name!r} must be from {known.lowest:g} to {known.highest:g}. "
                f"Got {self.value:g} instead"
            )

    @property
    def is_best_only(self) -> bool:
        """Whether a sequence has at most one site of a filter."""
        return SITE_RULES[self.name].is_best_only


@dataclass(frozen=True)
class ExtractionSpec:
    """How motifs are read from filters.

    Parameters
    ----------
    site_rule : {"every", "best", "top", "rate"}
        Which windows of a filter are its sites: every one, or the best of each sequence, above a fraction of the
        filter's maximum; the top ones; or the best of each sequence above what a share of the negatives reaches.
    site_value : float, optional
        That fraction of the maximum, number of windows, or share of the negatives.
    trim_bits : float
        Columns at either end with less information than this are cut off.
    min_sites : int
        A filter with fewer sites is inactive and gives no motif.
    layer : int
        Which convolution the filters are of, counted from 0; a deeper one sees more, and may hold the whole motifs of a
        network whose first layer holds fragments.

    Raises
    ------
    InputError
        If a value makes no sense.
    """

    site_rule: SiteRuleName = DEFAULT_RULE
    site_value: float | None = None
    trim_bits: float = TRIM_BITS
    min_sites: int = MIN_SITES
    layer: int = 0

    def __post_init__(self) -> None:
        settle_numbers(self)
        _ = self.rule
        if not self.trim_bits >= 0:
            raise InputError(f"trim_bits must be at least 0. Got {self.trim_bits} instead")
        if self.min_sites < 1:
            raise InputError(f"min_sites must be at least 1. Got {self.min_sites} instead")
        if self.layer < 0:
            raise InputError(f"layer must be at least 0. Got {self.layer} instead")

    @property
    def rule(self) -> SiteRule:
        """Site rule and value as one."""
        return SiteRule(self.site_rule, self.site_value)


@dataclass(frozen=True)
class ReadoutSpec:
    """What is done with the motifs of filters before they are written.

    Parameters
    ----------
    refine : bool
        Refine each family of filters on the training sequences (scan, choose the sites that separate best, count
        anew); else motifs keep the filters' own words.
    e_value : float
        A motif is significant up to this E-value (p times the motifs and tasks tested) on held-out sequences.
    database : str
        Known motifs to compare with: vertebrates, plants, insects, fungi, nematodes or urochordates (JASPAR 2026 CORE),
        a motif file, or none.
    importance : bool
        Measure how much worse the network predicts without the filters of each motif; takes the most time.

    Raises
    ------
    InputError
        If `e_value` is not above 0.
    """

    refine: bool = True
    e_value: float = EVALUE
    database: str = DEFAULT_DATABASE
    importance: bool = True

    def __post_init__(self) -> None:
        settle_numbers(self)
        if not self.e_value > 0:
            raise InputError(f"e_value must be above 0. Got {self.e_value} instead")
