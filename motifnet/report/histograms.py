"""Mirrored histograms of two classes: positives above the axis, negatives below.

Each card has two. They are not drawn by Vega-Lite, which takes about 30 ms per chart: 20 s for 300 motifs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 6, 40


class Bin(NamedTuple):
    """A bin: start, end, heights of both bars, and the tooltip."""

    start: float
    end: float
    positive: float
    negative: float
    text: str


class Titles(NamedTuple):
    """Label for screen readers and titles of the axes."""

    label: str
    x: str
    y: str


def mirrored(
    bins: Sequence[Bin], titles: Titles, *, cut_off: float | None = None, size: tuple[int, int] = (300, 110)
) -> Markup:
    """Draw a histogram of two classes.

    Parameters
    ----------
    bins : sequence of Bin
        Adjacent, in ascending order.
    titles : Titles
    cut_off : float, optional
        Position of a dashed line.
    size : tuple of int
        Width and height of the plot area in pixels.
    """
    width, height = size
    low, high = bins[0].start, bins[-1].end
    up, down = (max(heights) for heights in zip(*((b.positive, b.negative) for b in bins), strict=True))
    across, tall = width / ((high - low) or 1), height / ((up + down) or 1)
    middle = _TOP + up * tall
    inside = ""
    for b in bins:
        x, wide = _LEFT + (b.start - low) * across, max((b.end - b.start) * across - 1, 0.5)
        sides = (("positive", middle - b.positive * tall, b.positive), ("negative", middle, b.negative))
        paths = "".join(
            f'<path class="{kind[0]}" d="M{x:.4g} {top:.4g}h{wide:.4g}v{bar * tall:.4g}h{-wide:.4g}"/>'
            for kind, top, bar in sides
            if bar
        )
        inside += f"<g><title>{escape(b.text)}</title>{paths}</g>" if paths else ""
    inside += f'<path class="axis" d="M{_LEFT} {_TOP}v{height}h{width}M{_LEFT} {middle:.1f}h{width}"/>'
    inside += "".join(_below(_LEFT + (tick - low) * across, _TOP + height, tick) for tick in ticks(low, high, 6))
    inside += "".join(_beside(middle - tick * tall, tick) for tick in ticks(-down, up, 5))
    if cut_off is not None and low <= cut_off <= high:
        inside += f'<path class="cut" d="M{_LEFT + (cut_off - low) * across:.1f} {_TOP}v{height}"/>'
    inside += _title(_LEFT + width / 2, _TOP + height + 34, titles.x)
    inside += _title(12, _TOP + height / 2, titles.y, is_vertical=True)
    box = f"{_LEFT + width + _RIGHT} {_TOP + height + _BOTTOM}"
    size_ = 'width="{}" height="{}"'.format(*box.split())
    label = escape(titles.label)
    return Markup(
        f'<svg class="chart histogram" role="img" aria-label="{label}" {size_} viewBox="0 0 {box}">{inside}</svg>'
    )


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, at most `most`.

    Examples
    --------
    >>> ticks(-7.2, 22, 6)
    [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / most
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in (unit, 2 * unit, 5 * unit, 10 * unit, 20 * unit) if (high - low) / step <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 10) + 0.0 for k in range(first, last + 1)]


def _below(x: float, y: float, tick: float) -> str:
    number = f"{tick:g}".replace("-", "−")
    return f'<path class="axis" d="M{x:.1f} {y}v4"/><text x="{x:.1f}" y="{y + 16}" text-anchor="middle">{number}</text>'


def _beside(y: float, tick: float) -> str:
    line = f'<path class="axis" d="M{_LEFT} {y:.1f}h-4"/>'
    return f'{line}<text x="{_LEFT - 7}" y="{y + 3.5:.1f}" text-anchor="end">{abs(tick):g}</text>'


def _title(x: float, y: float, text: str, *, is_vertical: bool = False) -> str:
    rotation = f' transform="rotate(-90 {x:g} {y:g})"' if is_vertical else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{rotation}>{escape(text)}</text>'
