"""Deeper convolutions hold the whole motifs of networks whose first layer holds fragments, or that pool."""

from __future__ import annotations

import pytest

from filter_banks import reverse_complement_of
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.extraction import extract
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.simulation.planting import simulate

pytestmark = pytest.mark.slow

WORDS = ("TGACGTCATAGGCT", "GATTACAGCCTTGC")
LENGTH = 100


def whole_motifs(preset: str, *, n: int, max_steps: int) -> list[int]:
    """Motifs of the first and of the second convolution that hold a planted word from end to end."""
    planted = MotifSet([Motif(word, 80 * one_hot([word])[0] + 5.0) for word in WORDS])
    made = simulate(planted, n=n, length=LENGTH, per_sequence=(1, 2), seed=1)
    split = Dataset.from_classes(made.positives, made.negatives).split(valid=0.15, seed=0)
    training = TrainSpec(seed=0, max_steps=max_steps, shift=0, kmer_init=False)
    model = train(ModelSpec.preset(preset, length=LENGTH), split.train, valid=split.valid, training=training)
    positives = split.train.sequences.take(split.train.labels[:, 0] == 1)
    consensus = [
        [motif.consensus for motif in extract(model.layer(k), positives, negatives=None, how=ExtractionSpec()).motifs]
        for k in (0, 1)
    ]
    whole = [*WORDS, *map(reverse_complement_of, WORDS)]
    return [sum(any(word in motif for word in whole) for motif in motifs) for motifs in consensus]


def test_the_layout_of_dragonn_has_whole_motifs_in_its_second_layer() -> None:
    first, second = whole_motifs("dragonn", n=800, max_steps=300)
    assert second >= 3
    assert second > 2 * first


def test_a_unit_behind_a_pool_has_the_whole_motif() -> None:
    assert whole_motifs("default", n=600, max_steps=150)[1] >= 8
