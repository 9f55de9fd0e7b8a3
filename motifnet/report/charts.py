"""Vega-Lite specifications of the charts. Names from files appear only as values, never as fields or expressions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from motifnet.report.drawing import ACCENT, LINE, NEGATIVE, POSITIVE, SOFT, Spec, draw
from motifnet.report.histograms import Bin
from motifnet.report.wording import count, cut, figure, fixed

_DESCRIPTION = {"field": "text", "type": "nominal"}
_ZERO = {"rule": {"strokeDash": [3, 3], "stroke": SOFT}}
#: Motifs that the chart of importances has room for.
MOST_IMPORTANCES = 40


class Curve(NamedTuple):
    """A line and its name."""

    name: str
    points: Sequence[tuple[float, float, str]]


class Range(NamedTuple):
    """A value with its interval and a reference value."""

    name: str
    value: float
    low: float
    high: float
    reference: float | None
    text: str


def curves(
    lines: Sequence[Curve], label: str, *, titles: tuple[str, str], chance: Sequence[tuple[float, float]]
) -> Markup:
    """Lines in the unit square, the first one in front; the dashed line is chance."""
    points = [
        {"x": x, "y": y, "line": number, "text": text}
        for number, line in enumerate(lines)
        for x, y, text in line.points
    ]
    colours = {"domain": list(range(len(lines))), "range": [POSITIVE, ACCENT, NEGATIVE, SOFT][: len(lines)]}
    encoding = {
        "x": _along("x", titles[0], scale={"domain": [0, 1]}),
        "y": _along("y", titles[1], scale={"domain": [0, 1]}),
        "color": {"field": "line", "type": "ordinal", "legend": None, "scale": colours},
    }
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding | {"order": {"field": "order"}}}
    ordered = [point | {"order": number} for number, point in enumerate(points)]
    spots = {
        "mark": {"type": "circle", "size": 70, "opacity": 0},
        "encoding": encoding | {"description": _DESCRIPTION},
        "data": _data([point for point in points if point["text"]]),
    }
    layers = [_dashed(chance), {"data": _data(ordered), **line}, spots]
    return draw({"width": 250, "height": 250, "layer": layers}, label)


def reliability(bins: Sequence[tuple[float, float, int]], label: str) -> Markup:
    """Observed fraction of positives against predicted probability, one point per bin."""
    points = [
        {
            "x": p,
            "y": o,
            "text": f"{count(n)} sequences: mean prediction {fixed(p, 2)}, fraction of positives {fixed(o, 2)}",
        }
        for p, o, n in bins
    ]
    unit = {"domain": [0, 1]}
    encoding = {
        "x": _along("x", "predicted probability", scale=unit),
        "y": _along("y", "fraction of positives", scale=unit),
    }
    layers = [
        _dashed([(0, 0), (1, 1)]),
        {"data": _data(points), "mark": {"type": "line", "stroke": POSITIVE, "strokeWidth": 1}, "encoding": encoding},
        {
            "data": _data(points),
            "mark": {"type": "circle", "size": 60, "color": POSITIVE, "opacity": 1},
            "encoding": encoding | {"description": _DESCRIPTION},
        },
    ]
    return draw({"width": 250, "height": 250, "layer": layers}, label)


def scatter(points: Sequence[tuple[float, float]], label: str) -> Markup:
    """Measured against predicted values, one point per sequence."""
    rows = [{"x": x, "y": y, "text": f"measured {figure(x)}, predicted {figure(y)}"} for x, y in points]
    encoding = {"x": _along("x", "measured"), "y": _along("y", "predicted"), "description": _DESCRIPTION}
    mark = {"type": "circle", "size": 16, "color": POSITIVE, "opacity": 0.5}
    return draw({"width": 250, "height": 250, "data": _data(rows), "mark": mark, "encoding": encoding}, label)


def heat(cells: Sequence[tuple[float, float, float, float, int]], label: str) -> Markup:
    """Heat map of measured against predicted values; a cell is (x start, x end, y start, y end, sequences)."""
    rows = [
        dict(zip(("x", "x2", "y", "y2", "n"), cell, strict=True))
        | {
            "text": "{4} sequences: measured {0} to {1}, predicted {2} to {3}".format(
                *map(figure, cell[:4]), count(cell[4])
            )
        }
        for cell in cells
    ]
    encoding = {
        "x": _along("x", "measured"), "x2": {"field": "x2"},
        "y": _along("y", "predicted"), "y2": {"field": "y2"},
        "fillOpacity": {"field": "n", "type": "quantitative", "legend": None,
                        "scale": {"type": "log", "range": [0.15, 1]}},
        "description": _DESCRIPTION,
    }  # fmt: skip
    mark = {"type": "rect", "fill": POSITIVE}
    return draw({"width": 250, "height": 250, "data": _data(rows), "mark": mark, "encoding": encoding}, label)


def learning(lines: Sequence[Curve], label: str, *, y_title: str, marked: float | None = None) -> Markup:
    """Values during training."""
    points = [
        {"x": x, "y": y, "line": number, "text": text}
        for number, line in enumerate(lines)
        for x, y, text in line.points
    ]
    colours = {"domain": list(range(len(lines))), "range": [NEGATIVE, POSITIVE][-len(lines) :]}
    encoding = {
        "x": _along("x", "step"),
        "y": _along("y", y_title),
        "color": {"field": "line", "type": "ordinal", "legend": None, "scale": colours},
    }
    layers: list[Spec] = [
        {"mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding},
        {"mark": {"type": "circle", "size": 22, "opacity": 1}, "encoding": encoding | {"description": _DESCRIPTION}},
    ]
    if marked is not None:
        layers.append(_rule("x", marked))
    return draw({"width": 330, "height": 170, "data": _data(points), "layer": layers}, label)


def ranges(rows: Sequence[Range], label: str, *, x_title: str, zero: float = 0.0) -> Markup:
    """Values with intervals, one per row, and a grey reference mark."""
    data = [
        {
            "row": number,
            "name": cut(row.name, 34),
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "reference": row.reference,
            "text": row.text,
        }
        for number, row in enumerate(rows)
    ]
    y = {
        "field": "row", "type": "ordinal", "title": None,
        "axis": {"domain": False, "ticks": False, "labelLimit": 260, "labelExpr": "''"},
    }  # fmt: skip
    text = {
        "mark": {"type": "text", "align": "right", "x": -10},
        "encoding": {"y": y, "text": {"field": "name", "type": "nominal"}},
    }
    layers: list[Spec] = [
        _rule("x", zero, dash=False),
        {
            "mark": {"type": "rule", "stroke": POSITIVE, "strokeWidth": 2},
            "encoding": {"y": y, "x": _along("low", x_title, scale={"padding": 6}), "x2": {"field": "high"}},
        },
        {
            "transform": [{"filter": "isValid(datum.reference)"}],
            "mark": {"type": "tick", "color": SOFT, "thickness": 2, "size": 12},
            "encoding": {"y": y, "x": _along("reference", x_title)},
        },
        {
            "mark": {"type": "circle", "size": 55, "color": POSITIVE, "opacity": 1},
            "encoding": {"y": y, "x": _along("value", x_title), "description": _DESCRIPTION},
        },
        text,
    ]
    spec = {
        "width": 380,
        "height": {"step": 22},
        # The browser's font may be wider than the one with which the names were measured.
        "padding": {"left": 10 + max(len(str(row["name"])) for row in data), "right": 8, "top": 5, "bottom": 5},
        "data": _data(data),
        "layer": layers,
    }
    return draw(spec, label, kind="chart broad")


def grouped(bins: Sequence[Bin], label: str, *, x_title: str, y_title: str) -> Markup:
    """Bars of both classes side by side, at integers."""
    bars = [
        {"at": int(b.start), "class": kind, "height": height, "text": b.text}
        for b in bins
        for kind, height in (("positive", b.positive), ("negative", b.negative))
    ]
    encoding = {
        "x": {"field": "at", "type": "ordinal", "title": x_title, "axis": {"labelAngle": 0}},
        "xOffset": {"field": "class", "sort": ["positive", "negative"]},
        "y": _along("height", y_title, scale={"zero": True}),
        "color": {"field": "class", "type": "nominal", "legend": None, "scale": _two_colours()},
        "description": _DESCRIPTION,
    }
    return draw({"width": {"step": 22}, "height": 140, "data": _data(bars), "mark": "bar", "encoding": encoding}, label)


def _along(field: str, title: str | None, *, axis: Spec | None = None, scale: Spec | None = None) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": {"grid": False, "tickCount": 5, **(axis or {})},
        "scale": {"zero": False, "nice": False, **(scale or {})},
    }


def _two_colours() -> Spec:
    return {"domain": ["positive", "negative"], "range": [POSITIVE, NEGATIVE]}


def _data(rows: Iterable[dict[str, Any]]) -> Spec:
    return {"values": list(rows)}


def _rule(channel: str, at: float, *, dash: bool = True) -> Spec:
    mark: Spec = {"type": "rule", "stroke": SOFT if dash else LINE}
    if dash:
        mark["strokeDash"] = [4, 3]
    return {"data": _data([{"at": at}]), "mark": mark, "encoding": {channel: {"field": "at", "type": "quantitative"}}}


def _dashed(points: Sequence[tuple[float, float]]) -> Spec:
    return {
        "data": _data({"x": x, "y": y} for x, y in points),
        "mark": {"type": "line", "stroke": SOFT, "strokeDash": [4, 3], "strokeWidth": 1},
        "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
    }
