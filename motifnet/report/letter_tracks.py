"""Contributions of the bases of one sequence as letters, with sites of motifs below them, as inline SVG."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from numpy.typing import NDArray

from motifnet.html import shortened
from motifnet.interpretation.attribution.sites_below import NAME_LENGTH
from motifnet.report.formatting import e_value, number
from motifnet.report.motif_logos import COLUMN, outline, svg_image
from motifnet.sequences.alphabet import LETTERS, Codes, N

#: Number of positions of a longer sequence that are drawn.
MOST_POSITIONS = 300
#: Height of the letters, in pixels and in the integer units of their outlines; height of a row of sites.
HEIGHT, UNITS, ROW = 96.0, 960, 19.0
LEFT, TOP = 44.0, 6.0


def shown_part(observed: NDArray[np.float32]) -> slice:
    """The positions that are drawn: all, or the `MOST_POSITIONS` with the largest sum of absolute contributions."""
    excess = len(observed) - MOST_POSITIONS
    if excess <= 0:
        return slice(0, len(observed))
    sums = np.concatenate([[0.0], np.cumsum(np.abs(observed), dtype=np.float64)])
    first = int(np.argmax(sums[MOST_POSITIONS:] - sums[: excess + 1]))
    return slice(first, first + MOST_POSITIONS)


def letter_track(observed: NDArray[np.float32], codes: Codes, sites: pd.DataFrame | None, label: str) -> Markup:
    """Draw the contributions of one sequence.

    Parameters
    ----------
    observed : array of shape (L,)
    codes : uint8 array of shape (L,)
    sites : DataFrame, optional
        As returned by `sites_below`.
    label : str
        Description for screen readers.

    Returns
    -------
    Markup
        Letters of negative contributions are below the axis, upside down.
    """
    part = shown_part(observed)
    values, bases = observed[part].astype(np.float64), codes[part]
    column = float(np.clip(1000 / len(values), 5, 14))
    lowest, highest = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = UNITS / ((highest - lowest) or 1.0)
    zero = scale * highest
    drawn = "".join(letters(base, values, bases == code, scale, zero) for code, base in enumerate(LETTERS[:N]))
    y_zero = TOP + HEIGHT * zero / UNITS
    transform = f"translate({LEFT} {TOP}) scale({column / COLUMN:.4g} {HEIGHT / UNITS})"
    width = column * len(values)
    below = TOP + HEIGHT + 4
    inside = (
        f'<path class="axis" d="M{LEFT} {y_zero:.4g}h{width:.5g}"/><g transform="{transform}">{drawn}</g>'
        f"{value_labels(lowest, highest)}{_positions(part, column, below)}"
    )
    n_rows = 0 if sites is None or not len(sites) else int(sites["row"].max()) + 1
    if sites is not None and n_rows:
        inside += site_bars(sites, part, column, below + 18)
    return svg_image(LEFT + width + 6, below + 18 + n_rows * ROW, inside, label, "track logo")


def letters(base: str, values: NDArray[np.float64], is_own: NDArray[np.bool_], scale: float, zero: float) -> str:
    """Paths of one base: the letters above the axis, and those below it, mirrored at the axis."""
    paths = ["", ""]
    for column in np.flatnonzero(is_own):
        height = scale * abs(float(values[column]))
        if height >= 4:  # lower letters are invisible
            paths[int(values[column] < 0)] += outline(base, int(column) * COLUMN, zero - height, height)
    mirrored = f' transform="matrix(1 0 0 -1 0 {2 * zero:.5g})"'
    return "".join(
        f'<path class="{base}" d="{path}"{place}/>' for path, place in zip(paths, ("", mirrored), strict=True) if path
    )


def value_labels(lowest: float, highest: float) -> str:
    """Labels of the highest and the lowest value."""
    heights = ((TOP + 8, highest), (TOP + HEIGHT, lowest))
    return "".join(
        f'<text x="{LEFT - 6}" y="{y:.4g}" text-anchor="end">{number(value, 2)}</text>' for y, value in heights if value
    )


def _positions(part: slice, column: float, y: float) -> str:
    """Ticks and 0-based positions."""
    step = 20 if (part.stop - part.start) * column < 1100 else 50
    first = -(-part.start // step) * step
    return "".join(
        f'<path class="axis" d="M{x:.5g} {y}v4"/><text x="{x:.5g}" y="{y + 14}" text-anchor="middle">{position}</text>'
        for position in range(first, part.stop, step)
        for x in [LEFT + column * (position - part.start + 0.5)]
    )


def site_bars(
    sites: pd.DataFrame, part: slice, column: float, top: float, *, positions: NDArray[np.int64] | None = None
) -> str:
    """Bars with names; bars outside the part are omitted.

    `positions` are the positions of the columns (0: none). Default: columns are counted from 0.
    """
    drawn = []
    for site in sites.itertuples():
        if site.end <= part.start or site.start >= part.stop:
            continue
        left = LEFT + column * (max(site.start, part.start) - part.start)
        right = LEFT + column * (min(site.end, part.stop) - part.start)
        y = top + site.row * ROW
        title = (
            f"{shortened(site.motif)} ({site.strand}): positions {_place(site, positions)}, {site.score:.1f} bits, "
            f"p {e_value(site.p_value)}, sum of contributions {number(site.contribution)}"
        )
        drawn.append(
            f'<g><title>{escape(title)}</title><rect class="bar" x="{left:.5g}" y="{y:.5g}" '
            f'width="{right - left:.5g}" height="4" rx="2"/><text x="{left:.5g}" y="{y + 14:.5g}">'
            f"{escape(shortened(site.label, NAME_LENGTH))} ({site.strand})</text></g>"
        )
    return "".join(drawn)


def _place(site: Any, positions: NDArray[np.int64] | None) -> str:
    """Start and end of a site."""
    if positions is None:
        return f"{site.start} to {site.end}"
    known = positions[site.start : site.end]
    known = known[known > 0]
    return f"{known[0]} to {known[-1]}" if len(known) else "within inserted bases"
