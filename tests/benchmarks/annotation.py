"""Error rates of full matches: how often a meaningless motif has one, and how often a known motif lacks one.

    python tests/benchmarks/annotation.py

Each line is a fraction of motifs, the count and its limit, for the default rule of `annotate` and the JASPAR
vertebrates: column-shuffled JASPAR motifs of at least 10 bits with a full match; motifs of JASPAR 2016 that are still
in JASPAR 2026 (in any version) with a full match to their own identifier or family (of a dimer: the family of either
part); windows of about 4 bits of JASPAR motifs with a full match. Without a limit: motifs of 12 random columns of about
4 bits in total with any match. The rule was chosen on these numbers. JASPAR 2016 is read from the shared data
(MOTIFNET_SHARED).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

import motifnet as mn
from motifnet.motifs.known.comparison import FULL_MATCH, MATCH_CORRELATION, MATCH_Q_VALUE, annotate
from motifnet.motifs.known.databases import Factor, factors_of

SHARED = Path(os.environ.get("MOTIFNET_SHARED", "../shared")) / "data"
OLD = SHARED / "motifs" / "JASPAR2016_CORE_vertebrates_official.meme.gz"
SHUFFLES = 3
#: Range of the information of the windows, in bits.
BITS, TOLERANCE = 4.0, 0.5


def shuffled(motifs: mn.MotifSet, rng: np.random.Generator) -> mn.MotifSet:
    """Column shuffles of each motif of at least 10 bits."""
    return mn.MotifSet(
        [
            mn.Motif(f"{motif.name}/{i}", motif.counts[:, rng.permutation(motif.width)])
            for motif in motifs
            if motif.total_information >= 10
            for i in range(SHUFFLES)
        ]
    )


def fragments(motifs: mn.MotifSet, rng: np.random.Generator) -> mn.MotifSet:
    """A window of about 4 bits of each motif, where there is one."""
    found = []
    for motif in motifs:
        sums = np.concatenate([[0], motif.information().cumsum()])
        windows = np.argwhere(np.abs(sums[np.newaxis] - sums[:, np.newaxis] - BITS) <= TOLERANCE)
        if len(windows):
            start, end = rng.choice(windows)
            found.append(mn.Motif(motif.name, motif.counts[:, start:end]))
    return mn.MotifSet(found)


def random_columns(rng: np.random.Generator) -> mn.MotifSet:
    """Random motifs, like those of a filter that learned nothing."""
    return mn.MotifSet([mn.Motif(f"{i}", rng.dirichlet([1.5] * 4, 12).T) for i in range(1000)])


def full_matches(motifs: mn.MotifSet) -> pd.DataFrame:
    return annotate(motifs).query("match_kind == 'full'")


def matched(motifs: mn.MotifSet) -> tuple[int, int]:
    """Number of motifs with a full match, and number of motifs."""
    return full_matches(motifs)["motif"].nunique(), len(motifs)


def named(old: mn.MotifSet, known: mn.MotifSet) -> tuple[int, int]:
    """Number of old motifs that match themselves or their family, and number of old motifs still in the database."""
    still_known = {matrix(name) for name in known.names}
    kept = [motif for motif in old if matrix(motif.name) in still_known]
    found = full_matches(mn.MotifSet(kept))
    of_old, of_known = factors_of(old), factors_of(known)
    is_right = [
        matrix(motif) == matrix(match) or bool(families(of_old[motif]) & families(of_known[match]))
        for motif, match in zip(found["motif"], found["match"], strict=True)
    ]
    return found["motif"][is_right].nunique(), len(kept)


def matrix(identifier: str) -> str:
    return identifier.partition(".")[0]


def families(factor: Factor) -> set[str]:
    return set(factor.family.split("::")) - {""}


def print_share(what: str, count: int, total: int, limit: str) -> None:
    print(f"{what}\t{count / total:.3f}\t{count} of {total}\t{limit}")


def main() -> None:
    known = mn.read_database("vertebrates")
    rng = np.random.default_rng(0)
    print(
        f"a match: q <= {MATCH_Q_VALUE} and correlation >= {MATCH_CORRELATION}; the first 3; "
        f"full: target_share >= {FULL_MATCH}"
    )
    print_share("shuffled, full match", *matched(shuffled(known, rng)), "at most 0.05")
    print_share("JASPAR 2016, own or family", *named(mn.read_database(OLD), known), "at least 0.95")
    print_share("4-bit fragments, full match", *matched(fragments(known, rng)), "at most 0.05")
    found = annotate(random_columns(rng)).groupby("motif")["match_kind"].first()
    print_share("random columns, any match", int((found != "none").sum()), len(found), "")


if __name__ == "__main__":
    main()
