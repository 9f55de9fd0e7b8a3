"""Hits in the yeast genome: at the same coordinates in pieces of it, and in peaks of Reb1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.hits import Hits
from motifnet.motifs.scanning.scanners import scan
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.io.fasta import parse_fasta
from motifnet.sequences.ragged import RaggedSequences

pytestmark = pytest.mark.shared
BED = ("chrom", "start", "end", "name", "score", "strand", "bits", "p_value", "q_value", "matched_sequence", "sequence")


@pytest.fixture(scope="module")
def genome(shared_data: Path) -> RaggedSequences:
    return parse_fasta(shared_data / "yeast_sacCer3" / "sacCer3.fa.gz")


@pytest.fixture(scope="module")
def reb1(shared_data: Path) -> MotifSet:
    known = read_motifs(shared_data / "motifs" / "JASPAR2026_CORE_fungi_nr.meme.gz")
    (motif,) = [motif for motif in known if "REB1" in motif.alt_name.upper()]
    return MotifSet([motif], background=np.array([0.31, 0.19, 0.19, 0.31]))


@pytest.fixture(scope="module")
def found(genome: RaggedSequences, reb1: MotifSet) -> Hits:
    return scan(reb1, genome, p_value=1e-4)


def bed_of(found: Hits, path: Path) -> pd.DataFrame:
    assert found.write_bed(path) == (":" in found.names[0])
    return pd.read_csv(path, sep="\t", names=list(BED))


def test_pieces_of_the_genome_have_its_hits_at_the_same_coordinates(
    genome: RaggedSequences, reb1: MotifSet, found: Hits, tmp_path: Path
) -> None:
    records = zip(genome.names, np.split(genome.flat, genome.offsets[1:-1]), strict=True)
    names, strings = [], []
    for chrom, codes in list(records)[:3]:
        for start in range(0, len(codes), 5000):
            strand = "+-"[start // 5000 % 2]
            piece = codes[start : start + 5000]
            piece = piece if strand == "+" else (3 - piece)[::-1]  # there is no N in it
            names.append(f"{chrom}:{start}-{start + len(piece)}({strand})")
            strings.append(decode_codes(piece))
    pieces = RaggedSequences.from_strings(strings, names)
    whole = bed_of(found, tmp_path / "whole.bed")
    cut = bed_of(scan(reb1, pieces, p_value=1e-4), tmp_path / "cut.bed")
    inside = whole[whole["chrom"].isin(genome.names[:3]) & (whole["start"] // 5000 == (whole["end"] - 1) // 5000)]
    columns = ["chrom", "start", "end", "strand", "p_value", "matched_sequence"]
    assert len(inside) > 20
    pd.testing.assert_frame_equal(cut[columns], inside[columns].reset_index(drop=True))


def test_peaks_of_reb1_contain_its_hits(shared_data: Path, found: Hits, tmp_path: Path) -> None:
    peaks = pd.read_csv(shared_data / "yeast_sacCer3" / "bed" / "Reb1.bed", sep="\t", header=None).iloc[:, :3]
    peaks.columns = ["chrom", "start", "end"]
    hits = bed_of(found, tmp_path / "hits.bed")
    midpoints = (peaks["start"] + peaks["end"]) / 2

    def fraction(shift: int) -> float:
        """Fraction of the peaks, shifted, with a hit within 100 bp of their midpoint."""
        near = [
            ((hits["chrom"] == chrom) & ((hits["start"] + hits["end"]) / 2 - midpoint).abs().le(100)).any()
            for chrom, midpoint in zip(peaks["chrom"], midpoints + shift, strict=True)
        ]
        return float(np.mean(near))

    assert fraction(0) > 0.5
    assert fraction(3000) < 0.2
