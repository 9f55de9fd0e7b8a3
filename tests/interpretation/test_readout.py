"""Filters to motifs: on which sequences anything is chosen, and what becomes of the filters' words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hand_made import DATA, EXACT, IN_TEST, OTHER, PARTS, RARE, hand_made, joined, tabulate, with_other
from motifnet.interpretation.readout import divide, drawn
from motifnet.interpretation.tables.motif_tables import MotifTables
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.motifs.learned.refinement import Refined, refine
from motifnet.motifs.motif import Motif
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from small_models import WORD, planted

#: The columns of motifs.tsv that held-out sequences decide.
TESTED = [
    *(
        "auroc_test",
        "sites_positive",
        "n_positive",
        "sites_negative",
        "n_negative",
        "enrichment",
        "p_value",
        "e_value",
        "q_value",
    ),
    *("status", "fidelity", "centrality", "centrality_p_value"),
]
#: Columns of sites.tsv that are categories, which depend on all rows.
TEXTS = dict.fromkeys(("motif", "name", "strand", "split", "chrom", "genome_strand"), str)
OWN_WORDS = ReadoutSpec(refine=False, database="none", importance=False)


def flipped() -> Dataset:
    """The test labels the other way round."""
    labels = DATA.labels.copy()
    labels[IN_TEST] = 1 - labels[IN_TEST]
    return replace(DATA, labels=labels)


@pytest.mark.parametrize(
    "data",
    [flipped(), joined(PARTS["train"], PARTS["valid"], with_other(planted(25, 25, seed=30)))],
    ids=["other test labels", "other test sequences"],
)
def test_nothing_is_chosen_on_held_out_sequences(model: TrainedModel, data: Dataset) -> None:
    here, there = tabulate(model), tabulate(model, data)
    assert len(here.motifs) == 3
    assert here.motifs.names == there.motifs.names
    assert [m.counts.tolist() for m in here.motifs] == [m.counts.tolist() for m in there.motifs]
    pd.testing.assert_frame_equal(here.table.drop(columns=TESTED), there.table.drop(columns=TESTED))
    assert here.table["p_value"].tolist() != there.table["p_value"].tolist()
    own = [tables.sites[tables.sites["split"].isin(("train", "valid"))] for tables in (here, there)]
    pd.testing.assert_frame_equal(*(sites.astype(TEXTS).reset_index(drop=True) for sites in own))
    pd.testing.assert_frame_equal(here.filters.drop(columns="fidelity"), there.filters.drop(columns="fidelity"))


def test_flipped_labels_are_tested_in_the_direction_of_the_training(model: TrainedModel) -> None:
    here, there = tabulate(model), tabulate(model, flipped())
    np.testing.assert_allclose(there.table["auroc_test"], 1 - here.table["auroc_test"])
    assert here.table["e_value"].iloc[0] < 1e-10
    assert there.table["p_value"].iloc[0] == 1


def test_a_motif_of_the_negatives_marks_them(model: TrainedModel) -> None:
    found = tabulate(model)
    row = found.table.set_index("consensus").loc[OTHER]
    assert (row["direction"], row["status"]) == ("negative", "significant")
    assert row["auroc"] < 0.3
    sites = found.sites[found.sites["motif"] == row["motif"]]
    assert len(sites) >= 40
    assert (DATA.labels[sites["sequence_index"], 0] == 0).all()
    assert row["sites_negative"] == (sites["split"] == "test").sum()


def test_without_refinement_motifs_keep_the_words_of_the_filters(model: TrainedModel) -> None:
    found = tabulate(model, readout=OWN_WORDS)
    for row in found.table.itertuples():
        own = found.filters.set_index("filter").loc[row.filters]
        assert (row.consensus, row.nsites, row.shift) == (own["consensus"], own["nsites"], 0)
        assert row.bits == pytest.approx(own["bits"], rel=1e-4)  # rounded as in the MEME file


def test_filters_of_one_word_are_one_motif() -> None:
    strands = {"GGATTACA": "TGTAATCC"}
    found = tabulate(hand_made((WORD, OTHER, strands[WORD], "CGGATTAC")), how=EXACT)
    assert found.table[["filters", "n_filters"]].values.tolist() == [["f00, f02, f03", 3]]
    assert found.filters["motif"].tolist() == [*found.motifs.names, "", *found.motifs.names * 2]
    assert found.table["nsites"].iloc[0] == 60  # one site a positive, whichever filters fire there


def test_a_word_that_only_refinement_found_is_a_row_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    (seed,) = tabulate(hand_made(), how=EXACT, readout=OWN_WORDS).motifs

    def refine_that(motifs: Sequence[Motif], *classes: SequenceSet, **how: Any) -> list[Refined]:
        return refine([seed] * len(motifs), *classes, **how)

    monkeypatch.setattr("motifnet.interpretation.readout.refine", refine_that)
    found = tabulate(hand_made((RARE, OTHER)), readout=ReadoutSpec(database="none"))
    by_filters = found.table.set_index("filters")
    new, kept = by_filters.loc[""], by_filters.loc[["f00", "f01"]]
    assert (new["consensus"], new["n_filters"], new["complete_filters"]) == (WORD, 0, 0)
    assert new[["shift", "fidelity", "importance", "importance_random", "auroc_drop"]].isna().all()
    assert new["status"] == "significant"
    assert kept["importance"].notna().all()
    assert (kept["n_filters"] == 1).all()
    assert found.filters["motif"].tolist() == kept["motif"].tolist()
    assert found.filters["consensus"].tolist() == kept["consensus"].tolist()
    assert new["motif"] not in set(found.importance["motif"])


# --- which sequences are held out ---


def test_test_sequences_of_their_own(model: TrainedModel) -> None:
    own = with_other(planted(20, 20, seed=7))
    found = tabulate(model.with_test(own), joined(PARTS["train"], PARTS["valid"]), test=own)
    assert (found.table[["n_positive", "n_negative"]] == 20).all(axis=None)
    in_test = found.sites.query("split == 'test' and motif == @found.motifs.names[0]")
    assert in_test["sequence_index"].tolist() == list(range(20))  # indices among the test sequences
    assert in_test["name"].tolist() == list(own.sequences.names[:20])


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "motifnet" and r.levelno >= logging.WARNING]


def assert_untested(found: MotifTables) -> None:
    assert len(found.motifs) > 0
    assert set(found.table["status"]) == {"not tested"}
    assert found.table[[*TESTED[:-4], *TESTED[-3:]]].isna().all(axis=None)
    assert [motif.e_value for motif in found.motifs] == [None] * len(found.motifs)
    for table in (found.enrichment, found.positions, found.pairs, found.importance):
        assert len(table) == 0


NONE_LEFT = (
    "no sequence is held out (all were trained on, or used to choose): motifs are written without p, E and q. "
    "Give the sequences that discover held out, or test sequences of their own"
)


def test_without_held_out_sequences_nothing_is_tested(model: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert_untested(tabulate(model, joined(PARTS["train"], PARTS["valid"]), readout=ReadoutSpec(database="none")))
    assert said(caplog) == [NONE_LEFT]


def test_sequences_that_the_model_has_not_met_are_counted_and_not_held_out(
    model: TrainedModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    found = tabulate(model, planted(20, 20, seed=8))
    assert_untested(found)
    assert found.table["auroc"].iloc[0] > 0.9
    assert set(found.sites["split"]) == {""}
    assert said(caplog) == [NONE_LEFT]


def test_test_sequences_that_were_trained_on_are_not_tested_on(
    model: TrainedModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    fresh, unmet = planted(10, 10, seed=9), planted(20, 20, seed=8)
    dropped = "motifs are not tested on them"
    # Trained on, and the other strand of what was trained on.
    other_strand = replace(PARTS["valid"], sequences=PARTS["valid"].sequences.reverse_complement())
    found = tabulate(model, test=joined(fresh, PARTS["train"], other_strand))
    assert (found.table[["n_positive", "n_negative"]] == 10).all(axis=None)
    # Counted here, though the model has not met them.
    assert_untested(tabulate(model, unmet, test=unmet))
    took_part = "test sequences took part in training the model or in counting sites"
    assert said(caplog) == [f"150 of 170 {took_part}: {dropped}", f"40 of 40 {took_part}: {dropped}", NONE_LEFT]


def test_a_class_that_the_model_has_not_met(model: TrainedModel) -> None:
    # The positives are those that it was trained on; the negatives are new, and are needed for counting.
    found = tabulate(model, joined(PARTS["train"].take(np.arange(60)), planted(0, 40, seed=9)), how=EXACT)
    assert found.table["filters"].tolist() == ["f02"]
    assert found.table["auroc"].iloc[0] > 0.9
    assert_untested(found)


def test_without_negatives_nothing_is_made_up(model: TrainedModel) -> None:
    found = tabulate(model, DATA.take(DATA.labels[:, 0] == 1), how=EXACT)
    assert found.motifs[0].consensus == WORD
    assert found.table[["auroc", "auroc_test"]].isna().all(axis=None)
    assert_untested(found)


# --- several tasks ---


def test_each_motif_is_of_the_task_that_it_separates_best() -> None:
    coin = np.random.default_rng(0).integers(0, 2, len(DATA))
    tasks = ("coin", "word", "unknown")
    labels = np.stack([coin, DATA.labels[:, 0], np.full(len(DATA), np.nan)], axis=1)
    found = tabulate(hand_made(tasks=tasks), Dataset(DATA.sequences, labels, tasks, DATA.groups))
    table = found.table.set_index("consensus")
    assert table.loc[[WORD, OTHER], "task"].tolist() == ["word", "word"]
    assert table.loc[[WORD, OTHER], "direction"].tolist() == ["positive", "negative"]
    assert found.enrichment["task"].tolist() == [task for task in tasks for _ in range(len(found.motifs))]
    np.testing.assert_allclose(found.enrichment["e_value"], found.enrichment["p_value"] * len(found.enrichment))
    # Sites are in the class that a motif marks at its own task, whatever the coin says.
    for word, label in ((WORD, 1), (OTHER, 0)):
        sites = found.sites[found.sites["motif"] == table.loc[word, "motif"]]
        assert len(sites) > 40
        assert (DATA.labels[sites["sequence_index"], 0] == label).all()


def test_of_large_sets_some_sequences_of_each_class_are_read(
    model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motifnet.interpretation.readout.MOST_READ", 20)
    monkeypatch.setattr("motifnet.interpretation.readout.MOST_SEQUENCES", 20)
    parts = divide(model, DATA, test=None, at_least=1)
    of_parts = (PARTS["train"], joined(PARTS["train"], PARTS["valid"]), PARTS["test"])
    for part, whole in zip(parts, of_parts, strict=True):
        assert part is not None
        for label in (0, 1):
            ours, all_of_them = (data.sequences.take(data.labels[:, 0] == label) for data in (part, whole))
            assert len(ours) == 20
            assert set(ours) < set(all_of_them)


def test_what_is_drawn_is_of_both_kinds_that_come_in_turn() -> None:
    rows = drawn(np.arange(1000), 500, seed=0)
    assert len(rows) == len(set(rows.tolist())) == 500
    assert (np.diff(rows) > 0).all()
    assert 200 < (rows % 2).sum() < 300
    assert drawn(rows, 500, seed=1) is rows


def test_positives_of_a_rare_task_are_read_first(model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.interpretation.readout.MOST_READ", 60)
    monkeypatch.setattr("motifnet.interpretation.readout.MOST_SEQUENCES", 20)
    rare = np.zeros(len(DATA), dtype=np.float32)
    rare[::13] = 1
    data = Dataset(DATA.sequences, np.column_stack([DATA.labels[:, 0], rare]), ("a", "rare"), DATA.groups)
    train = divide(model, data, test=None, at_least=1).train
    assert train.labels[:, 1].sum() == data.labels[: len(PARTS["train"]), 1].sum() > 5
    assert 30 <= train.labels[:, 0].sum() < 40
