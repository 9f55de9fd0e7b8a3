"""A motif as a picture: letters as high as their share of the column's information, in bits.

`Motif.logo` draws into axes; `draw_logo` makes a figure or a file, `draw_logos` a page, and `logo_svg` a few lines of
text for tables. Drawn with matplotlib alone. logomaker draws the same picture (a test compares the two, pixel by
pixel), but lays out the text of each of the 60 letters anew: 0.2-0.5 s for the letters of one logo, against 0.005 s for
one outline a base that is stamped wherever the base stands; the axes and the file cost 0.05 s either way. matplotlib is
imported inside the functions, and pyplot not at all: no window, no global figure, and the user's backend stays.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.html import shortened
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The colours that the field's logos have: A green, C blue, G orange, T red.
COLOURS = {"A": (0.0, 0.5, 0.0), "C": (0.0, 0.0, 1.0), "G": (1.0, 0.65, 0.0), "T": (1.0, 0.0, 0.0)}
#: Share of a column that a letter fills.
LETTER_WIDTH = 0.95
#: What a logo's letters are as high as.
Heights = Literal["information", "probability"]
#: Suffixes of files that hold a logo.
_SUFFIXES = (".png", ".svg")
#: Letters of a motif's name in the name of its file: file systems take 255 bytes.
_MOST_LETTERS = 60
#: Units of `logo_svg`: a column is so wide, a bit so high.
_UNIT = 20


def draw_logo(motif: Motif, path: str | Path | None = None, *, ax: Axes | None = None) -> Figure:
    """Draw the information logo of a motif (Schneider & Stephens 1990, Nucleic Acids Res 18:6097).

    A letter is ``p * information`` bits high, the largest on top; the information is relative to the motif's own
    background. The axis reaches 2 bits, or as far as the highest column when a skewed background takes it beyond.

    Parameters
    ----------
    motif : Motif
    path : str or Path, optional
        Saved here, as PNG or SVG by the suffix; the same motif gives the same bytes.
    ax : matplotlib Axes, optional
        Drawn into these axes; default: a figure of its own.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        If the suffix is neither ``.png`` nor ``.svg``, or the file cannot be written.
    """
    check_type("motif", motif, Motif)
    if path is not None:
        _check_suffix(Path(path))
    drawn = plot_logo(motif, ax).figure.figure  # of a SubFigure: the figure that it is part of
    if path is not None:
        _save(drawn, Path(path))
    return drawn


def plot_logo(motif: Motif, ax: Axes | None = None, *, heights: Heights = "information") -> Axes:
    """What `Motif.logo` does."""
    from motifnet.figures import axes_of

    if heights not in get_args(Heights):
        raise InputError(f"heights must be one of {', '.join(get_args(Heights))}. Got {heights!r} instead")
    width = max(0.3 * motif.width + 0.8, 3.0)
    margins = {"left": 0.45 / width, "right": 0.98, "bottom": 0.17, "top": 0.84}
    with axes_of(ax, width, 1.6, margins=margins) as axes:
        _draw(motif, axes, heights)
    return axes


def draw_logos(motifs: MotifSet, *, columns: int = 3) -> Figure:
    """Draw all motifs of a set as one grid, row by row.

    Raises
    ------
    InputError
        If the set is empty, or ``columns`` is below 1.
    """
    check_type("motifs", motifs, MotifSet)
    if columns < 1:
        raise InputError(f"columns must be at least 1. Got {columns} instead")
    if not len(motifs):
        raise InputError("the motif set is empty: there is no logo to draw")
    from motifnet.figures import Picture, style

    columns = min(columns, len(motifs))
    rows = -(-len(motifs) // columns)
    with style():
        figure = Picture(4.0 * columns, 1.6 * rows)
        # Wide margins in inches, whatever the number of rows; constrained layout costs seconds on a page of logos.
        figure.subplots_adjust(
            left=0.45 / (4.0 * columns), right=1 - 0.1 / (4.0 * columns), bottom=0.3 / (1.6 * rows),
            top=1 - 0.3 / (1.6 * rows), hspace=0.6, wspace=0.15,
        )  # fmt: skip
        for index, motif in enumerate(motifs, start=1):
            _draw(motif, figure.add_subplot(rows, columns, index), "information")
    return figure


def write_logos(motifs: MotifSet, folder: str | Path, *, suffix: str = ".svg") -> list[Path]:
    """Draw each motif into ``folder/<name>.svg``: sharp at any size, smaller and faster than PNG.

    What a file name cannot hold everywhere becomes ``_``; names that would fall together, on a file system blind to
    case too, are numbered.

    Parameters
    ----------
    motifs : MotifSet
    folder : str or Path
        Made when it is missing.
    suffix : {".svg", ".png"}

    Returns
    -------
    list of Path
        In the order of the motifs.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: the folder for the logos cannot be made: {error.strerror}",
            hint="Name a folder inside one that exists and that you may write to.",
        ) from error
    paths = [folder / f"{stem}{suffix}" for stem in _file_stems(motifs.names)]
    for motif, path in zip(motifs, paths, strict=True):
        draw_logo(motif, path)
    return paths


def logo_svg(motif: Motif) -> str:
    """The information logo without axes, as a few kB of SVG: a column is 20 units wide, 2 bits are 40 high.

    An ``<img>`` shows it (its ids are of no concern to the page then); nothing in it comes from names.
    """
    heights = motif.ppm * motif.information()
    floors = _floors(heights)
    top = max(2.0, float(heights.sum(axis=0).max()))
    width, height = _UNIT * motif.width, _UNIT * top
    outlines = "".join(f'<path id="{base}" d="{_path_data(base)}"/>' for base in BASES)
    letters = []
    for base, row, floor in zip(BASES, heights, floors, strict=True):
        # Letters that nobody can see take most of the bytes.
        uses = "".join(
            f'<use href="#{base}" transform="matrix({_UNIT * LETTER_WIDTH:.1f} 0 0 {-_UNIT * row[i]:.1f} '
            f'{_UNIT * (i + (1 - LETTER_WIDTH) / 2):.1f} {_UNIT * (top - floor[i]):.1f})"/>'
            for i in np.flatnonzero(row > 0.02)
        )
        colour = "#" + "".join(f"{round(255 * part):02x}" for part in COLOURS[base])
        letters.append(f'<g fill="{colour}">{uses}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" '
        f'viewBox="0 0 {width} {height:g}"><defs>{outlines}</defs>{"".join(letters)}</svg>'
    )


def stack_letters(ax: Axes, heights: Floats, *, left: float) -> None:
    """Stamp letters of these heights, ``(4, w)``, column by column from `left` on, each column 1 wide.

    In each column the largest is furthest from the axis; those below it stand on their heads.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    floors = np.where(heights >= 0, _floors(np.maximum(heights, 0)), -_floors(np.maximum(-heights, 0)))
    for base, height, floor in zip(BASES, heights, floors, strict=True):
        vertices, codes = _letter(base)
        at = np.flatnonzero(height)
        scale = np.stack([np.full(len(at), LETTER_WIDTH), height[at]], axis=-1)
        corner = np.stack([at + (left + 0.5) - LETTER_WIDTH / 2, floor[at]], axis=-1)
        stamped = (vertices * scale[:, np.newaxis] + corner[:, np.newaxis]).reshape(-1, 2)
        outline = Outline(stamped, np.tile(codes, len(at)))
        # add_artist, not add_patch: the limits are known, and measuring curves for them is half of the time.
        ax.add_artist(PathPatch(outline, facecolor=COLOURS[base], linewidth=0, gid=base))


def _draw(motif: Motif, ax: Axes, kind: Heights) -> None:
    heights = motif.ppm * motif.information() if kind == "information" else motif.ppm
    stack_letters(ax, heights, left=0.5)
    ax.set_xlim(0.5, motif.width + 0.5)
    ax.set_xticks([1, *range(5, motif.width + 1, 5)])
    if kind == "information":
        ax.set_ylim(0, max(2.0, float(heights.sum(axis=0).max())))
        ax.set_yticks([0, 1, 2])
    else:
        ax.set_ylim(0, 1)
        ax.set_yticks([0, 0.5, 1])
    ax.set_ylabel("bits" if kind == "information" else "probability")
    ax.spines[["top", "right"]].set_visible(False)
    sites = "" if motif.nsites is None else f" ({motif.nsites} sites)"
    ax.set_title(f"{shortened(motif.name)}{sites}", parse_math=False)  # a $ in a name is no formula


def _floors(heights: Floats) -> Floats:
    """Where each letter stands, ``(4, w)``: on those that are smaller, or as large and earlier in A, C, G, T."""
    order = np.argsort(heights, axis=0, kind="stable")
    stacked = np.take_along_axis(heights, order, axis=0)
    floors = np.empty_like(heights)
    np.put_along_axis(floors, order, np.cumsum(stacked, axis=0) - stacked, axis=0)
    return floors


@cache
def _letter(base: str) -> tuple[Floats, NDArray[np.uint8]]:
    """Outline of a letter in the unit square: vertices ``(n, 2)`` and matplotlib's path codes ``(n,)``."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    outline = TextPath((0, 0), base, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = outline.get_extents()
    vertices = (np.asarray(outline.vertices) - [box.xmin, box.ymin]) / [box.width, box.height]
    codes = np.asarray(outline.codes, dtype=np.uint8)
    vertices[codes == outline.CLOSEPOLY] = vertices[0]  # a filler that nothing draws, but that may lie far outside
    return vertices, codes


def _path_data(base: str) -> str:
    """The outline of a letter as the data of an SVG path, in the unit square, y upwards."""
    from matplotlib.path import Path as Outline

    commands = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C"}
    segments = Outline(*_letter(base)).iter_segments(simplify=False)
    return "".join(
        commands[code] + " ".join(f"{number:.3g}" for number in points) if code in commands else "Z"
        for points, code in segments
    )


def _check_suffix(path: Path) -> None:
    if path.suffix not in _SUFFIXES:
        raise InputError(
            f"{path}: a logo is saved as {' or '.join(_SUFFIXES)}. Got {path.suffix!r} instead",
            hint="Change the suffix.",
        )


def _save(figure: Figure, path: Path) -> None:
    from motifnet.figures import METADATA, style

    try:
        with style():
            figure.savefig(path, metadata=METADATA[path.suffix])
    except OSError as error:
        raise InputError(
            f"{path}: the logo cannot be written: {error.strerror}", hint="Name a folder that exists and is yours."
        ) from error


def _file_stems(names: tuple[str, ...]) -> list[str]:
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        stem = wanted = re.sub(r"[^\w.+-]|^\.", "_", name[:_MOST_LETTERS])
        number = 1
        while stem.lower() in taken:
            number += 1
            stem = f"{wanted}_{number}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems
