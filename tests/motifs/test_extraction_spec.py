"""SiteRule and ExtractionSpec: how motifs are read, as values."""

from __future__ import annotations

from typing import Any

import pytest

from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import DEFAULT_RULE, SITE_RULES, ExtractionSpec, SiteRule
from motifnet.motifs.learned.sites import THRESHOLDS


def test_every_rule_has_its_function_and_the_default_is_one_of_them() -> None:
    assert list(THRESHOLDS) == list(SITE_RULES)
    assert SiteRule().name == ExtractionSpec().site_rule == DEFAULT_RULE
    assert DEFAULT_RULE in SITE_RULES


@pytest.mark.parametrize("name", SITE_RULES)
def test_a_rule_takes_its_default_value_and_keeps_to_its_range(name: Any) -> None:
    values = SITE_RULES[name]
    assert SiteRule(name).value == values.default
    assert SiteRule(name, values.lowest).value == values.lowest
    for wrong in (values.lowest - 0.5, values.highest + 0.5, float("nan")):
        with pytest.raises(InputError) as error:
            ExtractionSpec(name, wrong)
        assert str(error.value) == (
            f"the value of site rule {name!r} must be from {values.lowest:g} to {values.highest:g}. "
            f"Got {wrong:g} instead"
        )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"site_rule": "bets"},
            f"site rule must be one of {', '.join(SITE_RULES)}. Got 'bets' instead\n  Did you mean 'best'?",
        ),
        ({"trim_bits": -0.1}, "trim_bits must be at least 0. Got -0.1 instead"),
        ({"trim_bits": float("nan")}, "trim_bits must be at least 0. Got nan instead"),
        ({"min_sites": 0}, "min_sites must be at least 1. Got 0 instead"),
    ],
)
def test_an_extraction_says_what_it_wants(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        ExtractionSpec(**values)
    assert str(error.value) == message
