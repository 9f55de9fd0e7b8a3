"""Effects of all substitutions in a region as a heat map, as inline SVG."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from motifnet.interpretation.variants.heat_maps import PER_LINE
from motifnet.interpretation.variants.saturation import Saturation
from motifnet.report.formatting import count, number
from motifnet.report.motif_logos import svg_image
from motifnet.sequences.alphabet import LETTERS

#: Width and height of a cell, height of a line, space to the left, and height of the legend, in pixels.
_CELL, _HIGH, _LINE, _LEFT, _LEGEND = 10.0, 12.0, 76.0, 20.0, 36.0


def heat_map(found: Saturation, label: str) -> Markup:
    """Draw effects in lines of 100 positions, on one scale that is symmetric around 0.

    The opacity of a cell increases with the size of its effect. Dots mark the bases of the reference; cells without
    effects are crossed out.

    Parameters
    ----------
    found : Saturation
    label : str
        Description for screen readers.
    """
    n = len(found.sequence)
    limit = float(np.nanmax(np.abs(found.effects), initial=0.0)) or 1.0
    inside = _legend(limit)
    for begin in range(0, n, PER_LINE):
        y = _LEGEND + _LINE * (begin // PER_LINE)
        columns = range(begin, min(begin + PER_LINE, n))
        inside += f'<g transform="translate({_LEFT} {y:.5g})">{_line(found, columns, limit)}</g>'
    width = _LEFT + _CELL * max(min(n, PER_LINE), 34) + 20
    return svg_image(width, _LEGEND + _LINE * -(-n // PER_LINE), inside, label, "heat logo")


def _line(found: Saturation, columns: range, limit: float) -> str:
    drawn = [f'<rect class="frame" width="{_CELL * len(columns)}" height="{4 * _HIGH}"/>']
    for base, letter in enumerate(LETTERS[:4]):
        drawn.append(f'<text x="-7" y="{_HIGH * (base + 0.85):.4g}" text-anchor="end">{letter}</text>')
    for column in columns:
        x = _CELL * (column - columns.start)
        for base, letter in enumerate(LETTERS[:4]):
            drawn.append(_cell(found, column, base, letter, x, limit))
        position = found.first + column
        if position % 10 == 0:
            middle = x + _CELL / 2
            drawn.append(
                f'<path class="axis" d="M{middle:.5g} {4 * _HIGH}v4"/>'
                f'<text x="{middle:.5g}" y="{4 * _HIGH + 15}" text-anchor="middle">{count(position)}</text>'
            )
    return "".join(drawn)


def _cell(found: Saturation, column: int, base: int, letter: str, x: float, limit: float) -> str:
    own, effect, y = found.sequence[column], float(found.effects[base, column]), _HIGH * base
    if letter == own:
        return f'<circle cx="{x + _CELL / 2:.5g}" cy="{y + _HIGH / 2:.4g}" r="1.4"/>'
    if np.isnan(effect):
        return f'<path class="axis" d="M{x:.5g} {y}l{_CELL} {_HIGH}"/>'
    title = f"{count(found.first + column)} {own}&gt;{letter}: {number(effect)}"
    return (
        f'<g><title>{title}</title><rect class="{"up" if effect > 0 else "down"}" x="{x:.5g}" y="{y:.4g}" '
        f'width="{_CELL}" height="{_HIGH}" fill-opacity="{abs(effect) / limit:.3f}"/></g>'
    )


def _legend(limit: float) -> str:
    """Colour scale with its ends."""
    steps = np.linspace(-1, 1, 21)
    cells = "".join(
        f'<rect class="{"up" if step > 0 else "down"}" x="{_LEFT + 52 + 8 * i}" y="4" width="8" height="8" '
        f'fill-opacity="{abs(step):.2f}"/>'
        for i, step in enumerate(steps)
    )
    ends = ((0, -limit), (84, 0.0), (168, limit))
    texts = "".join(
        f'<text x="{_LEFT + 52 + x}" y="24" text-anchor="middle">{number(value, 2)}</text>' for x, value in ends
    )
    return f'<text x="{_LEFT}" y="12">effect</text>{cells}{texts}'
