"""Pictures of what motifs and networks say about sequences: letter tracks, sites, positions. matplotlib, no pyplot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from motifnet.errors import InputError
from motifnet.motifs.logo import stack_letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Motifs that `plot_sites` shows unless told which, and sequences, at most.
_MOST_MOTIFS = 5
_MOST_SEQUENCES = 100
_SITE_COLUMNS = ("motif", "sequence_index", "start", "end", "strand")
_POSITION_COLUMNS = ("motif", "bin_start", "bin_end", "sites_positive", "sites_negative")


def plot_track(values: ArrayLike, ax: Axes | None = None, *, start: int = 0) -> Axes:
    """Draw what each letter contributes: attributions, mutation effects, or the columns of a PWM.

    A letter is as high as its value; negative ones stand below the axis, upside down (as logomaker draws them; Tareen
    & Kinney 2020, Bioinformatics 36:2272). Of attributions at all four letters draw those times the one-hot sequence.

    Parameters
    ----------
    values : array-like of shape (4, L)
        Rows are A, C, G, T.
    ax : matplotlib Axes, optional
        Drawn into these axes; default: a picture of its own, which a notebook shows.
    start : int
        Position of the first column, 0-based: letter i fills ``[start + i, start + i + 1)``, so that
        ``ax.axvspan(site.start, site.end, alpha=0.2)`` marks a site.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If the values have another shape, or one is not finite.

    Examples
    --------
    >>> effects = np.zeros((4, 6))
    >>> effects[1, 2], effects[0, 3] = 1.5, -0.5  # a C that speaks for the class, an A that speaks against it
    >>> [float(end) for end in plot_track(effects, start=100).get_xlim()]
    [100.0, 106.0]
    """
    from motifnet.figures import axes_of

    heights = np.asarray(values, dtype=np.float64)
    if heights.ndim != 2 or heights.shape[0] != 4 or not heights.shape[1]:
        hint = "Rows are bases, columns are positions: give values.T." if heights.shape[1:] == (4,) else None
        raise InputError(f"values must have shape (4, L). Got {heights.shape} instead", hint=hint)
    if not np.isfinite(heights).all():
        raise InputError("a value is not finite", hint="Of a PWM: motif.pwm() has a pseudocount, pwm(0) may be -inf.")
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
    """Draw where sites lie: a line for each sequence, sites on the + strand above it, those on the - strand below.

    Parameters
    ----------
    sites : DataFrame
        Columns ``motif sequence_index start end strand``, as in `MotifTables.sites`, sites.tsv and what `scan` gives.
    ax : matplotlib Axes, optional
        Drawn into these axes; default: a picture of its own, which a notebook shows.
    motifs : sequence of str, optional
        Whose sites are drawn; default: the first five of the table. Sequences without any of them have no line; of
        more than 100 sequences the first 100 are drawn, and the title says so.

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
    from matplotlib import colormaps

    from motifnet.figures import add_legend, axes_of

    _check_columns(sites, _SITE_COLUMNS)
    names = list(dict.fromkeys(sites["motif"]))[:_MOST_MOTIFS] if motifs is None else list(motifs)
    drawn = sites[sites["motif"].isin(names)]
    if not len(drawn):
        raise InputError("there is no site to draw", hint="The table names the motifs in its column 'motif'.")
    indices = np.unique(drawn["sequence_index"])
    shown = indices[:_MOST_SEQUENCES]
    drawn = drawn[drawn["sequence_index"].isin(shown)]
    line = np.searchsorted(shown, drawn["sequence_index"]) + np.where(drawn["strand"] == "-", 0.2, -0.2)
    with axes_of(ax, 7.0, float(np.clip(0.05 * len(shown) + 1.0, 2.0, 6.0))) as axes:
        axes.hlines(np.arange(len(shown)), 0, drawn["end"].max(), color="0.85", linewidth=0.4)
        handles = []
        for number, name in enumerate(names):
            own = (drawn["motif"] == name).to_numpy()
            width = (drawn["end"] - drawn["start"])[own]
            colour = colormaps["tab10"](number % 10)
            handles.append(axes.barh(line[own], width, height=0.4, left=drawn["start"][own], color=colour))
        axes.set_ylim(len(shown), -1)
        axes.set_xlim(left=0)
        axes.set_yticks([])
        axes.set_xlabel("position (bp)")
        axes.set_ylabel("sequences")
        rest = f"first {len(shown)} of {len(indices):,}" if len(indices) > len(shown) else f"{len(shown)}"
        axes.set_title(f"{rest} sequences with a site")
        add_legend(axes, handles, names, outside=True)
    return axes


def plot_positions(positions: pd.DataFrame, ax: Axes | None = None, *, motif: str | None = None) -> Axes:
    """Draw how often a motif's sites lie where, from the middle of the sequence, in both classes.

    Parameters
    ----------
    positions : DataFrame
        `MotifTables.positions` or positions.tsv: ``motif bin_start bin_end sites_positive sites_negative``.
    ax : matplotlib Axes, optional
        Drawn into these axes; default: a picture of its own, which a notebook shows.
    motif : str, optional
        Default: the first of the table.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If a column is missing, or the table does not hold the motif (it is empty where the sequences have no common
        length).
    """
    from motifnet.figures import add_legend, axes_of
    from motifnet.html import shortened

    _check_columns(positions, _POSITION_COLUMNS)
    name = positions["motif"].iloc[0] if motif is None and len(positions) else motif
    own = positions[positions["motif"] == name]
    if not len(own):
        raise InputError(f"the table has no positions of motif {name!r}" if name else "the table is empty")
    edges = [*own["bin_start"], own["bin_end"].iloc[-1]]
    with axes_of(ax, 4.0, 2.2) as axes:
        negative = axes.stairs(own["sites_negative"], edges, color="0.6", fill=True)
        positive = axes.stairs(own["sites_positive"], edges, color="C0", linewidth=1.5)
        axes.set_xlabel("middle of the site from the middle of the sequence (bp)")
        axes.set_ylabel("sequences")
        axes.set_title(shortened(name), parse_math=False)
        add_legend(axes, [positive, negative], ["positives", "negatives"])
    return axes


def _check_columns(table: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(
            f"the table has no column {', '.join(map(repr, missing))}",
            hint=f"Its columns are: {', '.join(map(str, table.columns))}.",
        )
