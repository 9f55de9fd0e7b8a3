"""`plot_spacing`: interaction of two motifs by distance and orientation, beside the spacings of their sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from motifnet.arguments import check_type, tuple_of
from motifnet.errors import InputError, listed, quoted
from motifnet.html import shortened
from motifnet.interpretation.tables.columns import SPACING_COLUMNS
from motifnet.motifs.statistics.pairs import ORIENTATIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def plot_spacing(
    table: pd.DataFrame,
    pair: tuple[str, str] | None = None,
    *,
    task: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the interaction of two motifs by gap and orientation, with intervals.

    If the table has counts of sites, a second panel below shows the observed numbers (bars) and the expected numbers
    (lines).

    Parameters
    ----------
    table : DataFrame
        From `spacing_effects`, or ``spacing`` of `MotifTables`.
    pair : (str, str), optional
        Names of the motifs; by default the first pair of the table.
    task : str, optional
        By default the first task.
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        With one inset for each panel (``axes.child_axes``).

    Raises
    ------
    InputError
        If the table lacks a column, or the pair or the task is not in it.
    """
    from motifnet.figures import add_legend, axes_of

    own = _rows_of(table, pair, task)
    first = own.iloc[0]
    has_counts = own["n_observed"].notna().any()
    margins = {"left": 0.1, "right": 0.74, "bottom": 0.14, "top": 0.9}
    with axes_of(ax, 6.4, 4.2 if has_counts else 2.6, margins=margins) as axes:
        axes.set_axis_off()
        names = " and ".join(shortened(str(first[name]), 30) for name in ("motif", "other"))
        axes.set_title(f"{names}, {shortened(str(first['task']), 30)}", parse_math=False)
        panel = axes.inset_axes((0, 0.54, 1, 0.46) if has_counts else (0, 0, 1, 1))
        lines = _draw_interaction(panel, own)
        if has_counts:
            panel = axes.inset_axes((0, 0, 1, 0.44), sharex=panel)
            _draw_counts(panel, own)
        panel.set_xlabel("gap (bp)")
        add_legend(axes, lines, ORIENTATIONS, outside=True)
    return axes


def _rows_of(table: pd.DataFrame, pair: tuple[str, str] | None, task: str | None) -> pd.DataFrame:
    check_type("table", table, pd.DataFrame)
    missing = [name for name in SPACING_COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"the table has no column {quoted(missing[0])}", hint="Use the table of spacing_effects.")
    pairs = list(dict.fromkeys(zip(table["motif"], table["other"], strict=True)))
    if not pairs:
        raise InputError("the table is empty", hint="Use the table of spacing_effects.")
    chosen = pairs[0] if pair is None else tuple_of("pair", pair, str)
    if chosen not in pairs:
        known = listed(" and ".join(names) for names in pairs)
        raise InputError(f"the pair {listed(chosen)} is not in the table", hint=f"Pairs: {known}.")
    first, second = chosen
    own = table[(table["motif"] == first) & (table["other"] == second)]
    tasks = list(dict.fromkeys(own["task"]))
    if task is not None and task not in tasks:
        raise InputError(f"the table has no task {quoted(task)}", hint=f"Tasks: {listed(tasks)}.")
    return own[own["task"] == (tasks[0] if task is None else task)]


def _draw_interaction(axes: Axes, own: pd.DataFrame) -> list[Any]:
    lines: list[Any] = []
    axes.axhline(0, color="0.6", linewidth=0.8)
    for name, colour in zip(ORIENTATIONS, _COLOURS, strict=True):
        rows = own[own["orientation"] == name].sort_values("gap")
        lines += axes.plot(rows["gap"], rows["interaction"], color=colour, linewidth=1.2)
        axes.fill_between(
            rows["gap"], rows["interaction_low"], rows["interaction_high"], color=colour, alpha=0.15, lw=0
        )
    axes.set_ylabel("interaction")
    return lines


def _draw_counts(axes: Axes, own: pd.DataFrame) -> None:
    for index, (name, colour) in enumerate(zip(ORIENTATIONS, _COLOURS, strict=True)):
        rows = own[own["orientation"] == name].sort_values("gap")
        shift = (index - 1.5) / len(ORIENTATIONS) * 0.9
        axes.bar(rows["gap"] + shift, rows["n_observed"], width=0.9 / len(ORIENTATIONS), color=colour)
        axes.plot(rows["gap"], rows["expected"], color=colour, linewidth=0.8, linestyle=":")
    axes.set_ylabel("sequences")
    axes.set_xlim(-0.6, float(np.max(own["gap"])) + 0.6)
