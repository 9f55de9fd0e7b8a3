"""Importance of sites: shuffled sites of the motif that a model uses raise the loss; others do not."""

from __future__ import annotations

import numpy as np
import pytest

from hand_made import DATA, hand_made
from motifnet.interpretation.site_importance import _elsewhere, site_importance
from motifnet.interpretation.tables.columns import IMPORTANCE_COLUMNS
from small_models import LENGTH, WORD


def sites_of(word: str) -> tuple[np.ndarray, np.ndarray, int]:
    starts = np.array([sequence.find(word) for sequence in DATA.sequences])
    rows = np.flatnonzero(starts >= 0)
    return rows, starts[rows], len(word)


def test_only_the_sites_that_the_model_uses_matter() -> None:
    rows, starts, width = sites_of(WORD)
    beside = np.where(starts >= width, starts - width, starts + width)
    table = site_importance(hand_made(), DATA, [(rows, starts, width), (rows, beside, width)])
    assert set(table.columns) == {"group", "task", *IMPORTANCE_COLUMNS} - {"motif"}
    used, other = table.iloc[0], table.iloc[1]
    assert used["loss_low"] > used["random_loss_high"]
    assert used["auroc"] > 0.2
    assert abs(other["loss"]) < 0.1 * used["loss"]


def test_without_sites_nothing_changes() -> None:
    empty = np.zeros(0, dtype=np.int64)
    table = site_importance(hand_made(), DATA, [(empty, empty, 8)])
    assert table["loss"].tolist() == [0.0]
    assert table["random_loss_high"].tolist() == [0.0]


@pytest.mark.parametrize("width", [1, 8, 20])
def test_random_positions_do_not_overlap_the_site(width: int) -> None:
    rng = np.random.default_rng(0)
    starts = np.repeat(np.arange(LENGTH - width + 1), 50)
    chosen = _elsewhere(starts, width, LENGTH, rng)
    assert (chosen >= 0).all()
    assert (chosen <= LENGTH - width).all()
    assert (np.abs(chosen - starts) >= width).all()
    free = {start for start in range(LENGTH - width + 1) if abs(start - 30) >= width}
    assert set(_elsewhere(np.full(5000, 30), width, LENGTH, rng).tolist()) == free


def test_a_site_as_wide_as_the_sequence_is_replaced_itself() -> None:
    assert _elsewhere(np.zeros(3, dtype=np.int64), LENGTH, LENGTH, np.random.default_rng(0)).tolist() == [0, 0, 0]
