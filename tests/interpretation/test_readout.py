"""From filters to motifs: which sequences decide what, the order and directions of motifs, and recognised splits."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hand_made import DATA, EXACT, FEW, IN_TEST, OTHER, PARTS, RARE, SPLIT, hand_made, joined, tabulate, with_other
from motifnet.interpretation import readout as readout_module
from motifnet.interpretation.readout import find_motifs, known_split, learn_motifs, sample_rows
from motifnet.interpretation.tables.motif_tables import MotifTables
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.motifs.learned.refinement import Candidate, refine
from motifnet.motifs.motif import Motif
from motifnet.motifs.statistics import occurrences as occurrences_module
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.sequence_set import SequenceSet
from small_models import WORD, planted

#: Columns of motifs.tsv that depend on held-out sequences.
TESTED = [
    *("auroc_test", "spearman_test", "sites_positive", "n_positive", "sites_negative", "n_negative", "enrichment"),
    *("p_value", "e_value", "q_value", "status", "fidelity", "centrality", "centrality_p_value"),
]
#: Categories of sites.tsv, which depend on all rows.
TEXTS = dict.fromkeys(("motif", "name", "strand", "split", "chrom", "genome_strand"), str)
UNREFINED = ReadoutSpec(refine=False, database="none", importance=False)
OTHER_LABELS = replace(SPLIT, test=replace(SPLIT.test, labels=1 - SPLIT.test.labels))


@pytest.mark.parametrize(
    "split",
    [OTHER_LABELS, SPLIT.with_test(with_other(planted(25, 25, seed=30)))],
    ids=["other test labels", "other test sequences"],
)
def test_held_out_sequences_decide_nothing(model: TrainedModel, split: Split) -> None:
    here, there = tabulate(model), tabulate(model, split)
    assert len(here.motifs) == 3
    assert here.motifs.names == there.motifs.names
    assert [m.counts.tolist() for m in here.motifs] == [m.counts.tolist() for m in there.motifs]
    pd.testing.assert_frame_equal(here.table.drop(columns=TESTED), there.table.drop(columns=TESTED))
    assert here.table["p_value"].tolist() != there.table["p_value"].tolist()
    own = [tables.sites[tables.sites["split"].isin(("train", "valid"))] for tables in (here, there)]
    pd.testing.assert_frame_equal(*(sites.astype(TEXTS).reset_index(drop=True) for sites in own))
    pd.testing.assert_frame_equal(here.filters.drop(columns="fidelity"), there.filters.drop(columns="fidelity"))


def test_motifs_are_tested_in_the_direction_of_the_training(model: TrainedModel) -> None:
    here, there = tabulate(model), tabulate(model, OTHER_LABELS)
    np.testing.assert_allclose(there.table["auroc_test"], 1 - here.table["auroc_test"])
    assert here.table["e_value"].iloc[0] < 1e-10
    assert there.table["p_value"].iloc[0] == 1


def test_a_motif_of_the_negatives(model: TrainedModel) -> None:
    found = tabulate(model)
    row = found.table.set_index("consensus").loc[OTHER]
    assert (row["direction"], row["status"]) == ("negative", "significant")
    assert row["auroc"] < 0.3
    sites = found.sites[found.sites["motif"] == row["motif"]]
    assert len(sites) >= 40
    assert (DATA.labels[sites["sequence_index"], 0] == 0).all()
    assert row["sites_negative"] == (sites["split"] == "test").sum()


def test_without_refinement_motifs_are_those_of_the_filters(model: TrainedModel) -> None:
    found = tabulate(model, readout=UNREFINED)
    for row in found.table.itertuples():
        own = found.filters.set_index("filter").loc[row.filters]
        assert (row.consensus, row.nsites, row.shift) == (own["consensus"], own["nsites"], 0)
        assert row.bits == pytest.approx(own["bits"], rel=1e-4)  # rounded as in the MEME file


def test_filters_of_one_motif_are_one_family() -> None:
    found = tabulate(hand_made((WORD, OTHER, "TGTAATCC", "CGGATTAC")), extraction=EXACT)
    assert found.table[["filters", "n_filters"]].values.tolist() == [["f00, f02, f03", 3]]
    assert found.filters["motif"].tolist() == [*found.motifs.names, "", *found.motifs.names * 2]
    assert found.table["nsites"].iloc[0] == 60  # one site per positive, whatever the number of filters


def test_a_motif_found_only_by_refinement_has_no_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    (seed,) = tabulate(hand_made(), extraction=EXACT, readout=UNREFINED).motifs

    def refine_seed(motifs: Sequence[Motif], *classes: SequenceSet, **values: Any) -> list[Candidate]:
        return refine([seed] * len(motifs), *classes, **values)

    monkeypatch.setattr("motifnet.motifs.learned.clustering.refine", refine_seed)
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


def test_motifs_without_order_are_the_same(model: TrainedModel) -> None:
    unordered = learn_motifs(model, SPLIT.train, extraction=FEW)
    assert Counter(motif.consensus for motif in unordered) == Counter(tabulate(model).table["consensus"])


def test_each_sequence_is_scanned_once_with_the_motifs(model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned: Counter[str] = Counter()
    best_sites = occurrences_module.best_sites

    def counted(motifs: Sequence[Motif], sequences: SequenceSet, **values: Any) -> Any:
        scanned.update(sequences.names)
        return best_sites(motifs, sequences, **values)

    monkeypatch.setattr(occurrences_module, "best_sites", counted)
    own = planted(5, 5, seed=7)
    test = replace(own, sequences=replace(own.sequences, names=tuple(f"t{i}" for i in range(10))))
    tabulate(model, SPLIT, test=test)
    assert scanned == Counter([*DATA.sequences.names, *test.sequences.names])


# --- which sequences are held out ---


def test_a_split_gives_the_same_as_its_data_and_the_digests_of_the_model(model: TrainedModel) -> None:
    split = known_split(model, DATA)
    for own, expected in zip(split.rows, SPLIT.rows, strict=True):
        assert own.tolist() == expected.tolist()
    here, there = tabulate(model, DATA), tabulate(model, SPLIT)
    pd.testing.assert_frame_equal(here.table, there.table)
    pd.testing.assert_frame_equal(here.sites, there.sites)


def test_a_split_is_not_recovered_by_digests(model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(sequences: SequenceSet) -> None:
        pytest.fail("digests were computed")

    monkeypatch.setattr(SequenceSet, "strand_hashes", fail)
    assert len(tabulate(model, SPLIT).motifs) == 3


def test_test_sequences_of_another_file(model: TrainedModel) -> None:
    own = with_other(planted(20, 20, seed=7))
    for found in (tabulate(model, SPLIT, test=own), tabulate(model, SPLIT.with_test(own)), tabulate(model, test=own)):
        assert (found.table[["n_positive", "n_negative"]] == 20).all(axis=None)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    """Numbers in the warnings, which have no other arguments."""
    return [
        tuple(value for value in record.args or () if not isinstance(value, str))
        for record in caplog.records
        if record.name == "motifnet" and record.levelno >= logging.WARNING
    ]


def assert_untested(found: MotifTables) -> None:
    assert len(found.motifs) > 0
    assert set(found.table["status"]) == {"not tested"}
    assert found.table["e_value"].dtype == np.float64
    assert found.table[[name for name in TESTED if name != "status"]].isna().all(axis=None)
    assert [motif.e_value for motif in found.motifs] == [None] * len(found.motifs)
    for table in (found.enrichment, found.positions, found.pairs, found.importance):
        assert len(table) == 0


def test_without_held_out_sequences_nothing_is_tested(model: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert_untested(tabulate(model, joined(PARTS["train"], PARTS["valid"]), readout=ReadoutSpec(database="none")))
    assert warnings_of(caplog) == [()]


def test_sequences_that_the_model_has_never_seen(model: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    # They are held out; but sites are counted in them if there are no others of their class.
    new = planted(20, 20, seed=8)
    split = known_split(model, joined(PARTS["train"], new))
    assert [len(part) for part in split] == [120, 0, 40]
    caplog.set_level(logging.WARNING)
    found = tabulate(model, new)
    assert_untested(found)
    assert found.table["auroc"].iloc[0] > 0.9
    assert set(found.sites["split"]) == {"train"}
    assert warnings_of(caplog) == [()]


def test_motifs_are_not_tested_on_training_sequences(model: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    fresh, new = planted(10, 10, seed=9), planted(20, 20, seed=8)
    reverse = replace(PARTS["valid"], sequences=PARTS["valid"].sequences.reverse_complement())
    found = tabulate(model, test=joined(fresh, PARTS["train"], reverse))
    assert (found.table[["n_positive", "n_negative"]] == 10).all(axis=None)
    assert_untested(tabulate(model, new, test=new))  # counted here, though the model has not seen them
    assert warnings_of(caplog) == [(150, 170), (40, 40), ()]


def test_a_class_that_the_model_has_never_seen(model: TrainedModel) -> None:
    found = tabulate(model, joined(PARTS["train"].take(np.arange(60)), planted(0, 40, seed=9)), extraction=EXACT)
    assert found.table["filters"].tolist() == ["f02"]
    assert found.table["auroc"].iloc[0] > 0.9
    assert_untested(found)


def test_without_negatives_nothing_is_tested(model: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    found = tabulate(model, DATA.take(DATA.labels[:, 0] == 1), extraction=EXACT)
    assert found.motifs[0].consensus == WORD
    assert found.table[["auroc", "auroc_test"]].isna().all(axis=None)
    assert_untested(found)
    assert warnings_of(caplog)[0] == (25,)


# --- several tasks, values, large sets ---


def with_labels(labels: np.ndarray, tasks: tuple[str, ...] = DATA.tasks) -> Split:
    data = Dataset(DATA.sequences, labels, tasks, np.arange(len(DATA)))
    return Split.from_parts(data, np.repeat([0, 1, 2], [len(part) for part in SPLIT]))


def test_each_motif_belongs_to_the_task_that_it_classifies_best() -> None:
    coin = np.random.default_rng(0).integers(0, 2, len(DATA))
    tasks = ("coin", "word", "unknown")
    labels = np.stack([coin, DATA.labels[:, 0], np.full(len(DATA), np.nan)], axis=1)
    found = tabulate(hand_made(tasks=tasks), with_labels(labels, tasks))
    table = found.table.set_index("consensus")
    assert table.loc[[WORD, OTHER], "task"].tolist() == ["word", "word"]
    assert table.loc[[WORD, OTHER], "direction"].tolist() == ["positive", "negative"]
    assert found.enrichment["task"].tolist() == [task for task in tasks for _ in range(len(found.motifs))]
    np.testing.assert_allclose(found.enrichment["e_value"], found.enrichment["p_value"] * len(found.enrichment))
    # Sites are in the class of the motif's own task.
    for kmer, label in ((WORD, 1), (OTHER, 0)):
        sites = found.sites[found.sites["motif"] == table.loc[kmer, "motif"]]
        assert len(sites) > 40
        assert (DATA.labels[sites["sequence_index"], 0] == label).all()


def test_real_labels_are_compared_as_thirds(model: TrainedModel) -> None:
    labels = np.where(DATA.labels == 1, 5.0, 1.0) + np.linspace(0, 1, len(DATA))[:, np.newaxis]
    found = tabulate(model, with_labels(labels))
    counts = found.score_counts.groupby("motif")[["n_positive", "n_negative"]].sum()
    assert (counts == [17, 17]).all(axis=None)  # of 50
    assert found.table["spearman_test"].iloc[0] > 0.5
    assert tabulate(model).table["spearman_test"].isna().all()


def test_of_large_sets_a_sample_of_each_class_is_counted_and_tested(
    model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readout_module, "MAX_COUNTED", 20)
    monkeypatch.setattr(readout_module, "MAX_REFINED", 20)
    found = find_motifs(model, SPLIT, extraction=FEW)
    assert found.held_out is not None
    assert found.held_out.data.class_counts().tolist() == [[20, 20]]
    assert set(found.held_out.index) < set(np.flatnonzero(IN_TEST))
    assert [len(own) for own in found.occurrences] == [len(part) for part in SPLIT]  # sites are listed in all


def test_samples_of_several_tasks_contain_the_positives_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readout_module, "MAX_COUNTED", 60)
    monkeypatch.setattr(readout_module, "MAX_REFINED", 20)
    labels = np.zeros((200, 2), dtype=np.float32)
    labels[:100, 0] = labels[::13, 1] = 1
    chosen = labels[sample_rows(labels, seed=0)]
    assert chosen[:, 1].sum() == labels[:, 1].sum() > 5
    assert 30 <= chosen[:, 0].sum() < 45
