"""Snakemake runs the workflow in `examples/`, with parts along a genome; Bash the task of a SLURM job array."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from command import Command
from dna_strategies import random_dna
from motifnet.motifs.io.files import read_motifs

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]
REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "examples" / "workflow"
#: In which the programs `motifnet` and `python` are those of this Python.
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_samples_are_run_and_collected_and_parts_merged(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    samples = pd.read_csv(FOLDER / "samples.tsv", sep="\t", dtype=str).fillna("")
    assert samples.columns.tolist() == ["sample", "positives", "options"]
    samples["options"] += " --max-steps 50 --no-importance --no-kmers"
    samples.to_csv(tmp_path / "few.tsv", sep="\t", index=False)
    genome = random_dna(1, 40_000, seed=5)[0]
    (tmp_path / "genome.fa").write_text(f">chr1\n{genome}\n")
    settings = ("samples=few.tsv", "results=results", "threads=1", "genome=genome.fa", "stride=5", "parts=2")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(FOLDER / "Snakefile"), "--cores", "2"]
    done = subprocess.run(
        [*command, "--config", *settings], capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0, done.stderr
    results = tmp_path / "results"
    metrics = pd.read_csv(results / "metrics.tsv", sep="\t")
    assert metrics["sample"].tolist() == ["ctcf", "planted"]
    assert metrics["auroc"].between(0, 1).all()
    # One set has planted CTCF sites, the other is CTCF peaks.
    similar = pd.read_csv(results / "comparison.tsv", sep="\t")
    across = similar[similar["motif"].str.startswith("ctcf.") & similar["match"].str.startswith("planted.")]
    assert len(across)
    assert set(similar["motif"]) <= set(read_motifs(results / "motifs.meme").names)
    assert not list((results / "parts").glob("*"))  # temporary files
    motifnet, model = Command(tmp_path), "results/samples/ctcf"
    motifnet("predict", model, "--genome", "genome.fa", "--stride", "5", "--threads", "1", "--output", "whole.bw")
    whole = (tmp_path / "whole.bw").read_bytes()
    assert (results / "tracks" / "ctcf.bw").read_bytes() == whole
    script = REPOSITORY / "examples" / "slurm" / "predict_part.sh"
    for task in ("1", "2"):
        of_slurm = {**ENVIRONMENT, "SLURM_ARRAY_TASK_ID": task, "STRIDE": "5"}
        subprocess.run(["bash", script, model, "genome.fa", "2", "."], cwd=tmp_path, env=of_slurm, check=True)
    motifnet("merge", "1", "2", "--output", "merged.bw")
    assert (tmp_path / "merged.bw").read_bytes() == whole
