"""``motifnet logo``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from motifnet.cli.console import counted, say
from motifnet.cli.options import Force
from motifnet.errors import InputError

if TYPE_CHECKING:
    from motifnet.motifs.motif import MotifSet

Source = Annotated[
    str, Parameter(name="MOTIFS", allow_leading_hyphen=True, help="File of motifs; - is standard input.")
]
Output = Annotated[
    Path,
    Parameter(name="OUT", help="One picture of all if it ends in .svg, .png or .pdf; else a folder, a file each."),
]
Names = Annotated[
    tuple[str, ...],
    Parameter(name="--names", consume_multiple=True, negative=(), help="Draw these motifs only, in this order."),
]
Turned = Annotated[bool, Parameter(negative=(), help="Draw the other strand.")]
Columns = Annotated[int, Parameter(help="Logos side by side in one picture.")]
Kind = Annotated[Literal["svg", "png"], Parameter(name="--format", help="Format of the files in a folder.")]

_PICTURES = (".svg", ".png", ".pdf")
#: A PNG of more would be higher than matplotlib draws.
_MOST = 300


def logo(
    source: Source,
    output: Output,
    /,
    *,
    names: Names = (),
    reverse_complement: Turned = False,
    columns: Columns = 3,
    format: Kind = "svg",
    force: Force = False,
) -> None:
    """Draw motifs as logos: letters as high as their share of the information, in bits.

    Examples
    --------
    motifnet logo results/motifs.meme logos.svg
    motifnet logo results/motifs.meme first.png --names m01_CACGTG --reverse-complement
    motifnet logo known.jaspar logos --format png
    """
    from motifnet.motifs.io.files import read_motifs

    is_picture = output.suffix.lower() in _PICTURES
    if output.suffix and not is_picture and not output.is_dir():
        raise InputError(
            f"{output}: a picture ends in {', '.join(_PICTURES)}, not in {output.suffix}",
            hint="Name one of these, or for a file each a folder without a dot in its name.",
        )
    motifs = _chosen(read_motifs(source), names, is_turned=reverse_complement)
    if is_picture:
        _draw_page(motifs, output, columns)
    else:
        _draw_files(motifs, output, f".{format}", force=force, source=source)
    say(f"{output}: {counted(len(motifs), 'logo')}")


def _chosen(motifs: MotifSet, names: tuple[str, ...], *, is_turned: bool) -> MotifSet:
    from motifnet.motifs.motif import MotifSet

    chosen = [motifs[name] for name in names] if names else list(motifs)
    return MotifSet([motif.reverse_complement() for motif in chosen] if is_turned else chosen, motifs.strands)


def _draw_page(motifs: MotifSet, path: Path, columns: int) -> None:
    from motifnet.motifs.plots import draw_logos
    from motifnet.outputs import check_file, output_file

    check_file(path)
    if len(motifs) > _MOST:
        raise InputError(
            f"{len(motifs)} logos are too many for one picture: at most {_MOST}",
            hint="Name a folder to draw a file for each, or choose with --names.",
        )
    with output_file(path) as partial:
        draw_logos(motifs, columns=columns).savefig(partial, format=path.suffix[1:].lower())


def _draw_files(motifs: MotifSet, folder: Path, suffix: str, *, force: bool, source: str) -> None:
    from motifnet.motifs.plots import write_logos
    from motifnet.outputs import PROVENANCE, output_folder
    from motifnet.provenance import provenance

    with output_folder(folder, force=force, inputs=[source]) as partial:
        write_logos(motifs, partial, suffix=suffix)
        (partial / PROVENANCE).write_text(provenance(command=sys.argv))
