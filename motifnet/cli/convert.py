"""``motifnet convert``"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.options import MotifReading, Reading
from motifnet.errors import counted
from motifnet.motifs.extraction_spec import FORMATS, MODISCO, READ_FORMATS, SUFFIXES

_NAMES = ", ".join(FORMATS)

Source = Annotated[
    str,
    Parameter(
        name="IN",
        allow_leading_hyphen=True,
        help="Motif file, plain or gzip (- is standard input), report of TF-MoDISco (HDF5), a consensus of IUPAC "
        "letters, or a JASPAR group.",
    ),
]
Destination = Annotated[
    str,
    Parameter(
        name="OUT",
        allow_leading_hyphen=True,
        help="File to write; compressed if it ends in .gz; - is standard output.",
    ),
]
From = Annotated[
    str | None,
    Parameter(name="--from", help=f"Format of IN: {', '.join([*READ_FORMATS, MODISCO])}. Default: detected."),
]
To = Annotated[
    str | None,
    Parameter(
        name="--to",
        help=f"Format of OUT: {_NAMES}. Default: by the suffix of its name (one of these, {', '.join(SUFFIXES)}).",
    ),
]


def convert(
    source: Source,
    output: Destination,
    /,
    *,
    from_: From = None,
    to: To = None,
    reading: Reading = MotifReading(),
) -> None:
    """Convert motifs to another format, and list the information that it cannot store.

    Examples
    --------
    motifnet convert motifs.meme motifs.jaspar
    motifnet convert JASPAR2026_CORE.txt - --to homer > known.motifs
    motifnet convert modisco.h5 motifs.meme
    motifnet convert matrices.pfm matrices.meme --orientation positions --skip-invalid
    """
    from motifnet.motifs.io.files import format_named, format_of, losses
    from motifnet.outputs import STDIO, check_distinct, check_file

    format = format_of(output) if to is None else to
    format_named(format)
    check_file(output)
    check_distinct([output], inputs=[source])
    motifs = reading.read(source) if from_ is None else reading.read_format(source, from_)
    lost = losses(motifs, format=format)
    mn.write_motifs(motifs, output, format=format)
    name = "standard output" if output == STDIO else output
    print_status(f"{name}: {counted(len(motifs), 'motif')} ({format}){'; lost: ' * bool(lost)}{', '.join(lost)}")
