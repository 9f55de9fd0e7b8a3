"""``motifnet compare``"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.options import MotifReading, Motifs, Output, Reading
from motifnet.motifs.extraction_spec import DATABASES, DEFAULT_DATABASE

Known = Annotated[
    str,
    Parameter(
        help=f"Known motifs to compare with: a motif file, a consensus, or JASPAR 2026 CORE of {', '.join(DATABASES)}."
    ),
]
Top = Annotated[int | None, Parameter(help="Maximum number of matches to list per motif. Default: all.")]
EValue = Annotated[float, Parameter(help="Maximum E-value of the matches to list.")]


def compare(
    motifs: Motifs,
    known: Known = DEFAULT_DATABASE,
    /,
    *,
    output: Output = "-",
    top: Top = None,
    e_value: EValue = 0.05,
    reading: Reading = MotifReading(),
) -> None:
    """Compare motifs with known motifs, as Tomtom does.

    The table has Tomtom's columns, and the fraction of each motif that is aligned.

    Examples
    --------
    motifnet compare results/motifs.meme vertebrates --top 3
    """
    from motifnet.outputs import check_distinct, check_table, write_table

    check_table(output)
    check_distinct([output], inputs=[motifs, known])
    queries, targets = reading.read(motifs), reading.read(known)
    table = mn.compare(queries, targets, top=top, e_value=e_value)
    write_table(table, output)
    print_status(
        f"{table['Query_ID'].nunique()} of {len(queries)} motifs match one of the {len(targets)} motifs of {known} "
        f"(E-value at most {e_value:g})"
    )
