"""Hits: those of a loop over windows and of memelite's FIMO, wherever the sequences are cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memelite import fimo
from scipy.stats import false_discovery_control

from dna_strategies import dna, random_dna
from filter_banks import reverse_complement_of
from motifnet.errors import InputError
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning import hits as hits_module
from motifnet.motifs.scanning import kernel as window_scores
from motifnet.motifs.scanning.hits import Scan, scan
from motifnet.motifs.scanning.pwm import ScoreDistribution, best_scores
from motifnet.sequences.alphabet import encode_letters, one_hot
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.sequence_set import SequenceSet
from strategies import motif_sets

Row = tuple[int, int, int, str, float, float, str]


def ragged(strings: list[str]) -> RaggedSequences:
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in strings])])
    names = tuple(f"s{i}" for i in range(len(strings)))
    return RaggedSequences(names, encode_letters("".join(strings).encode())[0], offsets, 0, "test")


def rows_of(found: Scan) -> list[Row]:
    h = found.hits
    strands = np.where(h.is_reverse, "-", "+").tolist()
    columns = (h.motif.tolist(), h.sequence.tolist(), h.start.tolist(), strands, h.p.tolist(), h.q.tolist(), h.word)
    return [(*row[:-1], row[-1].decode()) for row in zip(*columns, strict=True)]


def naive_rows(motifs: MotifSet, strings: list[str], threshold: float) -> list[Row]:
    """The same by loops over windows and letters, q-values over all windows by scipy."""
    rows = []
    for m, motif in enumerate(motifs):
        matrix = ScoreDistribution.of(motif)
        tested, kept = [], []
        for s, string in enumerate(strings):
            for start in range(len(string) - motif.width + 1):
                word = string[start : start + motif.width]
                if "N" in word:
                    continue
                words = [word, reverse_complement_of(word)][: 2 if motifs.strands == "both" else 1]
                scores = [sum(matrix.steps["ACGT".index(c), k] for k, c in enumerate(w)) for w in words]
                best = int(np.argmax(scores))
                if matrix.tail[scores[best]] <= threshold:
                    kept.append((s, start, "+-"[best], len(tested) + best, words[best]))
                tested.extend(matrix.tail[score] for score in scores)
        q = false_discovery_control(tested) if tested else []
        rows += [(m, s, start, strand, tested[i], q[i], word) for s, start, strand, i, word in kept]
    return rows


@settings(max_examples=40)
@given(motif_sets(), st.lists(dna(min_size=1, max_size=40), min_size=1, max_size=5), st.sampled_from([0.01, 0.2, 1.0]))
def test_hits_are_those_of_a_loop(motifs: MotifSet, strings: list[str], threshold: float) -> None:
    found = rows_of(scan(motifs, ragged(strings), threshold=threshold, threads=1))
    expected = naive_rows(motifs, strings, threshold)
    assert [row[:4] + row[6:] for row in found] == [row[:4] + row[6:] for row in expected]
    np.testing.assert_allclose([row[4:6] for row in found], [row[4:6] for row in expected], rtol=1e-9)


@pytest.fixture(scope="module")
def motifs() -> MotifSet:
    rng = np.random.default_rng(5)
    return MotifSet([Motif(f"m{w}", rng.dirichlet(np.full(4, 0.3), size=w).T * 80) for w in (5, 8, 12, 13, 21)])


def test_hits_are_memelites(motifs: MotifSet) -> None:
    sequences = SequenceSet.from_strings(random_dna(40, 300, seed=2))
    found = scan(motifs, sequences, threshold=1e-3, pseudocount=0.1)
    theirs = fimo(
        {m.name: (2.0 ** m.pwm(0.1)) / 4 for m in motifs}, one_hot(sequences), eps=1e-12, threshold=1e-3, bin_size=0.005
    )
    for index, table in enumerate(theirs):
        ours = found.hits.take(found.hits.motif == index)
        p = dict(zip(zip(ours.sequence.tolist(), ours.start.tolist(), strict=True), ours.p.tolist(), strict=True))
        columns = zip(table["sequence_name"], table["start"], table["p-value"], strict=True)
        expected = {}
        for sequence, start, value in columns:
            place = (int(sequence), int(start))
            expected[place] = min(value, expected.get(place, 1))
        # The discretisation may move a hit over the threshold, and its p-value by a bin.
        missed = set(p) ^ set(expected)
        assert len(missed) <= 0.03 * len(expected)
        both = [place for place in p if place in expected]
        assert len(both) > 5
        np.testing.assert_allclose([p[b] for b in both], [expected[b] for b in both], rtol=0.25)
        assert all((p.get(place) or expected[place]) > 0.7e-3 for place in missed)


def test_where_the_sequences_are_cut_does_not_matter(motifs: MotifSet, monkeypatch: pytest.MonkeyPatch) -> None:
    strings = [s[: 20 + 37 * i] for i, s in enumerate(random_dna(12, 700, seed=3))]
    strings[5] = strings[5][:50] + "N" * 30 + strings[5][50:]
    whole = scan(motifs, ragged(strings), threshold=0.01, with_best=True)
    batches = [ragged(strings[:1]), ragged(strings[1:7]), ragged(strings[7:])]
    monkeypatch.setattr(hits_module, "_WINDOWS", 64)
    cut = scan(motifs, iter(batches), threshold=0.01, with_best=True, threads=2)
    assert rows_of(cut) == rows_of(whole)
    assert len(whole.hits) > 50
    assert whole.best is not None
    np.testing.assert_array_equal(cut.best, whole.best)
    assert cut.lengths.tolist() == [len(s) for s in strings]
    np.testing.assert_array_equal(cut.n_tested, whole.n_tested)


def test_matrices_agree_with_the_hits_and_with_best_scores(motifs: MotifSet) -> None:
    sequences = SequenceSet.from_strings(random_dna(30, 120, seed=4))
    found = scan(motifs, sequences, threshold=0.002, with_best=True)
    counts = found.counts()
    assert counts.shape == (30, 5)
    assert counts.sum() == len(found.hits)
    assert found.best is not None
    steps = [motif.width / 2 / ScoreDistribution.of(motif).steps_per_bit for motif in motifs]
    assert (np.abs(found.best - best_scores(motifs, sequences)) <= np.array(steps) + 1e-4).all()
    for index, motif in enumerate(motifs):
        least = min(found.hits.score[found.hits.motif == index], default=np.inf)
        assert ((found.best[:, index] >= least - 1e-4) == (counts[:, index] > 0)).all(), motif.name


def test_a_palindrome_counts_once_and_on_the_plus_strand() -> None:
    motifs = MotifSet([Motif("ebox", one_hot(["CACGTG"])[0] * 20)])
    found = scan(motifs, ragged(["TTCACGTGTT"]), threshold=1e-3)
    assert [(row[2], row[3], row[6]) for row in rows_of(found)] == [(2, "+", "CACGTG")]


def test_a_motif_that_cannot_pass_is_left_out(motifs: MotifSet) -> None:
    sequences = ragged(random_dna(2, 100, seed=9))
    found = scan(motifs, sequences, threshold=1e-4)
    assert (found.lowest_p > 1e-4).tolist() == [True, False, False, False, False]
    assert (found.n_tested > 0).tolist() == [False, True, True, True, True]
    assert found.n_tested[1] == 2 * 2 * (100 - 8 + 1)
    with_best = scan(motifs, sequences, threshold=1e-4, with_best=True)
    assert rows_of(with_best) == rows_of(found)
    assert (with_best.n_tested > 0).all()


def test_nothing_to_scan(motifs: MotifSet) -> None:
    short = scan(motifs, ragged(["ACG", "NNNNNNNNNN"]), with_best=True)
    assert len(short.hits) == 0
    assert short.n_tested.tolist() == [0] * 5
    assert short.best is not None
    np.testing.assert_allclose(short.best[0], [ScoreDistribution.of(motif).lowest for motif in motifs], rtol=1e-5)
    assert scan(motifs[:0], ragged(["ACGT"]), with_best=True).counts().shape == (1, 0)
    assert scan(motifs, []).counts().shape == (0, 5)


def test_without_a_place_for_compiled_code_the_hits_are_the_same(
    motifs: MotifSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequences = ragged(random_dna(2, 60, seed=8))
    expected = rows_of(scan(motifs, sequences, threshold=0.05))

    def uncached(*, nogil: bool, cache: bool = False) -> Callable[[Any], Any]:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr("numba.njit", uncached)
    window_scores._kernel.cache_clear()
    try:
        assert rows_of(scan(motifs, sequences, threshold=0.05)) == expected
    finally:
        window_scores._kernel.cache_clear()
    assert expected


def test_progress_reaches_the_last_letter(motifs: MotifSet) -> None:
    seen: list[int] = []
    scan(motifs, [ragged(["ACGT" * 5]), ragged(["A" * 7, "C" * 9])], progress=seen.append)
    assert seen == [20, 36]


@pytest.mark.parametrize("threshold", [0, -1, 1.5])
def test_a_threshold_that_is_no_p_value(motifs: MotifSet, threshold: float) -> None:
    with pytest.raises(InputError, match=f"threshold must be a p-value above 0 and at most 1. Got {threshold} instead"):
        scan(motifs, [], threshold=threshold)
