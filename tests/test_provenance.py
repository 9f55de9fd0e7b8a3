"""provenance.json: fingerprints of the inputs, and durations."""

from __future__ import annotations

import hashlib
import json
import os
import tracemalloc
from pathlib import Path

from motifnet.provenance import PROVENANCE, RunRecord, fingerprints, is_written_by_motifnet, write_provenance


def test_a_run_records_inputs_settings_and_durations(tmp_path: Path) -> None:
    file = tmp_path / "peaks.fa"
    file.write_bytes(b">a\nACGT\n")
    run = RunRecord([file, None], seed=7)
    for name in ("reading", "training", "training", "writing"):
        with run.stage(name):
            pass
        file.write_bytes(b"changed after it was read")
    assert not is_written_by_motifnet(tmp_path)
    write_provenance(tmp_path, command=["motifnet", "train"], details=run.details)
    assert is_written_by_motifnet(tmp_path)
    document = json.loads((tmp_path / PROVENANCE).read_text())
    digest = hashlib.sha256(b">a\nACGT\n").hexdigest()
    assert document["inputs"] == [{"path": str(file), "bytes": 8, "sha256": digest}]
    assert (document["seed"], document["command"]) == (7, ["motifnet", "train"])
    assert list(document["seconds"]) == ["reading", "training", "writing"]
    assert all(seconds >= 0 for seconds in document["seconds"].values())


def test_pipes_and_missing_files_have_no_hash(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = fingerprints(["-", pipe, tmp_path / "gone"])
    assert [(row["bytes"], row["sha256"]) for row in rows] == [(None, None)] * 3
    assert rows[0]["path"] == "-"


def test_a_folder_means_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "model" / "deeper").mkdir(parents=True)
    for name in ("b", "a"):
        (tmp_path / "model" / name).write_text(name)
    assert [row["path"] for row in fingerprints([tmp_path / "model"])] == [str(tmp_path / "model" / n) for n in "ab"]


def test_large_files_are_not_kept_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "genome.fa"
    with file.open("wb") as handle:
        handle.truncate(64 << 20)
    tracemalloc.start()
    try:
        (row,) = fingerprints([file])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert row["bytes"] == 64 << 20
    assert peak < 4 << 20
