"""A small file of every motif format that is read, and what plain code reads from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

PPM = [[0.25, 0.5, 0.25, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75]]


class Example(NamedTuple):
    """Text of a file with two motifs `names`, both with the probabilities `PPM`, positions as rows."""

    text: str
    names: tuple[str, str]


def _rows(scale: int, separator: str, start: Callable[[int], str] = lambda _: "") -> str:
    """A row for each position; counts if the scale is not 1."""
    return "".join(f"{start(i)}{separator.join(f'{scale * p:g}' for p in row)}\n" for i, row in enumerate(PPM, start=1))


def _base_rows(scale: int, separator: str, template: str) -> str:
    """A row for each base."""
    columns = zip(*PPM, strict=True)
    numbers = (separator.join(f"{scale * p:g}" for p in column) for column in columns)
    return "".join(template.format(base, row) + "\n" for base, row in zip("ACGT", numbers, strict=True))


_MATRIX = "letter-probability matrix: alength= 4 w= 3 nsites= 8 E= 0\n" + _rows(1, " ") + "\n"
EXAMPLES = {
    "meme": Example(
        f"MEME version 4\n\nALPHABET= ACGT\n\nMOTIF first one\n{_MATRIX}MOTIF second\n{_MATRIX}", ("first", "second")
    ),
    "jaspar": Example(
        "".join(f">{name}\tx\n{_base_rows(8, ' ', '{} [ {} ]')}" for name in ("first", "second")), ("first", "second")
    ),
    "transfac": Example(
        "".join(f"AC  {n}\nXX\nP0 A C G T\n{_rows(8, ' ', lambda i: f'0{i} ')}XX\n//\n" for n in ("first", "second")),
        ("first", "second"),
    ),
    "homer": Example(
        "".join(f">CAT\t{name}\t3.2\t-50\t0\tT:8\n{_rows(1, chr(9))}" for name in ("first", "second")),
        ("first", "second"),
    ),
    "cisbp": Example(
        "".join(
            f"TF\tT1\nTF Name\tANT\nMotif\t{name}\nPos\tA\tC\tG\tT\n{_rows(1, chr(9), lambda i: f'{i}{chr(9)}')}\n\n"
            for name in ("first", "second")
        ),
        ("first", "second"),
    ),
    "uniprobe": Example(
        "".join(
            f"Protein: {name}\tSeed k-mer: CAT\tEnrichment Score: 0.4\n{_base_rows(1, chr(9), '{}:' + chr(9) + '{}')}\n"
            for name in ("first", "second")
        ),
        ("first", "second"),
    ),
    "matrix": Example(_base_rows(8, " ", "{1}") + "\n" + _rows(8, "\t"), ("motif_1", "motif_2")),
}
#: The consensus cannot have these probabilities.
CONSENSUS = Example("TTACCCG Reb1\nCACRTN\n", ("Reb1", "CACRTN"))
