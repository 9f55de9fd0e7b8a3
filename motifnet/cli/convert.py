"""``motifnet convert``"""

from __future__ import annotations

import os
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import counted, say
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import FORMATS, SUFFIXES

_NAMES = ", ".join(FORMATS)

Source = Annotated[
    str, Parameter(name="IN", allow_leading_hyphen=True, help="File of motifs, plain or gzip; - is standard input.")
]
Output = Annotated[
    str, Parameter(name="OUT", allow_leading_hyphen=True, help="File to write; .gz packs it; - is standard output.")
]
From = Annotated[str | None, Parameter(name="--from", help=f"Format of IN: {_NAMES}; by default told by the content.")]
To = Annotated[
    str | None,
    Parameter(
        name="--to",
        help=f"Format of OUT: {_NAMES}; by default told by its suffix (a name of these, {', '.join(SUFFIXES)}).",
    ),
]


def convert(source: Source, output: Output, /, *, from_: From = None, to: To = None) -> None:
    """Write motifs in another format, and say what it does not keep.

    Examples
    --------
    motifnet convert motifs.meme motifs.jaspar
    motifnet convert JASPAR2026_CORE.txt - --to homer > known.motifs
    """
    from motifnet.motifs.io.files import format_named, format_of, losses, read_motifs, write_motifs
    from motifnet.outputs import STDIO, check_file

    format = format_of(output) if to is None else to
    format_named(format)
    check_file(output)
    if STDIO not in (source, output) and os.path.realpath(source) == os.path.realpath(output):
        raise InputError(f"{output}: is the file that this command reads", hint="Name another file.")
    motifs = read_motifs(source, format=from_)
    lost = losses(motifs, format=format)
    write_motifs(motifs, output, format=format)
    name = "standard output" if output == STDIO else output
    not_kept = f"; not kept: {', '.join(lost)}" if lost else ""
    say(f"{name}: {counted(len(motifs), 'motif')} ({format}){not_kept}")
