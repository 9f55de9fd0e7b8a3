"""Arrays in temporary files behave like arrays in memory."""

from __future__ import annotations

import errno
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.sequences import store
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import parse_fasta, stream_fasta
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from motifnet.sequences.splits.related import group_sequences


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LARGE", 1)
    monkeypatch.setattr(store, "BLOCK", 64)


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = [f">r{i} ä{i}\n{''.join(rng.choice(list('ACGTN'), 20 + i % 7))}\n" for i in range(200)]
    path = tmp_path / "many.fa"
    path.write_text("".join(lines))
    return path


def _is_mapped(array: np.ndarray) -> bool:
    owner = array
    while isinstance(owner, np.ndarray) and not isinstance(owner, np.memmap):
        owner = owner.base
    return isinstance(owner, np.memmap)


def _read(path: Path, monkeypatch: pytest.MonkeyPatch) -> SequenceSet:
    whole = stream_fasta
    batched = partial(whole, batch=100)
    monkeypatch.setattr("motifnet.sequences.io.fasta.stream_fasta", batched)
    return parse_fasta(path).fit(LengthRule(23))


def test_sequences_in_files_equal_those_in_memory(
    fasta: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    small = parse_fasta(fasta).fit(LengthRule(23))
    request.getfixturevalue("everything_is_large")
    large = _read(fasta, monkeypatch)
    assert _is_mapped(large.codes)
    assert not _is_mapped(small.codes)
    assert isinstance(large.names, store.PackedTexts)
    rows = np.array([5, 3, 199, 3])
    for change in (
        lambda s: s,
        lambda s: s.take(rows),
        lambda s: s.take(np.arange(200) % 3 == 0),
        lambda s: s.reverse_complement(),
        lambda s: SequenceSet.concatenate([s, s.take(rows)]),
    ):
        ours, theirs = change(large), change(small)
        np.testing.assert_array_equal(ours.codes, theirs.codes)
        assert list(ours.names) == list(theirs.names)
        assert [ours.names[i] for i in range(4)] == list(theirs.names[:4])
        assert list(ours) == list(theirs)
        assert ours.digest() == theirs.digest()
        assert ours.strand_digests() == theirs.strand_digests()
        np.testing.assert_array_equal(ours.background(), theirs.background())
        if theirs.lengths is not None:
            np.testing.assert_array_equal(ours.lengths, theirs.lengths)


def test_groups_and_splits_are_the_same_in_files_and_in_memory(
    fasta: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    small = parse_fasta(fasta).fit(LengthRule(23))
    labels = np.arange(200)[:, np.newaxis] % 2
    split = Dataset.from_labels(small, labels, ("odd",)).split(valid=0.2, test=0.2, seed=1)
    request.getfixturevalue("everything_is_large")
    large = _read(fasta, monkeypatch)
    np.testing.assert_array_equal(group_sequences(small), group_sequences(large))
    for ours, theirs in zip(
        Dataset.from_labels(large, labels, ("odd",)).split(valid=0.2, test=0.2, seed=1), split, strict=True
    ):
        assert list(ours.sequences.names) == list(theirs.sequences.names)


def test_released_arrays_keep_their_values(everything_is_large: None) -> None:
    array = store.allocate((1000, 7))
    array[:] = np.arange(7)
    store.release(array)
    assert (array == np.arange(7)).all()
    assert sum(len(block) for _, block in store.blocks(array)) == 1000


def test_a_full_disk_is_an_error_and_no_crash(everything_is_large: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "posix_fallocate", refuse)
    with pytest.raises(InputError, match="No space left") as caught:
        store.allocate((10, 10))
    assert "TMPDIR" in (caught.value.hint or "")


@pytest.mark.parametrize("refusal", [None, errno.EOPNOTSUPP])
def test_free_space_is_checked_if_the_system_cannot_reserve_it(
    refusal: int | None, everything_is_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(refusal, "not supported")

    if refusal is None:  # macOS, Windows
        monkeypatch.delattr(store.os, "posix_fallocate", raising=False)
        monkeypatch.delattr(store.mmap, "MADV_DONTNEED", raising=False)
    else:
        monkeypatch.setattr(store.os, "posix_fallocate", refuse, raising=False)
    array = store.allocate((10, 10))
    array[:] = 3
    assert all((block == 3).all() for _, block in store.blocks(array))
    with pytest.raises(InputError):
        store.allocate((1 << 25, 1 << 25))


def test_changes_in_a_private_mapping_are_kept(tmp_path: Path) -> None:
    (tmp_path / "codes").write_bytes(bytes(8000))
    private = np.memmap(tmp_path / "codes", dtype=np.uint8, mode="c", shape=(100, 80))
    private[:] = 2
    sequences = SequenceSet(tuple(map(str, range(100))), private)
    assert sequences.base_counts().tolist() == [0, 0, 8000, 0]
    assert (sequences.codes == 2).all()


def test_releasing_a_copy_of_a_mapped_array_does_nothing(everything_is_large: None) -> None:
    copied = store.allocate((10, 10)).copy()
    copied[:] = 1
    store.release(copied)
    assert (copied == 1).all()


def test_temporary_files_have_no_name(
    everything_is_large: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.tempfile, "tempdir", str(tmp_path))
    kept = store.allocate((100, 100))
    buffer = store.ByteBuffer()
    buffer.append(b"ACGT")
    assert not list(tmp_path.iterdir())
    assert bytes(buffer.finish()) == b"ACGT"
    assert kept.shape == (100, 100)
