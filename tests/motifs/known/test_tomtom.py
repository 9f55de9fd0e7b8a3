"""Tomtom: alignments and p-values are memelite's; p-values are those of random targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from known_motifs import aligned_by_memelite
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.known.tomtom import align

Floats = NDArray[np.float64]

ONE_COLUMN = np.array([[0.7], [0.1], [0.1], [0.1]])


def random_motifs(widths: Sequence[int], seed: int = 0) -> list[Floats]:
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.full(4, 0.3), width).T for width in widths]


@pytest.mark.slow  # memelite is compiled
def test_alignments_are_memelites() -> None:
    vertebrates, fungi = ([motif.ppm for motif in read_database(name)] for name in ("vertebrates", "fungi"))
    odd = [np.full((4, 5), 0.25), ONE_COLUMN, np.repeat(ONE_COLUMN, 60, axis=1), np.eye(4), np.eye(4)[:, :3]]
    cases = [
        (vertebrates[::12] + odd, vertebrates),
        (fungi, fungi),
        (random_motifs([1, 2, 5, 17, 40]) + odd, random_motifs(range(1, 31), seed=1)),
    ]
    for queries, targets in cases:
        found, expected = align(queries, targets), aligned_by_memelite(queries, targets)
        np.testing.assert_allclose(np.log10(found.p), np.log10(expected.p), rtol=0, atol=1e-6)
        for name in ("offset", "overlap", "is_reverse"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_p_values_are_frequencies_among_random_targets() -> None:
    rng = np.random.default_rng(0)
    columns = np.concatenate([motif.ppm for motif in read_database("fungi")], axis=1)
    targets = [columns[:, rng.integers(columns.shape[1], size=9)] for _ in range(4000)]
    p = align(random_motifs([9, 9, 9, 9]), targets, both_strands=False).p
    for level in (0.5, 0.1, 0.01):
        # Offsets are not quite independent, and scores are integers: at most the level, and not much less.
        assert 0.75 * level < (p <= level).mean() < 1.1 * level


def test_a_query_is_aligned_with_itself_on_either_strand() -> None:
    motifs = random_motifs([5, 8, 11, 20])
    found = align(motifs, [*motifs[:2], *(motif[::-1, ::-1] for motif in motifs[2:])])
    rows = np.arange(4)
    assert (found.p.argmin(axis=1) == rows).all()
    assert found.is_reverse[rows, rows].tolist() == [False, False, True, True]
    assert (found.offset[rows, rows] == 0).all()
    assert found.overlap[rows, rows].tolist() == [5, 8, 11, 20]


def test_equal_strands_are_forward() -> None:
    half = random_motifs([4])[0]
    palindrome = np.concatenate([half, half[::-1, ::-1]], axis=1)
    assert not align([palindrome], [palindrome, *random_motifs([8] * 20)]).is_reverse[0, 0]


@pytest.mark.parametrize("both_strands", [False, True])
def test_shapes_of_alignments(both_strands: bool) -> None:
    motifs = random_motifs([5, 8, 1, 11])
    found = align(motifs[:3], motifs, both_strands=both_strands)
    assert {values.shape for values in found} == {(3, 4)}
    assert found.is_reverse.dtype == bool
    assert found.is_reverse.any() <= both_strands
    assert ((found.p > 0) & (found.p <= 1)).all()
    assert (found.overlap <= np.minimum([[5], [8], [1]], [5, 8, 1, 11])).all()
    assert (found.overlap >= 1).all()


def test_the_layout_in_memory_does_not_matter() -> None:
    motifs = random_motifs([6, 8, 10])
    found, other = align(motifs, motifs), align([np.asfortranarray(motif) for motif in motifs], motifs)
    for one, two in zip(found, other, strict=True):
        np.testing.assert_array_equal(one, two)
