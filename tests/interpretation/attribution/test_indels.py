"""Effects of deletions and insertions equal the scores of the mutants, written as strings."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.interpretation.attribution.indels import indel_effects
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.sequence_set import SequenceSet
from network_designs import model_of, score_of

SPEC = ModelSpec(30, (Block(4, 7, activation="exponential"), Block(4, 3)), tasks=("first", "second"))
STRINGS = [random_dna(1, 30, seed=1)[0], "AAAA" + random_dna(1, 20, seed=2)[0] + "CCCNNN", "T" * 30]


@pytest.mark.parametrize("final", ["global_max", "flatten"])
@pytest.mark.parametrize("flank", [None, np.array([2, 0, 3], dtype=np.uint8)], ids=["no flank", "flank"])
def test_each_mutant(final: str, flank: np.ndarray | None) -> None:
    model = model_of(ModelSpec(30, SPEC.blocks, final=final, tasks=SPEC.tasks), has_kmers=True)
    after = decode_codes(np.full(3, 4, dtype=np.uint8) if flank is None else flank)
    deleted = [s[:p] + s[p + 1 :] + base for s, base in zip(STRINGS, after, strict=True) for p in range(30)]
    inserted = [(s[:p] + b + s[p:])[:30] for s in STRINGS for b in "ACGT" for p in range(31)]

    def score(strings: list[str]) -> np.ndarray:
        return score_of(model, SequenceSet.from_strings(strings).codes)

    before = score(STRINGS)
    effects = indel_effects(model, STRINGS, flank=flank)
    deletions = score(deleted).reshape(3, 30, 2) - before[:, np.newaxis]
    np.testing.assert_allclose(effects.deletions, np.moveaxis(deletions, 2, 1), rtol=0, atol=1e-5)
    insertions = score(inserted).reshape(3, 4, 31, 2) - before[:, np.newaxis, np.newaxis]
    np.testing.assert_allclose(effects.insertions, np.moveaxis(insertions, 3, 1), rtol=0, atol=1e-5)
    one = indel_effects(model, STRINGS, "second", flank=flank)
    assert np.array_equal(one.deletions, effects.deletions[:, 1])
    assert np.array_equal(one.insertions, effects.insertions[:, 1])


def test_equal_mutants_have_equal_effects() -> None:
    effects = indel_effects(model_of(SPEC), STRINGS)
    assert len(np.unique(effects.deletions[1, 0, :4])) == 1
    assert (effects.insertions[2, :, 3] == 0).all()  # one more T in a run of T
    assert (effects.insertions[..., -1] == 0).all()


@pytest.mark.parametrize("flank", [np.zeros(2, dtype=np.uint8), np.full(3, 5, dtype=np.uint8), np.zeros(3)])
def test_wrong_flanks(flank: np.ndarray) -> None:
    with pytest.raises(InputError):
        indel_effects(model_of(SPEC), STRINGS, flank=flank)
