"""Charts as inline SVG in the colours of the page.

vl-convert draws Vega-Lite specifications when the report is written, so the page needs no charting library and charts
print as displayed. Histograms, of which each motif has two, are written here instead: Vega-Lite takes about 30 ms per
chart, 20 s for 300 motifs. Names from files appear only as values of the data, never as fields or expressions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup, escape

from motifnet.html import shortened
from motifnet.report.formatting import count, fixed, number

Spec = dict[str, Any]
#: A point of a line: x, y, and the text of its tooltip, which may be empty.
Point = tuple[float, float, str]

#: Colours are variables of the style sheet, which has a light and a dark theme.
SOFT, LINE, POSITIVE, NEGATIVE, ACCENT = (
    f"var(--{name})" for name in ("soft", "line", "positive", "negative", "accent")
)
_CONFIG: Spec = {
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT, "titleColor": SOFT, "titleFontWeight": "normal", "titleFontSize": 11.5, "titlePadding": 6,
        "labelFontSize": 11, "labelFlush": False, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
        "tickSize": 4,
    },
    "text": {"color": SOFT, "fontSize": 11},
}  # fmt: skip
_SQUARE = {"width": 250, "height": 250}
#: A mark with this channel has a tooltip.
_TOOLTIP = {"description": {"field": "text", "type": "nominal"}}
#: Elements and attributes of Vega's SVG that are kept; long numbers in the numeric attributes are rounded.
_ELEMENTS = ("svg", "g", "path", "line", "text", "tspan", "rect", "circle")
_NUMERIC = (
    "d",
    "transform",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "dx",
    "dy",
    "width",
    "height",
    "viewBox",
    "stroke-width",
)
_OTHERS = (
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-opacity",
    "stroke-dasharray",
    "text-anchor",
    "font-size",
    "opacity",
)
#: Attributes with these values are left out.
_DEFAULTS = {"opacity": "1", "transform": "translate(0,0)", "x2": "0", "y2": "0"}


class Range(NamedTuple):
    """A value with its interval, a reference value, and the text of its tooltip."""

    name: str
    value: float
    low: float
    high: float
    reference: float | None
    text: str


class Bin(NamedTuple):
    """A bin of a histogram of two classes: start, end, heights of both bars, and the text of its tooltip."""

    start: float
    end: float
    positive: float
    negative: float
    text: str


def curves(
    lines: Sequence[Sequence[Point]], label: str, *, titles: tuple[str, str], chance: Sequence[tuple[float, float]]
) -> Markup:
    """Lines in the unit square, the first one in front; the dashed line is chance."""
    points = _points(lines)
    encoding = _axes(*titles, scale={"domain": [0, 1]}) | _colours([POSITIVE, ACCENT, NEGATIVE, SOFT][: len(lines)])
    layers = [
        _dashed(chance),
        _layer(points, {"type": "line", "strokeWidth": 2}, encoding | {"order": {"field": "order"}}),
        _layer(
            [point for point in points if point["text"]],
            {"type": "circle", "size": 70, "opacity": 0},
            encoding | _TOOLTIP,
        ),
    ]
    return draw({**_SQUARE, "layer": layers}, label)


def learning(lines: Sequence[Sequence[Point]], label: str, *, y_title: str, marked: float) -> Markup:
    """Values during training; the dashed line is the step `marked`."""
    encoding = _axes("step", y_title) | _colours([NEGATIVE, POSITIVE][-len(lines) :])
    layers: list[Spec] = [
        {"mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding},
        {"mark": {"type": "circle", "size": 22, "opacity": 1}, "encoding": encoding | _TOOLTIP},
        _rule(marked, stroke=SOFT, strokeDash=[4, 3]),
    ]
    return draw({"width": 330, "height": 170, **_data(_points(lines)), "layer": layers}, label)


def reliability(bins: Sequence[tuple[float, float, int]], label: str) -> Markup:
    """Observed fraction of positives against predicted probability; a bin is (predicted, observed, sequences)."""
    points = [
        {
            "x": predicted,
            "y": observed,
            "text": f"{count(n)} sequences: mean prediction {fixed(predicted, 2)}, "
            f"fraction of positives {fixed(observed, 2)}",
        }
        for predicted, observed, n in bins
    ]
    encoding = _axes("predicted probability", "fraction of positives", scale={"domain": [0, 1]})
    layers = [
        _dashed([(0, 0), (1, 1)]),
        _layer(points, {"type": "line", "stroke": POSITIVE, "strokeWidth": 1}, encoding),
        _layer(points, {"type": "circle", "size": 60, "color": POSITIVE, "opacity": 1}, encoding | _TOOLTIP),
    ]
    return draw({**_SQUARE, "layer": layers}, label)


def scatter(points: Sequence[tuple[float, float]], label: str) -> Markup:
    """Measured against predicted values, one point per sequence."""
    rows = [{"x": x, "y": y, "text": f"measured {number(x)}, predicted {number(y)}"} for x, y in points]
    mark = {"type": "circle", "size": 16, "color": POSITIVE, "opacity": 0.5}
    return draw({**_SQUARE, **_layer(rows, mark, _axes("measured", "predicted") | _TOOLTIP)}, label)


def heat(cells: Sequence[tuple[float, float, float, float, int]], label: str) -> Markup:
    """Heat map of measured against predicted values; a cell is (x start, x end, y start, y end, sequences)."""
    rows = [
        dict(zip(("x", "x2", "y", "y2", "n"), cell, strict=True))
        | {
            "text": "{4} sequences: measured {0} to {1}, predicted {2} to {3}".format(
                *map(number, cell[:4]), count(cell[4])
            )
        }
        for cell in cells
    ]
    shade = {"field": "n", "type": "quantitative", "legend": None, "scale": {"type": "log", "range": [0.15, 1]}}
    encoding = _axes("measured", "predicted") | {"x2": {"field": "x2"}, "y2": {"field": "y2"}, "fillOpacity": shade}
    return draw({**_SQUARE, **_layer(rows, {"type": "rect", "fill": POSITIVE}, encoding | _TOOLTIP)}, label)


def ranges(rows: Sequence[Range], label: str, *, x_title: str, zero: float = 0.0) -> Markup:
    """Values with intervals, one per row, and a grey reference mark."""
    data = [{"row": position, **row._asdict(), "name": shortened(row.name, 34)} for position, row in enumerate(rows)]
    axis = {"domain": False, "ticks": False, "labelLimit": 260, "labelExpr": "''"}
    y = {"y": {"field": "row", "type": "ordinal", "title": None, "axis": axis}}
    layers: list[Spec] = [
        _rule(zero, stroke=LINE),
        {
            "mark": {"type": "rule", "stroke": POSITIVE, "strokeWidth": 2},
            "encoding": {**y, "x": _axis("low", x_title, scale={"padding": 6}), "x2": {"field": "high"}},
        },
        {
            "transform": [{"filter": "isValid(datum.reference)"}],
            "mark": {"type": "tick", "color": SOFT, "thickness": 2, "size": 12},
            "encoding": {**y, "x": _axis("reference", x_title)},
        },
        {
            "mark": {"type": "circle", "size": 55, "color": POSITIVE, "opacity": 1},
            "encoding": {**y, "x": _axis("value", x_title), **_TOOLTIP},
        },
        {
            "mark": {"type": "text", "align": "right", "x": -10},
            "encoding": {**y, "text": {"field": "name", "type": "nominal"}},
        },
    ]
    # The browser's font may be wider than the one with which vl-convert measured the names.
    padding = {"left": 10 + max(len(str(row["name"])) for row in data), "right": 8, "top": 5, "bottom": 5}
    spec = {"width": 380, "height": {"step": 22}, "padding": padding, **_data(data), "layer": layers}
    return draw(spec, label, kind="chart broad")


def grouped(bins: Sequence[Bin], label: str, *, x_title: str, y_title: str) -> Markup:
    """Bars of both classes side by side, at integers."""
    bars = [
        {"at": int(b.start), "class": kind, "height": height, "text": b.text}
        for b in bins
        for kind, height in (("positive", b.positive), ("negative", b.negative))
    ]
    colours = {"domain": ["positive", "negative"], "range": [POSITIVE, NEGATIVE]}
    encoding = {
        "x": {"field": "at", "type": "ordinal", "title": x_title, "axis": {"labelAngle": 0}},
        "xOffset": {"field": "class", "sort": ["positive", "negative"]},
        "y": _axis("height", y_title, scale={"zero": True}),
        "color": {"field": "class", "type": "nominal", "legend": None, "scale": colours},
        **_TOOLTIP,
    }
    return draw({"width": {"step": 22}, "height": 140, **_layer(bars, "bar", encoding)}, label)


def _points(lines: Sequence[Sequence[Point]]) -> list[Spec]:
    points = [(position, *point) for position, line in enumerate(lines) for point in line]
    return [
        {"x": x, "y": y, "line": line, "text": text, "order": order} for order, (line, x, y, text) in enumerate(points)
    ]


def _layer(rows: Iterable[Spec], mark: Spec | str, encoding: Spec) -> Spec:
    return {**_data(rows), "mark": mark, "encoding": encoding}


def _data(rows: Iterable[Spec]) -> Spec:
    return {"data": {"values": list(rows)}}


def _axes(x_title: str, y_title: str, *, scale: Spec | None = None) -> Spec:
    return {"x": _axis("x", x_title, scale=scale), "y": _axis("y", y_title, scale=scale)}


def _axis(field: str, title: str, *, scale: Spec | None = None) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": {"grid": False, "tickCount": 5},
        "scale": {"zero": False, "nice": False, **(scale or {})},
    }


def _colours(colours: Sequence[str]) -> Spec:
    scale = {"domain": list(range(len(colours))), "range": list(colours)}
    return {"color": {"field": "line", "type": "ordinal", "legend": None, "scale": scale}}


def _rule(at: float, **mark: Any) -> Spec:
    return _layer([{"at": at}], {"type": "rule", **mark}, {"x": {"field": "at", "type": "quantitative"}})


def _dashed(points: Sequence[tuple[float, float]]) -> Spec:
    mark = {"type": "line", "stroke": SOFT, "strokeDash": [4, 3], "strokeWidth": 1}
    channels = {name: {"field": name, "type": "quantitative"} for name in ("x", "y")}
    return _layer([{"x": x, "y": y} for x, y in points], mark, channels)


def draw(spec: Mapping[str, Any], label: str, *, kind: str = "chart") -> Markup:
    """Draw a Vega-Lite specification.

    Parameters
    ----------
    spec : mapping
        Without schema, background and config. The ``description`` of a mark becomes its ``<title>``, a tooltip.
    label : str
        Description for screen readers.
    kind : str
        CSS class of the chart.

    Returns
    -------
    Markup
        An ``<svg>`` without identifiers, styles and scripts.
    """
    import vl_convert

    schema = "https://vega.github.io/schema/vega-lite/v5.json"
    drawn = vl_convert.vegalite_to_svg({"$schema": schema, "background": None, "config": _CONFIG, **spec})
    root = ElementTree.fromstring(drawn)
    inside = "".join(map(_kept, root))
    return Markup(
        f'<svg class="{escape(kind)}" role="img" aria-label="{escape(label)}"{_attributes(root)}>{inside}</svg>'
    )


def _kept(element: ElementTree.Element) -> str:
    """An element with the attributes and children that are kept; empty if it draws nothing."""
    tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
    if tag not in _ELEMENTS or element.get("class") in ("background", "foreground"):
        return ""
    attributes, inside = _attributes(element), "".join(map(_kept, element))
    if tag == "g":
        return f"<g{attributes}>{inside}</g>" if inside and attributes else inside
    description = element.get("aria-label")
    inside = f"{escape(element.text or '')}{inside}" + (f"<title>{escape(description)}</title>" if description else "")
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def _attributes(element: ElementTree.Element) -> str:
    return "".join(
        f' {name}="{escape(_rounded(value) if name in _NUMERIC else value)}"'
        for name, value in element.attrib.items()
        if name in (*_NUMERIC, *_OTHERS) and value != _DEFAULTS.get(name)
    )


def _rounded(value: str) -> str:
    long = r"-?\d+\.\d{2,}(?:e-?\d+)?"
    return re.sub(long, lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)


def mirrored(
    bins: Sequence[Bin],
    label: str,
    *,
    x_title: str,
    y_title: str,
    cut_off: float | None = None,
    size: tuple[int, int] = (300, 110),
) -> Markup:
    """Histogram of two classes: positives above the axis, negatives below.

    Parameters
    ----------
    bins : sequence of Bin
        Adjacent, in ascending order.
    label : str
        Description for screen readers.
    x_title, y_title : str
    cut_off : float, optional
        Position of a dashed line.
    size : tuple of int
        Width and height of the plot area in pixels.
    """
    (width, height), left, top = size, 46, 6
    low, high = bins[0].start, bins[-1].end
    up, down = (max(heights) for heights in zip(*((b.positive, b.negative) for b in bins), strict=True))
    across, tall = width / ((high - low) or 1), height / ((up + down) or 1)
    middle = top + up * tall
    parts = []
    for b in bins:
        x, wide = left + (b.start - low) * across, max((b.end - b.start) * across - 1, 0.5)
        sides = (("p", middle - b.positive * tall, b.positive), ("n", middle, b.negative))
        bars = "".join(
            f'<path class="{kind}" d="M{x:.4g} {y:.4g}h{wide:.4g}v{bar * tall:.4g}h{-wide:.4g}"/>'
            for kind, y, bar in sides
            if bar
        )
        parts += [f"<g><title>{escape(b.text)}</title>{bars}</g>"] if bars else []
    parts.append(f'<path class="axis" d="M{left} {top}v{height}h{width}M{left} {middle:.1f}h{width}"/>')
    parts += [_x_tick(left + (tick - low) * across, top + height, tick) for tick in ticks(low, high, 6)]
    parts += [_y_tick(left, middle - tick * tall, tick) for tick in ticks(-down, up, 5)]
    if cut_off is not None and low <= cut_off <= high:
        parts.append(f'<path class="cut" d="M{left + (cut_off - low) * across:.1f} {top}v{height}"/>')
    parts.append(_title(left + width / 2, top + height + 34, x_title))
    parts.append(_title(12, top + height / 2, y_title, is_vertical=True))
    right, bottom = left + width + 14, top + height + 40
    box = f'width="{right}" height="{bottom}" viewBox="0 0 {right} {bottom}"'
    return Markup(f'<svg class="chart histogram" role="img" aria-label="{escape(label)}" {box}>{"".join(parts)}</svg>')


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from `low` to `high`, at most `most`.

    Examples
    --------
    >>> ticks(-7.2, 22, 6)
    [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0]
    """
    if not high > low:
        return [low]
    unit = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(step for step in (unit, 2 * unit, 5 * unit, 10 * unit, 20 * unit) if (high - low) / step <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 10) + 0.0 for k in range(first, last + 1)]


def _x_tick(x: float, y: float, tick: float) -> str:
    text = f"{tick:g}".replace("-", "−")
    return f'<path class="axis" d="M{x:.1f} {y}v4"/><text x="{x:.1f}" y="{y + 16}" text-anchor="middle">{text}</text>'


def _y_tick(x: float, y: float, tick: float) -> str:
    line = f'<path class="axis" d="M{x} {y:.1f}h-4"/>'
    return f'{line}<text x="{x - 7}" y="{y + 3.5:.1f}" text-anchor="end">{abs(tick):g}</text>'


def _title(x: float, y: float, text: str, *, is_vertical: bool = False) -> str:
    rotation = f' transform="rotate(-90 {x:g} {y:g})"' if is_vertical else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle"{rotation}>{escape(text)}</text>'
