"""``motifnet logo``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import results_folder
from motifnet.cli.options import Force, MotifReading, Motifs, Reading
from motifnet.errors import counted

Figure = Annotated[
    Path,
    Parameter(name="OUT", help="Figure with all logos if it ends in .svg, .png or .pdf; else a folder of files."),
]
Names = Annotated[
    tuple[str, ...],
    Parameter(name="--names", consume_multiple=True, negative=(), help="Draw only these motifs, in this order."),
]
Reverse = Annotated[bool, Parameter(negative=(), help="Draw the reverse complements.")]
Columns = Annotated[int, Parameter(help="Logos per row of a figure.")]
Kind = Annotated[Literal["svg", "png"], Parameter(name="--format", help="Format of the files in a folder.")]

_FIGURES = (".svg", ".png", ".pdf")
#: matplotlib cannot draw a higher PNG.
_MOST_LOGOS = 300


def logo(
    motifs: Motifs,
    output: Figure,
    /,
    *,
    names: Names = (),
    reverse_complement: Reverse = False,
    columns: Columns = 3,
    format: Kind = "svg",
    force: Force = False,
    reading: Reading = MotifReading(),
) -> None:
    """Draw motifs as sequence logos, in bits.

    Examples
    --------
    motifnet logo results/motifs.meme logos.svg
    motifnet logo results/motifs.meme first.png --names m01_CACGTG --reverse-complement
    motifnet logo known.jaspar logos --format png
    """
    is_figure = output.suffix.lower() in _FIGURES
    if output.suffix and not is_figure and not output.is_dir():
        raise mn.errors.InputError(
            f"{output}: unknown figure format {output.suffix}",
            hint=f"Use {', '.join(_FIGURES)}; for one file per motif, give a folder without a dot in its name.",
        )
    found = reading.read(motifs)
    chosen = [found[name] for name in names] if names else list(found)
    drawn = mn.MotifSet([m.reverse_complement() for m in chosen] if reverse_complement else chosen, found.strands)
    if is_figure:
        _draw_figure(drawn, output, columns)
    else:
        _draw_files(drawn, output, f".{format}", force=force, source=motifs)
    print_status(f"{output}: {counted(len(drawn), 'logo')}")


def _draw_figure(motifs: mn.MotifSet, path: Path, columns: int) -> None:
    from motifnet.outputs import check_file, output_file

    check_file(path)
    if len(motifs) > _MOST_LOGOS:
        raise mn.errors.InputError(
            f"one figure can have at most {_MOST_LOGOS} logos. Got {len(motifs)} instead",
            hint="Give a folder, for one file per motif, or choose motifs with --names.",
        )
    with output_file(path) as partial:
        mn.draw_logos(motifs, columns=columns).savefig(partial, format=path.suffix[1:].lower())


def _draw_files(motifs: mn.MotifSet, folder: Path, suffix: str, *, force: bool, source: str) -> None:
    from motifnet.motifs.plots import write_logos

    with results_folder(folder, [source], force=force) as (partial, _):
        write_logos(motifs, partial, suffix=suffix)
