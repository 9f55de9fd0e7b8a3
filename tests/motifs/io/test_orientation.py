"""Orientation of matrices without letters: by shape, by sums, by the option, or refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from motifnet.errors import FormatError
from motifnet.motifs.extraction_spec import Orientation
from motifnet.motifs.io.files import parse_motifs
from motifnet.motifs.motif import MotifSet

#: Four positions (rows): TATA.
TATA = [[0, 4, 2, 14], [12, 0, 0, 8], [8, 0, 1, 11], [20, 0, 0, 0]]
TAAT = [[0.01, 0.01, 0.01, 0.97], [0.97, 0.01, 0.01, 0.01], [0.97, 0.01, 0.01, 0.01], [0.01, 0.01, 0.01, 0.97]]


def text_of(rows: object, title: str = ">m\n") -> str:
    return title + "".join(" ".join(map(str, row)) + "\n" for row in np.array(rows).tolist())


def read(text: str, orientation: Orientation | None = None) -> MotifSet:
    return parse_motifs(text, orientation=orientation)


@pytest.mark.parametrize("title", [">m\n", ""])
@pytest.mark.parametrize("rows", [TATA, TAAT], ids=["counts", "probabilities"])
def test_sums_decide_four_positions(rows: list[list[float]], title: str) -> None:
    """Also with the positions as columns, which is the mirror image."""
    expected = np.array(rows).T / np.array(rows).sum(axis=1)
    for matrix in (np.array(rows), np.array(rows).T):
        (motif,) = read(text_of(matrix, title))
        assert_allclose(motif.ppm, expected)


def test_files_of_cluster_buster_and_gimmemotifs_agree_with_biopython() -> None:
    theirs = bio_motifs.parse(io.StringIO(text_of(TATA)), "clusterbuster")[0]
    (ours,) = read(text_of(TATA))
    assert ours.counts.tolist() == [theirs.counts[base] for base in "ACGT"]
    (motif,) = read(text_of(TAAT))
    assert motif.consensus == "TAAT"


AMBIGUOUS = {
    "doubly stochastic": [[4, 2, 1, 3], [1, 4, 3, 2], [3, 1, 2, 4], [2, 3, 4, 1]],
    "identity": np.eye(4, dtype=int) * 9,
    "sums differ both ways": [[9, 0, 0, 2], [1, 5, 3, 2], [3, 1, 2, 4], [2, 3, 40, 1]],
    "sums are nearly equal": [[10, 2, 1, 3], [1, 10, 3, 2], [3, 1, 10, 2], [2, 3, 2, 10]],
}


@pytest.mark.parametrize("rows", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_an_ambiguous_matrix_is_refused_and_the_option_chooses(rows: object) -> None:
    text = text_of(rows)
    with pytest.raises(FormatError) as caught:
        read(text)
    assert caught.value.line == 1
    assert np.array_equal(read(text, "bases")[0].counts, rows)
    assert np.array_equal(read(text, "positions")[0].counts, np.array(rows).T)


def test_the_option_overrules_the_sums_but_not_the_shape() -> None:
    assert np.array_equal(read(text_of(TATA), "bases")[0].counts, TATA)
    for n_rows, n_columns, wrong in ((4, 6, "positions"), (6, 4, "bases")):
        text = text_of(np.ones((n_rows, n_columns), dtype=int))
        assert read(text)[0].width == 6
        with pytest.raises(FormatError):
            read(text, wrong)  # type: ignore[arg-type]


def test_letters_decide() -> None:
    with_rows = ">m\n" + "".join(f"{base} {' '.join(map(str, row))}\n" for base, row in zip("TGCA", TATA, strict=True))
    for orientation in (None, "positions"):
        assert np.array_equal(read(with_rows, orientation)[0].counts, TATA[::-1])  # type: ignore[arg-type]
    with_columns = ">m\nT G C A\n" + text_of(TATA, "")
    assert np.array_equal(read(with_columns)[0].counts, np.array(TATA).T[::-1])


@given(
    st.integers(5, 9).flatmap(
        lambda width: st.lists(st.lists(st.integers(1, 99), min_size=4, max_size=4), min_size=width, max_size=width)
    )
)
def test_positions_of_any_other_number_are_read_either_way(rows: list[list[int]]) -> None:
    for title in (">m\n", ""):
        upright = read(text_of(np.array(rows).T, title))[0]
        lying = read(text_of(rows, title))
        assert np.array_equal(upright.counts, np.array(rows).T)
        if len(lying) == 1:  # eight rows may be two matrices, if their sums say so
            assert np.array_equal(lying[0].counts, np.array(rows).T)


def test_lists_of_matrices_without_titles() -> None:
    wide = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    stacked = text_of(wide, "") + text_of(wide, "")
    for text in (stacked, text_of(wide, "") + "\n\n" + text_of(wide, ""), text_of(np.vstack([wide, wide]), "")):
        motifs = read(text)
        assert motifs.names == ("motif_1", "motif_2")
        assert all(np.array_equal(motif.counts, wide) for motif in motifs)
    square = np.array(TATA).T
    motifs = read(text_of(np.vstack([square, square]), ""))
    assert [motif.counts.tolist() for motif in motifs] == [square.tolist()] * 2
    with pytest.raises(FormatError) as caught:
        read("1 2 3\n" * 5)
    assert caught.value.line == 1
