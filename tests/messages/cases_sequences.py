"""Messages about sequences, intervals, genomes and labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from motifnet.sequences.io.fasta import read_fasta


def _invalid_letter() -> None:
    Path("peaks.fa").write_text(">a\nACGT\n>b\nAC-T\n")
    read_fasta("peaks.fa")


CASES: dict[str, Callable[[], object]] = {
    "invalid letter": _invalid_letter,
    "missing file": lambda: read_fasta("peaks.fa"),
}
