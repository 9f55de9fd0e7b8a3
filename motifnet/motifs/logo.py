"""A motif as a picture: letters as high as their share of the column's information, in bits.

Drawn with matplotlib alone. logomaker draws the same picture (a test compares the two, pixel by pixel), but lays out
the text of each of the 60 letters anew: 0.2-0.5 s for the letters of one logo, against 0.005 s for one outline a base
that is stamped wherever the base stands; the axes and the file cost 0.05 s either way. matplotlib is imported inside
the functions, and pyplot not at all: no window, no global figure, and the user's backend stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The colours that the field's logos have: A green, C blue, G orange, T red.
COLOURS = {"A": (0.0, 0.5, 0.0), "C": (0.0, 0.0, 1.0), "G": (1.0, 0.65, 0.0), "T": (1.0, 0.0, 0.0)}
#: Share of a column that a letter fills.
LETTER_WIDTH = 0.95
#: What makes the bytes depend on the time or on matplotlib's version, taken out.
_METADATA: dict[str, dict[str, Any]] = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
#: Whatever the user's style sheet says, a logo looks the same; the font ships with matplotlib.
_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.0,
    "svg.hashsalt": "motifnet",
    "svg.fonttype": "path",
}


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
    if path is not None:
        _check_suffix(Path(path))
    with _style():
        if ax is None:
            figure = _new_figure(max(0.3 * motif.width + 0.8, 3.0), 1.6)
            ax = figure.add_subplot()
            figure.subplots_adjust(left=0.45 / figure.get_figwidth(), right=0.98, bottom=0.17, top=0.84)
        _draw(motif, ax)
        drawn = ax.figure.figure  # of a SubFigure: the figure that it is part of
        if path is not None:
            _save(drawn, Path(path))
    return drawn


def draw_logos(motifs: MotifSet, *, columns: int = 3) -> Figure:
    """Draw all motifs of a set as one grid, row by row.

    Raises
    ------
    InputError
        If the set is empty, or ``columns`` is below 1.
    """
    if columns < 1:
        raise InputError(f"columns must be at least 1. Got {columns} instead")
    if not len(motifs):
        raise InputError("the motif set is empty: there is no logo to draw")
    columns = min(columns, len(motifs))
    rows = -(-len(motifs) // columns)
    with _style():
        figure = _new_figure(4.0 * columns, 1.6 * rows)
        # Wide margins in inches, whatever the number of rows; constrained layout costs seconds on a page of logos.
        figure.subplots_adjust(
            left=0.45 / (4.0 * columns), right=1 - 0.1 / (4.0 * columns), bottom=0.3 / (1.6 * rows),
            top=1 - 0.3 / (1.6 * rows), hspace=0.6, wspace=0.15,
        )  # fmt: skip
        for index, motif in enumerate(motifs, start=1):
            _draw(motif, figure.add_subplot(rows, columns, index))
    return figure


def write_logos(motifs: MotifSet, folder: str | Path) -> list[Path]:
    """Draw each motif into ``folder/<name>.svg``: sharp at any size, smaller and faster than PNG.

    What a file name cannot hold everywhere becomes ``_``; names that would fall together, on a file system blind to
    case too, are numbered.

    Parameters
    ----------
    motifs : MotifSet
    folder : str or Path
        Made when it is missing.

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
    paths = [folder / f"{stem}.svg" for stem in _file_stems(motifs.names)]
    for motif, path in zip(motifs, paths, strict=True):
        draw_logo(motif, path)
    return paths


def _draw(motif: Motif, ax: Axes) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    heights = motif.ppm * motif.information()
    floors = _floors(heights)
    for base, height, floor in zip(BASES, heights, floors, strict=True):
        vertices, codes = _letter(base)
        at = np.flatnonzero(height > 0)
        scale = np.stack([np.full(len(at), LETTER_WIDTH), height[at]], axis=-1)
        corner = np.stack([at + 1 - LETTER_WIDTH / 2, floor[at]], axis=-1)
        stamped = (vertices * scale[:, np.newaxis] + corner[:, np.newaxis]).reshape(-1, 2)
        outline = Outline(stamped, np.tile(codes, len(at)))
        # add_artist, not add_patch: the limits are known, and measuring curves for them is half of the time.
        ax.add_artist(PathPatch(outline, facecolor=COLOURS[base], linewidth=0, gid=base))
    ax.set_xlim(0.5, motif.width + 0.5)
    ax.set_ylim(0, max(2.0, float(heights.sum(axis=0).max())))
    ax.set_xticks([1, *range(5, motif.width + 1, 5)])
    ax.set_yticks([0, 1, 2])
    ax.set_ylabel("bits")
    ax.spines[["top", "right"]].set_visible(False)
    sites = "" if motif.nsites is None else f" ({motif.nsites} sites)"
    ax.set_title(f"{motif.name}{sites}", parse_math=False)  # a $ in a name is no formula


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


def _new_figure(width: float, height: float) -> Figure:
    from motifnet.motifs.picture import Picture

    return Picture(width, height)


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def _check_suffix(path: Path) -> None:
    if path.suffix not in _METADATA:
        raise InputError(
            f"{path}: a logo is saved as {' or '.join(_METADATA)}. Got {path.suffix!r} instead",
            hint="Change the suffix.",
        )


def _save(figure: Figure, path: Path) -> None:
    try:
        figure.savefig(path, metadata=_METADATA[path.suffix])
    except OSError as error:
        raise InputError(
            f"{path}: the logo cannot be written: {error.strerror}", hint="Name a folder that exists and is yours."
        ) from error


def _file_stems(names: tuple[str, ...]) -> list[str]:
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        stem = wanted = re.sub(r"[^\w.+-]|^\.", "_", name)
        number = 1
        while stem.lower() in taken:
            number += 1
            stem = f"{wanted}_{number}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems
