"""The chart of a pair: values and intervals of each gap, invalid rows left out, nothing executable."""

from __future__ import annotations

from typing import Any

import pytest

from motifnet.report.results_folder import Row
from motifnet.report.spacing_chart import spacing_charts
from planted_folder import HOSTILE
from svg import parse_svg


def row(**values: Any) -> Row:
    known = {
        "motif": "a", "other": "b", "task": "t", "orientation": "upstream, same strand", "gap": 3, "n_observed": 7,
        "expected": 2.5, "effect": 4.0, "interaction": 1.25, "interaction_low": 0.5, "interaction_high": 2.0,
    }  # fmt: skip
    return Row({**known, **values})


def test_each_pair_and_task_has_a_chart() -> None:
    rows = [row(motif=motif, task=task, gap=gap) for motif in ("a", "c") for task in ("t", "u") for gap in range(3)]
    charts = spacing_charts(rows)
    assert [(chart.motif, chart.other, chart.task) for chart in charts] == [
        ("a", "b", "t"), ("a", "b", "u"), ("c", "b", "t"), ("c", "b", "u"),
    ]  # fmt: skip


def test_upstream_is_left_and_opposite_strands_are_below() -> None:
    rows = [row(orientation=f"{side}, {strand} strand") for side in ("upstream", "downstream")
            for strand in ("same", "opposite")]  # fmt: skip
    tree = parse_svg(spacing_charts(rows)[0].svg)
    circles = [float(element.get("cx", "")) for element in tree.iter() if element.tag.endswith("circle")]
    bars = [element for element in tree.iter() if element.tag.endswith("rect")]
    assert circles[0] == circles[2] < circles[1] == circles[3]
    tops = [float(bar.get("y", "")) for bar in bars]
    assert tops[0] == tops[2] < tops[1] == tops[3]
    assert len({bar.get("height") for bar in bars}) == 1


@pytest.mark.parametrize(
    "values",
    [{"gap": None}, {"gap": -1}, {"gap": 1.5}, {"gap": 1e300}, {"interaction": None}, {"orientation": HOSTILE}],
)
def test_rows_with_invalid_values_are_left_out(values: dict[str, Any]) -> None:
    assert spacing_charts([row(**values)]) == []
    (chart,) = spacing_charts([row(**values), row()])
    assert chart.svg == spacing_charts([row()])[0].svg


def test_without_intervals_and_counts() -> None:
    (chart,) = spacing_charts([row(interaction_low=None, interaction_high=None, n_observed=None, expected=None)])
    assert "nan" not in chart.svg
    parse_svg(chart.svg)


def test_names_are_not_in_the_drawing() -> None:
    (chart,) = spacing_charts([row(motif=HOSTILE, task=HOSTILE)])
    assert chart.motif == HOSTILE
    assert "script" not in chart.svg
