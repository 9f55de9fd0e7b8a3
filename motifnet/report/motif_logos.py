"""Compact logos: four SVG paths per logo, one per base, defined once in the page and reused by identifier.

A logo of `motifnet.motifs.logo` takes 30 kB and 50 ms, and a report may have two thousand. The markup contains numbers
only, never names.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
from markupsafe import Markup, escape

from motifnet.motifs.motif import BASES, Floats, Motif

#: Outlines of DejaVu Sans Bold in a square of 100, as in `motifnet.motifs.logo`.
LETTERS = {
    "A": "M69 82L31 82L25 100L0 100L35 0L65 0L100 100L75 100ZM37 63L63 63L50 23Z",
    "C": "M100 93Q92 96 83 98Q74 100 64 100Q34 100 17 87Q0 73 0 50Q0 27 17 13Q34 0 64 0Q74 0 83 2Q92 4 100 7L100 27"
    "Q92 22 83 20Q75 18 66 18Q50 18 41 27Q31 35 31 50Q31 65 41 73Q50 82 66 82Q75 82 83 80Q92 78 100 73Z",
    "G": "M100 91Q90 95 79 98Q68 100 57 100Q31 100 15 87Q0 73 0 50Q0 27 16 13Q31 0 58 0Q69 0 78 2Q88 4 96 7L96 27"
    "Q87 23 79 20Q70 18 61 18Q45 18 37 26Q28 35 28 50Q28 65 36 74Q45 82 60 82Q64 82 68 82Q72 81 74 80L74 61L58 61L58 45"
    "L100 45Z",
    "T": "M0 0L100 0L100 20L64 20L64 100L36 100L36 20L0 20Z",
}
#: Width of a column and height of one bit, in units of the drawing; coordinates are integers.
COLUMN, _BIT = 40, 120


class Logo(NamedTuple):
    """A logo in the definitions of the page: its identifier, columns, and height in bits."""

    identifier: str
    width: int
    bits: float


class LogoSheet:
    """The logos of a page; each is drawn once and may be used many times."""

    def __init__(self) -> None:
        self._logos: dict[tuple[Motif, bool], Logo] = {}
        self._drawn: list[str] = []

    def add(self, motif: Motif, *, reverse: bool = False) -> Logo:
        """The logo of a motif or of its reverse complement: information per column, divided by probability."""
        key = motif, reverse  # motifs are compared by identity
        if key not in self._logos:
            self._logos[key] = self._draw(motif.reverse_complement() if reverse else motif)
        return self._logos[key]

    def _draw(self, motif: Motif) -> Logo:
        heights = motif.ppm * motif.information()
        bits = max(2.0, float(heights.sum(axis=0).max()))
        logo = Logo(f"logo{len(self._drawn)}", motif.width, bits)
        outlines = zip(BASES, _outlines(heights * _BIT, bits * _BIT), strict=True)
        paths = "".join(f'<path class="{base}" d="{outline}"/>' for base, outline in outlines if outline)
        self._drawn.append(f'<g id="{logo.identifier}">{paths}</g>')
        return logo

    def definitions(self) -> Markup:
        """SVG definitions of all logos."""
        inside = "\n".join(self._drawn)
        return Markup(f'<svg class="definitions" width="0" height="0" aria-hidden="true"><defs>{inside}</defs></svg>')


def _outlines(heights: Floats, top: float) -> list[str]:
    """One path per base from heights of shape ``(4, w)``; the largest base is on top."""
    outlines = ["", "", "", ""]
    for column, column_heights in enumerate(heights.T):
        y = top
        for base in np.argsort(column_heights, kind="stable"):
            height = float(column_heights[base])
            y -= height
            if height >= 2.5:  # lower letters are invisible
                outlines[base] += outline(BASES[base], column * COLUMN, y, height)
    return outlines


def outline(base: str, left: float, top: float, height: float) -> str:
    """SVG path of a letter `COLUMN` wide, in relative integer coordinates (the shortest form)."""
    parts, at, start = [], (0, 0), (0, 0)
    for command, points in _letter(base):
        if command == "Q" and height < 60:  # in low letters a straight line is as good as a curve
            command, points = "L", points[-1:]
        corners = [(round(left + x * COLUMN / 100), round(top + y * height / 100)) for x, y in points]
        if command == "M":
            parts.append("M{} {}".format(*corners[0]))
            start = corners[0]
        else:
            parts.append(command.lower() + " ".join(f"{x - at[0]} {y - at[1]}" for x, y in corners))
        at = corners[-1] if corners else start
    return "".join(parts).replace(" -", "-")


@cache
def _letter(base: str) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """Commands M, L, Q and Z of a letter's outline with their points, in a square of 100."""
    found = []
    for command, text in re.findall(r"([MLQZ])([^MLQZ]*)", LETTERS[base]):
        numbers = [float(value) for value in text.split()]
        found.append((command, tuple(zip(numbers[::2], numbers[1::2], strict=True))))
    return tuple(found)


def large_logo(logo: Logo, label: str) -> Markup:
    """A logo with axes: bits, and the number of every fifth column."""
    left, height, scale = 26, 84.0, 0.4
    column = COLUMN * scale
    width = left + column * logo.width + 2
    heights = {bit: 6 + height * (1 - bit / logo.bits) for bit in (0, 1, 2)}
    ticks = "".join(f"M{left - 4} {y:.4g}h4" for y in heights.values())
    bits = "".join(f'<text x="{left - 7}" y="{y + 3.5:.4g}">{bit}</text>' for bit, y in heights.items())
    numbers = "".join(
        f'<text x="{left + column * (at - 0.5):.4g}" y="{height + 19:.4g}">{at}</text>'
        for at in [1, *range(5, logo.width + 1, 5)]
    )
    inside = (
        f'<path class="axis" d="M{left} 6v{height:.4g}h{column * logo.width:.4g}{ticks}"/>'
        f'<g text-anchor="end">{bits}</g><g text-anchor="middle">{numbers}</g><use href="#{logo.identifier}" '
        f'transform="translate({left} 6) scale({scale} {height / logo.bits / _BIT:.4g})"/>'
    )
    return svg_image(width, height + 24, inside, label, "logo")


def small_logo(logo: Logo, label: str) -> Markup:
    """A logo without axes, for a row of a table."""
    scale = 30 / logo.bits / _BIT
    inside = f'<use href="#{logo.identifier}" transform="scale(0.15 {scale:.4g})"/>'
    return svg_image(0.15 * COLUMN * logo.width, 30, inside, label, "small logo")


def aligned_logos(known: Logo, own: Logo, *, offset: int, overlap: int, label: str) -> Markup:
    """A known motif above a motif, as Tomtom shows them: aligned, the shared columns shaded.

    Parameters
    ----------
    known, own : Logo
        In aligned orientation.
    offset : int
        Column of the known motif at which the other begins; may be negative.
    overlap : int
        Number of aligned columns.
    label : str
        Description for screen readers.
    """
    scale, height, gap = 0.275, 46.0, 8.0
    column = COLUMN * scale
    first_known, first_own = max(-offset, 0), max(offset, 0)
    width = column * max(first_known + known.width, first_own + own.width)
    shade = column * max(first_known, first_own)
    parts = [
        f'<rect class="shade" x="{shade:.4g}" y="0" width="{column * overlap:.4g}" height="{2 * height + gap:.4g}"/>'
    ]
    for logo, first, top in ((known, first_known, 0.0), (own, first_own, height + gap)):
        at = f"translate({column * first:.4g} {top:.4g}) scale({scale} {height / logo.bits / _BIT:.4g})"
        line = f'<path class="axis" d="M{column * first:.4g} {top + height:.4g}h{column * logo.width:.4g}"/>'
        parts.append(f'{line}<use href="#{logo.identifier}" transform="{at}"/>')
    return svg_image(width, 2 * height + gap + 1, "".join(parts), label, "aligned logo")


def svg_image(width: float, height: float, inside: str, label: str, kind: str) -> Markup:
    """An image of a page; the label is escaped, and `inside` is markup."""
    size = f'width="{width:.4g}" height="{height:.4g}" viewBox="0 0 {width:.4g} {height:.4g}"'
    return Markup(f'<svg class="{kind}" role="img" aria-label="{escape(label)}" {size}>{inside}</svg>')
