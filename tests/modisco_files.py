"""Reports of TF-MoDISco in the layout of modisco-lite, written with plain h5py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

#: Sites of the pattern "ACGTAA" in the report: example, start, whether it is reverse-complemented.
SITES = [(0, 3, False), (2, 10, True), (2, 0, False), (5, 7, False)]
WIDTH = 6
#: Contribution of each position: the first and the last one are below 30 % of the largest.
HEIGHTS = np.array([0.1, 1.0, 0.8, 0.5, 0.9, 0.2])


def pattern_arrays(
    word: str = "ACGTAA", *, sign: float = 1.0, sites: list[tuple[int, int, bool]] = SITES
) -> dict[str, Any]:
    """Arrays of one pattern by path; each seqlet has the k-mer."""
    one_hot = np.eye(4)[["ACGT".index(base) for base in word]]
    contributions = sign * one_hot * HEIGHTS[:, np.newaxis]
    n = len(sites)
    example, start, is_reverse = (np.array(column) for column in zip(*sites, strict=True))
    return {
        "sequence": one_hot,
        "contrib_scores": contributions,
        "hypothetical_contribs": contributions - contributions.mean(axis=1, keepdims=True),
        "seqlets/n_seqlets": np.array([n]),
        "seqlets/example_idx": example,
        "seqlets/start": start,
        "seqlets/end": start + len(word),
        "seqlets/is_revcomp": is_reverse,
        "seqlets/sequence": np.tile(one_hot, (n, 1, 1)),
        "seqlets/contrib_scores": np.tile(contributions, (n, 1, 1)),
    }


def write_report(path: Path, patterns: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write patterns by their paths, by default two positive ones and a negative one."""
    if patterns is None:
        patterns = {
            "pos_patterns/pattern_0": pattern_arrays(),
            "pos_patterns/pattern_10": pattern_arrays("GGGTTT"),
            "pos_patterns/pattern_2": pattern_arrays("CATCAT"),
            "pos_patterns/pattern_0/subpattern_0": pattern_arrays("ACGTAC"),
            "neg_patterns/pattern_0": pattern_arrays("TTTCCC", sign=-1.0, sites=SITES[:2]),
        }
    with h5py.File(path, "w") as file:
        file.attrs["window_size"] = 20
        for name, arrays in patterns.items():
            group = file.require_group(name)
            for own, values in arrays.items():
                group[own] = values
    return path
