"""SiteRule, ExtractionSpec and ReadoutSpec: defaults and ranges."""

from __future__ import annotations

from typing import Any

import pytest

from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import DEFAULT_RULE, SITE_RULES, ExtractionSpec, ReadoutSpec, SiteRule
from motifnet.motifs.learned.sites import THRESHOLDS


def test_every_rule_has_a_function() -> None:
    assert list(THRESHOLDS) == list(SITE_RULES)
    assert SiteRule().name == ExtractionSpec().site_rule == DEFAULT_RULE


@pytest.mark.parametrize("name", SITE_RULES)
def test_values_of_a_rule_have_a_default_and_a_range(name: Any) -> None:
    default, lowest, highest = SITE_RULES[name]
    assert SiteRule(name).value == default
    assert SiteRule(name, lowest).value == lowest
    for wrong in (lowest - 0.5, highest + 0.5, float("nan")):
        with pytest.raises(InputError, match=name):
            ExtractionSpec(name, wrong)


@pytest.mark.parametrize("values", [{"layer": 1}, {"site_rule": "top"}, {"site_value": 0.4}])
def test_options_of_filters_need_filters(values: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        ExtractionSpec(source="attributions", **values)
    assert ExtractionSpec(source="both", **values).uses_filters


@pytest.mark.parametrize(
    "values", [{"site_rule": "bets"}, {"trim_bits": -0.1}, {"trim_bits": float("nan")}, {"min_sites": 0}, {"layer": -1}]
)
def test_options_out_of_range(values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(values))):
        ExtractionSpec(**values)
    with pytest.raises(InputError, match="e_value"):
        ReadoutSpec(e_value=0)
