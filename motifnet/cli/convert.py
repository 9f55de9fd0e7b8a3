"""``motifnet convert``"""

from __future__ import annotations

import os
from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import counted, print_status
from motifnet.motifs.extraction_spec import FORMATS, SUFFIXES

_NAMES = ", ".join(FORMATS)

Source = Annotated[
    str, Parameter(name="IN", allow_leading_hyphen=True, help="Motif file, plain or gzip; - is standard input.")
]
Destination = Annotated[
    str,
    Parameter(
        name="OUT",
        allow_leading_hyphen=True,
        help="File to write; compressed if it ends in .gz; - is standard output.",
    ),
]
From = Annotated[str | None, Parameter(name="--from", help=f"Format of IN: {_NAMES}. Default: detected.")]
To = Annotated[
    str | None,
    Parameter(
        name="--to",
        help=f"Format of OUT: {_NAMES}. Default: by the suffix of its name (one of these, {', '.join(SUFFIXES)}).",
    ),
]


def convert(source: Source, output: Destination, /, *, from_: From = None, to: To = None) -> None:
    """Convert motifs to another format, and list the information that it cannot store.

    Examples
    --------
    motifnet convert motifs.meme motifs.jaspar
    motifnet convert JASPAR2026_CORE.txt - --to homer > known.motifs
    """
    from motifnet.motifs.io.files import format_named, format_of, losses
    from motifnet.outputs import STDIO, check_file

    format = format_of(output) if to is None else to
    format_named(format)
    check_file(output)
    if STDIO not in (source, output) and os.path.realpath(source) == os.path.realpath(output):
        raise mn.errors.InputError(f"{output}: the output is the input file", hint="Give another file.")
    motifs = mn.read_motifs(source, format=from_)
    lost = losses(motifs, format=format)
    mn.write_motifs(motifs, output, format=format)
    name = "standard output" if output == STDIO else output
    print_status(f"{name}: {counted(len(motifs), 'motif')} ({format}){'; lost: ' * bool(lost)}{', '.join(lost)}")
