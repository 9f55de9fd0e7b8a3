"""Plots of motifs and their sites: logos, tracks of letters, sites in sequences, positions.

Functions called ``plot_`` draw into the axes given or into a new figure, and return the matplotlib Axes:
``plot_logo(motif).figure.savefig("logo.svg")`` makes a file. `draw_logos` draws several axes and returns the Figure.
This module imports matplotlib, but not pyplot.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from motifnet.arguments import check_type
from motifnet.errors import InputError, listed, quoted
from motifnet.figures import InlineFigure, add_legend, axes_of, style
from motifnet.html import shortened
from motifnet.motifs.logo import stack_letters
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import file_stems

Heights = Literal["information", "probability"]


def plot_logo(motif: Motif, ax: Axes | None = None, *, heights: Heights = "information") -> Axes:
    """Plot a sequence logo (Schneider & Stephens 1990, Nucleic Acids Res 18:6097).

    Parameters
    ----------
    motif : Motif
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure, which a notebook shows.
    heights : {"information", "probability"}
        Height of a letter: its probability times the information of the column in bits, relative to the background
        (the axis ends at 2 bits, or at the highest column), or its probability.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If `heights` has another value.

    Examples
    --------
    >>> motif = Motif("ebox", [[0, 8, 0], [8, 0, 6], [0, 0, 2], [0, 0, 0]], nsites=8)
    >>> plot_logo(motif).get_title()
    'ebox (8 sites)'
    """
    check_type("motif", motif, Motif)
    if heights not in get_args(Heights):
        raise InputError(f"heights must be one of {', '.join(get_args(Heights))}. Got {quoted(heights)} instead")
    width = max(0.3 * motif.width + 0.8, 3.0)
    margins = {"left": 0.45 / width, "right": 0.98, "bottom": 0.17, "top": 0.84}
    with axes_of(ax, width, 1.6, margins=margins) as axes:
        _draw_logo(motif, axes, heights)
    return axes


def draw_logos(motifs: MotifSet, *, columns: int = 3) -> Figure:
    """Draw the logos of all motifs of a set as a grid, row by row.

    Parameters
    ----------
    motifs : MotifSet
    columns : int
        Logos per row.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    InputError
        If the set is empty, or ``columns`` is below 1.
    """
    check_type("motifs", motifs, MotifSet)
    if columns < 1:
        raise InputError(f"columns must be at least 1. Got {columns} instead")
    if not len(motifs):
        raise InputError("there is no motif to draw")
    columns = min(columns, len(motifs))
    rows = -(-len(motifs) // columns)
    with style():
        figure = InlineFigure(4.0 * columns, 1.6 * rows)
        # Margins in inches for any number of rows; constrained layout takes seconds for a page of logos.
        figure.subplots_adjust(
            left=0.45 / (4.0 * columns), right=1 - 0.1 / (4.0 * columns), bottom=0.3 / (1.6 * rows),
            top=1 - 0.3 / (1.6 * rows), hspace=0.6, wspace=0.15,
        )  # fmt: skip
        for index, motif in enumerate(motifs, start=1):
            _draw_logo(motif, figure.add_subplot(rows, columns, index), "information")
    return figure


def write_logos(motifs: MotifSet, folder: str | Path, *, suffix: str = ".svg") -> list[Path]:
    """Write the logo of each motif to ``folder/<name>.svg`` and return the paths; the folder is created.

    Characters that not every file system allows become ``_``; names that then are equal, apart from case, are numbered.
    """
    folder = Path(folder)
    paths = [folder / f"{stem}{suffix}" for stem in file_stems(motifs.names)]
    try:
        folder.mkdir(exist_ok=True)
        for motif, path in zip(motifs, paths, strict=True):
            plot_logo(motif).figure.figure.savefig(path)
    except OSError as error:
        raise InputError(
            f"{folder}: logos cannot be written: {error.strerror}",
            hint="Use a folder whose parent exists and is writable.",
        ) from error
    return paths


def plot_track(values: ArrayLike, ax: Axes | None = None, *, start: int = 0) -> Axes:
    """Plot one value per base as letters: attributions, mutation effects, or a PWM.

    The height of a letter is its value; letters of negative values are below the axis, upside down (as in logomaker:
    Tareen & Kinney 2020, Bioinformatics 36:2272). Multiply hypothetical contributions by the one-hot sequence first.

    Parameters
    ----------
    values : array-like of shape (4, L)
        Rows are A, C, G, T.
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure, which a notebook shows.
    start : int
        0-based position of the first column. Letter i covers ``[start + i, start + i + 1)``, so that
        ``ax.axvspan(site.start, site.end, alpha=0.2)`` highlights a site.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If the shape is another one, or a value is not finite.

    Examples
    --------
    >>> effects = np.zeros((4, 6))
    >>> effects[1, 2], effects[0, 3] = 1.5, -0.5  # a C that raises the score, an A that lowers it
    >>> [float(end) for end in plot_track(effects, start=100).get_xlim()]
    [100.0, 106.0]
    """
    heights = np.asarray(values, dtype=np.float64)
    if heights.ndim != 2 or heights.shape[0] != 4 or not heights.shape[1]:
        hint = "Rows are bases, columns are positions: give values.T." if heights.shape[1:] == (4,) else None
        raise InputError(f"values must have shape (4, L). Got {heights.shape} instead", hint=hint)
    if not np.isfinite(heights).all():
        raise InputError("values must be finite", hint="For a PWM use motif.pwm(), which has a pseudocount.")
    length = heights.shape[1]
    with axes_of(ax, float(np.clip(0.12 * length + 0.8, 3.0, 16.0)), 1.6) as axes:
        stack_letters(axes, heights, left=start)
        axes.axhline(0, color="0.3", linewidth=0.5)
        lowest, highest = np.minimum(heights, 0).sum(axis=0).min(), np.maximum(heights, 0).sum(axis=0).max()
        margin = 0.05 * (highest - lowest) or 1.0
        axes.set_xlim(start, start + length)
        axes.set_ylim(lowest - margin * bool(lowest), highest + margin)
        axes.set_xlabel("position (bp)")
        axes.set_ylabel("contribution")
    return axes


def plot_sites(sites: pd.DataFrame, ax: Axes | None = None, *, motifs: Sequence[str] | None = None) -> Axes:
    """Plot sites along sequences: one line per sequence, with + sites above and - sites below it.

    Parameters
    ----------
    sites : DataFrame
        Columns ``motif sequence_index start end strand``, as in `MotifTables.sites`, sites.tsv and ``scan(...)``.
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure, which a notebook shows.
    motifs : sequence of str, optional
        Motifs to draw; default: the first five of the table. The first 100 sequences with a site of these motifs are
        drawn; the title gives their total number.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If a column is missing, or there is no site to draw.

    Examples
    --------
    >>> columns = ["motif", "sequence_index", "start", "end", "strand"]
    >>> sites = pd.DataFrame([["ebox", 0, 3, 9, "+"], ["ebox", 4, 7, 13, "-"]], columns=columns)
    >>> plot_sites(sites).get_title()
    '2 sequences with a site'
    """
    _check_columns(sites, ("motif", "sequence_index", "start", "end", "strand"))
    names = list(dict.fromkeys(sites["motif"]))[:5] if motifs is None else list(motifs)
    own = sites[sites["motif"].isin(names)]
    if not len(own):
        raise InputError("there is no site to draw", hint="Motifs are named in the column 'motif'.")
    indices = np.unique(own["sequence_index"])
    shown = indices[:100]
    own = own[own["sequence_index"].isin(shown)]
    line = np.searchsorted(shown, own["sequence_index"]) + np.where(own["strand"] == "-", 0.2, -0.2)
    with axes_of(ax, 7.0, float(np.clip(0.05 * len(shown) + 1.0, 2.0, 6.0))) as axes:
        axes.hlines(np.arange(len(shown)), 0, own["end"].max(), color="0.85", linewidth=0.4)
        bars = []
        for number, name in enumerate(names):
            rows = (own["motif"] == name).to_numpy()
            width = (own["end"] - own["start"])[rows]
            colour = colormaps["tab10"](number % 10)
            bars.append(axes.barh(line[rows], width, height=0.4, left=own["start"][rows], color=colour))
        axes.set_ylim(len(shown), -1)
        axes.set_xlim(left=0)
        axes.set_yticks([])
        axes.set_xlabel("position (bp)")
        axes.set_ylabel("sequences")
        count = f"first {len(shown)} of {len(indices):,}" if len(indices) > len(shown) else f"{len(shown)}"
        axes.set_title(f"{count} sequences with a site")
        add_legend(axes, bars, names, outside=True)
    return axes


def plot_positions(positions: pd.DataFrame, ax: Axes | None = None, *, motif: str | None = None) -> Axes:
    """Plot the distribution of a motif's sites around the midpoint of the sequences in each class.

    Parameters
    ----------
    positions : DataFrame
        `MotifTables.positions` or positions.tsv, with ``motif bin_start bin_end sites_positive sites_negative``.
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure, which a notebook shows.
    motif : str, optional
        Default: the first of the table.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If a column is missing, or the table does not contain the motif. The table is empty if the lengths of the
        sequences differ.
    """
    _check_columns(positions, ("motif", "bin_start", "bin_end", "sites_positive", "sites_negative"))
    name = positions["motif"].iloc[0] if motif is None and len(positions) else motif
    own = positions[positions["motif"] == name]
    if not len(own):
        raise InputError(f"the table has no positions of motif {quoted(name)}" if name else "the table is empty")
    edges = [*own["bin_start"], own["bin_end"].iloc[-1]]
    with axes_of(ax, 4.0, 2.2) as axes:
        negative = axes.stairs(own["sites_negative"], edges, color="0.6", fill=True)
        positive = axes.stairs(own["sites_positive"], edges, color="C0", linewidth=1.5)
        axes.set_xlabel("midpoint of the site, from the midpoint of the sequence (bp)")
        axes.set_ylabel("sequences")
        axes.set_title(shortened(name), parse_math=False)
        add_legend(axes, [positive, negative], ["positives", "negatives"])
    return axes


def _draw_logo(motif: Motif, ax: Axes, kind: Heights) -> None:
    heights = motif.ppm * motif.information() if kind == "information" else motif.ppm
    stack_letters(ax, heights)
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
    ax.set_title(f"{shortened(motif.name)}{sites}", parse_math=False)  # a $ in a name is not a formula


def _check_columns(table: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"the table has no column {', '.join(map(quoted, missing))}",
            hint=f"Its columns are: {listed(table.columns)}.",
        )
