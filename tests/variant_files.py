"""VCF files for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

HEADER = """##fileformat=VCFv4.2
##contig=<ID=chr1>
##contig=<ID=chr2>
##FILTER=<ID=low,Description="low quality">
##INFO=<ID=DP,Number=1,Type=Integer,Description="depth">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
"""

Row = tuple[str, int, str, str, str]


def vcf_text(rows: Iterable[Row]) -> str:
    """A VCF with records (chrom, 1-based position, ID, REF, ALT)."""
    lines = [f"{chrom}\t{pos}\t{name}\t{ref}\t{alt}\t.\tlow\tDP=7\n" for chrom, pos, name, ref, alt in rows]
    return HEADER + "".join(lines)


def write_vcf(path: Path, rows: Iterable[Row]) -> Path:
    path.write_text(vcf_text(rows))
    return path


def other_base(base: str) -> str:
    return "ACGT"["ACGT".index(base) - 1]


def every_kind(chromosome: str) -> tuple[list[Row], dict[str, int]]:
    """Records of every kind in a chromosome of at least 400 bp, and the number of alleles with each fault."""
    at = {pos: chromosome[pos - 1] for pos in range(1, 401)}
    run = lambda pos, n: chromosome[pos - 1 : pos - 1 + n]  # noqa: E731
    rows: list[Row] = [
        ("chr1", 1, "start", at[1], other_base(at[1])),
        *(("chr1", pos, f"snv{pos}", at[pos], other_base(at[pos])) for pos in range(100, 130)),
        ("chr1", 150, "multi", at[150], ",".join(base for base in "ACGT" if base != at[150])),
        ("chr1", 151, "mnv", run(151, 3), "".join(map(other_base, run(151, 3)))),
        ("chr1", 152, "insertion", at[152], at[152] + "GATTACA"),
        ("chr1", 153, "deletion", run(153, 6), at[153]),
        ("chr1", 154, "complex", run(154, 4), other_base(at[154]) + "A"),
        ("chr1", 155, "noop", at[155], at[155]),
        ("chr1", 156, "lower", at[156].lower(), other_base(at[156]).lower()),
        ("chr1", 157, "none", at[157], "."),
        ("chr1", 158, "symbolic", at[158], "<DEL>,<NON_REF>"),
        ("chr1", 159, "star", at[159], f"*,{other_base(at[159])}"),
        ("chr1", 160, "breakend", at[160], f"{at[160]}[chr2:5["),
        ("chr1", 161, "single", at[161], f".{at[161]}"),
        ("chr1", 162, "iupac", at[162], "R"),
        ("chr1", 163, "unknown", "N", "A"),
        ("chr1", 164, "mismatch", other_base(at[164]), at[164]),
        ("chr1", 165, "long", at[165], at[165] + "ACGT" * 50),
        ("chr1", 395, "end", at[395], other_base(at[395])),
        ("chr2", 200, "second", at[200], other_base(at[200])),
        ("chrUn_1", 200, "unplaced", "A", "C"),
    ]
    faults = {
        "no alternative allele": 1,
        "symbolic allele": 2,
        "allele * (overlapping deletion)": 1,
        "breakend": 2,
        "letters other than A, C, G and T": 2,
        "REF differs from the genome": 1,
        "allele longer than the window of the model": 1,
        "window beyond the end of the chromosome": 2,
        "chromosome not in the genome": 1,
    }
    return rows, faults
