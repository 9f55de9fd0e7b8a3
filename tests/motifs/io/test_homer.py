"""Detection thresholds of HOMER: kept, on the scale of motifnet's scores, and used by `scan`."""

from __future__ import annotations

import itertools
import logging
import math
from dataclasses import replace

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.motifs.io.files import format_named, losses, parse_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.scanners import scan

ROWS = [
    (0.001, 0.044, 0.001, 0.954),
    (0.001, 0.001, 0.997, 0.001),
    (0.001, 0.997, 0.001, 0.001),
    (0.997, 0.001, 0.001, 0.001),
    (0.301, 0.001, 0.001, 0.697),
    (0.001, 0.001, 0.997, 0.001),
]
TEXT = ">TGCATG\t1-TGCATG,BestGuess:x\t{}\t-34261.033795\t0\tT:22354.0(48.77%),B:80.1(2%),P:1e-14879\n" + "".join(
    "\t".join(map(str, row)) + "\n" for row in ROWS
)


def written(motifs: MotifSet) -> str:
    import io

    handle = io.StringIO()
    format_named("homer").write(motifs, handle)
    return handle.getvalue()


def homer_score(site: str) -> float:
    """HOMER's score: the sum of ln(p / 0.25)."""
    return sum(math.log(row["ACGT".index(base)] / 0.25) for row, base in zip(ROWS, site, strict=True))


@pytest.mark.parametrize("threshold", ["5.179177", "-1.25", "0", "7.9"])
def test_thresholds_survive(threshold: str) -> None:
    motifs = parse_motifs(TEXT.format(threshold))
    assert motifs[0].threshold == pytest.approx(float(threshold) / math.log(2), rel=1e-12)
    assert f"\t{float(threshold):.6f}\t" in written(motifs)
    assert losses(motifs, format="homer") == ()


@pytest.mark.parametrize("threshold", [-3.0, 5.179177, 6.5, 7.5])
def test_the_sites_are_those_of_homer(threshold: float) -> None:
    """Every 6-mer, scored by HOMER's definition; T: is large, so that the pseudosite does not matter."""
    motifs = MotifSet(parse_motifs(TEXT.format(threshold)).motifs, strands="forward")
    kmers = ["".join(kmer) for kmer in itertools.product("ACGT", repeat=6)]
    hits = scan(motifs, kmers, thresholds="motifs", threads=1)
    assert {kmers[i] for i in hits.sequence_index} == {kmer for kmer in kmers if homer_score(kmer) >= threshold}
    assert len(hits) > 0


def test_other_formats_report_that_thresholds_are_lost() -> None:
    motifs = parse_motifs(TEXT.format(5.1))
    for format in ("meme", "jaspar", "transfac"):
        assert "the thresholds of 1" in losses(motifs, format=format)


@pytest.mark.parametrize("width", [1, 8, 40])
def test_thresholds_that_only_homer_required_are_not_lost(width: int) -> None:
    counts = np.random.default_rng(width).dirichlet([0.2] * 4, width).T * 97
    motif = Motif("m", counts)
    assert motif.threshold is None
    (back,) = parse_motifs(written(MotifSet([motif])))
    assert back.threshold is not None
    for format in ("meme", "jaspar", "transfac"):
        assert not [what for what in losses(MotifSet([back]), format=format) if "threshold" in what]
        other = replace(back, threshold=back.threshold + 0.01)
        assert "the thresholds of 1" in losses(MotifSet([other]), format=format)


def test_that_p_values_are_not_kept_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "motifnet"):
        parse_motifs(TEXT.format(5.1) + TEXT.format(5.1).replace("1-TGCATG", "x"), path="known.motif")
        assert [record.args for record in caplog.records] == [("known.motif", 2)]
        caplog.clear()
        parse_motifs(">C\tm\t1.2\n0 1 0 0\n")
        assert not caplog.records


def test_a_threshold_holds_for_its_columns_and_its_background() -> None:
    motif = Motif("m", [[9, 3, 9], [0, 2, 0], [0, 2, 0], [0, 2, 0]], threshold=2.5)
    assert motif.trim(0.0).threshold == motif.reverse_complement().threshold == 2.5
    edged = Motif("m", [[3, 9], [3, 0], [3, 0], [3, 0]], threshold=2.5)
    assert edged.trim().threshold is None
    assert MotifSet([motif])[0].threshold == 2.5
    other = MotifSet([motif], background=[0.3, 0.2, 0.2, 0.3])
    assert other[0].threshold is None
    # A threshold for another background is not HOMER's.
    skewed = MotifSet([replace(other[0], threshold=2.5)], background=other.background)
    assert "the thresholds of 1" in losses(skewed, format="homer")
    for wrong in (math.nan, math.inf):
        with pytest.raises(InputError):
            replace(motif, threshold=wrong)
