"""Speed of making negatives, compared with plain Python: dinucleotide shuffles, and GC-matched genomic windows.

    python tests/benchmarks/negatives.py [GENOME.fa.gz PEAKS.bed]

Shuffles 100,000 sequences of 200 bp, compared with the Altschul-Erickson loop of most tools (on 1,000 of them, scaled
up); and samples 10,000 windows of the genome (a random one of 12 Mb by default), compared with a loop that samples
positions and rejects those that overlap peaks or have the wrong GC content. CPU seconds, alternating in one process.
"""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from Bio.SeqIO.FastaIO import SimpleFastaParser

import motifnet as mn
from motifnet.sequences.io.genome import open_genome
from motifnet.sequences.io.intervals import parse_coordinates
from motifnet.sequences.negatives.gc_matched import GC_BIN, sample_windows

LENGTH, MARGIN = 200, 500


def cpu_seconds(job: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = job()
    return time.process_time() - start, result


def shuffle_one(string: str, rng: random.Random) -> str:
    """Altschul & Erickson 1985: sample last edges until they form a tree into the last base; shuffle; walk."""
    edges = defaultdict(list)
    for a, b in pairwise(string):
        edges[a].append(b)
    while True:
        last = {a: rng.choice(bs) for a, bs in edges.items() if a != string[-1]}
        if all(_reaches(a, last, string[-1]) for a in last):
            break
    for a, bs in edges.items():
        if a in last:
            bs.remove(last[a])
        rng.shuffle(bs)
        if a in last:
            bs.append(last[a])
    walk, used = [string[0]], Counter()
    while used[walk[-1]] < len(edges[walk[-1]]):
        here = walk[-1]
        walk.append(edges[here][used[here]])
        used[here] += 1
    return "".join(walk)


def _reaches(a: str, last: dict[str, str], root: str) -> bool:
    for _ in range(5):
        if a == root:
            return True
        a = last.get(a, root)
    return False


def shuffles(n: int = 100_000, n_plain: int = 1000) -> None:
    codes = np.random.default_rng(0).integers(0, 4, (n, LENGTH), dtype=np.uint8)
    sequences = mn.SequenceSet(tuple(map(str, range(n))), codes)
    strings, rng = list(sequences.take(range(n_plain))), random.Random(0)
    ours, shuffled = cpu_seconds(lambda: mn.shuffle(sequences, seed=0))
    theirs, plain = cpu_seconds(lambda: [shuffle_one(string, rng) for string in strings])
    for string, one, other in zip(strings, shuffled, plain, strict=False):
        assert _pairs(string) == _pairs(one) == _pairs(other)
    scaled = theirs * n / n_plain
    print(f"shuffles of {n:,} x {LENGTH} bp: {ours:.1f} s; plain Python {scaled:.0f} s; ratio {scaled / ours:.0f}")


def _pairs(string: str) -> Counter[tuple[str, str]]:
    return Counter(pairwise(string))


def windows(genome_path: Path, peaks_path: Path, n: int = 10_000) -> None:
    how = mn.IntervalSpec(genome=genome_path)
    peaks = mn.read_intervals(peaks_path, how, length=LENGTH)
    genome, places = open_genome(genome_path), parse_coordinates(peaks.names, peaks.record_lengths)
    assert places is not None
    ratio = -(-n // len(peaks))
    ours, drawn = cpu_seconds(lambda: sample_windows(peaks, genome, avoid=places, margin=MARGIN, ratio=ratio, seed=0))
    theirs, plain = cpu_seconds(lambda: _plain_windows(genome_path, peaks, places, ratio))
    print(
        f"windows matched in GC: {len(drawn):,} in {ours:.1f} s; plain Python {plain:,} in {theirs:.1f} s; "
        f"ratio of a window {theirs / plain / (ours / len(drawn)):.1f}"
    )


def _plain_windows(genome_path: Path, peaks: mn.SequenceSet, places: Any, ratio: int) -> int:
    rng = random.Random(0)
    with gzip.open(genome_path, "rt") as handle:
        letters = {title.split()[0]: sequence.upper() for title, sequence in SimpleFastaParser(handle)}
    wanted = Counter()
    for string in peaks:
        wanted[round((string.count("G") + string.count("C")) / LENGTH / GC_BIN)] += ratio
    taken = defaultdict(list)
    for chrom, start, end in zip(*places, strict=True):
        taken[chrom].append((start - MARGIN, end + MARGIN))
    chroms = [chrom for chrom in letters if len(letters[chrom]) > LENGTH]
    weights, total, found = [len(letters[chrom]) for chrom in chroms], sum(wanted.values()), 0
    for _ in range(20 * total):
        chrom = rng.choices(chroms, weights)[0]
        start = rng.randrange(len(letters[chrom]) - LENGTH)
        string = letters[chrom][start : start + LENGTH]
        gc = round((string.count("G") + string.count("C")) / LENGTH / GC_BIN)
        if not wanted[gc] or "N" in string or any(a < start + LENGTH and start < b for a, b in taken[chrom]):
            continue
        wanted[gc] -= 1
        taken[chrom].append((start, start + LENGTH))
        found += 1
        if found == total:
            break
    return found


def _made_genome(folder: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(1)
    with gzip.open(folder / "genome.fa.gz", "wt", compresslevel=1) as handle:
        for number in range(12):
            letters = np.frombuffer(b"ACGT", np.uint8)[rng.choice(4, 1_000_000, p=[0.31, 0.19, 0.19, 0.31])]
            handle.write(f">chr{number + 1}\n{letters.tobytes().decode()}\n")
    lines = [
        f"chr{rng.integers(1, 13)}\t{(a := int(rng.integers(1000, 990_000)))}\t{a + LENGTH}\n" for _ in range(1000)
    ]
    (folder / "peaks.bed").write_text("".join(lines))
    return folder / "genome.fa.gz", folder / "peaks.bed"


if __name__ == "__main__":
    shuffles()
    with tempfile.TemporaryDirectory() as scratch:
        windows(*(map(Path, sys.argv[1:3]) if len(sys.argv) > 2 else _made_genome(Path(scratch))))
