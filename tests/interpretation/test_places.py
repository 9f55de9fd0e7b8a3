"""From places on a genome to sites on it: sites.bed gives back exactly the motif's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dna_strategies import random_dna
from filter_banks import reverse_complement_of
from hand_made import EXACT, hand_made, tabulate
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.labels import read_data
from small_models import LENGTH, WORD


def test_sites_of_peaks_are_the_words_of_the_genome(tmp_path: Path) -> None:
    letters = random_dna(1, 20_000, seed=8)[0]
    starts = np.arange(200, 10_000, 100)
    for i, start in enumerate(starts):
        word = WORD if i % 3 else reverse_complement_of(WORD)
        letters = letters[:start] + word + letters[start + len(WORD) :]
    (tmp_path / "g.fa").write_text(f">chrI\n{letters}\n")
    # The summit is a little beside the word, and its place is known by column 10 alone.
    rows = "".join(f"chrI\t{s - 40}\t{s + 90}\tp\t0\t{'+-'[s // 100 % 2]}\t1\t-1\t-1\t{47 - s % 7}\n" for s in starts)
    (tmp_path / "p.narrowPeak").write_text(rows)
    (tmp_path / "n.bed").write_text("".join(f"chrI\t{s}\t{s + 50}\t.\t0\t+\n" for s in starts + 9_900))
    for stranded in (False, True):
        intervals = IntervalSpec(genome=tmp_path / "g.fa", stranded=stranded)
        data = read_data(tmp_path / "p.narrowPeak", tmp_path / "n.bed", genome=intervals, length=LENGTH)
        model = hand_made((WORD,)).with_test(data.take(np.arange(len(data)) % 4 == 0))
        tabulate(model, data, how=EXACT).write_files(tmp_path)
        bed = pd.read_csv(tmp_path / "sites.bed", sep="\t", names=["chrom", "start", "end", "motif", "score", "strand"])
        assert set(bed["start"]) == set(starts)
        words = [letters[row.start : row.end] for row in bed.itertuples()]
        found = [w if s == "+" else reverse_complement_of(w) for w, s in zip(words, bed["strand"], strict=True)]
        assert set(found) == {WORD}
        assert set(bed["strand"]) == {"+", "-"}
        positions = pd.read_csv(tmp_path / "positions.tsv", sep="\t")
        assert positions["sites_positive"].sum() > 0
