"""``motifnet compare``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import say
from motifnet.motifs.extraction_spec import DATABASES, DEFAULT_DATABASE

Motifs = Annotated[str, Parameter(allow_leading_hyphen=True, help="File of motifs; - is standard input.")]
Known = Annotated[
    str, Parameter(help=f"What to compare with: a file of motifs, or JASPAR 2026 CORE of {', '.join(DATABASES)}.")
]
Output = Annotated[Path | None, Parameter(help="Table to write; standard output otherwise.")]
Top = Annotated[int | None, Parameter(help="Matches to list of each motif, at most; by default all.")]
Evalue = Annotated[float, Parameter(help="Matches with an E-value above this are not listed.")]


def compare(
    motifs: Motifs,
    known: Known = DEFAULT_DATABASE,
    /,
    *,
    output: Output = None,
    top: Top = None,
    e_value: Evalue = 0.05,
) -> None:
    """Compare motifs with known motifs: Tomtom's table, and how much of each motif is aligned.

    Examples
    --------
    motifnet compare results/motifs.meme vertebrates --top 3
    """
    from motifnet.motifs.io.files import read_motifs
    from motifnet.motifs.known.databases import read_database
    from motifnet.outputs import check_file, write_table

    check_file(output or "-")
    queries = read_motifs(motifs)
    targets = read_database(known)
    from motifnet.motifs.known import comparison

    table = comparison.compare(queries, targets, top=top, e_value=e_value)
    write_table(table, output or "-")
    matched = set(table["Query_ID"])
    say(
        f"{len(matched)} of {len(queries)} motifs match one of the {len(targets)} of {known} "
        f"(E-value at most {e_value:g})"
    )
