"""Read SVG that the package writes."""

from __future__ import annotations

import re
from xml.etree import ElementTree


def parse_svg(svg: str) -> ElementTree.Element:
    """The root element of an inline ``<svg>``."""
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def numbers(text: str) -> list[float]:
    """The numbers of an attribute, in order."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]
