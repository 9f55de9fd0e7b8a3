"""The examples run and find the planted motifs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import motifnet as mn
from motifnet.motifs.io.files import read_motifs
from warm_python import WITHOUT_MOTIFNET, WarmPython

pytestmark = pytest.mark.nightly
REPOSITORY = Path(__file__).resolve().parents[1]
PLANTED = {"CTCF", "FOXA1", "SRF", "USF1"}


@dataclass(frozen=True)
class Example:
    """Runs an example in a folder."""

    folder: Path
    python: WarmPython

    def __call__(self, script: str, *arguments: object) -> str:
        """Run a script, and return its standard output."""
        command = (str(REPOSITORY / "examples" / script), *map(str, arguments))
        done = self.python.run(command, self.folder)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


@pytest.fixture
def run(ready: WarmPython, tmp_path: Path) -> Example:
    return Example(tmp_path, ready)


def test_quickstart_finds_planted_motifs(run: Example, tmp_path: Path) -> None:
    output = run("quickstart.py", tmp_path / "results", 100)
    auroc = re.search(r"^positive +([\d.]+)", output, flags=re.MULTILINE)
    assert auroc is not None
    assert float(auroc[1]) > 0.8
    written = {path.name for path in (tmp_path / "results").iterdir()}
    assert {"model", "motifs.meme", "motifs.tsv", "sites.tsv", "sites.bed", "filters.tsv", "logos.png"} < written
    table = run("truth.py", tmp_path / "results").splitlines()
    columns = table[0].split()
    rows = [dict(zip(columns, line.split(), strict=True)) for line in table[1:]]
    assert {row["planted"] for row in rows} == PLANTED
    # Most of a motif's sites, and at least 50 of them, are sites of one planted motif.
    recovered = {row["planted"] for row in rows if float(row["precision"]) > 0.6 and int(row["hits"]) >= 50}
    assert len(recovered) >= 2, table


def test_peaks_on_a_genome_give_sites_on_the_genome(run: Example, tmp_path: Path) -> None:
    motifs = mn.read_motifs(REPOSITORY / "data" / "simulated.motifs.meme")
    made = mn.simulation.simulate(motifs[:1], n=240, length=200, per_sequence=(1, 1), n_negatives=2160, seed=0)
    windows = np.stack([made.positives.codes.reshape(240, -1), *made.negatives.codes.reshape(9, 240, -1)], axis=1)
    names = [f"chr{number}" for number in range(1, 7)]
    mn.write_fasta(mn.SequenceSet(names, windows.reshape(6, -1)), tmp_path / "genome.fa")
    peaks = [(chrom, 2000 * i, 2000 * i + 200, "p", 0, ".", 5, -1, -1, 100) for chrom in names for i in range(40)]
    pd.DataFrame(peaks).to_csv(tmp_path / "peaks.narrowPeak", sep="\t", header=False, index=False)
    output = run("peaks_on_a_genome.py", "peaks.narrowPeak", "genome.fa", "results", 80)
    assert "240 of 1" in output
    bed = (tmp_path / "results" / "sites.bed").read_text()
    assert set(names) >= {line.split("\t")[0] for line in bed.splitlines()}
    assert len(bed.splitlines()) > 100
    assert (tmp_path / "results" / "roc.svg").stat().st_size > 5_000


def test_plain_keras_model_opens_in_keras(run: Example, tmp_path: Path) -> None:
    assert "auroc" in run("plain_keras.py", tmp_path, 2)
    assert len(read_motifs(tmp_path / "motifs.meme"))
    code = WITHOUT_MOTIFNET + "import keras; keras.models.load_model('model.keras')"
    opened = run.python.run(("-c", code), tmp_path)
    assert opened.returncode == 0, opened.stderr.decode()


def test_motifs_in_sequences_are_found_and_named(run: Example, tmp_path: Path) -> None:
    output = run("motifs_in_sequences.py", tmp_path)
    assert all(f"{name}  " in output for name in PLANTED)
    hits = pd.read_csv(tmp_path / "hits.tsv", sep="\t")
    assert (hits["p_value"] <= 1e-4).all()
    assert set(hits["motif"]) == PLANTED
    assert {path.name for path in tmp_path.iterdir()} == {"hits.tsv", "sites.svg", "logo.svg", "comparison.tsv"}


@pytest.mark.parametrize("path", sorted((REPOSITORY / "examples").glob("**/*.py")), ids=lambda path: path.stem)
def test_examples_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 40 or path.stem == "pooling_study"


def test_pooling_study_measures_every_design(run: Example, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    run("pooling_study.py", folder, "--seeds", "1", "--steps", "4", "--sequences", "40")
    table = pd.read_csv(folder / "pooling_study.tsv", sep="\t")
    assert len(table) == table["design"].nunique() == 7
    assert table[["motif auroc", "spacing auroc", "complete_filters"]].apply(lambda c: c.between(0, 1)).all(axis=None)
    assert table["parameters"].idxmax() == 0  # without a pool most weights are in the dense layer
    assert (folder / "pooling_study.svg").stat().st_size > 10_000
