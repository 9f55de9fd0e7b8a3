"""Validity of E-values: how often motifs pass under the null hypothesis, and how often a planted motif passes.

    python tests/benchmarks/validity.py [--part all] [--runs 200] [--power-runs 60]
    python tests/benchmarks/validity.py --part discover --runs 100

Each run of `all` finds motifs in small training data as `motifs` does, but starts from k-mers instead of the filters
of a network (training hundreds of networks would take days). The 8-mers, with at most one mismatch, that differ most
between the classes in either direction are refined, grouped, and given thresholds and directions by the functions that
`motifs` uses, and tested on test sequences.

permuted labels   three motifs planted in the positives; the labels of the test sequences are permuted
shuffles          dinucleotide shuffles of CTCF peaks against other shuffles of the same peaks, training and test
power             one motif planted in 20 % of the positives; found: E < 0.05 and similar to the planted motif
discover          shuffles, as above, for `discover` as shipped, with the training of the network

Prints the fraction of runs in which any motif has E < 0.05 (at most 0.05 plus two standard errors), and the fraction in
which the planted motif is found (at least 0.95), with the number of motifs tested.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import motifnet as mn
from motifnet.motifs.alignment import MERGE_SIMILARITY, align_motifs, group_motifs
from motifnet.motifs.learned.refinement import refine
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.enrichment import enrichment_table
from motifnet.motifs.statistics.thresholds import directions, likelihood_ratio, site_threshold
from motifnet.sequences.alphabet import N, reverse_complement

DATA = Path(__file__).resolve().parents[2] / "data"
K = 8
SEEDS = {1: 6, 0: 3}  # k-mers enriched in the positives, and in the negatives
LEAST_MOTIFS = 3
#: Sequences per class.
TRAIN, TEST, NULL, LENGTH = 400, 200, 150, 100
PLANTED_SHARE = 0.2
EVALUE = 0.05


def labelled(positives: mn.SequenceSet, negatives: mn.SequenceSet) -> mn.Dataset:
    """Dataset without a search for related sequences: none in random sequences; the shuffles of a peak are a group."""
    labels = np.repeat([1.0, 0.0], [len(positives), len(negatives)])[:, np.newaxis]
    rows = np.concatenate([np.arange(len(positives)), np.arange(len(negatives))])
    return mn.Dataset(mn.SequenceSet.concatenate([positives, negatives]), labels, ("positive",), rows)


def count_words(sequences: mn.SequenceSet) -> np.ndarray:
    """Number of sequences with each k-mer on either strand, with at most one mismatch: ``(4**K,)``."""
    assert not (sequences.codes == N).any()
    has = np.zeros((len(sequences), 4**K), dtype=np.bool_)
    for codes in (sequences.codes, reverse_complement(sequences.codes)):
        np.put_along_axis(has, sliding_window_view(codes, K, axis=1) @ 4 ** np.arange(K)[::-1], True, axis=1)
    by_letter = np.packbits(has, axis=0).reshape(-1, *[4] * K)
    near = by_letter.copy()
    for position in range(1, K + 1):
        near |= np.bitwise_or.reduce(by_letter, axis=position, keepdims=True)
    return np.bitwise_count(near).sum(axis=0, dtype=np.int64).ravel()


def seeds(counts: tuple[np.ndarray, np.ndarray], sizes: tuple[int, int], n: int) -> list[mn.Motif]:
    """K-mers in more sequences of one class than of the other, most different first."""
    letters = np.arange(4**K)[:, np.newaxis] // 4 ** np.arange(K)[::-1] % 4
    # Keep one of each k-mer and its reverse complement.
    is_first = np.arange(4**K) <= (3 - letters[:, ::-1]) @ 4 ** np.arange(K)[::-1]
    gains = np.where(is_first, likelihood_ratio(counts[0], sizes[0], counts[1], sizes[1]), -1)
    best = np.argsort(-gains, kind="stable")[:n]
    return [mn.Motif("seed", np.eye(4)[word].T * 17 + 1, nsites=20) for word in letters[best]]


def scores_of(motifs: mn.MotifSet, data: mn.Dataset) -> np.ndarray:
    return best_sites(motifs.motifs, data.sequences, strands=motifs.strands).score


def read(train: mn.Dataset) -> tuple[mn.MotifSet, np.ndarray, np.ndarray]:
    """Motifs, thresholds and directions from training sequences."""
    classes = {value: train.sequences.take(train.labels[:, 0] == value) for value in SEEDS}
    counts = {value: count_words(part) for value, part in classes.items()}
    found: list[mn.Motif] = []
    for value, n in SEEDS.items():
        marked, others = classes[value], classes[1 - value]
        words = seeds((counts[value], counts[1 - value]), (len(marked), len(others)), n)
        refined = refine(words, marked, others, strands="both", extraction=mn.ExtractionSpec())
        found += [end.motif for end in refined]
    kept = [found[members[0]] for members in group_motifs(found, strands="both")]
    motifs = mn.MotifSet([replace(motif, name=f"m{i}") for i, motif in enumerate(kept)])
    scores = scores_of(motifs, train)
    thresholds = np.array([site_threshold(column, train.labels[:, 0]) for column in scores.T])
    return motifs, thresholds, directions(scores, thresholds, train.labels)


def planted(motifs: mn.MotifSet, share: float, sizes: tuple[int, int], seed: int) -> tuple[mn.Dataset, mn.Dataset]:
    """Training and test data of random sequences; a fraction of the positives have one site each."""
    parts = []
    for n, part_seed in zip(sizes, (2 * seed, 2 * seed + 1), strict=True):
        n_with = round(share * n)
        made = mn.simulation.simulate(
            motifs, n=n_with, n_negatives=2 * n - n_with, length=LENGTH, per_sequence=(1, 1), seed=part_seed
        )
        positives = mn.SequenceSet.concatenate([made.positives, made.negatives.take(np.arange(n - n_with))])
        parts.append(labelled(positives, made.negatives.take(np.arange(n - n_with, 2 * n - n_with))))
    return parts[0], parts[1]


def permuted_labels(seed: int) -> tuple[mn.Dataset, mn.Dataset]:
    motifs = mn.read_motifs(DATA / "simulated.motifs.meme")
    train, test = planted(motifs[:LEAST_MOTIFS], 0.6, (NULL, NULL), seed)
    labels = np.random.default_rng(seed).permutation(test.labels)
    return train, mn.Dataset(test.sequences, labels, test.tasks, np.arange(len(test)))


def shuffles() -> Callable[[int], tuple[mn.Dataset, mn.Dataset]]:
    peaks = mn.read_fasta(DATA / "Gm12878.CTCF.top500.w200.fa", length=LENGTH)
    peaks = peaks.take((peaks.codes != N).all(axis=1))
    parts = np.split(np.arange(2 * NULL), 2)

    def of_run(seed: int) -> tuple[mn.Dataset, mn.Dataset]:
        some = peaks.take(np.random.default_rng(seed).permutation(len(peaks))[: 2 * NULL])
        positives, negatives = (mn.shuffle(some, seed=2 * seed + k) for k in range(2))
        train, test = (labelled(positives.take(rows), negatives.take(rows)) for rows in parts)
        return train, test

    return of_run


def null_runs(data_of: Callable[[int], tuple[mn.Dataset, mn.Dataset]], runs: int) -> Iterator[tuple[bool, int]]:
    """Whether any motif passes, and the number of motifs, for each run with enough motifs."""
    for seed in range(runs):
        train, test = data_of(seed)
        motifs, thresholds, signs = read(train)
        if len(motifs) >= LEAST_MOTIFS:
            table = enrichment_table(motifs, test, scores_of(motifs, test), thresholds=thresholds, signs=signs)
            yield bool((table["e_value"] < EVALUE).any()), len(motifs)


def discover_runs(runs: int) -> Iterator[tuple[bool, int]]:
    """Whether any motif of `discover` passes, and the number of motifs."""
    data_of, readout = shuffles(), mn.ReadoutSpec(database="none", importance=False)
    mn.set_threads(1)
    for seed in range(runs):
        train, test = data_of(seed)
        table = mn.discover(train, test=test, training=mn.TrainSpec(seed=seed), readout=readout).motifs.table
        has_passed = bool((table["e_value"] < EVALUE).any())
        print(f"run {seed}: {len(table)} motifs, lowest E-value {table['e_value'].min():.3g}", flush=True)
        yield has_passed, len(table)


def power_runs(runs: int) -> Iterator[tuple[bool, int]]:
    """Whether the planted motif is found, and the number of motifs tested."""
    known = mn.read_motifs(DATA / "simulated.motifs.meme")
    for seed in range(runs):
        own = known[seed % len(known) : seed % len(known) + 1]
        train, test = planted(own, PLANTED_SHARE, (TRAIN, TEST), 10_000 + seed)
        motifs, thresholds, signs = read(train)
        table = enrichment_table(motifs, test, scores_of(motifs, test), thresholds=thresholds, signs=signs)
        is_alike = align_motifs(motifs.motifs, own.motifs, strands="both").similarity[:, 0] >= MERGE_SIMILARITY
        passes = ((table["e_value"] < EVALUE) & (table["direction"] == "positive")).to_numpy()
        yield bool((passes & is_alike).any()), len(motifs)


def print_share(what: str, runs: Iterator[tuple[bool, int]], limit: str) -> None:
    found, counts = zip(*runs, strict=True)
    share = np.mean(found)
    error = np.sqrt(share * (1 - share) / len(found))
    print(
        f"{what}\t{share:.3f} +- {error:.3f}\t{sum(found)} of {len(found)} runs\t{min(counts)}-{max(counts)} motifs "
        f"(median {np.median(counts):g})\t{limit}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("all", "permuted", "shuffles", "power", "discover"), default="all")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--power-runs", type=int, default=60)
    options = parser.parse_args()
    bound = 0.05 + 2 * np.sqrt(0.05 * 0.95 / options.runs)
    sizes = f"{TRAIN}+{TRAIN} training and {TEST}+{TEST} test sequences of {LENGTH} bp"
    print(f"power: {sizes}; the others: {NULL}+{NULL} and {NULL}+{NULL}", flush=True)
    if options.part in ("all", "permuted"):
        print_share("permuted labels", null_runs(permuted_labels, options.runs), f"at most {bound:.3f}")
    if options.part in ("all", "shuffles"):
        print_share("shuffles", null_runs(shuffles(), options.runs), f"at most {bound:.3f}")
    if options.part in ("all", "power"):
        print_share("power", power_runs(options.power_runs), "at least 0.95")
    if options.part == "discover":
        print_share("discover", discover_runs(options.runs), f"at most {bound:.3f}")


if __name__ == "__main__":
    main()
