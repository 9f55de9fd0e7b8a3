"""Letters of logos and tracks from arrays ``(4, w)`` of heights, as matplotlib outlines and as SVG.

logomaker draws the same logo (a test compares the pixels), but computes the layout of every letter: 0.2-0.5 s per logo,
against 0.005 s for one outline per base that is copied to each position. matplotlib is imported inside the functions,
and pyplot not at all, so that the backend of the user does not change.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

#: The usual colour of each base, in the order of the rows.
COLOURS = {"A": (0.0, 0.5, 0.0), "C": (0.0, 0.0, 1.0), "G": (1.0, 0.65, 0.0), "T": (1.0, 0.0, 0.0)}
#: Width of a letter, as a fraction of its column.
LETTER_WIDTH = 0.95


def stack_letters(ax: Axes, heights: Floats, *, left: float = 0.5) -> None:
    """Draw letters with heights ``(4, w)``, the larger on top; negative ones below 0, upside down.

    Columns are 1 wide, the first begins at `left`. The limits of the axes do not change.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    bottoms = np.where(heights >= 0, _bottoms(np.maximum(heights, 0)), -_bottoms(np.maximum(-heights, 0)))
    for (base, colour), height, bottom in zip(COLOURS.items(), heights, bottoms, strict=True):
        vertices, codes = _letter(base)
        at = np.flatnonzero(height)
        scale = np.stack([np.full(len(at), LETTER_WIDTH), height[at]], axis=-1)
        corner = np.stack([at + (left + 0.5) - LETTER_WIDTH / 2, bottom[at]], axis=-1)
        copies = (vertices * scale[:, np.newaxis] + corner[:, np.newaxis]).reshape(-1, 2)
        outline = Outline(copies, np.tile(codes, len(at)))
        # add_artist, since add_patch measures the curves to update the limits, which takes half of the time.
        ax.add_artist(PathPatch(outline, facecolor=colour, linewidth=0, gid=base))


def logo_svg(heights: Floats) -> str:
    """Draw a logo without axes as a few kB of SVG, from heights ``(4, w)`` of at least 0, in bits."""
    unit = 20  # width of a column, and height of a bit
    bottoms = _bottoms(heights)
    top = max(2.0, float(heights.sum(axis=0).max()))
    width, height = unit * heights.shape[1], unit * top
    outlines = "".join(f'<path id="{base}" d="{_path_data(base)}"/>' for base in COLOURS)
    letters = []
    for (base, rgb), row, bottom in zip(COLOURS.items(), heights, bottoms, strict=True):
        # Letters that are too small to be visible would take most of the bytes.
        uses = "".join(
            f'<use href="#{base}" transform="matrix({unit * LETTER_WIDTH:.1f} 0 0 {-unit * row[i]:.1f} '
            f'{unit * (i + (1 - LETTER_WIDTH) / 2):.1f} {unit * (top - bottom[i]):.1f})"/>'
            for i in np.flatnonzero(row > 0.02)
        )
        colour = "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
        letters.append(f'<g fill="{colour}">{uses}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" '
        f'viewBox="0 0 {width} {height:g}"><defs>{outlines}</defs>{"".join(letters)}</svg>'
    )


def _bottoms(heights: Floats) -> Floats:
    """Bottom of each letter, ``(4, w)``: above the smaller ones, and equal ones that are earlier in A, C, G, T."""
    order = np.argsort(heights, axis=0, kind="stable")
    stacked = np.take_along_axis(heights, order, axis=0)
    bottoms = np.empty_like(heights)
    np.put_along_axis(bottoms, order, np.cumsum(stacked, axis=0) - stacked, axis=0)
    return bottoms


@cache
def _letter(base: str) -> tuple[Floats, NDArray[np.uint8]]:
    """Outline of a letter in the unit square: vertices ``(n, 2)`` and matplotlib's path codes ``(n,)``."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    outline = TextPath((0, 0), base, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = outline.get_extents()
    vertices = (np.asarray(outline.vertices) - [box.xmin, box.ymin]) / [box.width, box.height]
    codes = np.asarray(outline.codes, dtype=np.uint8)
    vertices[codes == outline.CLOSEPOLY] = vertices[0]  # not drawn, but may be far outside
    return vertices, codes


def _path_data(base: str) -> str:
    """Outline of a letter as SVG path data, in the unit square, y upwards."""
    from matplotlib.path import Path as Outline

    commands = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C"}
    segments = Outline(*_letter(base)).iter_segments(simplify=False)
    return "".join(
        commands[code] + " ".join(f"{number:.3g}" for number in points) if code in commands else "Z"
        for points, code in segments
    )
