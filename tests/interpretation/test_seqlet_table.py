"""The table of seqlets, and the motif of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from interpretation.made_attributions import attributions_of, noise, planted
from motifnet.interpretation.seqlet_table import (
    SEQLET_COLUMNS,
    SEQLETS,
    SEQLETS_BED,
    match_motifs,
    seqlet_table,
    write_seqlets,
)
from motifnet.interpretation.seqlets import Seqlets, find_seqlets
from motifnet.motifs.motif import Motif, MotifSet

WORDS = ["GATTACAGG", "CCGTAACCTGC", "TGACTCAAT"]
CONTROLS = noise(200, seed=9)


def motif_of(word: str) -> Motif:
    counts = np.full((4, len(word)), 0.1)
    counts[["ACGT".index(letter) for letter in word], np.arange(len(word))] = 100
    return Motif(word, counts, nsites=100)


MOTIFS = MotifSet([motif_of(word) for word in WORDS])
ATTRIBUTIONS, WHICH, STARTS = planted(150, WORDS, [1.0, 0.8, 0.6], seed=2, both_strands=True)
OBSERVED = ATTRIBUTIONS.observed()
FOUND = find_seqlets(ATTRIBUTIONS, controls=CONTROLS, held_out=True)


def true_seqlets() -> Seqlets:
    """The seqlets that contain most of the planted site."""
    start, end = (
        STARTS[FOUND.sequence],
        STARTS[FOUND.sequence] + np.array([len(w) for w in WORDS])[WHICH[FOUND.sequence]],
    )
    shared = np.minimum(FOUND.end, end) - np.maximum(FOUND.start, start)
    return FOUND.take(2 * shared > end - start)


def test_planted_motifs_are_named_where_they_are() -> None:
    seqlets = true_seqlets()
    matches = match_motifs(OBSERVED, ATTRIBUTIONS.sequences, seqlets, MOTIFS)
    is_right = matches.motif == WHICH[seqlets.sequence]
    assert len(seqlets) > 120
    assert is_right.mean() > 0.95
    assert (matches.start[is_right] == STARTS[seqlets.sequence][is_right]).mean() > 0.95
    for row in np.flatnonzero(is_right)[:50]:
        site = ATTRIBUTIONS.sequences[int(seqlets.sequence[row])][matches.start[row] : matches.end[row]]
        word = MOTIFS[int(matches.motif[row])]
        word = word.reverse_complement() if matches.is_reverse[row] else word
        assert site == word.consensus


def test_seqlets_unlike_all_motifs_have_no_name() -> None:
    other = MotifSet([motif_of("CACGTGCACGTG")])
    matches = match_motifs(OBSERVED, ATTRIBUTIONS.sequences, true_seqlets(), other)
    assert (matches.motif == -1).mean() > 0.95
    assert (match_motifs(OBSERVED, ATTRIBUTIONS.sequences, FOUND, MotifSet([])).motif == -1).all()


@pytest.mark.parametrize("width", [3, 60])
def test_motifs_of_any_width_are_compared(width: int) -> None:
    motifs = MotifSet([motif_of("ACGT" * (width // 4) + "ACGT"[: width % 4]), *MOTIFS])
    matches = match_motifs(OBSERVED, ATTRIBUTIONS.sequences, true_seqlets(), motifs)
    assert (matches.motif == WHICH[true_seqlets().sequence] + 1).mean() > 0.9


def test_negative_seqlets_are_like_the_motif_upside_down() -> None:
    """A site that lowers the score has contributions of the other sign: its motif is named all the same."""
    lowered = attributions_of(ATTRIBUTIONS.sequences.codes, -OBSERVED)
    found = find_seqlets(lowered, controls=CONTROLS)
    matches = match_motifs(-OBSERVED, ATTRIBUTIONS.sequences, found, MOTIFS)
    assert (matches.motif == WHICH[found.sequence]).mean() > 0.8


def test_table_and_bed_agree(tmp_path: Path) -> None:
    names = [f"chr{i % 3 + 1}:{1000 * i + 100}-{1000 * i + 180}" for i in range(len(ATTRIBUTIONS))]
    sequences = replace(ATTRIBUTIONS.sequences, names=names)
    table = seqlet_table(OBSERVED, sequences, FOUND, MOTIFS)
    assert list(table.columns) == list(SEQLET_COLUMNS)
    assert (table["genome_start"] == 1000 * FOUND.sequence + 100 + FOUND.start).all()
    assert (table["genome_end"] - table["genome_start"] == FOUND.width).all()
    write_seqlets([table], tmp_path)
    rows = [line.split("\t") for line in (tmp_path / SEQLETS_BED).read_text().splitlines()]
    expected = zip(table["chrom"], table["genome_start"], table["genome_end"], strict=True)
    assert sorted((chrom, int(start), int(end)) for chrom, start, end, *_ in rows) == sorted(expected)
    assert len((tmp_path / SEQLETS).read_text().splitlines()) == len(table) + 1


def test_without_motifs_seqlets_have_no_name() -> None:
    table = seqlet_table(OBSERVED, ATTRIBUTIONS.sequences, FOUND)
    assert (table["motif"] == "").all()
    assert table[["motif_start", "motif_end", "similarity"]].isna().all(axis=None)
