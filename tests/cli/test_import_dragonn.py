"""``motifnet import-dragonn``, and what the other commands make of such a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command import PLAIN, Command, EarlyCommand, tree
from dragonn_models import dragonn_predictions, layers_of, random_weights, write_dragonn
from motifnet.motifs.io.files import read_motifs
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.io.fasta import read_fasta
from small_models import LENGTH, WORD

FILES = ("model.arch.json", "model.weights.h5")
#: The first filter is the planted word, and its best place in the middle decides.
LAYERS = layers_of([(3, len(WORD))], length=LENGTH, pool_width=LENGTH - len(WORD) + 1)


def write_word_model(folder: Path) -> None:
    weights = random_weights(LAYERS)
    kernel, bias = weights[0]
    kernel[0, 0], bias[:] = one_hot(WORD)[0, ::-1, ::-1], (-6.5, -1, -1)
    weights[5][0][:, 0], weights[5][1][0] = (8, 0.01, -0.01), -4
    write_dragonn(folder, LAYERS, weights)


@pytest.mark.slow
def test_other_commands_use_an_imported_model(motifnet: Command, place: Path) -> None:
    for name in ("pos.fa", "neg.fa"):
        shutil.copy(place / name, motifnet.folder)
    write_word_model(motifnet.folder)
    said = motifnet("import-dragonn", *FILES, "--output", "model")
    assert said.stdout == ""
    assert f"{LENGTH} bp" in said.stderr
    motifnet("predict", "model", "pos.fa", "--output", "scores.tsv")
    scores = pd.read_csv(motifnet.folder / "scores.tsv", sep="\t")["positive"]
    positives = read_fasta(motifnet.folder / "pos.fa")
    expected = dragonn_predictions(*(motifnet.folder / name for name in FILES), positives)[:, 0]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
    figures = json.loads(motifnet("evaluate", "model", "pos.fa", "--negatives", "neg.fa").stdout)
    assert figures["positive"]["auroc"] > 0.95
    motifnet("motifs", "model", "pos.fa", "--negatives", "neg.fa", "--output", "motifs", *PLAIN)
    found = read_motifs(motifnet.folder / "motifs" / "motifs.meme")
    assert WORD in found[0].consensus
    assert "strands: +\n" in (motifnet.folder / "motifs" / "motifs.meme").read_text()


@pytest.mark.slow
def test_an_anchor_allows_other_lengths(motifnet: Command) -> None:
    write_word_model(motifnet.folder)
    (motifnet.folder / "long.fa").write_text(f">a\n{'C' * 40}{WORD}{'C' * 40}\n>b\n{WORD}{'C' * 80}\n")
    motifnet("import-dragonn", *FILES, "--output", "strict")
    assert any("--anchor" in line for line in motifnet.refuses("predict", "strict", "long.fa"))
    motifnet("import-dragonn", *FILES, "--output", "model", "--anchor", "center")
    said = motifnet("predict", "model", "long.fa")
    with_word, without = (float(line.split("\t")[2]) for line in said.stdout.splitlines()[1:])
    assert with_word > 0.4 > 0.1 > without


def test_other_files_are_refused(early: EarlyCommand) -> None:
    write_word_model(early.folder)
    before = tree(early.folder)
    for arguments in ((FILES[1], FILES[0]), ("model.arch.json", "model.weights"), ("pos.fa", FILES[1])):
        assert early.refuses("import-dragonn", *arguments, "--output", "out")
    assert early.refuses("import-dragonn", *FILES, "--output", "out", "--anchor", "middle")
    assert tree(early.folder) == before
