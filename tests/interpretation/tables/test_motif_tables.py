"""The tables of the motifs: they agree with each other and with motifs.meme, and come back from their files."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hand_made import DATA, EXACT, HOW, OTHER, PARTS, QUICK, joined, tabulate
from motifnet.interpretation.readout import divide, read_families
from motifnet.interpretation.tables.example_tables import EXAMPLE_COLUMNS, SCORE_COLUMNS, example_table
from motifnet.interpretation.tables.filter_tables import FILTER_COLUMNS, IMPORTANCE_COLUMNS
from motifnet.interpretation.tables.motif_tables import MOTIF_COLUMNS, MotifTables
from motifnet.interpretation.tables.site_tables import (
    PAIR_COLUMNS,
    PER_SEQUENCE_COLUMNS,
    POSITION_COLUMNS,
    SITE_COLUMNS,
    Found,
    site_table,
)
from motifnet.models.trained import TrainedModel
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.known.comparison import MATCH_COLUMNS
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.pwm import best_sites, motif_aurocs
from motifnet.motifs.statistics.enrichment import ENRICHMENT_COLUMNS
from motifnet.outputs import read_table
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import LENGTH, WORD, planted

COLUMNS = {
    "table": MOTIF_COLUMNS,
    "sites": SITE_COLUMNS,
    "filters": FILTER_COLUMNS,
    "enrichment": ENRICHMENT_COLUMNS,
    "importance": IMPORTANCE_COLUMNS,
    "matches": MATCH_COLUMNS,
    "positions": POSITION_COLUMNS,
    "pairs": PAIR_COLUMNS,
    "per_sequence": PER_SEQUENCE_COLUMNS,
    "score_counts": SCORE_COLUMNS,
    "examples": EXAMPLE_COLUMNS,
}


def test_every_table_has_its_columns(found: MotifTables) -> None:
    assert list(COLUMNS) == [field.name for field in fields(MotifTables) if field.type == "pd.DataFrame"]
    for name, columns in COLUMNS.items():
        assert list(getattr(found, name).columns) == list(columns), name


def test_planted_words_come_back_named_and_in_order(found: MotifTables) -> None:
    assert found.motifs.names[:2] == (f"m01_{WORD}", f"m02_{OTHER}")
    assert found.table["motif"].tolist() == list(found.motifs.names)
    assert found.table["consensus"].tolist() == [motif.consensus for motif in found.motifs]
    assert (found.table["auroc"] - 0.5).abs().is_monotonic_decreasing
    first = found.table.iloc[0]
    assert (first["filters"], first["width"], first["nsites"], first["direction"]) == ("f02", 8, 60, "positive")
    assert first["e_value"] < 1e-10


def test_the_figures_are_those_of_their_split(model: TrainedModel, found: MotifTables) -> None:
    splits = np.array(model.split_of(DATA.sequences))
    seen = motif_aurocs(found.motifs, DATA.take(np.isin(splits, ["train", "valid"])))
    unseen = motif_aurocs(found.motifs, DATA.take(splits == "test"))
    assert found.table["auroc"].tolist() == seen[:, 0].tolist()
    assert found.table["auroc_test"].tolist() == unseen[:, 0].tolist()


def test_the_tables_agree(found: MotifTables) -> None:
    table = found.table.set_index("motif")
    tested = found.enrichment.set_index("motif")
    shared = [column for column in ENRICHMENT_COLUMNS if column in table.columns]
    pd.testing.assert_frame_equal(table[shared], tested[shared])
    assert [motif.e_value for motif in found.motifs] == table["e_value"].tolist()
    # Each way round: the filters of a motif, the motif of a filter.
    of_filter = dict(zip(found.filters["filter"], found.filters["motif"], strict=True))
    assert {f: motif for motif, names in table["filters"].items() for f in names.split(", ")} == of_filter
    assert table["fidelity"].tolist() == found.filters.set_index("filter").loc[table["filters"], "fidelity"].tolist()
    measured = found.importance.set_index("motif")
    assert table["importance"].tolist() == measured["loss"].tolist()
    assert table["auroc_drop"].tolist() == measured["auroc"].tolist()
    best = found.matches.drop_duplicates("motif").set_index("motif")
    assert table["match"].tolist() == best["match"].tolist()


def test_what_decides_is_important(found: MotifTables) -> None:
    first, others = found.table.iloc[0], found.table.iloc[1:]
    assert first["importance_low"] > 0.3
    assert first["auroc_drop"] > 0.3
    assert (others["importance"].abs() < 0.01).all()
    assert found.share_complete == pytest.approx(2 / 3)  # the third motif is not significant


def test_sites_follow_from_the_motif_file_and_the_thresholds(found: MotifTables, tmp_path: Path) -> None:
    found.write_files(tmp_path)
    motifs, table = read_motifs(tmp_path / "motifs.meme"), read_table(tmp_path / "motifs.tsv")
    placed = best_sites(motifs, DATA.sequences)
    for column, row in enumerate(table.itertuples()):
        is_site = (placed.score[:, column] >= row.threshold) & (DATA.labels[:, 0] == (row.direction == "positive"))
        own = found.sites[found.sites["motif"] == row.motif]
        assert own["sequence_index"].tolist() == np.flatnonzero(is_site).tolist()
        assert own["start"].tolist() == placed.start[is_site, column].tolist()
        assert (own["strand"] == "-").tolist() == placed.is_reverse[is_site, column].tolist()
        marked = f"sites_{row.direction}"
        assert (own["split"] == "test").sum() == getattr(row, marked)


def test_sites_hold_the_word(found: MotifTables) -> None:
    strings = list(DATA.sequences)
    for row in found.sites[found.sites["motif"] == f"m01_{WORD}"].itertuples():
        assert strings[row.sequence_index][row.start : row.end] in (WORD, "TGTAATCC")
        assert row.name == DATA.sequences.names[row.sequence_index]


def test_files_come_back(found: MotifTables, tmp_path: Path) -> None:
    found.write_files(tmp_path)
    back = MotifTables.read(tmp_path)
    assert back.motifs.names == found.motifs.names
    e_values = [motif.e_value for motif in back.motifs]
    np.testing.assert_allclose(np.array(e_values, dtype=float), found.table["e_value"], rtol=0.1)
    for name in COLUMNS:
        here = getattr(found, name)
        # A column of whole numbers and gaps comes back as floats.
        here = here.astype(dict.fromkeys(here.select_dtypes("Int64").columns, float))
        here = here.astype(dict.fromkeys(here.select_dtypes("category").columns, str))
        pd.testing.assert_frame_equal(getattr(back, name), here, check_dtype=False, rtol=1e-4, obj=name)
    assert set(back.known.names) == set(found.matches["match"]) - {""} == set(found.known.names)
    assert {path.stem for path in (tmp_path / "logos").iterdir()} == set(found.motifs.names)
    assert len((tmp_path / "sites.bed").read_text().splitlines()) == len(found.sites)


@pytest.mark.parametrize(
    ("how", "n_motifs"), [(replace(HOW, min_sites=10_000), 0), (EXACT, 1)], ids=["no motif at all", "a single motif"]
)
def test_tables_with_little_in_them_come_back_too(
    model: TrainedModel, how: object, n_motifs: int, tmp_path: Path
) -> None:
    found = tabulate(model, how=how, readout=replace(QUICK, importance=True))
    assert (len(found.motifs), len(found.table), len(found.pairs)) == (n_motifs, n_motifs, 0)
    assert (found.filters["status"] == "inactive").sum() == 3 - n_motifs
    found.write_files(tmp_path)
    back = MotifTables.read(tmp_path)
    for name, columns in COLUMNS.items():
        assert list(getattr(back, name).columns) == list(columns)
        assert len(getattr(back, name)) == len(getattr(found, name))


def test_without_a_database_nothing_is_named(model: TrainedModel) -> None:
    found = tabulate(model, how=EXACT)
    assert len(found.matches) == 0
    assert found.table[["match", "match_kind", "match_e_value"]].values.tolist() == [["", "", ""]]


# --- on the genome ---


def named(data: Dataset, names: list[str], rule: LengthRule | None = None) -> Dataset:
    return replace(data, sequences=SequenceSet(tuple(names), data.sequences.codes, rule))


def places(n: int, chromosome: str) -> list[str]:
    return [f"{chromosome}:{1000 * i}-{1000 * i + LENGTH}" for i in range(n)]


def bed(found: MotifTables, folder: Path) -> pd.DataFrame:
    found.write_files(folder)
    columns = ["chrom", "start", "end", "motif", "score", "strand"]
    return pd.read_csv(folder / "sites.bed", sep="\t", names=columns, dtype={"chrom": str})


def test_sites_lie_on_the_genome_where_names_are_places(model: TrainedModel, tmp_path: Path) -> None:
    found = tabulate(model, named(DATA, places(len(DATA), "7")))
    assert set(found.sites["chrom"]) == {"7"}
    assert (found.sites["genome_start"] == 1000 * found.sites["sequence_index"] + found.sites["start"]).all()
    written = bed(found, tmp_path)
    assert len(written) == len(found.sites)
    assert set(zip(written["start"], written["end"], strict=True)) == set(
        zip(found.sites["genome_start"], found.sites["genome_end"], strict=True)
    )
    assert set(MotifTables.read(tmp_path).sites["chrom"]) == {"7"}  # text, though it looks like a number


def test_shuffles_under_the_names_of_positives_lie_nowhere(model: TrainedModel, tmp_path: Path) -> None:
    data = joined(PARTS["train"])
    found = tabulate(model, named(data, places(60, "chr1") * 2))
    of_negatives = found.sites["motif"] == f"m02_{OTHER}"
    assert of_negatives.sum() >= 30
    assert set(found.sites.loc[of_negatives, "chrom"]) == {""}
    assert set(found.sites.loc[of_negatives, "genome_start"]) == {-1}
    of_word = found.sites["motif"] == f"m01_{WORD}"
    assert set(found.sites.loc[of_word, "chrom"]) == {"chr1"}
    assert set(bed(found, tmp_path)["chrom"]) == {"chr1"}


def test_positives_lie_on_the_genome_whatever_the_negatives_are_called(model: TrainedModel, tmp_path: Path) -> None:
    data = joined(PARTS["train"])
    found = tabulate(model, named(data, [*places(60, "chr1"), *(f"random{i}" for i in range(60))]))
    assert set(bed(found, tmp_path)["chrom"]) == {"chr1"}
    unnamed = bed(tabulate(model, data, how=EXACT), tmp_path)
    assert set(unnamed["chrom"]) == {f"s{i}" for i in range(60)}


def test_positions_only_where_sequences_have_a_middle(model: TrainedModel, found: MotifTables) -> None:
    per_motif = found.positions.groupby("motif")["sites_positive"].sum()
    assert per_motif.to_dict() == found.table.set_index("motif")["sites_positive"].to_dict()
    padded = tabulate(model, named(DATA, list(DATA.sequences.names), LengthRule(LENGTH, "center")))
    assert len(padded.positions) == 0
    assert padded.table[["centrality", "centrality_p_value"]].isna().all(axis=None)


def paired(n: int, *, seed: int) -> Dataset:
    """Every second positive holds both words, 12 bp apart; no other sequence holds one."""
    data = planted(0, 2 * n, seed=seed)
    strings = list(data.sequences)
    for i in range(0, n, 2):
        start = 2 + i % 30
        between = strings[i][start + 8 : start + 20]
        strings[i] = strings[i][:start] + WORD + between + OTHER + strings[i][start + 28 :]
    labels = np.repeat([1.0, 0.0], n)[:, np.newaxis]
    return Dataset(SequenceSet.from_strings(strings, data.sequences.names), labels, data.tasks, data.groups)


def test_words_that_stand_together_are_a_pair_with_their_spacing(model: TrainedModel) -> None:
    found = tabulate(model, paired(80, seed=11), test=paired(80, seed=12), how=EXACT)
    assert set(found.table["consensus"]) == {WORD, OTHER}
    pair = found.pairs.iloc[0]
    assert {pair["motif"], pair["other"]} == set(found.motifs.names)
    assert (pair["n_both"], pair["gap"], pair["n_spaced"]) == (40, 12, 40)
    assert pair["expected"] < 30
    assert max(pair["e_value"], pair["spacing_e_value"]) < 1e-5
    assert found.per_sequence["positives"].sum() == 80  # words stand there by chance, too
    assert found.per_sequence["positives"].iloc[2] == 40
    assert found.per_sequence["negatives"].iloc[2] <= 2


def test_sites_lie_in_the_records_as_they_stand_in_the_file(model: TrainedModel, tmp_path: Path) -> None:
    # Records of 30 to 70 bp on LENGTH bp: padded in front, or cropped there; the word 5 bp from the start of each.
    rng = np.random.default_rng(3)
    records = ["".join(rng.choice(list("ACGT"), 22 + 2 * (i % 21))) for i in range(60)]
    records = [record[:5] + WORD + record[5:] for record in records]
    lines = [f">chr1:{1000 * i}-{1000 * i + len(record)}\n{record}\n" for i, record in enumerate(records)]
    (tmp_path / "records.fa").write_text("".join(lines))
    positives = read_fasta(tmp_path / "records.fa", length=LENGTH)
    found = tabulate(model, Dataset.from_classes(positives, planted(0, 60, seed=4).sequences), how=EXACT)
    sites = found.sites[found.sites["motif"] == found.motifs.names[0]]
    assert len(sites) > 50
    at_word = sites[sites["start"] == 5]
    assert len(at_word) >= 0.9 * len(sites)
    assert (at_word["end"] == 13).all()
    assert (at_word["genome_start"] == 1000 * at_word["sequence_index"] + 5).all()


@pytest.mark.parametrize("number", [0, 1], ids=["data", "test sequences"])
def test_sites_in_one_of_two_sets_alone(model: TrainedModel, number: int) -> None:
    reading = read_families(model, divide(model, DATA, test=None, at_least=1), how=EXACT)
    bare = Dataset.from_labels(SequenceSet.from_strings(["A" * LENGTH, "T" * LENGTH]), [1, 0], DATA.tasks)
    sets = [bare, bare]
    sets[number] = DATA
    found = [Found.of(model, reading, data, is_test=k == 1) for k, data in enumerate(sets)]
    assert [len(each.sites) > 0 for each in found] == [number == 0, number == 1]
    table, examples = site_table(reading.motifs, found), example_table(reading.motifs, found)
    assert len(table) == len(found[number].sites) > len(examples) > 0
    assert list(table["name"]) == [DATA.sequences.names[row] for row in table["sequence_index"]]


# --- replicates ---


def test_replicates_count_the_networks_in_which_a_motif_came_up(found: MotifTables) -> None:
    first, second, *_ = found.motifs
    others = [
        MotifSet([replace(first.reverse_complement(), name="x")], found.motifs.strands),
        MotifSet([replace(second, name="y"), replace(first, name="x")], found.motifs.strands),
        MotifSet([], found.motifs.strands),
    ]
    assert found.with_replicates(others).table["replicates"].tolist() == ["3/4", "2/4", "1/4"]
    assert found.with_replicates([]) is found
    assert set(found.table["replicates"]) == {""}
