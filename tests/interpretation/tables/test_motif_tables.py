"""The tables of the motifs agree with each other and with motifs.meme, and are the same when read from their files."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hand_made import DATA, EXACT, FEW, OTHER, PARTS, QUICK, SPLIT, joined, tabulate
from motifnet.interpretation.tables.motif_tables import COLUMNS, MotifTables
from motifnet.models.trained import TrainedModel
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.scanners import scan
from motifnet.motifs.statistics.contrast import task_aurocs
from motifnet.motifs.statistics.enrichment import ENRICHMENT_COLUMNS
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import LENGTH, WORD, planted


def test_every_table_has_its_columns(found: MotifTables) -> None:
    assert list(COLUMNS) == [field.name for field in fields(MotifTables) if field.type == "pd.DataFrame"]
    for name, columns in COLUMNS.items():
        assert list(getattr(found, name).columns) == list(columns), name


def test_planted_motifs_are_found_in_order(found: MotifTables) -> None:
    assert found.motifs.names[:2] == (f"m01_{WORD}", f"m02_{OTHER}")
    assert found.table["motif"].tolist() == list(found.motifs.names)
    assert found.table["consensus"].tolist() == [motif.consensus for motif in found.motifs]
    assert (found.table["auroc"] - 0.5).abs().is_monotonic_decreasing
    first = found.table.iloc[0]
    assert (first["filters"], first["width"], first["nsites"], first["direction"]) == ("f02", 8, 60, "positive")
    assert first["e_value"] < 1e-10


def test_aurocs_are_those_of_their_parts(found: MotifTables) -> None:
    for column, data in (("auroc", joined(SPLIT.train, SPLIT.valid)), ("auroc_test", SPLIT.test)):
        scores = scan(found.motifs, data.sequences, with_best=True).best
        assert scores is not None
        assert found.table[column].tolist() == task_aurocs(scores, data.labels)[:, 0].tolist()


def test_the_tables_agree(found: MotifTables) -> None:
    table = found.table.set_index("motif")
    tested = found.enrichment.set_index("motif")
    shared = [column for column in ENRICHMENT_COLUMNS if column in table.columns]
    pd.testing.assert_frame_equal(table[shared], tested[shared])
    assert [motif.e_value for motif in found.motifs] == table["e_value"].tolist()
    of_filter = dict(zip(found.filters["filter"], found.filters["motif"], strict=True))
    assert {f: motif for motif, names in table["filters"].items() for f in names.split(", ")} == of_filter
    assert table["fidelity"].tolist() == found.filters.set_index("filter").loc[table["filters"], "fidelity"].tolist()
    measured = found.importance.set_index("motif")
    assert table["importance"].tolist() == measured["loss"].tolist()
    assert table["auroc_drop"].tolist() == measured["auroc"].tolist()
    best = found.matches.drop_duplicates("motif").set_index("motif")
    assert table["match"].tolist() == best["match"].tolist()
    for row in found.table.itertuples():
        own = found.score_counts[found.score_counts["motif"] == row.motif]
        above = own[own["bin_start"] >= row.threshold - 1e-9]
        assert (above["n_positive"].sum(), above["n_negative"].sum()) == (row.sites_positive, row.sites_negative)


def test_the_decisive_motif_is_important(found: MotifTables) -> None:
    first, others = found.table.iloc[0], found.table.iloc[1:]
    assert first["importance_low"] > 0.3
    assert first["auroc_drop"] > 0.3
    assert (others["importance"].abs() < 0.01).all()
    assert found.fraction_complete == pytest.approx(2 / 3)  # the third motif is not significant


def test_tables_are_read_from_their_files(found: MotifTables, tmp_path: Path) -> None:
    found.write_files(tmp_path)
    read = MotifTables.read(tmp_path)
    assert read.motifs.names == found.motifs.names
    e_values = [motif.e_value for motif in read.motifs]
    np.testing.assert_allclose(np.array(e_values, dtype=float), found.table["e_value"], rtol=0.1)
    for name in COLUMNS:
        own = getattr(found, name)
        # A column of integers and missing values is read as floats.
        own = own.astype(dict.fromkeys(own.select_dtypes("Int64").columns, float))
        own = own.astype(dict.fromkeys(own.select_dtypes("category").columns, str))
        pd.testing.assert_frame_equal(getattr(read, name), own, check_dtype=False, rtol=1e-4, obj=name)
    assert set(read.known.names) == set(found.matches["match"]) - {""} == set(found.known.names)
    assert {path.stem for path in (tmp_path / "logos").iterdir()} == set(found.motifs.names)
    assert len((tmp_path / "sites.bed").read_text().splitlines()) == len(found.sites)


@pytest.mark.parametrize(
    ("extraction", "n_motifs"), [(replace(FEW, min_sites=10_000), 0), (EXACT, 1)], ids=["no motif", "one motif"]
)
def test_small_tables_are_read_from_their_files(
    model: TrainedModel, extraction: object, n_motifs: int, tmp_path: Path
) -> None:
    found = tabulate(model, extraction=extraction, readout=replace(QUICK, importance=True))
    assert (len(found.motifs), len(found.table), len(found.pairs)) == (n_motifs, n_motifs, 0)
    assert found.spacing.empty
    assert (found.filters["status"] == "inactive").sum() == 3 - n_motifs
    found.write_files(tmp_path)
    read = MotifTables.read(tmp_path)
    for name, columns in COLUMNS.items():
        assert list(getattr(read, name).columns) == list(columns)
        assert len(getattr(read, name)) == len(getattr(found, name))


def test_without_a_database_there_are_no_matches(model: TrainedModel) -> None:
    found = tabulate(model, extraction=EXACT)
    assert len(found.matches) == 0
    assert found.table[["match", "match_kind", "match_e_value"]].values.tolist() == [["", "", ""]]


def test_positions_need_windows_of_one_length(model: TrainedModel, found: MotifTables) -> None:
    per_motif = found.positions.groupby("motif")["sites_positive"].sum()
    assert per_motif.to_dict() == found.table.set_index("motif")["sites_positive"].to_dict()
    padded = replace(
        DATA, sequences=SequenceSet(DATA.sequences.names, DATA.sequences.codes, LengthRule(LENGTH, "center"))
    )
    tables = tabulate(model, Split.from_parts(padded, np.repeat([0, 1, 2], [len(part) for part in SPLIT])))
    assert len(tables.positions) == 0
    assert tables.table[["centrality", "centrality_p_value"]].isna().all(axis=None)


def paired(n: int, *, seed: int) -> Dataset:
    """Every second positive has both k-mers, 12 bp apart; no other sequence has one."""
    data = planted(0, 2 * n, seed=seed)
    strings = list(data.sequences)
    for i in range(0, n, 2):
        start = 2 + i % 30
        between = strings[i][start + 8 : start + 20]
        strings[i] = strings[i][:start] + WORD + between + OTHER + strings[i][start + 28 :]
    labels = np.repeat([1.0, 0.0], n)[:, np.newaxis]
    return Dataset(SequenceSet.from_strings(strings, data.sequences.names), labels, data.tasks, data.groups)


def test_motifs_that_occur_together_are_a_pair_with_a_spacing(model: TrainedModel) -> None:
    found = tabulate(model, paired(80, seed=11), test=paired(80, seed=12), extraction=EXACT)
    assert set(found.table["consensus"]) == {WORD, OTHER}
    pair = found.pairs.iloc[0]
    assert {pair["motif"], pair["other"]} == set(found.motifs.names)
    assert (pair["n_both"], pair["gap"], pair["n_spaced"]) == (40, 12, 40)
    assert pair["expected"] < 30
    assert max(pair["e_value"], pair["spacing_e_value"]) < 1e-5
    observed = found.spacing.set_index(["orientation", "gap"])["n_observed"]
    assert observed[(pair["orientation"], 12)] == observed.sum() == 40
    # One filter alone decides the score: there is no interaction.
    assert found.spacing["interaction"].abs().max() < 0.2
    assert found.per_sequence["positives"].sum() == 80
    assert found.per_sequence["positives"].iloc[2] == 40
    assert found.per_sequence["negatives"].iloc[2] <= 2


def test_replicates_count_the_networks_with_each_motif(found: MotifTables) -> None:
    first, second, *_ = found.motifs
    others = [
        MotifSet([replace(first.reverse_complement(), name="x")], found.motifs.strands),
        MotifSet([replace(second, name="y"), replace(first, name="x")], found.motifs.strands),
        MotifSet([], found.motifs.strands),
    ]
    assert found.with_replicates(others).table["replicates"].tolist() == ["3/4", "2/4", "1/4"]
    assert found.with_replicates([]) is found
    assert set(found.table["replicates"]) == {""}


def test_the_html_summary_leaves_missing_values_empty(found: MotifTables) -> None:
    table = found.table.copy()
    table.loc[0, ["e_value", "importance", "match_name", "n_negative"]] = np.nan
    page = replace(found, table=table)._repr_html_()
    assert "nan" not in page
    assert f"of {PARTS['test'].labels.sum():.0f}" in page
    assert "<th>task</th>" not in page  # there is only one
    empty = replace(found, table=table[:0], motifs=MotifSet([]))
    assert "<img" not in empty._repr_html_()
