"""What provenance.json says of inputs and times."""

from __future__ import annotations

import hashlib
import json
import os
import tracemalloc
from pathlib import Path

from motifnet.provenance import Stopwatch, fingerprints, provenance


def test_inputs_are_known_by_size_and_hash(tmp_path: Path) -> None:
    file = tmp_path / "peaks.fa"
    file.write_bytes(b">a\nACGT\n")
    (row,) = fingerprints([file, None])
    assert row == {"path": str(file), "bytes": 8, "sha256": hashlib.sha256(b">a\nACGT\n").hexdigest()}
    details = json.loads(provenance(details={"inputs": [row]}))
    assert details["inputs"] == [row]


def test_what_can_be_read_once_has_no_hash(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = fingerprints(["-", pipe, tmp_path / "gone"])
    assert [(row["bytes"], row["sha256"]) for row in rows] == [(None, None)] * 3
    assert rows[0]["path"] == "-"


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name in ("b", "a"):
        (tmp_path / "model" / name).write_text(name)
    (tmp_path / "model" / "deeper").mkdir()
    assert [row["path"] for row in fingerprints([tmp_path / "model"])] == [str(tmp_path / "model" / n) for n in "ab"]


def test_large_files_are_not_held_in_memory(tmp_path: Path) -> None:
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


def test_stages_are_in_the_order_of_the_work_and_add_up() -> None:
    clock = Stopwatch()
    for name in ("reading", "training", "training", "writing"):
        with clock.stage(name):
            pass
    assert list(clock.seconds) == ["reading", "training", "writing"]
    assert all(seconds >= 0 for seconds in clock.seconds.values())
