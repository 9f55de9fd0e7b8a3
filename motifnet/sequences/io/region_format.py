"""Formats of genomic regions: the columns of each, and how its lines are recognised.

A format is one declaration in `FORMATS`. Formats that are not read have a `refusal`: why, and what to use instead.
Tables with a header row are described by `region_header`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

Cells = Sequence[str]

_STRANDS = frozenset("+-.")
_INTEGER = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|\.|NA", re.ASCII)
#: A damaged position, such as 1e+05 of R, or --5, which is reported with its line.
_ALMOST_POSITION = re.compile(r"[-+]*\d+(?:\.0*|(?:\.\d+)?[eE][-+]?\d+)?")
_BASES = re.compile(r"[ACGTN]+", re.IGNORECASE)
_ALLELES = re.compile(r"[ACGTN,.*]+|.*[<\[\]].*", re.IGNORECASE)
_COLOUR = re.compile(r"[0.]|\d{1,3},\d{1,3},\d{1,3}")
_STRANDED_NAME = re.compile(r"\S+:\d+-\d+\([+.-]\)", re.ASCII)
_JOINED = re.compile(r":\d[\d,]*(?:-|\.\.)\d", re.ASCII)
_GFF_NAME = re.compile(r'(?:^|[;\s])(?:ID|gene_id|Name)[= ]\s*"?([^";]+)')


def _never(cells: Cells) -> bool:
    return False


def split_columns(line: str) -> list[str]:
    """Columns of a line, separated by tabs, or by spaces if there is no tab."""
    return line.rstrip("\r\n").split("\t") if "\t" in line else line.split()


@dataclass(frozen=True)
class RegionFormat:
    """A format of genomic regions, one per line; columns are 0-based, None if there is no such column.

    Parameters
    ----------
    title : str
        Name with an article, for messages.
    chrom, start, end : int
    name, score, strand : int, optional
    signal : int, optional
        Strength by which peaks are ranked before the score.
    summit : int, optional
    first : {0, 1}
        Number of the first base of a chromosome. With 1, ends are inclusive, as in GFF; with 0 exclusive, as in BED.
    is_summit_absolute : bool
        Whether summits are positions on the chromosome, counted as starts are, and not from the start of the interval.
    summit_first : {0, 1}
        Number of the first base of an interval, if summits are counted from there.
    is_strand_checked : bool
        Whether each line must have a strand. In BED, column 6 may be something else.
    numbers : (int, int)
        First column, and column after the last, that must be a number or a dot if the strand is checked.
    is_rectangular : bool
        Whether all lines have the same number of columns.
    n_least, n_most : int, optional
        Minimum and maximum number of columns.
    width : int, optional
        Column with the width of the interval, which must agree.
    kind : int, optional
        Column with the kind of feature.
    strands : mapping of str to str
        Other notations for ``+``, ``-`` and ``.``.
    header_line : int
        1-based number of the line of column names; 0 if there is none.
    split : callable
        Columns of a line.
    matches : callable
        Whether the columns of a line (`split_columns`) have this format.
    marks : tuple of str
        Beginnings of lines that only this format has.
    position_hint : str
        How start and end must be written, if not as columns of their own.
    refusal : str
        Why regions of this format are not read, and what to use; empty if they are read.
    """

    title: str
    chrom: int = 0
    start: int = 1
    end: int = 2
    name: int | None = None
    score: int | None = None
    strand: int | None = None
    signal: int | None = None
    summit: int | None = None
    first: int = 0
    is_summit_absolute: bool = False
    summit_first: int = 0
    is_strand_checked: bool = False
    numbers: tuple[int, int] = (0, 0)
    is_rectangular: bool = False
    n_least: int = 0
    n_most: int | None = None
    width: int | None = None
    kind: int | None = None
    strands: Mapping[str, str] = field(default_factory=dict)
    header_line: int = 0
    split: Callable[[str], Cells] = split_columns
    matches: Callable[[Cells], bool] = _never
    marks: tuple[str, ...] = ()
    position_hint: str = ""
    refusal: str = ""

    @cached_property
    def n_required(self) -> int:
        """Number of columns that every line must have."""
        strand = self.strand if self.is_strand_checked else None
        others = (column for column in (self.summit, self.width, strand) if column is not None)
        return max(self.n_least, 1 + max(self.chrom, self.start, self.end, *others, self.numbers[1] - 1))


def is_integer(text: str) -> bool:
    """Whether a cell is a whole number in ASCII digits."""
    return _INTEGER.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether a cell is a finite decimal number, or a dot or NA for a missing one."""
    return _NUMBER.fullmatch(text) is not None


def is_like_position(text: str) -> bool:
    """Whether a cell is a position, or a damaged one that should be reported as such."""
    return text.isdigit() or _ALMOST_POSITION.fullmatch(text.strip()) is not None


def _are_numbers(cells: Cells) -> bool:
    return all(map(is_number, cells))


def _is_bed(cells: Cells) -> bool:
    return len(cells) >= 3 and all(map(is_like_position, cells[1:3]))


def _has_thick_part(cells: Cells) -> bool:
    """Whether columns 7 to 9 are thickStart, thickEnd and itemRgb, as in BED9 and BED12."""
    if len(cells) < 9 or not all(cell.isdecimal() and len(cell) < 19 for cell in (*cells[1:3], *cells[6:8])):
        return False
    start, end, thick_start, thick_end = map(int, (*cells[1:3], *cells[6:8]))
    return start <= thick_start <= thick_end <= end and _COLOUR.fullmatch(cells[8]) is not None


def _is_bed12(cells: Cells) -> bool:
    if len(cells) < 12 or not _has_thick_part(cells):
        return False
    sizes, starts = (cell.rstrip(",").split(",") for cell in cells[10:12])
    return str(len(sizes)) == str(len(starts)) == cells[9] and all(map(is_integer, (*sizes, *starts)))


def _is_gapped_peak(cells: Cells) -> bool:
    return len(cells) >= 15 and _is_bed12(cells) and _are_numbers(cells[12:15])


def _is_bed9(cells: Cells) -> bool:
    return _is_bed(cells) and _has_thick_part(cells)


def _has_signal(cells: Cells) -> bool:
    """Whether columns 6 to 9 are strand, signal, p-value and q-value."""
    return len(cells) >= 9 and _is_bed(cells) and cells[5] in _STRANDS and _are_numbers(cells[6:9])


def _is_narrow_peak(cells: Cells) -> bool:
    return len(cells) >= 10 and _has_signal(cells) and is_integer(cells[9])


def _is_broad_peak(cells: Cells) -> bool:
    # idr writes broad peaks with 17 columns: no summit, but those of the two replicates.
    return len(cells) in (9, 17) and _has_signal(cells)


def _is_gff(cells: Cells) -> bool:
    return len(cells) in (8, 9) and all(map(is_like_position, cells[3:5])) and cells[6] in ("+", "-", ".", "?")


def _split_gff(line: str) -> Cells:
    cells = split_columns(line)
    if len(cells) > 8:
        found = _GFF_NAME.search(cells[8])
        cells[8] = found[1].strip() if found else "."
    return cells


def _parts_of(region: str) -> tuple[str, str, str]:
    """Chromosome, start and end of ``chr:start-end`` or ``chr:start..end``; empty where they are missing."""
    chrom, _, span = region.rpartition(":")
    start, _, end = span.partition(".." if ".." in span else "-")
    return chrom, start, end


def _is_list(cells: Cells) -> bool:
    chrom, start, end = _parts_of(cells[0].replace(",", ""))
    return chrom != "" and is_integer(start) and is_integer(end)


def _split_list(line: str) -> Cells:
    first, *others = split_columns(line) or ("",)
    chrom, start, end = _parts_of(first)
    if _JOINED.search(chrom):
        start = first  # the end of a line is missing, and this is not a position
    return [chrom, start.replace(",", ""), end.replace(",", ""), *others]


def _is_homer(cells: Cells) -> bool:
    is_position = len(cells) >= 5 and all(map(is_like_position, cells[2:4])) and not is_integer(cells[1])
    return is_position and cells[4] in ("+", "-", ".", "0", "1")


def _has_bin(cells: Cells) -> bool:
    is_shifted = len(cells) >= 7 and is_integer(cells[0]) and not is_integer(cells[1])
    return is_shifted and all(map(is_integer, cells[2:4])) and cells[6] in _STRANDS


def _is_vcf(cells: Cells) -> bool:
    is_variant = len(cells) >= 8 and is_integer(cells[1]) and _BASES.fullmatch(cells[3]) is not None
    return is_variant and _ALLELES.fullmatch(cells[4]) is not None


def _is_macs(cells: Cells) -> bool:
    """Whether columns 4 and 5 are the width, counted from 1, and a summit within the region."""
    if len(cells) < 8 or not all(cell.isdecimal() and len(cell) < 19 for cell in cells[1:5]):
        return False
    start, end, width, summit = map(int, cells[1:5])
    return width == end - start + 1 and start <= summit <= end


def _is_pair(cells: Cells) -> bool:
    """Whether columns 4 to 6 are a second region, as in BEDPE."""
    has_strands = len(cells) >= 10 and cells[8] in _STRANDS and cells[9] in _STRANDS
    has_chrom = len(cells) >= 6 and (has_strands or cells[3] == cells[0])
    return has_chrom and _is_bed(cells) and all(map(is_integer, cells[4:6]))


def _is_psl(cells: Cells) -> bool:
    """Whether there are 8 counts, a strand, and sizes, starts and ends of the query and of the target."""
    if len(cells) not in (21, 23):
        return False
    return cells[8] in ("+", "-", "++", "+-", "-+", "--") and all(map(is_integer, (*cells[:8], *cells[14:18])))


def _is_bedgraph(cells: Cells) -> bool:
    return len(cells) == 4 and _is_bed(cells) and is_number(cells[3]) and not is_integer(cells[3])


def _is_interval(cells: Cells) -> bool:
    return len(cells) >= 5 and _is_bed(cells) and cells[3] in _STRANDS


def _is_stranded_name(cells: Cells) -> bool:
    return _STRANDED_NAME.fullmatch(cells[0]) is not None


#: BED: the format of a file whose lines have no other format.
BED = RegionFormat("a BED file", name=3, score=4, strand=5, matches=_is_bed)
#: Peak files of HOMER, with or without names of the columns; SAF of featureCounts has the same columns.
HOMER = RegionFormat(
    "a HOMER peak file",
    *(1, 2, 3),
    name=0,
    score=5,
    strand=4,
    first=1,
    is_strand_checked=True,
    strands={"0": "+", "1": "-"},
    matches=_is_homer,
    marks=("# HOMER Peaks", "#PeakID\t"),
)
#: The formats of peaks, which begin with the columns of BED6.
_PEAKS = replace(BED, is_strand_checked=True, is_rectangular=True, signal=6, numbers=(6, 9))
#: Values of intervals; recognised by its ``track`` line, or by fractions in column 4, which are no names.
BEDGRAPH = RegionFormat(
    "a bedGraph file",
    score=3,
    is_strand_checked=True,
    numbers=(3, 4),
    n_most=4,
    matches=_is_bedgraph,
    marks=("track type=bedGraph",),
)
#: Recognised by the header of a SAM file before its lines.
INTERVAL_LIST = RegionFormat(
    "a Picard interval_list file", name=4, strand=3, first=1, is_strand_checked=True, n_least=5, matches=_is_interval
)
#: In this order: a file has the first format that at least half of its first lines have.
FORMATS = (
    RegionFormat(
        "a VCF file",
        matches=_is_vcf,
        marks=("##fileformat=VCF", "#CHROM\tPOS\t"),
        refusal="Variants are not regions, and alternative alleles would be ignored. To write BED, use "
        r"bcftools query -f '%CHROM\t%POS0\t%END\n'",
    ),
    RegionFormat(
        "a table of MACS peaks without its header",
        matches=_is_macs,
        marks=("# This file is generated by MACS",),
        refusal="Its starts are 1-based. Copy the file with its header, or give the narrowPeak file beside it.",
    ),
    RegionFormat(
        "a wiggle file",
        marks=("fixedStep", "variableStep"),
        refusal="Call peaks or convert it to BED first.",
    ),
    RegionFormat(
        "a PSL file of alignments",
        matches=_is_psl,
        marks=("psLayout version",),
        refusal="Convert it to BED first, e.g. with pslToBed.",
    ),
    RegionFormat(
        "a UCSC table with a column of bins",
        matches=_has_bin,
        refusal="Remove the first column: cut -f2-",
    ),
    RegionFormat(
        "a BEDPE file",
        matches=_is_pair,
        refusal="Each line has two regions. Write them as BED, one per line: cut -f1-3 and cut -f4-6.",
    ),
    RegionFormat(
        "a list of names such as chr1:100-200(+)",
        matches=_is_stranded_name,
        refusal="bedtools getfasta writes such names, with 0-based starts. Write BED: chromosome, start, end.",
    ),
    RegionFormat(
        "a GFF or GTF file",
        *(0, 3, 4),
        name=8,
        score=5,
        strand=6,
        first=1,
        kind=2,
        is_strand_checked=True,
        numbers=(7, 8),
        n_most=9,
        strands={"?": "."},
        split=_split_gff,
        matches=_is_gff,
        marks=("##gff-version",),
    ),
    RegionFormat(
        "a list of regions (chr:start-end)",
        name=3,
        first=1,
        split=_split_list,
        matches=_is_list,
        position_hint="Each line must be chr:start-end, with whole numbers.",
    ),
    HOMER,
    replace(_PEAKS, title="a gappedPeak file", signal=12, numbers=(12, 15), matches=_is_gapped_peak),
    replace(BED, title="a BED12 file", matches=_is_bed12),
    replace(BED, title="a BED9 file", matches=_is_bed9),
    replace(_PEAKS, title="a narrowPeak file", summit=9, matches=_is_narrow_peak),
    replace(_PEAKS, title="a broadPeak file", matches=_is_broad_peak),
    BEDGRAPH,
    BED,
)
