"""The README's main job, as it stands there, finds CTCF."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from known_motifs import CTCF, best_matches
from motifnet.motifs.files import read_motifs
from motifnet.outputs import read_table

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


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.timeout(600)
def test_main_job_finds_ctcf(tmp_path: Path, shared_data: Path) -> None:
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
        and match.evalue < 0.05
        and (motif.nsites or 0) >= 50
        and motif.total_information >= 8
    ]
    table = read_table(tmp_path / "results" / "ctcf" / "motifs.tsv")
    named = table[table["match_name"].isin(("CTCF", "CTCFL")) & (table["match_kind"] == "full")]
    assert named["E"].min() < 0.001
    assert named["importance_low"].max() > 0
    assert right, [
        (m.name, m.nsites, round(m.total_information, 1), match) for m, match in zip(found, matches, strict=True)
    ]
