"""Interaction of two motifs by distance, above the numbers of sequences with their sites at that distance, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from motifnet.motifs.statistics.pairs import ORIENTATIONS
from motifnet.report.charts import ACCENT, POSITIVE, ticks
from motifnet.report.formatting import count, finite, number

#: Pairs and tasks with a chart, and gaps of a chart.
_MOST_CHARTS, _MOST_GAP = 6, 200
#: Sizes in pixels: width, heights of the two panels, margins.
_WIDTH, _UPPER, _LOWER = 430.0, 130.0, 80.0
_LEFT, _TOP, _BETWEEN, _BELOW = 50.0, 8.0, 16.0, 40.0
_COLOURS = (POSITIVE, ACCENT)


class SpacingChart(NamedTuple):
    """A chart of the two motifs, by name, for one task."""

    motif: str
    other: str
    task: str
    svg: Markup


class _Point(NamedTuple):
    """Values of one gap and orientation; `x` is the gap + 1, negative upstream."""

    x: int
    is_opposite: bool
    value: float
    low: float
    high: float
    observed: float
    expected: float
    text: str


def spacing_charts(rows: Sequence[Mapping[str, Any]]) -> list[SpacingChart]:
    """Draw the pairs and tasks of spacing.tsv, at most six; rows with invalid values are left out."""
    groups: dict[tuple[str, str, str], list[_Point]] = {}
    for row in rows:
        if (point := _point_of(row)) is not None:
            groups.setdefault((str(row["motif"]), str(row["other"]), str(row["task"])), []).append(point)
    return [SpacingChart(*names, _draw(points)) for names, points in list(groups.items())[:_MOST_CHARTS]]


def _point_of(row: Mapping[str, Any]) -> _Point | None:
    names = ("gap", "interaction", "interaction_low", "interaction_high", "n_observed", "expected")
    gap, value, low, high, observed, expected = (finite(row[name]) for name in names)
    if gap is None or value is None or row["orientation"] not in ORIENTATIONS:
        return None
    if not (0 <= gap <= _MOST_GAP and gap == int(gap)):
        return None
    index = ORIENTATIONS.index(row["orientation"])
    low, high = (value if limit is None else limit for limit in (low, high))
    text = f"{int(gap)} bp {row['orientation']}: interaction {number(value)} ({number(low)} to {number(high)})"
    if observed is not None:
        text += f", {count(observed)} sequences ({number(expected)} expected)"
    x = int(gap) + 1
    return _Point(-x if index > 1 else x, index % 2 == 1, value, low, high, observed or 0.0, expected or 0.0, text)


def _draw(points: Sequence[_Point]) -> Markup:
    most = max(abs(point.x) for point in points)
    across = _WIDTH / (2 * most + 2)
    middle = _LEFT + _WIDTH / 2
    below = _TOP + _UPPER + _BETWEEN
    parts = [_interactions(points, middle, across), _counts(points, middle, across, below)]
    for tick in ticks(0, most - 1, 4):
        for x in (tick + 1, -tick - 1):
            at = middle + x * across
            parts.append(
                f'<path class="axis" d="M{at:.1f} {below + _LOWER}v4"/>'
                f'<text x="{at:.1f}" y="{below + _LOWER + 16}" text-anchor="middle">{tick:g}</text>'
            )
    for side, text in ((-1, "upstream: gap (bp)"), (1, "downstream: gap (bp)")):
        parts.append(
            f'<text x="{middle + side * _WIDTH / 4:.1f}" y="{below + _LOWER + 34}" text-anchor="middle">{text}</text>'
        )
    right, bottom = _LEFT + _WIDTH + 10, below + _LOWER + _BELOW
    box = f'width="{right:g}" height="{bottom:g}" viewBox="0 0 {right:g} {bottom:g}"'
    label = "interaction of two motifs by distance, and observed distances"
    return Markup(f'<svg class="chart histogram" role="img" aria-label="{label}" {box}>{"".join(parts)}</svg>')


def _interactions(points: Sequence[_Point], middle: float, across: float) -> str:
    """The upper panel: lines with intervals, one on each side for each strand."""
    lowest, highest = min(0.0, *(point.low for point in points)), max(0.0, *(point.high for point in points))
    tall = _UPPER / ((highest - lowest) or 1.0)

    def y(value: float) -> str:
        return f"{_TOP + (highest - value) * tall:.1f}"

    parts = [
        f'<path class="axis" d="M{_LEFT} {_TOP}v{_UPPER}M{_LEFT} {y(0)}h{_WIDTH}"/>',
        *(_y_tick(float(y(tick)), f"{tick:g}") for tick in ticks(lowest, highest, 5)),
        _y_title(_TOP + _UPPER / 2, "interaction"),
    ]
    for is_opposite, colour in enumerate(_COLOURS):
        for sign in (-1, 1):
            own = sorted(point for point in points if point.is_opposite == bool(is_opposite) and point.x * sign > 0)
            if not own:
                continue
            at = {point.x: f"{middle + point.x * across:.1f}" for point in own}
            band = [f"{at[p.x]} {y(p.high)}" for p in own] + [f"{at[p.x]} {y(p.low)}" for p in reversed(own)]
            line = "L".join(f"{at[p.x]} {y(p.value)}" for p in own)
            parts.append(f'<path d="M{"L".join(band)}z" fill="{colour}" fill-opacity="0.2"/>')
            parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
            for p in own:
                circle = f'<circle cx="{at[p.x]}" cy="{y(p.value)}" r="2.5" fill="{colour}"/>'
                parts.append(f"<g><title>{escape(p.text)}</title>{circle}</g>")
    return "".join(parts)


def _counts(points: Sequence[_Point], middle: float, across: float, top: float) -> str:
    """The lower panel: sequences on the same strand above the axis, on opposite strands below; ticks: expected."""
    up, down = (
        max((max(p.observed, p.expected) for p in points if p.is_opposite == side), default=0.0)
        for side in (False, True)
    )
    tall = _LOWER / ((up + down) or 1.0)
    axis, wide = top + up * tall, 0.8 * across
    parts = [
        f'<path class="axis" d="M{_LEFT} {top}v{_LOWER}h{_WIDTH}M{_LEFT} {axis:.1f}h{_WIDTH}"/>',
        *(_y_tick(axis - tick * tall, f"{abs(tick):g}") for tick in ticks(-down, up, 4)),
        _y_title(top + _LOWER / 2, "sequences"),
    ]
    for point in points:
        sign, x = -1 if point.is_opposite else 1, middle + point.x * across - wide / 2
        start = axis - max(sign * point.observed, 0.0) * tall
        expected = f'<path d="M{x:.1f} {axis - sign * point.expected * tall:.1f}h{wide:.1f}" stroke="var(--soft)"/>'
        parts.append(
            f'<g><title>{escape(point.text)}</title><rect x="{x:.1f}" y="{start:.1f}" width="{wide:.1f}" '
            f'height="{point.observed * tall:.1f}" fill="{_COLOURS[point.is_opposite]}"/>{expected}</g>'
        )
    return "".join(parts)


def _y_tick(y: float, text: str) -> str:
    text = text.replace("-", "−")
    return (
        f'<path class="axis" d="M{_LEFT} {y:.1f}h-4"/>'
        f'<text x="{_LEFT - 7}" y="{y + 3.5:.1f}" text-anchor="end">{text}</text>'
    )


def _y_title(y: float, text: str) -> str:
    return f'<text x="12" y="{y:g}" text-anchor="middle" transform="rotate(-90 12 {y:g})">{text}</text>'
