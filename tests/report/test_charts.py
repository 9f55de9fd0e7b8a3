"""Charts have the given heights and tooltips, and contain nothing but drawing elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motifnet.report import charts
from motifnet.report.charts import Bin, Range, mirrored, ticks
from planted_folder import HOSTILE
from svg import numbers, parse_svg

LINE = [(0.0, 0.0, ""), (0.1, 0.8, HOSTILE), (1.0, 1.0, "all")]
BINS = [Bin(k, k + 1, k, 3 - k, f"{HOSTILE} {k}") for k in range(4)]
RANGE = Range(HOSTILE, 1.0, 0.5, 2.0, 0.1, HOSTILE)
CHARTS = {
    "curves": lambda: charts.curves([LINE, LINE], HOSTILE, titles=("x", HOSTILE), chance=[(0, 0), (1, 1)]),
    "reliability": lambda: charts.reliability([(0.1, 0.2, 10), (0.9, 0.8, 10)], HOSTILE),
    "scatter": lambda: charts.scatter([(0.0, 1.0), (1.0, -3.0)], HOSTILE),
    "heat": lambda: charts.heat([(0.0, 1.0, 0.0, 1.0, 5), (1.0, 2.0, 0.0, 1.0, 1)], HOSTILE),
    "learning": lambda: charts.learning([LINE], HOSTILE, y_title="loss", marked=0.5),
    "ranges": lambda: charts.ranges([RANGE], HOSTILE, x_title="x"),
    "grouped": lambda: charts.grouped(BINS, HOSTILE, x_title="x", y_title="y"),
    "mirrored": lambda: mirrored(BINS, HOSTILE, x_title="x", y_title="y", cut_off=1.5),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_have_tooltips_and_nothing_executable(name: str) -> None:
    tree = parse_svg(CHARTS[name]())
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tags <= {"svg", "g", "path", "line", "text", "title", "rect", "circle"}
    assert any(element.tag.endswith("title") and element.text for element in tree.iter())
    attributes = {attribute for element in tree.iter() for attribute in element.attrib}
    assert not attributes & {"id", "style", "href", "clip-path"}
    assert not [attribute for attribute in attributes if attribute.startswith("on")]
    assert tree.get("aria-label") == HOSTILE
    if name == "ranges":
        assert HOSTILE[:30] in "".join(tree.itertext())


def test_bars_are_proportional_to_counts() -> None:
    bins = [Bin(0, 1, 10, 0, "a"), Bin(1, 2, 5, 2, "b"), Bin(2, 3, 0, 0, "c")]
    groups = (group for group in parse_svg(mirrored(bins, "l", x_title="x", y_title="y")) if group.tag.endswith("g"))
    heights = [numbers(bar.get("d", ""))[3] for group in groups for bar in group if bar.get("d")]
    assert np.array(heights) / heights[0] == pytest.approx([1, 0.5, 0.2], abs=0.01)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), most=st.integers(2, 9))
def test_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert len(found) <= most + 1
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= tick <= low + span + slack for tick in found)
