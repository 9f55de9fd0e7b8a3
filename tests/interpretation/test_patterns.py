"""Patterns: planted motifs are recovered from seqlets, whole, on both strands and apart."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import keras_networks as networks
from interpretation.made_attributions import noise, planted
from motifnet.errors import InputError
from motifnet.interpretation.patterns import find_patterns, model_patterns, observed_matrices, pattern_method
from motifnet.interpretation.seqlets import find_seqlets
from motifnet.interpretation.tables.motif_tables import tabulate_motifs
from motifnet.models.dragonn import read_dragonn
from motifnet.models.keras_model import KerasModel
from motifnet.motifs.alignment import align_motifs
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec, Source
from motifnet.motifs.known.comparison import annotate
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.dataset import Split
from small_models import LENGTH, WORD
from small_models import planted as planted_data
from test_deep_motifs import MOTIF, joining_network

UNREFINED = ReadoutSpec(refine=False, database="none", importance=False)
CONTROLS = noise(200, seed=9)
UNIFORM = np.full(4, 0.25)
WORDS = ["GATTACAGG", "CCGTAACCTGC", "TGACTCAAT"]


def patterns_of(words: list[str], heights: list[float], *, strands: str = "both", n: int = 150) -> list[MotifInstances]:
    attributions, *_ = planted(n, words, heights, seed=1, both_strands=strands == "both")
    seqlets = find_seqlets(attributions, controls=CONTROLS)
    return find_patterns(attributions, seqlets, background=UNIFORM, strands=strands)  # type: ignore[arg-type]


def _motif(word: str) -> Motif:
    counts = np.full((4, len(word)), 0.1)
    counts[["ACGT".index(letter) for letter in word], np.arange(len(word))] = 100
    return Motif(word, counts, nsites=100, background=UNIFORM)


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_planted_motifs_are_recovered_whole(strands: str) -> None:
    found = patterns_of(WORDS, [1.0, 0.8, 0.6], strands=strands)
    motifs = [each.motif for each in found if each.motif is not None]
    similarity = align_motifs([_motif(word) for word in WORDS], motifs).similarity
    assert len(found) == len(WORDS)
    assert sorted(similarity.argmax(axis=1).tolist()) == [0, 1, 2]
    for word, motif in zip(WORDS, (motifs[k] for k in similarity.argmax(axis=1)), strict=True):
        assert motif.total_information >= 1.8 * len(word)
    assert [each.source for each in found] == ["p00", "p01", "p02"]


def test_signs_are_not_mixed() -> None:
    """One k-mer that raises the score in some sequences and lowers it in others: two patterns."""
    found = patterns_of(["GATTACAGG", "GATTACAGG"], [1.0, -1.0])
    assert len(found) == 2
    totals = [each.contributions.sum() for each in found if each.contributions is not None]
    assert totals[0] > 0 > totals[1]


def test_matrices_are_means_over_the_sites() -> None:
    attributions, *_ = planted(80, WORDS[:1], [1.0], seed=3, both_strands=True)
    seqlets = find_seqlets(attributions, controls=CONTROLS)
    (found,) = find_patterns(attributions, seqlets, background=UNIFORM)
    assert found.motif is not None
    assert found.contributions is not None
    assert found.hypothetical is not None
    assert found.contributions.shape == found.hypothetical.shape == found.motif.counts.shape
    expected = np.zeros_like(found.contributions)
    for sequence, start, is_reverse in zip(
        found.sites.sequence, found.sites.start, found.sites.is_reverse, strict=True
    ):
        codes, values = attributions.sequences.codes[sequence], attributions.values[sequence]
        one_hot = (codes == np.arange(4)[:, np.newaxis]) * values
        window = np.pad(one_hot, ((0, 0), (40, 40)))[:, start + 40 : start + 40 + found.motif.width]
        expected += window[::-1, ::-1] if is_reverse else window
    assert np.allclose(found.contributions, expected / len(found.sites), atol=1e-6)
    assert np.allclose(observed_matrices(attributions, found.sites).mean(axis=0), found.contributions, atol=1e-6)


def test_few_seqlets_give_no_pattern() -> None:
    assert patterns_of(WORDS[:1], [1.0], n=8) == []


@pytest.mark.parametrize(
    "options",
    [
        {"attributions": noise(2, seed=0)},
        {"attributions": None},
        {"seqlets": [(0, 5, 12)]},
        {"background": [0.5, 0.5]},
        {"background": [0.5, 0.5, 0, 0]},
        {"strands": "+"},
        {"extraction": 10},
    ],
)
def test_wrong_arguments(options: dict[str, object]) -> None:
    attributions, *_ = planted(60, WORDS[:1], [1.0], seed=1)
    seqlets = find_seqlets(attributions, controls=CONTROLS)
    with pytest.raises(InputError):
        find_patterns(**{"attributions": attributions, "seqlets": seqlets, **options})  # type: ignore[arg-type]


def test_the_representation_is_one_line() -> None:
    (found,) = patterns_of(WORDS[:1], [1.0])
    assert found.motif is not None
    assert found.motif.consensus in repr(found)
    assert "\n" not in repr(found)


# --- patterns of models ---


def whole_or_not(motif: Motif, word: str) -> bool:
    return any(word in each.consensus for each in (motif, motif.reverse_complement()))


def test_attributions_have_the_whole_motif_where_filters_have_its_halves() -> None:
    model, data = joining_network(1), planted_data(120, 120, seed=1, word=MOTIF)
    found = {
        source: tabulate_motifs(
            model,
            Split.from_parts(data, np.arange(240) % 3),
            extraction=ExtractionSpec(source=source),
            readout=UNREFINED,
        )
        for source in get_args(Source)
    }
    assert not any(whole_or_not(motif, MOTIF) for motif in found["filters"].motifs)
    assert whole_or_not(found["attributions"].motifs[0], MOTIF)
    assert any(whole_or_not(motif, MOTIF) for motif in found["both"].motifs)
    assert found["filters"].patterns.empty
    assert found["attributions"].filters.empty
    row = found["attributions"].patterns.iloc[0]
    assert row["contribution"] > 0
    assert row["motif"] == found["attributions"].motifs.names[0]
    columns = found["attributions"].pattern_contributions
    assert len(columns) == sum(len(own) for own in found["attributions"].patterns["consensus"])


def keras_model() -> KerasModel:
    """A user's network whose first convolution has a width of 1."""
    layers = networks.layers
    network = networks.keras.Sequential(
        [
            networks.keras.Input((LENGTH, 4)),
            layers.Conv1D(4, 1, use_bias=False),
            layers.Conv1D(1, len(WORD), activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    kernel = (np.array(list(WORD))[:, np.newaxis] == np.array(list("ACGT"))).astype(np.float32)
    network.set_weights(
        [
            np.eye(4)[np.newaxis],
            kernel[:, :, np.newaxis],
            np.array([2.0 - len(WORD)]),
            np.full((1, 1), 3.0),
            np.array([-3.0]),
        ]
    )
    return KerasModel(network)


def test_networks_of_users_give_patterns() -> None:
    model, data = keras_model(), planted_data(150, 150, seed=1)
    assert pattern_method(model) == "deeplift"
    found = tabulate_motifs(model, data, extraction=ExtractionSpec(source="attributions"), readout=UNREFINED)
    assert WORD in found.motifs[0].consensus
    # Which sequences the network was trained on is unknown: nothing is tested.
    assert set(found.table["status"]) == {"not tested"}


def test_without_a_rule_of_deeplift_the_method_is_mutagenesis() -> None:
    layers = networks.layers
    network = networks.keras.Sequential(
        [networks.keras.Input((LENGTH, 4)), layers.GRU(2), layers.Dense(1, activation="sigmoid")]
    )
    assert pattern_method(KerasModel(network)) == "ism"


@pytest.mark.shared
def test_the_published_ctcf_network_gives_ctcf(shared_data: Path) -> None:
    folder = shared_data / "dragonn_models"
    model = read_dragonn(
        folder / "in_vivo_ctcf_balanced_arch.arch.json", folder / "in_vivo_ctcf_balanced_model.weights.hd5"
    )
    positives = model.read_sequences(shared_data / "tf" / "dragonn_example_CTCF" / "train.pos.fa.gz")
    positives = positives.take(np.arange(200))
    labels = np.ones((200, 1), dtype=np.float32)
    (first, *_) = model_patterns(model, positives, labels, background=UNIFORM, extraction=ExtractionSpec())
    assert first.motif is not None
    assert first.motif.total_information >= 12
    best = annotate(MotifSet([first.motif], "both"), read_database("vertebrates")).iloc[0]
    assert (best["match_name"], best["match_kind"]) == ("CTCF", "full")
