"""Planted co-factors: a motif in 80 % of the positives, a second one in 15 %, a third one in 5 %.

    python tests/benchmarks/cofactors.py [DRAWS]

Each draw takes three motifs of JASPAR CORE vertebrates (10 to 20 bits, of different families, not similar to each
other), plants them independently in 3,000 random sequences of 101 bp, adds 3,000 without, and trains the default
network. A motif of the list is right if its similarity to a planted one is at least 0.8. Prints for each draw the ranks
at which the three motifs appear, in the list and in the same motifs ordered by auROC alone; whether each is
significant; the number of significant motifs, and of the right ones among them; CPU seconds. STREME is not run: it is
not a Python package.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from training_parts import print_row

import motifnet as mn
from motifnet.motifs.alignment import MERGE_SIMILARITY, align_motifs
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.motifs.known.databases import factors_of
from motifnet.motifs.statistics.enrichment import SIGNIFICANT

SHARES = (0.8, 0.15, 0.05)
N, LENGTH, DRAWS = 3000, 101, 10
HEADER = ("seed", "motifs", "ranks", "ranks by auROC", "significant", "rows", "right rows", "CPU s")


def drawn(seed: int) -> mn.MotifSet:
    """Three motifs of different families."""
    database = mn.read_database("vertebrates")
    factors, rng = factors_of(database), np.random.default_rng(seed)
    chosen: list[mn.Motif] = []
    for index in rng.permutation(len(database)).tolist():
        motif = database[index]
        families = {factors[own.name].family for own in chosen}
        is_new = not chosen or align_motifs([motif], chosen).similarity.max() < 0.6
        if 10 <= motif.total_information <= 20 and is_new and factors[motif.name].family not in families:
            chosen.append(motif)
        if len(chosen) == len(SHARES):
            break
    return mn.MotifSet(chosen)


def planted(motifs: mn.MotifSet, seed: int) -> mn.Dataset:
    """Random sequences; each motif in its fraction of the positives, one after the other."""
    rng = np.random.default_rng(seed)
    background = mn.SequenceSet(("",) * (2 * N), rng.integers(0, 4, (2 * N, LENGTH), dtype=np.uint8))
    codes = background.codes.copy()
    for slot, (motif, share) in enumerate(zip(motifs, SHARES, strict=True)):
        third = LENGTH // len(SHARES)
        for row in np.flatnonzero(rng.random(N) < share):
            own = motif.ppm if rng.random() < 0.5 else motif.ppm[::-1, ::-1]
            site = [rng.choice(4, p=column / column.sum()) for column in own.T]
            start = slot * third + rng.integers(0, third - motif.width + 1)
            codes[row, start : start + motif.width] = site
    labels = np.repeat([1.0, 0.0], N)[:, np.newaxis]
    return mn.Dataset(mn.SequenceSet(background.names, codes), labels, ("positive",), np.arange(2 * N))


def first_ranks(is_like: np.ndarray) -> str:
    """Rank of the first row of the list that is like each planted motif; - if there is none."""
    return " ".join(str(int(column.argmax()) + 1) if column.any() else "-" for column in is_like.T)


def measure(seed: int) -> tuple[object, ...]:
    truth = drawn(seed)
    start = time.process_time()
    readout = ReadoutSpec(database="none", importance=False)
    found = mn.discover(planted(truth, seed), training=mn.TrainSpec(seed=seed), readout=readout).motifs
    seconds = time.process_time() - start
    is_like = align_motifs(found.motifs.motifs, truth.motifs).similarity >= MERGE_SIMILARITY
    significant = (found.table["status"] == SIGNIFICANT).to_numpy()
    by_auroc = np.argsort(-np.abs(found.table["auroc"] - 0.5).to_numpy(), kind="stable")
    tested = "".join("+" if column.any() else "-" for column in is_like[significant].T)
    names = " ".join(motif.alt_name or motif.name for motif in truth)
    right = int(is_like[significant].any(axis=1).sum())
    ranks = first_ranks(is_like), first_ranks(is_like[by_auroc])
    return (seed, names, *ranks, tested, int(significant.sum()), right, f"{seconds:.0f}")


def main() -> None:
    mn.set_threads(1)
    print_row(HEADER)
    rows = []
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS):
        rows.append(measure(seed))
        print_row(rows[-1])
    recall = [sum(row[4][k] == "+" for row in rows) for k in range(len(SHARES))]
    right, total = (sum(row[k] for row in rows) for k in (6, 5))
    print(f"found and significant, of {len(rows)}: {recall}; precision {right}/{total}")


if __name__ == "__main__":
    main()
