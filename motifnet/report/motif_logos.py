"""Compact logos for the report: four SVG paths per logo, one per base, defined once and reused by identifier.

A logo of `motifnet.motifs.logo` takes 30 kB and 50 ms, and a report may have two thousand. The markup contains numbers
only, never names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from markupsafe import Markup

from motifnet.motifs.motif import BASES, Floats, Motif

#: DejaVu Sans Bold's outlines in a square of 100, as in `motifnet.motifs.logo`.
LETTERS = {
    "A": "M69 82H31L25 100H0L35 0H65L100 100H75ZM37 63H63L50 23Z",
    "C": "M100 93Q92 96 83 98Q74 100 64 100Q34 100 17 87Q0 73 0 50Q0 27 17 13Q34 0 64 0Q74 0 83 2Q92 4 100 7V27Q92 22 "
    "83 20Q75 18 66 18Q50 18 41 27Q31 35 31 50Q31 65 41 73Q50 82 66 82Q75 82 83 80Q92 78 100 73Z",
    "G": "M100 91Q90 95 79 98Q68 100 57 100Q31 100 15 87Q0 73 0 50Q0 27 16 13Q31 0 58 0Q69 0 78 2Q88 4 96 7V27Q87 23 "
    "79 20Q70 18 61 18Q45 18 37 26Q28 35 28 50Q28 65 36 74Q45 82 60 82Q64 82 68 82Q72 81 74 80V61H58V45H100Z",
    "T": "M0 0H100V20H64V100H36V20H0Z",
}
#: Width of a column and height of one bit, in units of the drawing; coordinates are integers.
_COLUMN, _BIT = 40, 120
#: Letters lower than this are invisible and left out.
_LOWEST = 2.5
#: In letters lower than this, curves are drawn as straight lines.
_COARSE = 60
#: A command of an outline and the numbers that follow it: all x, all y, or pairs of both.
_COMMAND = re.compile(r"([MLHVQZ])([^MLHVQZ]*)")


@dataclass(frozen=True, eq=False)
class Logo:
    """A logo in the definitions of the page."""

    identifier: str
    width: int
    bits: float


@dataclass(frozen=True, eq=False)
class LogoSheet:
    """The logos of a page; each is drawn once and may be used many times."""

    _drawn: list[Markup] = field(default_factory=list)

    def add(self, motif: Motif) -> Logo:
        """Add a logo: information per column, divided among the bases by probability."""
        heights = motif.ppm * motif.information()
        bits = max(2.0, float(heights.sum(axis=0).max()))
        logo = Logo(f"logo{len(self._drawn)}", motif.width, bits)
        paths = "".join(
            f'<path class="{base}" d="{outline}"/>'
            for base, outline in zip(BASES, _outlines(heights * _BIT, bits * _BIT), strict=True)
            if outline
        )
        self._drawn.append(Markup(f'<g id="{logo.identifier}">{paths}</g>'))
        return logo

    def definitions(self) -> Markup:
        """SVG definitions of all logos."""
        inside = Markup("\n").join(self._drawn)
        return Markup(f'<svg class="definitions" width="0" height="0" aria-hidden="true"><defs>{inside}</defs></svg>')


def _outlines(heights: Floats, top: float) -> list[str]:
    """One path per base from heights of shape ``(4, w)``; the largest base is on top."""
    outlines = ["", "", "", ""]
    for column, own in enumerate(heights.T):
        floor = top
        for base in np.argsort(own, kind="stable"):
            floor -= float(own[base])
            if own[base] >= _LOWEST:
                outlines[base] += _placed(BASES[base], column * _COLUMN, floor, float(own[base]))
    return outlines


def _placed(base: str, left: float, top: float, height: float) -> str:
    """Outline of a letter at its position, in relative integer coordinates (the shortest form)."""
    parts, at, start = [], (0, 0), (0, 0)
    for command, points in _letter(base):
        if command == "Q" and height < _COARSE:
            command, points = "L", points[-1:]
        places = [(round(left + x * _COLUMN / 100), round(top + y * height / 100)) for x, y in points]
        steps = [(x - at[0], y - at[1]) for x, y in places]
        if command == "M":
            parts.append("M{} {}".format(*places[0]))
            start = places[0]
        else:
            parts.append(command.lower() + " ".join(f"{x} {y}" for x, y in steps))
        at = places[-1] if places else start
    return "".join(parts).replace(" -", "-")


@cache
def _letter(base: str) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """Commands M, L, Q and Z of a letter's outline with their points, in a square of 100."""
    found: list[tuple[str, tuple[tuple[float, float], ...]]] = []
    x = y = 0.0
    for command, text in _COMMAND.findall(LETTERS[base]):
        numbers = [float(number) for number in text.split()]
        if command in "HV":
            points = [(number, y) if command == "H" else (x, number) for number in numbers]
            command = "L"
        else:
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
        x, y = points[-1] if points else (x, y)
        found.append((command, tuple(points)))
    return tuple(found)


def large_logo(logo: Logo, label: str) -> Markup:
    """A logo with axes: bits, and the number of every fifth column."""
    left, height, scale = 26, 84.0, 0.4
    column = _COLUMN * scale
    width = left + column * logo.width + 2
    ticks = "".join(
        f'<path class="axis" d="M{left - 4} {y:.4g}h4"/>'
        f'<text x="{left - 7}" y="{y + 3.5:.4g}" text-anchor="end">{bit}</text>'
        for bit in (0, 1, 2)
        for y in [6 + height * (1 - bit / logo.bits)]
    )
    numbers = "".join(
        f'<text x="{left + column * (at - 0.5):.4g}" y="{height + 19:.4g}" text-anchor="middle">{at}</text>'
        for at in [1, *range(5, logo.width + 1, 5)]
    )
    inside = (
        f'<path class="axis" d="M{left} 6v{height:.4g}h{column * logo.width:.4g}"/>{ticks}{numbers}'
        f'<use href="#{logo.identifier}" '
        f'transform="translate({left} 6) scale({scale} {height / logo.bits / _BIT:.4g})"/>'
    )
    return _picture(width, height + 24, Markup(inside), label, "logo")


def small_logo(logo: Logo, label: str) -> Markup:
    """A logo without axes, for a row of a table."""
    scale = 30 / logo.bits / _BIT
    inside = Markup(f'<use href="#{logo.identifier}" transform="scale(0.15 {scale:.4g})"/>')
    return _picture(0.15 * _COLUMN * logo.width, 30, inside, label, "small logo")


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
    column = _COLUMN * scale
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
    return _picture(width, 2 * height + gap + 1, Markup("".join(parts)), label, "aligned logo")


def _picture(width: float, height: float, inside: Markup, label: str, kind: str) -> Markup:
    size = Markup(f'width="{width:.4g}" height="{height:.4g}" viewBox="0 0 {width:.4g} {height:.4g}"')
    return Markup('<svg class="{}" role="img" aria-label="{}" {}>{}</svg>').format(kind, label, size, inside)
