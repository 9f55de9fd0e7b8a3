"""BED output."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals


def test_bed_output_is_sorted_and_scores_are_clipped(tmp_path: Path) -> None:
    chrom = np.array(["a", "chr1", "chr1"], dtype=object)
    intervals = Intervals(chrom, np.array([3, 7, 2]), np.array([5, 9, 4]), np.array([False, True, False]))
    write_bed(
        intervals, tmp_path / "a.bed", names=["x y", "b", "c"], scores=[1.0, 2000, -3], more={"p": [0.5, 1e-9, 1]}
    )
    assert (tmp_path / "a.bed").read_text() == (
        "a\t3\t5\tx_y\t1\t+\t0.5\nchr1\t2\t4\tc\t0\t+\t1\nchr1\t7\t9\tb\t1000\t-\t1e-09\n"
    )
