"""Hits are those of a loop over windows and of memelite's FIMO, wherever the sequences are cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memelite import fimo
from scipy.stats import false_discovery_control

from dna_strategies import dna, random_dna
from filter_banks import reverse_complement_of
from motifnet.errors import FormatError, InputError
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning import kernel, scanners
from motifnet.motifs.scanning.hits import HIT_COLUMNS, Hits
from motifnet.motifs.scanning.pwm import ScoreDistribution, best_sites, lowest_scores, score_matrix
from motifnet.motifs.scanning.scanners import scan
from motifnet.motifs.scanning.score_thresholds import read_thresholds
from motifnet.sequences import store
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import SequenceSet
from strategies import motif_sets

COLUMNS = ["motif", "sequence_index", "start", "strand", "score", "p_value", "q_value", "matched_sequence"]


def ragged(strings: list[str]) -> RaggedSequences:
    return RaggedSequences.from_strings(strings, tuple(f"s{i}" for i in range(len(strings))))


def loop_over_windows(motifs: MotifSet, strings: list[str], p_value: float) -> pd.DataFrame:
    """All hits by loops over windows and bases, q-values over all windows by scipy."""
    rows = []
    for motif in motifs:
        distribution, matrix = ScoreDistribution.of(motif), score_matrix(motif)
        tested, kept = [], []
        for index, string in enumerate(strings):
            for start in range(len(string) - motif.width + 1):
                site = string[start : start + motif.width]
                if "N" in site:
                    continue
                sites = [site, reverse_complement_of(site)][: 2 if motifs.strands == "both" else 1]
                cells = [(["ACGT".index(base) for base in own], range(motif.width)) for own in sites]
                p = [distribution.tail[distribution.steps[cell].sum()] for cell in cells]
                scores = [matrix[cell].sum() for cell in cells]
                better = int(np.argmax(scores))
                if min(p) <= p_value:
                    lowest = len(tested) + int(np.argmin(p))
                    kept.append((index, start, "+-"[better], scores[better], min(p), lowest, sites[better]))
                tested.extend(p)
        q = false_discovery_control(tested) if tested else []
        rows += [(motif.name, *row[:5], q[row[5]], row[6]) for row in kept]
    return pd.DataFrame(rows, columns=COLUMNS)


@settings(max_examples=40)
@given(motif_sets(), st.lists(dna(min_size=1, max_size=40), min_size=1, max_size=5), st.sampled_from([0.01, 0.2, 1.0]))
def test_hits_are_those_of_a_loop_over_windows(motifs: MotifSet, strings: list[str], p_value: float) -> None:
    found = scan(motifs, ragged(strings), p_value=p_value, threads=1).to_frame()
    expected = loop_over_windows(motifs, strings, p_value)
    pd.testing.assert_frame_equal(found[COLUMNS], expected, check_dtype=False, rtol=1e-9)


@pytest.fixture(scope="module")
def motifs() -> MotifSet:
    rng = np.random.default_rng(5)
    return MotifSet([Motif(f"m{w}", rng.dirichlet(np.full(4, 0.3), size=w).T * 80) for w in (5, 8, 12, 13, 21)])


def test_hits_are_memelites(motifs: MotifSet) -> None:
    sequences = SequenceSet.from_strings(random_dna(40, 300, seed=2))
    found = scan(motifs, sequences, p_value=1e-3, pseudocount=0.1)
    theirs = fimo(
        {m.name: (2.0 ** m.pwm(0.1)) / 4 for m in motifs}, one_hot(sequences), eps=1e-12, threshold=1e-3, bin_size=0.005
    )
    for index, table in enumerate(theirs):
        ours = found.take(found.motif == index)
        p = dict(zip(zip(ours.sequence_index.tolist(), ours.start.tolist(), strict=True), ours.p_value, strict=True))
        expected: dict[tuple[int, int], float] = {}
        for sequence, start, value in zip(table["sequence_name"], table["start"], table["p-value"], strict=True):
            window = (int(sequence), int(start))
            expected[window] = min(value, expected.get(window, 1))
        # The discretisation may move a hit over the threshold, and its p-value by a bin.
        missed = set(p) ^ set(expected)
        assert len(missed) <= 0.03 * len(expected)
        both = [window for window in p if window in expected]
        assert len(both) > 5
        np.testing.assert_allclose([p[b] for b in both], [expected[b] for b in both], rtol=0.25)
        assert all((p.get(window) or expected[window]) > 0.7e-3 for window in missed)


# --- one score scale ---


def test_the_best_hit_above_a_threshold_is_the_best_site(motifs: MotifSet) -> None:
    sequences = SequenceSet.from_strings(random_dna(200, 90, seed=7))
    best = best_sites(motifs.motifs, sequences, strands=motifs.strands)
    # Thresholds that are scores of sites, so that a rounding error in either direction would show.
    thresholds = dict(zip(motifs.names, np.sort(best.score, axis=0)[120].tolist(), strict=True))
    hits = scan(motifs, sequences, thresholds=thresholds).to_frame()
    assert (hits["score"] >= hits["motif"].map(thresholds)).all()
    top = hits.loc[hits.groupby(["motif", "sequence_index"])["score"].idxmax()].set_index("motif")
    for column, name in enumerate(motifs.names):
        rows = np.flatnonzero(best.score[:, column] >= thresholds[name])
        assert len(rows) >= 80
        own = top.loc[name]
        assert own["sequence_index"].tolist() == rows.tolist()
        assert own["start"].tolist() == best.start[rows, column].tolist()
        assert (own["strand"] == "-").tolist() == best.is_reverse[rows, column].tolist()
        assert own["score"].tolist() == best.score[rows, column].tolist()


def test_best_scores_of_a_scan_are_those_of_best_sites(motifs: MotifSet) -> None:
    strings = [*random_dna(30, 120, seed=4), "N" * 120]
    found = scan(motifs, strings, with_best=True)
    scores = best_sites(motifs.motifs, SequenceSet.from_strings(strings), strands=motifs.strands).score
    assert np.isneginf(scores[-1]).all()
    np.testing.assert_array_equal(found.best, np.maximum(scores, lowest_scores(motifs.motifs)))


def test_infinite_thresholds_are_never_and_always_reached(motifs: MotifSet) -> None:
    strings = random_dna(3, 40, seed=1)
    never = scan(motifs, strings, thresholds=dict.fromkeys(motifs.names, np.inf))
    always = scan(motifs, strings, thresholds=dict.fromkeys(motifs.names, -np.inf))
    assert len(never) == 0
    assert len(always) == sum(3 * (40 - motif.width + 1) for motif in motifs)


def test_thresholds_are_read_from_a_table(tmp_path: Path) -> None:
    (tmp_path / "motifs.tsv").write_text("motif\twidth\tthreshold\nm01_AC\t8\t7.25\nm02_G\t9\tinf\n")
    assert read_thresholds(tmp_path / "motifs.tsv") == {"m01_AC": 7.25, "m02_G": np.inf}
    (tmp_path / "hits.tsv").write_text("motif\tscore\nm01_AC\t8\n")
    with pytest.raises(FormatError) as caught:
        read_thresholds(tmp_path / "hits.tsv")
    assert caught.value.path == str(tmp_path / "hits.tsv")


# --- types of input, and tables ---


def test_strings_series_fasta_and_batches_have_the_same_hits(motifs: MotifSet, tmp_path: Path) -> None:
    strings = [string[: 60 + 5 * i] for i, string in enumerate(random_dna(6, 90, seed=11))]
    names = [f"s{i}" for i in range(6)]
    (tmp_path / "s.fa").write_text("".join(f">{name}\n{string}\n" for name, string in zip(names, strings, strict=True)))
    expected = scan(motifs, ragged(strings), p_value=0.01).to_frame()
    assert len(expected) > 5
    for sequences in (pd.Series(strings, index=names), tmp_path / "s.fa", str(tmp_path / "s.fa")):
        pd.testing.assert_frame_equal(scan(motifs, sequences, p_value=0.01).to_frame(), expected)
    unnamed = scan(motifs, strings, p_value=0.01).to_frame()
    pd.testing.assert_frame_equal(unnamed.drop(columns="name"), expected.drop(columns="name"))


def test_sequences_in_files_and_in_memory_have_the_same_hits(motifs: MotifSet, monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = SequenceSet.from_strings(random_dna(150, 40, seed=4))
    expected = scan(motifs, sequences, p_value=1e-2).to_frame()
    best = best_sites(motifs.motifs, sequences, strands=motifs.strands)
    monkeypatch.setattr(store, "LARGE", 1)
    monkeypatch.setattr(store, "BLOCK", 64)
    in_files = sequences.take(np.arange(150))
    pd.testing.assert_frame_equal(scan(motifs, in_files, p_value=1e-2).to_frame(), expected)
    for ours, theirs in zip(best_sites(motifs.motifs, in_files, strands=motifs.strands), best, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_cutting_the_sequences_changes_nothing(motifs: MotifSet, monkeypatch: pytest.MonkeyPatch) -> None:
    strings = [s[: 20 + 37 * i] for i, s in enumerate(random_dna(12, 700, seed=3))]
    strings[5] = strings[5][:50] + "N" * 30 + strings[5][50:]
    whole = scan(motifs, ragged(strings), p_value=0.01, with_best=True)
    names = whole.names
    batches = [ragged(strings[:1]), ragged(strings[1:7]), ragged(strings[7:])]
    monkeypatch.setattr(scanners, "_WINDOWS", 64)
    cut = scan(motifs, iter(batches), p_value=0.01, with_best=True, threads=2)
    pd.testing.assert_frame_equal(cut.to_frame().drop(columns="name"), whole.to_frame().drop(columns="name"))
    assert len(whole) > 50
    np.testing.assert_array_equal(cut.best, whole.best)
    assert cut.lengths.tolist() == [len(s) for s in strings]
    assert len(cut.names) == len(names) == 12


def test_matrices_count_the_hits_and_give_best_scores(motifs: MotifSet) -> None:
    found = scan(motifs, random_dna(30, 120, seed=4), p_value=0.002, with_best=True)
    counts, best = found.to_matrix(), found.to_matrix("best")
    assert list(counts.columns) == list(best.columns) == ["sequence_index", "name", *motifs.names]
    assert counts[list(motifs.names)].sum().sum() == len(found) > 0
    for name, hits in found.to_frame().groupby("motif"):
        assert ((best[name] >= hits["score"].min()) >= (counts[name] > 0)).all()
    with pytest.raises(InputError):
        scan(motifs, ["ACGT"]).to_matrix("best")


@pytest.mark.parametrize("name", ["name", "sequence_index"])
def test_motifs_with_the_name_of_another_column_have_no_matrix(name: str) -> None:
    found = scan(MotifSet([Motif(name, one_hot(["CACGTG"])[0] * 20)]), ["TTCACGTGTT"], p_value=1e-3)
    with pytest.raises(InputError):
        found.to_matrix()


def test_a_palindrome_is_one_hit_on_the_plus_strand() -> None:
    motifs = MotifSet([Motif("ebox", one_hot(["CACGTG"])[0] * 20)])
    table = scan(motifs, ["TTCACGTGTT"], p_value=1e-3).to_frame()
    assert list(table.columns) == list(HIT_COLUMNS)
    assert "CACGTG" in scan(motifs, ["TTCACGTGTT"], p_value=1e-3)._repr_html_()
    assert table[["start", "end", "strand", "matched_sequence"]].values.tolist() == [[2, 8, "+", "CACGTG"]]


def test_motifs_that_cannot_have_hits_are_reported(motifs: MotifSet, caplog: pytest.LogCaptureFixture) -> None:
    sequences = random_dna(2, 100, seed=9)
    found = scan(motifs, sequences)
    assert [record.args for record in caplog.records] == [("m5", "p <= 0.0001")]
    with_best = scan(motifs, sequences, with_best=True)
    pd.testing.assert_frame_equal(with_best.to_frame(), found.to_frame())


def test_nothing_to_scan(motifs: MotifSet) -> None:
    short = scan(motifs, ["ACG", "NNNNNNNNNN"], with_best=True)
    assert len(short) == len(short.to_frame()) == 0
    assert short.best is not None
    np.testing.assert_array_equal(short.best[0], [score_matrix(motif).min(axis=0).sum() for motif in motifs])
    assert scan(motifs[:0], ["ACGT"], with_best=True).to_matrix("best").shape == (1, 2)
    assert scan(motifs, iter([])).to_matrix().shape == (0, 7)


def test_without_a_folder_for_compiled_code_the_hits_are_the_same(
    motifs: MotifSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequences = random_dna(2, 60, seed=8)

    def hits() -> Hits:
        return scan(motifs, sequences, p_value=0.05, with_best=True)

    expected = hits()

    def uncached(*, nogil: bool, cache: bool = False) -> Callable[[Any], Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr("numba.njit", uncached)
    kernel._kernel.cache_clear()
    try:
        pd.testing.assert_frame_equal(hits().to_frame(), expected.to_frame())
        np.testing.assert_array_equal(hits().best, expected.best)
    finally:
        kernel._kernel.cache_clear()
    assert len(expected)


def test_progress_reaches_the_last_base(motifs: MotifSet) -> None:
    seen: list[int] = []
    scan(motifs, iter([ragged(["ACGT" * 5]), ragged(["A" * 7, "C" * 9])]), progress=seen.append)
    assert seen == [20, 36]


@pytest.mark.parametrize(
    "options",
    [
        {"p_value": 0},
        {"p_value": 1.5},
        {"threads": 0},
        {"pseudocount": 0},
        {"thresholds": {"m5": 1.0}},
        {"thresholds": dict.fromkeys(["m5", "m8", "m12", "m13", "m21"], 1.0), "pseudocount": 0.1},
    ],
)
def test_arguments_out_of_range(motifs: MotifSet, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        scan(motifs, ["ACGT"], **options)
