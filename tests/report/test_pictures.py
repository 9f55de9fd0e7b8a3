"""What the report draws: logos as those of `motifs.logo`, charts that carry their tooltips and nothing that runs."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from motifnet.motifs import logo
from motifnet.motifs.motif import BASES, Motif
from motifnet.report import charts
from motifnet.report.histograms import Bin, Titles, mirrored, ticks
from motifnet.report.motif_logos import LETTERS, LogoSheet, aligned_logos, large_logo
from motifnet.report.performance import auroc_interval, correlation_interval

HOSTILE = """<script>alert(1)</script>"'&"""


def tree_of(picture: Markup) -> ElementTree.Element:
    """The picture as XML, which it is."""
    return ElementTree.fromstring(str(picture).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def random_motif(width: int = 8, seed: int = 0) -> Motif:
    return Motif("m", np.random.default_rng(seed).dirichlet([0.3] * 4, width).T * 100, nsites=100)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("base", BASES)
def test_letters_are_those_of_the_logos(base: str) -> None:
    vertices, _ = logo._letter(base)
    outline = re.sub(r"[HV]", "L", LETTERS[base])
    assert set(re.sub(r"[^A-Z]", "", outline)) <= set("MLQZ")
    drawn = numbers(LETTERS[base])
    assert (min(drawn), max(drawn)) == (0, 100)
    ours = {round(value) for value in 100 * vertices[:, 0]} | {round(value) for value in 100 - 100 * vertices[:, 1]}
    assert set(drawn) <= {float(value) for value in ours}


def test_letters_are_as_high_as_their_information() -> None:
    motif, sheet = random_motif(), LogoSheet()
    drawn = sheet.add(motif)
    group = next(g for g in tree_of(sheet.definitions()).iter() if g.get("id") == drawn.identifier)
    heights = np.zeros((4, motif.width))
    for path in group:
        for start, outline in re.findall(r"M([^M]*?)((?:[a-z][^M]*)?)(?=M|$)", path.get("d", "")):
            x, y = numbers(start)
            places = [(x, y)]
            for command, steps in re.findall(r"([lq])([^a-z]*)", outline):
                points = np.array(numbers(steps)).reshape(-1, 2) + places[-1]
                assert command == "l" or len(points) == 2
                places += [tuple(point) for point in points]
            xs, ys = np.array(places).T
            column = int(xs.min() + 1) // 40
            assert column * 40 - 1 <= xs.min()
            assert xs.max() <= (column + 1) * 40 + 1
            height = (ys.max() - ys.min()) / 120
            base = BASES.index(path.get("class", ""))
            heights[base, column] = max(heights[base, column], height)  # the eye of an A is a path of its own
    np.testing.assert_allclose(heights, motif.ppm * motif.information(), atol=0.022)


@pytest.mark.parametrize("offset", [-3, 0, 4])
def test_aligned_columns_stand_above_each_other(offset: int) -> None:
    sheet = LogoSheet()
    known, own = sheet.add(random_motif(10)), sheet.add(random_motif(6, seed=1))
    overlap = min(10, offset + 6) - max(0, offset)
    picture = tree_of(aligned_logos(known, own, offset=offset, overlap=overlap, label="x"))
    first, second = (numbers(use.get("transform", ""))[0] for use in picture.iter() if use.tag.endswith("use"))
    shade = next(rect for rect in picture.iter() if rect.tag.endswith("rect"))
    column = numbers(shade.get("width", ""))[0] / overlap
    assert second - first == pytest.approx(offset * column, rel=1e-3)
    assert numbers(shade.get("x", ""))[0] == pytest.approx(max(first, second))


def test_a_label_is_escaped() -> None:
    sheet = LogoSheet()
    picture = large_logo(sheet.add(random_motif()), HOSTILE)
    assert tree_of(picture).get("aria-label") == HOSTILE
    assert "<script" not in picture


def test_every_chart_has_tooltips_and_nothing_that_runs() -> None:
    curve = charts.Curve("model", [(0.0, 0.0, ""), (0.1, 0.8, HOSTILE), (1.0, 1.0, "all")])
    bins = [Bin(k, k + 1, k, 3 - k, f"{HOSTILE} {k}") for k in range(4)]
    drawn = [
        charts.curves([curve, curve], HOSTILE, titles=("x", HOSTILE), chance=[(0, 0), (1, 1)]),
        charts.reliability([(0.1, 0.2, 10), (0.9, 0.8, 10)], HOSTILE),
        charts.scatter([(0.0, 1.0), (1.0, -3.0)], HOSTILE),
        charts.heat([(0.0, 1.0, 0.0, 1.0, 5), (1.0, 2.0, 0.0, 1.0, 1)], HOSTILE),
        charts.learning([curve], HOSTILE, y_title="loss", marked=0.5),
        charts.ranges([charts.Range(HOSTILE, 1.0, 0.5, 2.0, 0.1, HOSTILE)], HOSTILE, x_title="x"),
        charts.grouped(bins, HOSTILE, x_title="x", y_title="y"),
        mirrored(bins, Titles(HOSTILE, "x", "y"), cut_off=1.5),
    ]
    for picture in drawn:
        tree = tree_of(picture)
        tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
        assert tags <= {"svg", "g", "path", "line", "text", "title", "rect", "circle"}
        assert any(element.tag.endswith("title") and element.text for element in tree.iter())
        names = {name for element in tree.iter() for name in element.attrib}
        assert not names & {"id", "style", "href", "clip-path"}
        assert not [name for name in names if name.startswith("on")]
        assert tree.get("aria-label") == HOSTILE
    assert HOSTILE[:30] in "".join(tree_of(drawn[5]).itertext())


def test_bars_are_as_high_as_their_counts() -> None:
    bins = [Bin(0, 1, 10, 0, "a"), Bin(1, 2, 5, 2, "b"), Bin(2, 3, 0, 0, "c")]
    groups = (group for group in tree_of(mirrored(bins, Titles("l", "x", "y"))) if group.tag.endswith("g"))
    heights = [numbers(bar.get("d", ""))[3] for group in groups for bar in group if bar.get("d")]
    assert np.array(heights) / heights[0] == pytest.approx([1, 0.5, 0.2], abs=0.01)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), most=st.integers(2, 9))
def test_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert len(found) <= most + 1
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= tick <= low + span + slack for tick in found)


def test_the_interval_of_an_auroc_covers_the_truth() -> None:
    """The auROC of normal scores whose true value is known; 95 % is promised, and 400 trials are counted."""
    rng = np.random.default_rng(0)
    truth, covered = 0.921, 0  # Phi(2 / sqrt(2))
    for _ in range(400):
        positive, negative = rng.normal(2, 1, 30), rng.normal(0, 1, 40)
        auroc = float((positive[:, np.newaxis] > negative).mean())
        low, high = auroc_interval(auroc, 30, 40)
        assert low <= auroc <= high
        covered += low <= truth <= high
    assert covered / 400 >= 0.92


def test_intervals_at_the_ends() -> None:
    low, high = auroc_interval(1.0, 10, 10)
    assert low < 0.9
    assert high == pytest.approx(1, abs=1e-3)
    assert correlation_interval(0.5, 3) == (-1.0, 1.0)
    low, high = correlation_interval(0.5, 100)
    assert -1 < low < 0.5 < high < 1
