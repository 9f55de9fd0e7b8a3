"""``motifnet import-keras``, and what the other commands make of such a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import keras_networks as networks
from command import Command
from motifnet.motifs.io.files import read_motifs
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import WORD


@pytest.mark.slow
@pytest.mark.parametrize("name", networks.PLANTED)
def test_other_commands_use_an_imported_network(name: str, motifnet: Command, place: Path) -> None:
    for file in ("pos.fa", "neg.fa"):
        shutil.copy(place / file, motifnet.folder)
    build, options, alphabet, arguments = networks.PLANTED[name]
    network = networks.write_planted(motifnet.folder / "net.keras", build, options, alphabet)
    said = motifnet("import-keras", "net.keras", "--layout", "NL4", "--output", "model", *arguments)
    assert ("both strands" if "both" in arguments else "forward strand,") in said.stderr
    motifnet("predict", "model", "pos.fa", "--output", "scores.tsv")
    scores = pd.read_csv(motifnet.folder / "scores.tsv", sep="\t").iloc[:, -1]
    x = one_hot(read_fasta(motifnet.folder / "pos.fa"))[:, ["ACGT".index(base) for base in alphabet]].transpose(0, 2, 1)
    if not arguments:
        np.testing.assert_allclose(scores, network.predict(x, verbose=0)[:, 0], rtol=1e-4)
    if name != "crested":  # its outputs are values
        metrics = json.loads(motifnet("evaluate", "model", "pos.fa", "--negatives", "neg.fa").stdout)
        assert 0 <= metrics["positive"]["auroc"] <= 1
    changed = read_fasta(motifnet.folder / "pos.fa")
    codes, centre = changed.codes.copy(), (changed.length - 1) // 2  # without further flanks
    codes[:, centre] = (codes[:, centre] + 1) % 4
    write_fasta(SequenceSet(changed.names, codes), motifnet.folder / "alt.fa")
    motifnet("predict", "model", "alt.fa", "--output", "alt.tsv")
    motifnet("variants", "model", "--ref", "pos.fa", "--alt", "alt.fa", "--output", "effects.tsv")
    effects, alt = (pd.read_csv(motifnet.folder / file, sep="\t") for file in ("effects.tsv", "alt.tsv"))
    columns = effects.filter(regex="^(ref|alt)_").iloc[:, :2].to_numpy()
    np.testing.assert_allclose(columns, np.stack([scores, alt.iloc[:, -1]], axis=1), rtol=1e-4)
    motifnet("motifs", "model", "pos.fa", "--negatives", "neg.fa", "--output", "motifs", "--database", "none")
    found = read_motifs(motifnet.folder / "motifs" / "motifs.meme")
    assert any(WORD in motif.consensus for motif in found)
    assert (motifnet.folder / "motifs" / "importance.tsv").stat().st_size > 100


def test_networks_that_do_not_fit_are_refused(motifnet: Command) -> None:
    networks.save(networks.basset(), motifnet.folder / "net.keras")
    networks.save(networks.profile(), motifnet.folder / "two.keras")
    for arguments in (
        ("net.keras", "--layout", "N4L"),
        ("net.keras", "--layout", "NL4", "--tasks", "one", "two"),
        ("net.keras", "--layout", "NL4", "--head", "missing"),
        ("two.keras", "--layout", "NL4"),
        ("missing.keras", "--layout", "NL4"),
    ):
        assert motifnet.refuses("import-keras", *arguments, "--output", "model")
        assert not (motifnet.folder / "model").exists()
