"""Comparison with known motifs: Tomtom's p-values, alignments, and matches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from motifnet.documents import read_table
from motifnet.errors import InputError
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.known.comparison import COMPARISON_COLUMNS, FULL_MATCH, MATCH_COLUMNS, annotate, compare
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import write_table

FOXA1, CTCF = "MA0148.5", "MA0139.2"


@pytest.fixture(scope="module")
def fungi() -> MotifSet:
    return read_database("fungi")


@pytest.fixture(scope="module")
def vertebrates() -> MotifSet:
    return read_database("vertebrates")


def part(motif: Motif, start: int, end: int) -> Motif:
    return replace(motif, counts=motif.counts[:, start:end])


def test_the_table_lists_all_known_motifs(fungi: MotifSet) -> None:
    table = compare(fungi[:5], fungi)
    assert list(table) == list(COMPARISON_COLUMNS)
    assert table.groupby("Query_ID")["Target_ID"].nunique().eq(len(fungi)).all()
    assert table.groupby("Query_ID")["p-value"].is_monotonic_increasing.all()
    np.testing.assert_allclose(table["E-value"], table["p-value"] * len(fungi))


def test_a_motif_is_its_own_best_match(fungi: MotifSet) -> None:
    table = compare(fungi[:30], fungi, top=1)
    assert (table["Query_ID"] == table["Target_ID"]).all()
    assert (table["Query_consensus"] == table["Target_consensus"]).all()
    assert (table["Optimal_offset"] == 0).all()
    assert np.allclose(table[["query_share", "target_share", "correlation"]], 1)
    assert not table["partial"].any()


@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize(("start", "end", "flank"), [(0, 15, 0), (3, 12, 0), (0, 9, 2), (6, 15, 3)])
def test_the_alignment_of_a_fragment_is_found(
    vertebrates: MotifSet, start: int, end: int, flank: int, is_reverse: bool
) -> None:
    target = vertebrates[CTCF]
    piece = target.counts[:, start:end]
    noise = np.full((4, flank), piece.sum() / piece.shape[1] / 4)
    query = Motif("piece", np.hstack([noise, piece, noise]))
    query = query.reverse_complement() if is_reverse else query
    table = compare(MotifSet([query]), vertebrates)
    row = table[table["Target_ID"] == CTCF].iloc[0]
    assert row["Orientation"] == ("-" if is_reverse else "+")
    oriented = target.reverse_complement() if is_reverse else target
    assert row["Target_consensus"] == oriented.consensus
    in_query, in_target = max(-row["Optimal_offset"], 0), max(row["Optimal_offset"], 0)
    width = row["Overlap"]
    assert in_query <= flank
    assert in_query + width >= query.width - flank
    core = slice(flank - in_query, flank - in_query + piece.shape[1])
    np.testing.assert_allclose(
        query.ppm[:, in_query : in_query + width][:, core],
        oriented.ppm[:, in_target : in_target + width][:, core],
        atol=1e-12,
    )
    cut = [m.ppm[:, s : s + width].ravel() - 0.25 for m, s in ((query, in_query), (oriented, in_target))]
    assert row["correlation"] == pytest.approx(cut[0] @ cut[1] / np.sqrt((cut[0] @ cut[0]) * (cut[1] @ cut[1])))
    information = oriented.information()
    assert row["target_share"] == pytest.approx(information[in_target : in_target + width].sum() / information.sum())
    assert row["query_share"] == pytest.approx(1)


def test_both_strands_are_compared_unless_motifs_are_forward(fungi: MotifSet) -> None:
    reverse = MotifSet([motif.reverse_complement() for motif in fungi[:3]])
    both = compare(reverse, fungi, top=1)
    assert tuple(both["Target_ID"]) == fungi[:3].names
    # The other strand of a motif is the same motif.
    # (Its p-values differ by the rounding of scores to integers.)
    same = compare(fungi[:3], fungi, top=1)
    np.testing.assert_allclose(np.log(both["p-value"]), np.log(same["p-value"]), rtol=0.1)
    forward = compare(MotifSet(list(reverse), strands="forward"), fungi)
    assert set(forward["Orientation"]) == {"+"}
    itself = forward[forward["Query_ID"] == forward["Target_ID"]]
    assert (itself["p-value"].to_numpy() > 100 * both["p-value"].to_numpy()).all()


def test_a_palindrome_matches_on_the_forward_strand(vertebrates: MotifSet) -> None:
    word = Motif("palindrome", np.hstack([np.eye(4), np.eye(4)]) * 20)  # ACGTACGT
    table = compare(MotifSet([word]), MotifSet([word, *vertebrates]), top=1)
    assert table[["Target_ID", "Orientation"]].iloc[0].tolist() == ["palindrome", "+"]


def test_filters_do_not_change_the_values(fungi: MotifSet) -> None:
    every = compare(fungi[:4], fungi)
    best = compare(fungi[:4], fungi, top=2, e_value=0.05)
    assert len(every) == 4 * len(fungi)
    assert (best["E-value"] <= 0.05).all()
    expected = every[every["E-value"] <= 0.05].groupby("Query_ID", sort=False).head(2).reset_index(drop=True)
    pd.testing.assert_frame_equal(best, expected)


def test_q_values_are_benjamini_and_hochbergs_over_the_whole_set(fungi: MotifSet) -> None:
    table = compare(fungi[:2], fungi)
    for _, rows in table.groupby("Query_ID"):
        assert rows["p-value"].is_monotonic_increasing
        steps = rows["E-value"].to_numpy() / np.arange(1, len(rows) + 1)
        np.testing.assert_allclose(rows["q-value"], np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1))


def test_few_known_motifs_get_another_null_model(fungi: MotifSet, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="motifnet"):
        few = compare(fungi[:3], fungi[:3])
    assert "3 known motifs are too few for a null model" in caplog.text
    others = read_database("vertebrates")
    whole = compare(fungi[:3], MotifSet([*fungi[:3], *others]))
    merged = few.merge(whole, on=["Query_ID", "Target_ID"], suffixes=("", "_whole"))
    assert len(merged) == 9
    np.testing.assert_allclose(merged["p-value"], merged["p-value_whole"])
    np.testing.assert_allclose(few["E-value"], few["p-value"] * 3)


def test_the_p_value_of_a_long_match_is_not_zero(vertebrates: MotifSet) -> None:
    longest = max(vertebrates, key=lambda motif: motif.total_information)
    table = compare(MotifSet([longest]), vertebrates, top=1)
    assert 0 < table["p-value"].iloc[0] < 1e-30


def test_invalid_comparisons(fungi: MotifSet) -> None:
    wide = MotifSet([Motif("wide", np.ones((4, 201)))])
    for arguments, options in (
        ((fungi, MotifSet([])), {}),
        ((fungi, fungi), {"top": 0}),
        ((fungi, fungi), {"e_value": -1}),
        ((wide, fungi), {}),
    ):
        with pytest.raises(InputError):
            compare(*arguments, **options)  # type: ignore[arg-type]


# --- annotate ---


def test_matches_have_a_family_and_a_class(vertebrates: MotifSet) -> None:
    forkhead = replace(vertebrates[FOXA1], name="f00_GTAAACAT")
    table = annotate(MotifSet([forkhead]), vertebrates)
    assert list(table) == list(MATCH_COLUMNS)
    assert table["match_rank"].tolist() == [1, 2, 3]
    assert set(table["motif"]) == {"f00_GTAAACAT"}
    assert table["match"].iloc[0] == FOXA1
    assert table["match_name"].iloc[0] == "FOXA1"
    # Paralogues cannot be distinguished, but their family.
    assert set(table["match_family"]) == {"FOX"}
    assert set(table["match_class"]) == {"Fork head/winged helix factors"}
    assert set(table["match_kind"]) == {"full"}


def test_a_fragment_is_a_partial_match(vertebrates: MotifSet) -> None:
    whole = vertebrates[CTCF]
    table = annotate(MotifSet([part(whole, 0, 6)]), vertebrates)
    row = table[table["match"] == CTCF].iloc[0]
    assert row["target_share"] < FULL_MATCH
    assert row["match_kind"] == "partial"


def test_motifs_without_a_match_have_a_row(vertebrates: MotifSet) -> None:
    rng = np.random.default_rng(3)
    noise = Motif("noise", rng.dirichlet([2.0] * 4, 12).T * 50)
    # To Tomtom, columns without information match the spacer of a long motif.
    flat = Motif("flat", np.ones((4, 6)))
    known = vertebrates[CTCF]
    table = annotate(MotifSet([noise, known, flat]), vertebrates, top=1)
    assert table["motif"].tolist() == ["noise", CTCF, "flat"]
    assert table["match_kind"].tolist() == ["none", "full", "none"]
    assert table["match"].tolist() == ["", CTCF, ""]
    assert table.loc[0, ["match_p_value", "match_rank"]].isna().all()


def test_the_number_of_matches_does_not_change_the_first(vertebrates: MotifSet) -> None:
    queries = vertebrates[:20]
    three, one = annotate(queries, vertebrates), annotate(queries, vertebrates, top=1)
    first = three[three["match_rank"] == 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, first)


@pytest.mark.parametrize("make_table", [compare, annotate])
def test_motifs_may_be_a_set_a_file_or_a_database(
    vertebrates: MotifSet, make_table: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    queries = vertebrates[:1]
    expected = make_table(queries, vertebrates)
    assert len(expected)
    pd.testing.assert_frame_equal(make_table(queries), expected)
    pd.testing.assert_frame_equal(make_table(queries, "vertebrates"), expected)
    write_motifs(queries, tmp_path / "queries.meme")
    from_file = make_table(str(tmp_path / "queries.meme"), vertebrates)
    assert from_file.iloc[0, :3].tolist() == expected.iloc[0, :3].tolist()


def test_no_motifs_to_annotate() -> None:
    table = annotate(MotifSet([]))
    assert list(table) == list(MATCH_COLUMNS)
    assert len(table) == 0


def test_the_table_survives_a_file(vertebrates: MotifSet, tmp_path: Path) -> None:
    table = annotate(MotifSet([vertebrates[FOXA1], Motif("flat", np.ones((4, 6)))]), vertebrates)
    write_table(table, tmp_path / "matches.tsv")
    again = read_table(tmp_path / "matches.tsv")
    assert list(again) == list(table)
    for column in ("motif", "match", "match_name", "match_family", "match_class", "match_kind", "orientation"):
        assert again[column].tolist() == table[column].tolist()
    np.testing.assert_allclose(again["match_q_value"], table["match_q_value"], rtol=1e-5)


@pytest.mark.slow
def test_shuffled_motifs_rarely_get_a_full_match(vertebrates: MotifSet) -> None:
    # See also tests/benchmarks/annotation.py.
    rng = np.random.default_rng(0)
    rich = [motif for motif in vertebrates if motif.total_information >= 10][::4]
    shuffled = MotifSet([replace(m, counts=m.counts[:, rng.permutation(m.width)]) for m in rich])
    full = annotate(shuffled, vertebrates).query("match_kind == 'full'")["motif"].nunique()
    # 5 %, and two standard errors.
    assert full / len(rich) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(rich))
