"""Motif and MotifSet: derived matrices, trimming, the other strand, names, and invalid values."""

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


def motif_of(text: str, name: str = "m") -> Motif:
    return Motif(name, counts_of([text]))


def assert_same(a: Motif, b: Motif) -> None:
    assert_array_equal(a.counts, b.counts)
    assert_array_equal(a.background, b.background)
    assert (a.name, a.nsites, a.alt_name, a.e_value) == (b.name, b.nsites, b.alt_name, b.e_value)


@given(motifs())
def test_reverse_complement_twice_is_the_motif(motif):
    assert_same(motif.reverse_complement().reverse_complement(), motif)


@given(dna())
def test_reverse_complement_is_that_of_the_bases(text):
    assert motif_of(text).reverse_complement().consensus == text.translate(_COMPLEMENT)[::-1]


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


def test_information_of_a_fixed_base_depends_on_its_background_frequency():
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


def test_without_a_pseudocount_bases_without_counts_score_minus_infinity():
    assert_array_equal(motif_of("A").pwm(0)[:, 0], [2, -np.inf, -np.inf, -np.inf])


@given(motifs(), st.floats(0, 3))
def test_trimming_removes_only_ends_below_the_threshold(motif, threshold):
    start, end = motif.trim_bounds(threshold)
    information = motif.information()
    assert 0 <= start < end <= motif.width
    assert (information[:start] < threshold).all() or end - start == 1
    assert (information[end:] < threshold).all() or end - start == 1
    if (information >= threshold).any():
        assert information[start] >= threshold
        assert information[end - 1] >= threshold
    assert_same(motif.trim(threshold), replace(motif, counts=motif.counts[:, start:end]))


def test_trimming_keeps_weak_columns_inside():
    motif = Motif("m", [[1, 4, 1, 4, 1, 1], [1, 0, 1, 0, 1, 1], [1, 0, 1, 0, 1, 1], [1, 0, 1, 0, 1, 1]])
    assert motif.trim_bounds(0.5) == (1, 4)
    assert motif.trim(0.5).consensus == "ANA"


def test_trimming_keeps_the_best_column_if_none_reaches_the_threshold():
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


def test_a_motif_is_read_only_and_has_a_copy_of_its_counts():
    counts = np.ones((4, 3))
    motif = Motif("m", counts)
    counts[:] = 9
    assert motif.counts.max() == 1
    for array in (motif.counts, motif.background):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 2


ONES = np.ones((4, 2))


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": " "},
        {"counts": np.ones((2, 4))},
        {"counts": np.ones((4, 0))},
        {"counts": [[1], [2, 3]]},
        {"counts": [[1, 1], [1, 1], [1, -2], [1, 1]]},
        {"counts": [[np.nan, 1], [1, 1], [1, 1], [1, 1]]},
        {"counts": [[1, 0], [1, 0], [1, 0], [1, 0]]},
        {"background": [0.5, 0.5, 0, 0]},
        {"nsites": 0},
        {"nsites": 2.5},
        {"e_value": -1.0},
        {"e_value": np.nan},
    ],
)
def test_invalid_values(arguments):
    with pytest.raises(InputError):
        Motif(**{"name": "m", "counts": ONES} | arguments)


def test_negative_pseudocounts_are_invalid():
    with pytest.raises(InputError):
        motif_of("A").pwm(-1)


def test_the_background_is_scaled_to_one():
    assert_allclose(Motif("m", ONES, background=[2, 1, 1, 4]).background, [0.25, 0.125, 0.125, 0.5])


def test_sets_are_ordered_and_indexed_by_position_slice_and_name():
    motifs = MotifSet([motif_of("A", "a"), motif_of("C", "c"), motif_of("G", "g")], strands="forward")
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


def test_motifs_get_the_background_of_the_set_averaged_over_both_strands():
    skewed = [0.4, 0.1, 0.2, 0.3]
    both = MotifSet([motif_of("A")], background=skewed)
    assert_allclose(both.background, [0.35, 0.15, 0.15, 0.35])
    assert_array_equal(both[0].background, both.background)
    assert_allclose(MotifSet([motif_of("A")], "forward", skewed)[0].background, skewed)


def test_a_set_has_the_background_that_its_motifs_share():
    skewed = replace(motif_of("A"), background=[0.4, 0.1, 0.1, 0.4])
    assert_allclose(MotifSet([skewed]).background, [0.4, 0.1, 0.1, 0.4])
    assert_allclose(MotifSet([skewed])[:0].background, [0.4, 0.1, 0.1, 0.4])
    assert_allclose(MotifSet([]).background, 0.25)


@pytest.mark.parametrize(
    "make",
    [
        lambda: MotifSet([motif_of("A", "x"), motif_of("C", "y"), motif_of("G", "x")]),
        lambda: MotifSet([], strands="reverse"),
        lambda: MotifSet([motif_of("A"), replace(motif_of("C", "c"), background=[0.4, 0.1, 0.1, 0.4])]),
        lambda: MotifSet([motif_of("A", "f03_CACGTG"), motif_of("C", "f11_TTAA")])["f03_CACGT"],
        lambda: MotifSet([])["CTCF"],
    ],
)
def test_invalid_sets_and_unknown_names(make):
    with pytest.raises(InputError):
        make()
