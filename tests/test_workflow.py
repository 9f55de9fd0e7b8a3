"""The Snakemake workflow: the shell line of each rule runs; Snakemake plans the jobs where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from motifnet.motifs.io.files import read_motifs
from warm_python import WarmPython

pytestmark = pytest.mark.nightly
REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "examples" / "workflow"
SNAKEFILE = FOLDER / "Snakefile"
#: Stands in for a program and records its arguments.
RECORDER = '#!/bin/sh\nprintf \'%s\\0\' "$@" > "$0.called"\necho called >&2\n'


def shell_line(rule: str, **values: str) -> str:
    """The shell line of a rule with its placeholders filled in."""
    body = SNAKEFILE.read_text().split(f"rule {rule}:\n")[1].split("\nrule ")[0]
    line = re.search(r'shell:\n +"(.*)"', body)
    assert line is not None
    filled = re.sub(r"\{([\w.]+)(?::q)?\}", lambda found: values[found[1]], line[1])
    assert "{" not in filled
    return filled


def run(program: str, command: str, cwd: Path, python: WarmPython) -> None:
    """Run a shell line; the call of its program is recorded and then run in a fork."""
    recorder = cwd / program
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    environment = {"PATH": f"{cwd}:/usr/bin:/bin", "HOME": str(cwd)}
    subprocess.run(["bash", "-ec", command], cwd=cwd, check=True, stderr=subprocess.PIPE, env=environment)
    arguments = Path(f"{recorder}.called").read_text().split("\0")[:-1]
    done = python.run([*({"motifnet": ["-m", "motifnet"]}.get(program, [])), *arguments], cwd, environment=environment)
    assert done.returncode == 0, done.stderr.decode()


def test_the_files_of_the_samples_exist() -> None:
    samples = pd.read_csv(FOLDER / "samples.tsv", sep="\t")
    assert samples.columns.tolist() == ["sample", "positives", "options"]
    assert all((REPOSITORY / path).is_file() for path in samples["positives"])


def test_samples_are_run_and_collected(ready: WarmPython, tmp_path: Path) -> None:
    few = " --max-steps 50 --no-importance --no-kmers"
    for sample, row in (
        pd.read_csv(FOLDER / "samples.tsv", sep="\t", dtype=str).fillna("").set_index("sample").iterrows()
    ):
        values = {
            "input": f"{REPOSITORY}/{row['positives']}",
            "output": str(sample),
            "threads": "1",
            "log": f"{sample}.log",
        }
        options = row["options"].replace("data/", f"{REPOSITORY}/data/") + few
        run("motifnet", shell_line("discover", **values, **{"params.options": options}), tmp_path, ready)
        assert (tmp_path / f"{sample}.log").read_text() == "called\n"
    files = ["metrics.tsv", "motifs.meme", "comparison.tsv"]
    values = {"input": "ctcf planted", "output": " ".join(files), "params.script": str(FOLDER / "collect.py")}
    run("python", shell_line("collect", **values), tmp_path, ready)
    metrics = pd.read_csv(tmp_path / files[0], sep="\t")
    assert metrics["sample"].tolist() == ["ctcf", "planted"]
    assert metrics["auroc"].between(0, 1).all()
    motifs = read_motifs(tmp_path / files[1])
    # One set has planted CTCF sites, the other is CTCF peaks.
    similar = pd.read_csv(tmp_path / files[2], sep="\t")
    across = similar[similar["motif"].str.startswith("ctcf.") & similar["match"].str.startswith("planted.")]
    assert len(across)
    assert set(similar["motif"]) <= set(motifs.names)


@pytest.mark.skipif(shutil.which("snakemake") is None, reason="snakemake is not installed")
def test_snakemake_plans_the_jobs(tmp_path: Path) -> None:
    command = ["snakemake", "-n", "--snakefile", str(SNAKEFILE), "--cores", "1", "--directory", str(tmp_path)]
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    assert re.search(r"discover\s+2", done.stdout + done.stderr)
