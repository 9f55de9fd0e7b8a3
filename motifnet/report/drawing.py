"""Vega-Lite charts as inline SVG in the colours of the page.

vl-convert draws them when the report is written, so the page needs no charting library, and charts print as shown. The
description of a mark becomes its ``<title>``, a tooltip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup, escape

Spec = dict[str, Any]

#: Colours are variables of the style sheet, which has a light and a dark theme.
INK, SOFT, LINE, POSITIVE, NEGATIVE, ACCENT = (
    f"var(--{name})" for name in ("ink", "soft", "line", "positive", "negative", "accent")
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
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_SVG = "{http://www.w3.org/2000/svg}"
#: Elements and attributes of Vega's SVG that are kept.
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
_ATTRIBUTES = (
    *_NUMERIC,
    *("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-dasharray", "text-anchor", "font-size", "opacity"),
)
_DEFAULTS = {"opacity": "1", "transform": "translate(0,0)", "x2": "0", "y2": "0"}
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_FRAMES = ("background", "foreground")


def draw(spec: Mapping[str, Any], label: str, *, kind: str = "chart") -> Markup:
    """Draw a Vega-Lite specification.

    Parameters
    ----------
    spec : mapping
        Without schema, background and config. Names from files must appear as values only, never as fields or
        expressions. The ``description`` of a mark becomes its tooltip.
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

    drawn = vl_convert.vegalite_to_svg({"$schema": _SCHEMA, "background": None, "config": _CONFIG, **spec})
    root = ElementTree.fromstring(drawn)
    inside = "".join(map(_kept, root))
    return Markup(
        f'<svg class="{escape(kind)}" role="img" aria-label="{escape(label)}"{_attributes(root)}>{inside}</svg>'
    )


def _kept(element: ElementTree.Element) -> str:
    """An element with the attributes and children that are kept; empty if it draws nothing."""
    tag = element.tag.removeprefix(_SVG)
    if tag not in _ELEMENTS or element.get("class") in _FRAMES:
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
        if name in _ATTRIBUTES and value != _DEFAULTS.get(name)
    )


def _rounded(value: str) -> str:
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
