"""Logos of contributions: orientation, and heights above and below the axis."""

from __future__ import annotations

import re

import numpy as np
import pytest

from motifnet.motifs.motif import Motif
from motifnet.report.pattern_logos import contribution_logo, motif_strand

WORD = "GATTACAGG"
ONE_HOT = np.array([[float(letter == base) for letter in WORD] for base in "ACGT"])
MOTIF = Motif(WORD, 100 * ONE_HOT + 0.1, nsites=100)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("part", [slice(None), slice(2, 8)])
def test_contributions_have_the_strand_of_the_motif(sign: int, part: slice) -> None:
    values = sign * ONE_HOT[:, part] * np.linspace(0.5, 1, len(WORD))[part]
    assert motif_strand(values, MOTIF) == "+"
    assert motif_strand(values[::-1, ::-1], MOTIF) == "-"


def test_letters_that_lower_the_score_are_below_the_axis() -> None:
    values = np.zeros((4, 3))
    values[0, 0], values[3, 1] = 1.0, -0.5
    svg = contribution_logo(values, "<pattern>")
    assert "&lt;pattern&gt;" in svg
    drawn = re.findall(r'<path class="([ACGT])" d="[^"]+"( transform="matrix\(1 0 0 -1[^"]*")?', svg)
    assert [(base, bool(mirrored)) for base, mirrored in drawn] == [("A", False), ("T", True)]


def test_no_contributions_give_an_empty_logo() -> None:
    assert not re.findall(r'<path class="[ACGT]"', contribution_logo(np.zeros((4, 5)), "none"))
