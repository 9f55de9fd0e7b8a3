"""Motif and MotifSet: derived matrices, trimming, the other strand, names, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from motifnet.errors import InputError
from motifnet.motifs.motif import Motif, MotifSet
from strategies import backgrounds, counts_of, dna, motifs, sites

_COMPLEMENT = str.maketrans("ACGTMRWSYKN", "TGCAKYWSRMN")


def word(text: str, name: str = "m") -> Motif:
    return Motif(name, counts_of([text]))


def assert_same(a: Motif, b: Motif) -> None:
    assert_array_equal(a.counts, b.counts)
    assert_array_equal(a.background, b.background)
    assert (a.name, a.nsites, a.alt_name, a.e_value) == (b.name, b.nsites, b.alt_name, b.e_value)


@given(motifs())
def test_reverse_complement_twice_is_the_motif(motif):
    assert_same(motif.reverse_complement().reverse_complement(), motif)


@given(dna())
def test_reverse_complement_is_that_of_the_letters(text):
    assert word(text).reverse_complement().consensus == text.translate(_COMPLEMENT)[::-1]


@given(motifs())
def test_derived_values_do_not_depend_on_the_strand(motif):
    other = motif.reverse_complement()
    assert_allclose(other.information(), motif.information()[::-1], atol=1e-12)
    assert_allclose(other.pwm(), motif.pwm()[::-1, ::-1], atol=1e-12)


@given(sites())
def test_consensus_of_the_other_strand(aligned):
    motif = Motif("m", counts_of(aligned))
    assert motif.reverse_complement().consensus == motif.consensus.translate(_COMPLEMENT)[::-1]


@given(motifs())
def test_information_is_a_relative_entropy(motif):
    information = motif.information()
    assert information.shape == (motif.width,)
    assert (information >= 0).all()
    assert (information <= -np.log2(motif.background.min()) + 1e-9).all()
    assert motif.total_information == pytest.approx(information.sum())


@given(backgrounds())
def test_the_background_itself_has_no_information(background):
    motif = Motif("m", background[:, np.newaxis] * 7, background=background)
    assert_allclose(motif.information(), 0, atol=1e-12)
    assert_allclose(motif.pwm(), 0, atol=1e-12)


def test_a_certain_base_has_as_many_bits_as_it_is_rare():
    motif = Motif("m", [[8, 0], [0, 0], [0, 8], [0, 0]], background=[0.5, 0.125, 0.125, 0.25])
    assert_allclose(motif.information(), [1, 3])


@given(motifs())
def test_ppm_columns_sum_to_one_and_keep_the_proportions(motif):
    assert_allclose(motif.ppm.sum(axis=0), 1)
    assert_allclose(motif.ppm * motif.counts.sum(axis=0), motif.counts, rtol=1e-12)
    assert motif.pfm is motif.counts


@given(motifs(), st.floats(0.01, 100))
def test_pwm_is_the_log_odds_of_counts_with_pseudocounts(motif, pseudocount):
    odds = 2 ** motif.pwm(pseudocount) * motif.background[:, np.newaxis]
    assert_allclose(odds.sum(axis=0), 1)
    total = motif.counts.sum(axis=0) + pseudocount
    assert_allclose(odds * total - pseudocount * motif.background[:, np.newaxis], motif.counts, rtol=1e-9, atol=1e-7)


def test_pwm_without_pseudocount_forbids_what_was_never_seen():
    assert_array_equal(word("A").pwm(0)[:, 0], [2, -np.inf, -np.inf, -np.inf])


@given(motifs(), st.floats(0, 3))
def test_trim_takes_only_ends_below_the_threshold(motif, threshold):
    start, end = motif.trim_bounds(threshold)
    information = motif.information()
    assert 0 <= start < end <= motif.width
    assert (information[:start] < threshold).all() or end - start == 1
    assert (information[end:] < threshold).all() or end - start == 1
    if (information >= threshold).any():
        assert information[start] >= threshold
        assert information[end - 1] >= threshold
    assert_same(motif.trim(threshold), replace(motif, counts=motif.counts[:, start:end]))


def test_trim_keeps_weak_columns_inside_and_tells_the_offset():
    motif = Motif("m", [[1, 4, 1, 4, 1, 1], [1, 0, 1, 0, 1, 1], [1, 0, 1, 0, 1, 1], [1, 0, 1, 0, 1, 1]])
    assert motif.trim_bounds(0.5) == (1, 4)
    assert motif.trim(0.5).consensus == "ANA"


def test_trim_leaves_the_best_column_when_none_is_good_enough():
    motif = Motif("m", [[1, 2, 3, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]])
    assert motif.trim_bounds(1.9) == (2, 3)


@pytest.mark.parametrize(
    ("column", "letter"),
    [
        ([10, 5, 5, 0], "A"),  # half, and twice the runner-up
        ([49, 17, 17, 17], "N"),  # below half
        ([11, 6, 2, 1], "M"),  # not twice the runner-up
        ([0, 8, 7, 5], "S"),  # exactly three quarters
        ([0, 8, 6, 6], "N"),
        ([0, 10, 0, 10], "Y"),
        ([10, 0, 10, 0], "R"),
        ([10, 0, 0, 10], "W"),
        ([0, 0, 10, 10], "K"),
        ([5, 5, 5, 5], "N"),
    ],
)
def test_consensus_letters(column, letter):
    assert Motif("m", np.array(column)[:, np.newaxis]).consensus == letter


def test_motif_is_read_only_and_on_its_own():
    counts = np.ones((4, 3))
    motif = Motif("m", counts)
    counts[:] = 9
    assert motif.counts.max() == 1
    for array in (motif.counts, motif.background):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 2


ONES = np.ones((4, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": " "}, "a motif needs a name. Got ' ' instead"),
        (
            {"counts": np.ones((2, 4))},
            "motif 'm': counts must have shape (4, w) with w of at least 1. Got (2, 4) instead\n"
            "  Rows are bases, columns are positions: give counts.T.",
        ),
        (
            {"counts": np.ones((4, 0))},
            "motif 'm': counts must have shape (4, w) with w of at least 1. Got (4, 0) instead",
        ),
        (
            {"counts": [[1], [2, 3]]},
            "motif 'm': counts must be an array of numbers. Got [[1], [2, 3]] instead",
        ),
        (
            {"counts": [[1, 1], [1, 1], [1, -2], [1, 1]]},
            "motif 'm': the count of G at position 1 is -2.0\n"
            "  Counts are finite and not negative; log-odds (a PWM) are not counts.",
        ),
        (
            {"counts": [[np.nan, 1], [1, 1], [1, 1], [1, 1]]},
            "motif 'm': the count of A at position 0 is nan\n"
            "  Counts are finite and not negative; log-odds (a PWM) are not counts.",
        ),
        (
            {"counts": [[1, 0], [1, 0], [1, 0], [1, 0]]},
            "motif 'm': the counts at position 1 sum to 0\n"
            "  Leave the column out, or fill it with the background if nothing is known about it.",
        ),
        (
            {"background": [0.5, 0.5, 0, 0]},
            "motif 'm': background must be 4 positive numbers (A, C, G, T). Got [0.5, 0.5, 0.0, 0.0] instead\n"
            "  A base that was never seen needs a pseudocount.",
        ),
        ({"nsites": 0}, "motif 'm': nsites must be an integer of at least 1, or None when unknown. Got 0 instead"),
        ({"nsites": 2.5}, "motif 'm': nsites must be an integer of at least 1, or None when unknown. Got 2.5 instead"),
        (
            {"e_value": -1.0},
            "motif 'm': e_value must be a finite number of at least 0, or None when unknown. Got -1.0 instead",
        ),
        (
            {"e_value": np.nan},
            "motif 'm': e_value must be a finite number of at least 0, or None when unknown. Got nan instead",
        ),
    ],
)
def test_what_is_no_motif(arguments, message):
    with pytest.raises(InputError) as caught:
        Motif(**{"name": "m", "counts": ONES} | arguments)
    assert str(caught.value) == message


def test_pseudocount_below_zero():
    with pytest.raises(InputError) as caught:
        word("A").pwm(-1)
    assert str(caught.value) == "pseudocount must be a finite number of at least 0. Got -1 instead"


def test_background_is_scaled_to_one():
    assert_allclose(Motif("m", ONES, background=[2, 1, 1, 4]).background, [0.25, 0.125, 0.125, 0.5])


def test_set_is_ordered_and_found_by_index_slice_and_name():
    motifs = MotifSet([word("A", "a"), word("C", "c"), word("G", "g")], strands="forward")
    assert len(motifs) == 3
    assert [motif.consensus for motif in motifs] == ["A", "C", "G"]
    assert motifs[-1].name == "g"
    assert motifs["c"].consensus == "C"
    assert motifs[1:].names == ("c", "g")
    assert motifs[1:].strands == "forward"
    assert "c" in motifs
    assert motifs[0] in motifs
    assert "x" not in motifs
    with pytest.raises(IndexError):
        motifs[3]


def test_set_gives_its_background_to_its_motifs_averaged_over_both_strands():
    skewed = [0.4, 0.1, 0.2, 0.3]
    both = MotifSet([word("A")], background=skewed)
    assert_allclose(both.background, [0.35, 0.15, 0.15, 0.35])
    assert_array_equal(both[0].background, both.background)
    assert_allclose(MotifSet([word("A")], "forward", skewed)[0].background, skewed)


def test_set_takes_the_background_that_its_motifs_share():
    skewed = replace(word("A"), background=[0.4, 0.1, 0.1, 0.4])
    assert_allclose(MotifSet([skewed]).background, [0.4, 0.1, 0.1, 0.4])
    assert_allclose(MotifSet([skewed])[:0].background, [0.4, 0.1, 0.1, 0.4])
    assert_allclose(MotifSet([]).background, 0.25)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: MotifSet([word("A", "x"), word("C", "y"), word("G", "x")]),
            "motifs 0 and 2 are both named 'x'\n"
            "  Names within a set are unique: rename one with dataclasses.replace(motif, name=...).",
        ),
        (lambda: MotifSet([], strands="reverse"), "strands must be 'both' or 'forward'. Got 'reverse' instead"),
        (
            lambda: MotifSet([word("A"), replace(word("C", "c"), background=[0.4, 0.1, 0.1, 0.4])]),
            "the motifs have different backgrounds\n  Give the set one: MotifSet(motifs, background=...).",
        ),
        (
            lambda: MotifSet([word("A", "f03_CACGTG"), word("C", "f11_TTAA")])["f03_CACGT"],
            "no motif is named 'f03_CACGT' among 2\n  Near names: f03_CACGTG.",
        ),
        (
            lambda: MotifSet([word("A", n) for n in ("f1", "f2", "f3", "f4")])["CTCF"],
            "no motif is named 'CTCF' among 4\n  The first names: f1, f2, f3.",
        ),
        (lambda: MotifSet([])["CTCF"], "no motif is named 'CTCF' among 0"),
    ],
)
def test_what_a_set_refuses(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == message
