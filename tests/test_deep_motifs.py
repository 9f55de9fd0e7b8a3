"""Motifs of the second convolution, on networks with hand-set weights: two fragments in the first layer, one motif."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from filter_banks import kmer_filters, reverse_complement_of
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.extraction import extract_motifs
from motifnet.sequences.sequence_set import SequenceSet

MOTIF = "TGACGTCATAGGCT"
HALVES = (MOTIF[:7], MOTIF[7:])
LENGTH = 60


def joining_network(pool: int) -> TrainedModel:
    """A network whose first filters match half of the motif each, and whose second layer joins the halves.

    Behind a pool of 2 the second half is three or four positions after the first, by the parity of its start.
    """
    offsets = {1: (7,), 2: (3, 4)}[pool]
    spec = ModelSpec(LENGTH, (Block(2, 7, pool=pool), Block(1, max(offsets) + 1)))
    network = build(spec, seed=0)
    kernel = kmer_filters(HALVES).weights.transpose(1, 2, 0)[:, :, None, :]
    network.get_layer("conv_1").set_weights([kernel, np.full(2, -6.0)])  # 1 on a full match, 0 elsewhere
    joining = np.zeros((1, max(offsets) + 1, 2, 1))
    joining[0, 0, 0] = joining[0, list(offsets), 1] = 1
    network.get_layer("conv_2").set_weights([joining, np.full(1, -1.5)])
    return TrainedModel(spec, network)


@pytest.mark.parametrize("pool", [1, 2])
def test_the_second_layer_has_the_whole_motif_where_the_first_has_its_halves(pool: int) -> None:
    strings = random_dna(60, LENGTH, seed=0)
    planted = [MOTIF, reverse_complement_of(MOTIF)]
    for i in range(40):
        start = i % (LENGTH - len(MOTIF))
        strings[i] = strings[i][:start] + planted[i % 2] + strings[i][start + len(MOTIF) :]
    sequences = SequenceSet.from_strings(strings)
    model = joining_network(pool)
    first, second = (extract_motifs(model, sequences, extraction=ExtractionSpec("best", 0.9, layer=k)) for k in (0, 1))
    assert {motif.consensus for motif in first} == set(HALVES)
    (whole,) = second
    assert MOTIF in whole.consensus
    assert whole.nsites == 40
