"""Sampled negatives have the GC content and lengths of the positives, and a distance from them."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.sequences import store
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.negatives.gc_matched import GC_BIN, sample_pool, sample_windows
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


def random_with_gc(n: int, length: int, gc: tuple[float, ...], seed: int) -> list[str]:
    """Random sequences with these GC contents in turn."""
    rng = np.random.default_rng(seed)
    fractions = [((1 - g) / 2, g / 2, g / 2, (1 - g) / 2) for g in gc]
    return ["".join(rng.choice(list("ACGT"), p=fractions[i % len(gc)], size=length)) for i in range(n)]


def gc_counts(sequences: SequenceSet) -> dict[int, int]:
    codes = sequences.codes
    gc = ((codes == 1) | (codes == 2)).sum(axis=1) / (codes < 4).sum(axis=1)
    bins, counts = np.unique(np.floor(np.round(gc / GC_BIN, 6)).astype(int), return_counts=True)
    return dict(zip(bins.tolist(), counts.tolist(), strict=True))


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    """Two chromosomes of pieces of 500 bp with more and less GC, one with a gap of N in the middle; and a decoy."""
    pieces = random_with_gc(160, 500, (0.3, 0.4, 0.5, 0.6), seed=1)
    first = "".join(pieces[:80])
    chromosomes = {
        "chr1": first[:15_000] + "N" * 5_000 + first[20_000:],
        "chr2": "".join(pieces[80:]),
        "chrUn_decoy": random_dna(1, 30_000, seed=2)[0],
    }
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in chromosomes.items()))
    return open_genome(path)


def windows(genome: Genome, starts: list[int], length: int = 50) -> SequenceSet:
    names = tuple(f"chr1:{start}-{start + length}" for start in starts)
    return SequenceSet(names, genome.fetch("chr1", starts, length))


def located(sequences: SequenceSet) -> Intervals:
    found = parse_coordinates(sequences.names, sequences.record_lengths)
    assert found is not None
    return found


@pytest.mark.parametrize("ratio", [1, 3])
def test_windows_have_the_gc_content_of_the_positives_and_a_distance_from_them(genome: Genome, ratio: int) -> None:
    positives = windows(genome, list(range(100, 10_000, 300)))
    found = sample_windows(positives, genome, avoid=located(positives), margin=200, ratio=ratio, seed=3)
    assert gc_counts(found) == {gc_bin: ratio * count for gc_bin, count in gc_counts(positives).items()}
    assert (found.codes < 4).all()
    intervals = located(found)
    assert set(intervals.chrom) == {"chr1", "chr2"}
    for chrom in set(intervals.chrom):
        own = intervals.chrom == chrom
        assert (genome.fetch(chrom, intervals.start[own], 50) == found.codes[own]).all()
        assert (np.diff(np.sort(intervals.start[own])) >= 50).all()  # no overlap
    on_first = intervals.start[intervals.chrom == "chr1"]
    starts = np.arange(100, 10_000, 300)
    assert (np.abs(on_first[:, np.newaxis] - starts) >= 250).all()
    again = sample_windows(positives, genome, avoid=located(positives), margin=200, ratio=ratio, seed=3)
    assert again.digest() == found.digest()


def test_windows_have_the_lengths_of_the_records(genome: Genome) -> None:
    rule = LengthRule(60)
    lengths = np.array([40, 60, 50] * 20)
    codes = windows(genome, list(range(100, 6100, 100)), 60).codes.copy()
    for row, length in zip(codes, lengths, strict=True):
        skipped = max(0, -int(rule.first_kept(np.array([length]))[0]))
        row[:skipped] = row[skipped + length :] = 4
    positives = SequenceSet(("",) * 60, codes, rule, lengths)
    found = sample_windows(positives, genome, avoid=None, margin=0, seed=3)
    assert found.lengths is not None
    assert set(found.lengths.tolist()) == {40, 50, 60}
    assert ((found.codes < 4).sum(axis=1) == found.lengths).all()
    intervals = located(found)
    for row, chrom, start, end in zip(found.codes, intervals.chrom, intervals.start, intervals.end, strict=True):
        assert (row[row < 4] == genome.fetch(chrom, [start], end - start)[0]).all()


def test_negatives_are_the_same_when_arrays_are_in_files(genome: Genome, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = windows(genome, list(range(100, 10_000, 300)))
    for positives in (whole, SequenceSet(whole.names, whole.codes, LengthRule(50), np.arange(20, 53))):
        pool = SequenceSet.concatenate([windows(genome, list(range(20_000, 40_000, 61))), positives])
        found = []
        for large in (store.LARGE, 1):
            monkeypatch.setattr(store, "LARGE", large)
            monkeypatch.setattr("motifnet.sequences.negatives.gc_matched._BATCH", 50)
            found.append(
                [sample_windows(positives, genome, avoid=None, margin=0, seed=3), sample_pool(positives, pool, seed=3)]
            )
        for ours, theirs in zip(*found, strict=True):
            assert len(ours)
            assert ours.digest() == theirs.digest()
            np.testing.assert_array_equal(ours.lengths, theirs.lengths)


def test_gc_contents_that_the_genome_lacks_are_reported(genome: Genome, caplog: pytest.LogCaptureFixture) -> None:
    rich = SequenceSet.from_strings([*random_with_gc(20, 50, (0.5,), seed=4), *["GC" * 25] * 5])
    with caplog.at_level(logging.INFO, "motifnet"):
        found = sample_windows(rich, genome, avoid=None, margin=0, seed=1)
    assert len(found) == 20
    assert "20 of 25 negatives" in caplog.text
    with pytest.raises(InputError, match=r"genome\.fa"):
        sample_windows(rich.take([24]), genome, avoid=None, margin=0, seed=1)
    elsewhere = Intervals.forward(np.array(["IV"], dtype=object), np.array([5]), np.array([55]))
    with pytest.raises(InputError, match="'IV'"):
        sample_windows(rich.take([0]), genome, avoid=elsewhere, margin=0, seed=1)


def test_a_pool_is_sampled_by_gc_content_without_the_positives(caplog: pytest.LogCaptureFixture) -> None:
    positives = SequenceSet.from_strings(random_with_gc(50, 100, (0.5,), seed=5))
    strings = [*random_with_gc(2000, 100, (0.3, 0.5, 0.7), seed=6), *positives.reverse_complement()]
    pool = SequenceSet.from_strings(strings)
    with caplog.at_level(logging.INFO, "motifnet"):
        chosen = sample_pool(positives, pool, ratio=2, seed=1, source="pool.fa")
    assert gc_counts(chosen) == {gc_bin: 2 * count for gc_bin, count in gc_counts(positives).items()}
    assert len(set(chosen.names)) == 100
    assert not set(chosen.strand_digests()) & set(positives.strand_digests())
    assert "pool.fa: 100 negatives" in caplog.text
    few = sample_pool(positives, pool.take(range(30)), seed=1)
    assert 0 < len(few) < 30
