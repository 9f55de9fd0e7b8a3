"""BED output. Files of regions are read by `regions`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from motifnet.outputs import write_table
from motifnet.sequences.io.intervals import Intervals


def write_bed(
    intervals: Intervals,
    path: str | Path,
    *,
    names: ArrayLike,
    scores: ArrayLike,
    more: Mapping[str, ArrayLike] | None = None,
) -> None:
    """Write intervals as BED, sorted by chromosome, start and end, without header; `more` are columns after the strand.

    White space in names becomes ``_``; scores are rounded down and clipped to the range of BED, 0 to 1000.
    """
    columns = {
        "chrom": intervals.chrom,
        "start": intervals.start,
        "end": intervals.end,
        "name": ["_".join(str(name).split()) for name in np.asarray(names)],
        "score": np.clip(np.asarray(scores), 0, 1000).astype(np.int64),
        "strand": np.where(intervals.is_reverse, "-", "+"),
        **(more or {}),
    }
    table = pd.DataFrame(columns).sort_values(["chrom", "start", "end"], kind="stable")
    write_table(table, path, header=False)
