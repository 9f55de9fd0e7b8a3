"""Effects of all substitutions in a region as a heat map: rows are bases, columns are positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_integer
from motifnet.errors import InputError, listed
from motifnet.html import shortened
from motifnet.interpretation.variants.saturation import Saturation
from motifnet.sequences.alphabet import LETTERS, N, encode_letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Positions per line of a figure; positions of the longest heat map.
PER_LINE, MOST_POSITIONS = 100, 5_000
#: Size of a cell, and height of a line and of the margins, in inches.
_CELL, _LINE, _TOP, _BOTTOM = 0.11, 0.95, 0.3, 0.4


def plot_mutation_effects(
    effects: ArrayLike, sequence: str, ax: Axes | None = None, *, first: int = 0, title: str = ""
) -> Axes:
    """Plot the effects of all substitutions in one sequence as a heat map.

    Long sequences are drawn in lines of 100 positions. All lines have the same colour scale, which is symmetric around
    0. Dots mark the bases of the sequence.

    Parameters
    ----------
    effects : array-like of shape (4, L)
        Effects of one task: ``mutation_effects(model, [sequence], task)[0]``. NaN: unknown.
    sequence : str
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure, which a notebook shows.
    first : int
        Position of the first base.
    title : str

    Returns
    -------
    matplotlib Axes
        With one inset for each line, and one for the colour scale (``axes.child_axes``).

    Raises
    ------
    InputError
        If the shape is not (4, L), or L is more than 5,000.
    """
    from motifnet.figures import axes_of

    check_integer("first", first, at_least=0)
    values = np.asarray(effects, dtype=np.float64)
    if values.shape != (4, len(sequence)) or not sequence:
        what = f"effects must have shape (4, L) for a sequence of L bases. Got {values.shape} and {len(sequence)} bases"
        raise InputError(what, hint="Select a sequence and a task: mutation_effects(...)[0].")
    check_size(len(sequence))
    codes = encode_letters(sequence.encode("ascii", "replace"))[0]
    n_lines = -(-len(codes) // PER_LINE)
    width = _CELL * min(len(codes), PER_LINE) + 1.6
    height = _TOP + _LINE * n_lines + _BOTTOM
    margins = {"left": 0.45 / width, "right": 1 - 1.0 / width, "bottom": _BOTTOM / height, "top": 1 - _TOP / height}
    with axes_of(ax, width, height, margins=margins) as axes:
        axes.set_axis_off()
        axes.set_title(title, parse_math=False)
        limit = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
        for line in range(n_lines):
            part = slice(line * PER_LINE, min((line + 1) * PER_LINE, len(codes)))
            share = (part.stop - part.start) / min(len(codes), PER_LINE)
            own = axes.inset_axes((0, 1 - (line + 1) / n_lines + 0.28 / n_lines / _LINE, share, 0.6 / n_lines / _LINE))
            image = _draw_line(own, values[:, part], codes[part], first + part.start, limit)
        own.set_xlabel("position (bp)")
        _draw_scale(axes, image, height=min(1.0, 1.6 / n_lines))
    return axes


def plot_saturation(table: pd.DataFrame, task: str | None = None, ax: Axes | None = None) -> Axes:
    """Plot the table of ``variant_effects(..., saturate=...)`` as a heat map.

    Parameters
    ----------
    table : DataFrame
    task : str, optional
        Required if there are several tasks.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        As for `plot_mutation_effects`; positions are 1-based.

    Raises
    ------
    InputError
        If the table is not the saturation of a region, it has no such task, or it has several and `task` is not given.
    """
    tasks = [name.removeprefix("effect_") for name in table.columns if name.startswith("effect_")]
    if task is None and len(tasks) > 1:
        raise InputError(f"the table has {len(tasks)} tasks", hint=f"Choose one: {listed(tasks)}.")
    own = task if task is not None else tasks[0] if tasks else ""
    found = Saturation.of(table, own)
    title = f"{shortened(found.chrom, 40)}:{found.first}-{found.first + len(found.sequence) - 1}, {shortened(own, 40)}"
    return plot_mutation_effects(found.effects, found.sequence, ax, first=found.first, title=title)


def check_size(n_positions: int) -> None:
    """Raise InputError if a region is too long for a heat map."""
    if n_positions > MOST_POSITIONS:
        what = f"a heat map shows at most {MOST_POSITIONS:,} positions. Got {n_positions:,} instead"
        raise InputError(what, hint="Use shorter regions.")


def _draw_line(axes: Axes, values: NDArray[np.float64], codes: NDArray[np.uint8], first: int, limit: float) -> Any:
    """Draw a part of the heat map; positions are centres of columns."""
    n = len(codes)
    axes.set_facecolor("0.85")  # unknown effects
    image = axes.imshow(
        np.ma.masked_invalid(values), cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest",
        extent=(first - 0.5, first + n - 0.5, 3.5, -0.5),
    )  # fmt: skip
    columns = np.flatnonzero(codes != N)
    axes.scatter(first + columns, codes[columns], s=4, color="0.25", linewidth=0)
    axes.set_yticks(range(4), list(LETTERS[:4]), fontsize=7)
    axes.tick_params(axis="y", length=0, pad=3)
    start = -(-first // 10) * 10
    axes.set_xticks(range(start, first + n, 10), [f"{at:,}" for at in range(start, first + n, 10)], fontsize=7)
    axes.set_xlim(first - 0.5, first + n - 0.5)
    return image


def _draw_scale(axes: Axes, image: Any, *, height: float) -> None:
    scale = axes.inset_axes((1.02, 1 - height + 0.1 * height, 0.012, 0.8 * height))
    axes.figure.colorbar(image, cax=scale, label="effect on the score")
    scale.tick_params(labelsize=7)
