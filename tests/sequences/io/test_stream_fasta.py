"""FASTA in batches: the records of the whole file, and its faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import FormatError
from motifnet.sequences.io.fasta import parse_fasta, stream_fasta


@pytest.mark.parametrize("batch", [1, 50, 10_000])
def test_batches_hold_the_records_of_the_file(tmp_path: Path, batch: int) -> None:
    path = tmp_path / "a.fa"
    titles = ["a", "", "b c", "", "a"]
    path.write_text(
        "".join(
            f">{t}\n{s[: 9 + 3 * i]}\n" for i, (t, s) in enumerate(zip(titles, random_dna(5, 40, seed=1), strict=True))
        )
    )
    whole, batches = parse_fasta(path), list(stream_fasta(path, batch=batch))
    assert tuple(name for part in batches for name in part.names) == whole.names == ("a", "1", "b", "3", "a")
    np.testing.assert_array_equal(np.concatenate([part.flat for part in batches]), whole.flat)
    np.testing.assert_array_equal(np.concatenate([part.lengths for part in batches]), whole.lengths)
    assert all(len(part) for part in batches)
    assert len(batches) == {1: 5, 50: 2, 10_000: 1}[batch]


def test_names_that_are_not_utf8_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.fa").write_bytes(b">caf\xe9 x\nACGT\n>caf\xff\nACGA\n>caf\xc3\xa9 \xe9\nACGC\n" + b">b\nAC\n" * 9)
    names = [name for part in stream_fasta(tmp_path / "a.fa", batch=4) for name in part.names]
    assert names[:3] == ["caf\ufffd", "caf\ufffd", "café"]
    (told,) = caplog.messages
    assert told.startswith(f"{tmp_path / 'a.fa'}: the names of 2 records hold bytes that are not UTF-8; ")
    caplog.clear()
    (tmp_path / "b.fa").write_text(">café\nACGT\n")
    assert list(stream_fasta(tmp_path / "b.fa"))
    assert not caplog.messages


def test_a_fault_in_a_later_batch_is_placed(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    path.write_text(">a\nACGT\n>b\nAC\nAXT\n")
    batches = stream_fasta(path, batch=1)
    assert next(batches).names == ("a",)
    with pytest.raises(FormatError, match=r"a.fa:5: letter 'X' at position 3 of record 'b'"):
        next(batches)
