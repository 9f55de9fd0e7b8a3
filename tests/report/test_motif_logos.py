"""Logos of the report: letters as in `motifs.logo`, heights in bits, aligned columns below each other."""

from __future__ import annotations

import re

import numpy as np
import pytest

from motifnet.motifs import logo
from motifnet.motifs.motif import BASES, Motif
from motifnet.report.motif_logos import LETTERS, LogoSheet, aligned_logos, large_logo
from planted_folder import HOSTILE
from svg import numbers, parse_svg


def random_motif(width: int = 8, seed: int = 0) -> Motif:
    return Motif("m", np.random.default_rng(seed).dirichlet([0.3] * 4, width).T * 100, nsites=100)


@pytest.mark.parametrize("base", BASES)
def test_letters_are_those_of_the_other_logos(base: str) -> None:
    vertices, _ = logo._letter(base)
    drawn = numbers(LETTERS[base])
    assert (min(drawn), max(drawn)) == (0, 100)
    expected = {round(value) for value in 100 * vertices[:, 0]} | {round(value) for value in 100 - 100 * vertices[:, 1]}
    assert set(drawn) <= {float(value) for value in expected}


def test_heights_of_letters_are_their_information() -> None:
    motif, sheet = random_motif(), LogoSheet()
    drawn = sheet.add(motif)
    group = next(g for g in parse_svg(sheet.definitions()).iter() if g.get("id") == drawn.identifier)
    heights = np.zeros((4, motif.width))
    for path in group:
        for start, outline in re.findall(r"M([^M]*?)((?:[a-z][^M]*)?)(?=M|$)", path.get("d", "")):
            x, y = numbers(start)
            corners = [(x, y)]
            for command, steps in re.findall(r"([lq])([^a-z]*)", outline):
                points = np.array(numbers(steps)).reshape(-1, 2) + corners[-1]
                assert command == "l" or len(points) == 2
                corners += [tuple(point) for point in points]
            xs, ys = np.array(corners).T
            column = int(xs.min() + 1) // 40
            assert column * 40 - 1 <= xs.min()
            assert xs.max() <= (column + 1) * 40 + 1
            height = (ys.max() - ys.min()) / 120
            base = BASES.index(path.get("class", ""))
            heights[base, column] = max(heights[base, column], height)  # the inner outline of A is a path of its own
    np.testing.assert_allclose(heights, motif.ppm * motif.information(), atol=0.022)


def test_each_orientation_is_drawn_once() -> None:
    motif, sheet = random_motif(), LogoSheet()
    forward, reverse = sheet.add(motif), sheet.add(motif, reverse=True)
    assert sheet.add(motif) is forward
    assert sheet.add(motif, reverse=True) is reverse
    assert forward.identifier != reverse.identifier


@pytest.mark.parametrize("offset", [-3, 0, 4])
def test_aligned_columns_are_below_each_other(offset: int) -> None:
    sheet = LogoSheet()
    known, own = sheet.add(random_motif(10)), sheet.add(random_motif(6, seed=1))
    overlap = min(10, offset + 6) - max(0, offset)
    svg = parse_svg(aligned_logos(known, own, offset=offset, overlap=overlap, label="x"))
    first, second = (numbers(use.get("transform", ""))[0] for use in svg.iter() if use.tag.endswith("use"))
    shade = next(rect for rect in svg.iter() if rect.tag.endswith("rect"))
    column = numbers(shade.get("width", ""))[0] / overlap
    assert second - first == pytest.approx(offset * column, rel=1e-3)
    assert numbers(shade.get("x", ""))[0] == pytest.approx(max(first, second))


def test_labels_are_escaped() -> None:
    svg = large_logo(LogoSheet().add(random_motif()), HOSTILE)
    assert parse_svg(svg).get("aria-label") == HOSTILE
    assert "<script" not in svg
