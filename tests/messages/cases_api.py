"""Messages of discover and of arguments of the wrong type in the API."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from Bio.motifs import Motif as BioMotif
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

import motifnet as mn

SEQUENCES = mn.SequenceSet.from_strings(["ACGTCACGTG", "TTTTCACGTG", "ACGTTTTTTT"])
DATA = mn.Dataset.from_labels(SEQUENCES, [1, 1, 0], ("y",))
MOTIF = mn.Motif("ebox", mn.one_hot(["CACGTG"])[0] * 9.0)
MOTIFS = mn.MotifSet([MOTIF])

CASES: dict[str, Callable[[], object]] = {
    "sequences: list": lambda: mn.shuffle(["ACGT"], seed=0),
    "sequences: string": lambda: mn.write_fasta("ACGT", "x.fa"),
    "sequences: dataset": lambda: mn.scan(MOTIFS, DATA),
    "sequences: not strings": lambda: mn.one_hot(["ACG", np.nan]),
    "sequences: none": lambda: mn.one_hot(None),
    "dataset: sequences": lambda: mn.baselines(DATA, SEQUENCES),
    "dataset: array": lambda: mn.plot_roc(DATA.labels, {}),
    "motifs: one motif": lambda: mn.draw_logos(MOTIF),
    "motifs: list": lambda: mn.write_motifs([MOTIF], "x.meme"),
    "motifs: Biopython, protein": lambda: mn.scan([BioMotif("ACDE", counts={b: [1] for b in "ACDE"})], ["ACGT"]),
    "motifs: Biopython, no counts": lambda: mn.scan(BioMotif(), ["ACGT"]),
    "sequences: one record of Biopython": lambda: mn.scan(MOTIFS, SeqRecord(Seq("ACGT"), id="a")),
    "sequences: Biopython, no letters": lambda: mn.scan(MOTIFS, [Seq(None, length=4)]),
    "motif: string": lambda: mn.MotifSet(["a"]),
    "scores: array": lambda: mn.plot_roc(DATA, np.zeros(3)),
    "spec: name": lambda: mn.describe("default"),
    "seed": lambda: mn.shuffle(SEQUENCES, seed=-1),
    "discover: list": lambda: mn.discover(["ACGT"]),
    "discover: negatives in two places": lambda: mn.discover(mn.DataSpec("pos.fa"), "neg.fa"),
    "discover: no such layer": lambda: mn.discover(DATA, extraction=mn.ExtractionSpec(layer=5)),
}
