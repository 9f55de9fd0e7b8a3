"""What reading tells of files and their classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dna_strategies import random_dna
from motifnet.sequences.io.reader import read_classes


def test_repeats_of_one_class_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for name, masked in (("pos.fa", 10), ("neg.fa", 40)):
        strings = random_dna(20, 100, seed=masked)
        (tmp_path / name).write_text(
            "".join(f">{i}\n{s[:masked].lower()}{s[masked:]}\n" for i, s in enumerate(strings))
        )
    read_classes(tmp_path / "pos.fa", tmp_path / "neg.fa")
    assert "10 % of the letters are soft-masked" in caplog.text
    assert "10 % of the letters of the positives are soft-masked repeats, of the negatives 40 %" in caplog.text
    caplog.clear()
    (tmp_path / "lower.fa").write_text((tmp_path / "pos.fa").read_text().lower())
    read_classes(tmp_path / "lower.fa", tmp_path / "neg.fa")
    assert "lower.fa: 20 sequences" in caplog.text
    assert "positives are soft-masked" not in caplog.text
