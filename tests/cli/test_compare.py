"""``motifnet compare`` as users run it; it needs no TensorFlow."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from command import EarlyCommand
from motifnet.motifs.known.comparison import COMPARISON_COLUMNS

pytestmark = pytest.mark.slow

PLANTED = Path(__file__).resolve().parents[2] / "data" / "simulated.motifs.meme"


def test_against_the_vertebrates(early: EarlyCommand) -> None:
    said = early("compare", str(PLANTED), "--top", "2")
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t")
    assert list(table) == list(COMPARISON_COLUMNS)
    best = table.drop_duplicates("Query_ID")
    assert dict(zip(best["Query_ID"], best["Target_name"], strict=True)) == {
        name: name for name in ("CTCF", "FOXA1", "SRF", "USF1")
    }
    assert table["Query_ID"].value_counts().max() == 2
    assert "4 of 4 motifs" in said.stderr


def test_two_files_one_from_a_pipe(early: EarlyCommand) -> None:
    said = early("compare", "-", str(PLANTED), "--output", "table.tsv", "--e-value", "10", stdin=PLANTED.read_bytes())
    assert said.stdout == ""
    assert len(pd.read_csv(early.folder / "table.tsv", sep="\t")) == 16
    assert "null model" in said.stderr
