"""Contributions to both alleles of a variant as letters, aligned and on one scale, as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from motifnet.html import shortened
from motifnet.interpretation.variants.alleles import GAP
from motifnet.report.formatting import count, number
from motifnet.report.letter_tracks import HEIGHT, LEFT, ROW, TOP, UNITS, letters, site_bars, value_labels
from motifnet.report.motif_logos import COLUMN, svg_image
from motifnet.sequences.alphabet import LETTERS, N

if TYPE_CHECKING:
    from motifnet.interpretation.variants.aligned_alleles import AlignedAlleles

#: Space for the label of the axis, above a track for its name, and below it.
_AXIS, _NAME, _BELOW = 14.0, 22.0, 8.0


def allele_tracks(aligned: AlignedAlleles, label: str) -> Markup:
    """Draw the contributions to both alleles.

    Parameters
    ----------
    aligned : AlignedAlleles
    label : str
        Description for screen readers.

    Returns
    -------
    Markup
        The reference allele above the alternative one. Letters of negative contributions are below the axis, upside
        down; gaps are dashes, and the columns of the variant are shaded.
    """
    n_columns = aligned.codes.shape[1]
    column = float(np.clip(1000 / n_columns, 5, 14))
    limits = min(float(aligned.values.min()), 0.0), max(float(aligned.values.max()), 0.0)
    inside, y = "", 0.0
    for row in range(2):
        y += _NAME
        drawn, height = _track(aligned, row, column, limits)
        inside += f'<g transform="translate({_AXIS} {y:.5g})">{drawn}</g>'
        y += height + _BELOW
    inside += f'<g transform="translate({_AXIS} {y - _BELOW:.5g})">{_positions(aligned.positions, column)}</g>'
    return svg_image(_AXIS + LEFT + column * n_columns + 6, y + 12, inside, label, "track logo")


def _track(aligned: AlignedAlleles, row: int, column: float, limits: tuple[float, float]) -> tuple[str, float]:
    """Markup and height of one allele."""
    codes, values = aligned.codes[row], aligned.values[row].astype(np.float64)
    lowest, highest = limits
    scale = UNITS / ((highest - lowest) or 1.0)
    zero, width = scale * highest, column * len(codes)
    y_zero = TOP + HEIGHT * zero / UNITS
    drawn = "".join(letters(base, values, codes == code, scale, zero) for code, base in enumerate(LETTERS[:N]))
    starts = LEFT + column * (np.flatnonzero(codes == GAP) + 0.2)
    gaps = "".join(f"M{start:.5g} {y_zero:.4g}h{0.6 * column:.4g}" for start in starts)
    first, last = aligned.alleles.start, aligned.alleles.stop
    spare = 0.15 * (first == last)
    inside = (
        f'<rect class="shade" x="{LEFT + column * (first - spare):.5g}" y="{TOP - 4}" '
        f'width="{column * (last - first + 2 * spare):.4g}" height="{HEIGHT + 8}"/>'
        f'<path class="axis" d="M{LEFT} {y_zero:.4g}h{width:.5g}"/>'
        f'<path class="gap" d="{gaps}"/>'
        f'<g transform="translate({LEFT} {TOP}) scale({column / COLUMN:.4g} {HEIGHT / UNITS})">{drawn}</g>'
        f"{value_labels(lowest, highest)}"
        f'<text transform="translate(-4 {TOP + HEIGHT / 2}) rotate(-90)" text-anchor="middle">contribution</text>'
        f'<text class="allele" x="{LEFT}" y="-6">{_name(aligned, row)}</text>'
    )
    sites = None if aligned.sites is None else aligned.sites[row]
    if sites is None or not len(sites):
        return inside, TOP + HEIGHT
    top = TOP + HEIGHT + 8
    inside += site_bars(sites, slice(0, len(codes)), column, top, positions=aligned.positions)
    return inside, top + ROW * (int(sites["row"].max()) + 1)


def _name(aligned: AlignedAlleles, row: int) -> Markup:
    effect = aligned.effect
    kind, allele = (("reference", effect.variant.ref), ("alternative", effect.variant.alt))[row]
    return escape(f"{kind} {shortened(allele, 40)}, score {number(effect.scores[row])}")


def _positions(positions: NDArray[np.int64], column: float) -> str:
    """Ticks at 1-based positions."""
    return "".join(
        f'<path class="axis" d="M{x:.5g} 0v4"/><text x="{x:.5g}" y="15" text-anchor="middle">{count(position)}</text>'
        for at, position in enumerate(positions.tolist())
        if position > 0 and position % 10 == 0
        for x in [LEFT + column * (at + 0.5)]
    )
