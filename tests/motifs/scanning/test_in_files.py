"""What is looked for in sequences that lie in files is what is found in memory, however they are cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.motifs.learned.sites import Sites, subsequences
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.hits import scan
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.sequences import store
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.sequence_set import SequenceSet

MOTIFS = MotifSet([Motif("ap1", one_hot(["TGACTCA"])[0] * 50.0), Motif("ebox", one_hot(["CACGTG"])[0] * 50.0)])


def found_in(sequences: SequenceSet) -> list[np.ndarray]:
    hits = scan(MOTIFS, sequences, threshold=1e-2).hits
    best = best_sites(MOTIFS, sequences)
    rows = np.repeat(np.arange(len(sequences)), 3)
    starts = np.tile([0, 5, 33], len(sequences))
    is_reverse = np.arange(len(rows)) % 2 == 0
    sites = Sites(np.zeros_like(rows), rows, starts, starts + 7, is_reverse, np.zeros(len(rows), np.float32))
    frames = subsequences(sequences, rows, starts - 3, is_reverse, 13)  # hang over at both ends
    return [hits.sequence, hits.start, hits.is_reverse, best.score, best.start, sites.words(sequences), frames]


def test_sites_and_words_do_not_ask_where_the_codes_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = SequenceSet.from_strings(random_dna(150, 40, seed=4))
    expected = found_in(in_memory)
    monkeypatch.setattr(store, "LARGE", 1)
    monkeypatch.setattr(store, "BLOCK", 64)
    monkeypatch.setattr("motifnet.motifs.scanning.hits._WINDOWS", 700)
    in_files = in_memory.take(np.arange(150))
    for ours, theirs in zip(found_in(in_files), expected, strict=True):
        assert len(ours)
        np.testing.assert_array_equal(ours, theirs)


def test_no_sites_have_no_words() -> None:
    none = np.zeros(0, dtype=np.int64)
    sequences = SequenceSet.from_strings(["ACGT"])
    assert Sites(none, none, none, none, none > 0, np.zeros(0, np.float32)).words(sequences).shape == (0, 0)
    assert subsequences(sequences, none, none, none > 0, 5).shape == (0, 5)
