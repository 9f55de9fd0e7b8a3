"""Filters that start as enriched k-mers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.kmer_init import _allot, init_from_kmers
from motifnet.sequences.alphabet import LETTERS
from small_models import LENGTH, SPEC, WORD, planted

DATA = planted(300, 300, seed=1)
OTHER_STRAND = WORD[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_filters_are_allotted_in_proportion_to_the_z_scores() -> None:
    counts = np.bincount(_allot(np.array([30.0, 10.0, 10.0, 3.0]), 16))
    assert counts[0] in (9, 10)
    assert counts[1] == counts[2]
    assert counts.sum() == 16


def test_filters_start_as_kmers_with_the_norm_of_random_filters() -> None:
    network = build(SPEC, seed=0)
    random = network.get_layer("conv_1").kernel.numpy()
    assert init_from_kmers(network, SPEC, DATA, seed=0) >= 1
    kernel = network.get_layer("conv_1").kernel.numpy()
    norms = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0)
    assert norms.mean() == pytest.approx(np.linalg.norm(random.reshape(-1, random.shape[-1]), axis=0).mean(), rel=0.3)
    found = ["".join(LETTERS[base] for base in kernel[:, :, 0, i].argmax(axis=0)) for i in range(kernel.shape[-1])]
    assert sum(any(kmer in each for kmer in (WORD, OTHER_STRAND)) for each in found) >= 2
    assert len({kernel[:, :, 0, i].tobytes() for i in range(kernel.shape[-1])}) == kernel.shape[-1]


def test_filters_narrower_than_a_kmer_stay_random() -> None:
    spec = ModelSpec(LENGTH, (replace(SPEC.blocks[0], width=4),))
    network = build(spec, seed=0)
    before = network.get_layer("conv_1").kernel.numpy()
    assert init_from_kmers(network, spec, DATA, seed=0) == 0
    assert np.array_equal(network.get_layer("conv_1").kernel.numpy(), before)
