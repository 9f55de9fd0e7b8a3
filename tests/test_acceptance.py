"""Whole analyses of real data: the README's command finds CTCF; peaks on the yeast genome give Reb1 at its sites."""

from __future__ import annotations

import gzip
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from Bio.SeqIO.FastaIO import SimpleFastaParser

from known_motifs import CTCF, best_matches
from motifnet.documents import read_table
from motifnet.motifs.io.files import read_motifs
from motifnet.sequences.alphabet import one_hot
from warm_python import WarmPython

REPOSITORY = Path(__file__).resolve().parents[1]


def readme_job() -> list[str]:
    """Arguments of the `motifnet` call in the README's first command."""
    first = re.search(r"^```sh\n(.*?)\n```$", (REPOSITORY / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert first is not None
    *setup, job = first.group(1).split(" && ")
    assert len(setup) == 2, "one line: make the environment, install, run"
    program, *arguments = shlex.split(job)
    assert program == ".venv/bin/motifnet"
    return arguments


@pytest.mark.nightly
@pytest.mark.shared
@pytest.mark.timeout(600)
def test_the_readme_command_finds_ctcf(tmp_path: Path, shared_data: Path) -> None:
    arguments = readme_job()
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    done = subprocess.run(
        [Path(sys.executable).with_name("motifnet"), *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = read_motifs(tmp_path / "results" / "ctcf" / "motifs.meme")[:3]
    matches = best_matches(found, shared_data / "motifs" / "JASPAR2026_CORE_vertebrates_nr.meme.gz")
    right = [
        motif
        for motif, match in zip(found, matches, strict=True)
        if match.target.split(".")[0] in CTCF
        and match.e_value < 0.05
        and (motif.nsites or 0) >= 50
        and motif.total_information >= 8
    ]
    table = read_table(tmp_path / "results" / "ctcf" / "motifs.tsv")
    named = table[table["match_name"].isin(("CTCF", "CTCFL")) & (table["match_kind"] == "full")]
    assert named["e_value"].min() < 0.001
    assert named["importance_low"].max() > 0
    assert right, [
        (m.name, m.nsites, round(m.total_information, 1), match) for m, match in zip(found, matches, strict=True)
    ]


@pytest.mark.nightly
@pytest.mark.shared
@pytest.mark.timeout(600)
def test_peaks_on_a_genome_become_a_report(tmp_path: Path, shared_data: Path, ready: WarmPython) -> None:
    yeast = shared_data / "yeast_sacCer3"
    genome_file = str(yeast / "sacCer3.fa.gz")
    arguments = ("--genome", genome_file, "--length", "101", "--database", "fungi", "--output", "results")
    peaks = str(yeast / "bed" / "Reb1.bed")
    done = ready.run(("-m", "motifnet", "discover", peaks, *arguments), tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    results = tmp_path / "results"
    first = read_table(results / "motifs.tsv").iloc[0]
    assert (first["match_name"], first["match_kind"]) == ("REB1", "full")
    assert first["e_value"] < 1e-6
    assert "REB1" in (results / "report.html").read_text()

    motif = read_motifs(results / "motifs.meme")[0]
    sites = read_table(results / "sites.tsv").query("motif == @motif.name and chrom != ''")
    middle = (sites["start"] + sites["end"]) / 2 - 101 / 2
    assert len(sites) > 500
    assert middle.abs().median() < 5  # about 23 for random sites

    # The bases of the genome at each site have the score of the site.
    bed = pd.read_csv(results / "sites.bed", sep="\t", header=None).query("@motif.name == `3`")
    assert len(bed) == len(sites)
    with gzip.open(genome_file, "rt") as handle:
        genome = {title.split()[0]: letters for title, letters in SimpleFastaParser(handle)}
    site_bases = [genome[chrom][start:end] for chrom, start, end in zip(bed[0], bed[1], bed[2], strict=True)]
    plus = one_hot(site_bases)
    read = np.where((bed[5] == "-").to_numpy()[:, None, None], plus[:, ::-1, ::-1], plus)
    scores = (read * motif.pwm()).sum(axis=(1, 2))
    place = ["chrom", "genome_start", "genome_strand"]
    by_place = sites.drop_duplicates(place).set_index(place)["score"]  # windows may overlap
    listed = by_place.loc[list(zip(bed[0], bed[1], bed[5], strict=True))]
    np.testing.assert_allclose(scores, listed, atol=0.01)
