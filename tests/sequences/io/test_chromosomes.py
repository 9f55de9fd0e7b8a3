"""Chromosome names that are not in the genome: suggestions, and removed intervals."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.sequences.io.chromosomes import is_standard, known_chromosomes

UCSC = [f"chr{name}" for name in (*range(1, 6), "X", "Y", "M")]
ENSEMBL = ["1", "2", "3", "4", "5", "X", "Y", "MT"]
YEAST = ["chrI", "chrII", "chrIII", "chrIV", "chrV", "chrIX", "chrX", "chrXVI", "chrM"]


def known(chrom: list[str], in_genome: list[str]) -> list[bool]:
    return known_chromosomes(np.array(chrom, dtype=object), in_genome, source="p.bed", genome="g.fa").tolist()


@pytest.mark.parametrize(
    ("chrom", "in_genome", "suggestion"),
    [
        (ENSEMBL, UCSC, "1 is chr1"),
        (ENSEMBL, UCSC, "sed 's/^/chr/'"),
        (UCSC[:-1], ENSEMBL, "sed 's/^chr//'"),
        (["chr4", "chr16", "chr9", "chrM"], YEAST, "chr4 is chrIV"),
        (["IV", "X", "XVI"], ["chr4", "chr10", "chr16"], "IV is chr4, X is chr10, XVI is chr16"),
        (["CHR1", "CHR2"], UCSC, "CHR1 is chr1"),
        (["MT"], UCSC, "MT is chrM"),
        (["NC_001133.9"], YEAST, ""),
    ],
)
def test_names_of_the_genome_are_suggested(chrom: list[str], in_genome: list[str], suggestion: str) -> None:
    with pytest.raises(InputError) as error:
        known(chrom, in_genome)
    assert error.value.message.startswith("p.bed: ")
    assert suggestion in str(error.value.hint)


def test_intervals_on_a_few_unknown_chromosomes_are_removed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="motifnet"):
        assert known(["chr1", "chr9_alt", "chr2", "MT", "chr1"], UCSC) == [True, False, True, False, True]
    (message,) = caplog.messages
    assert message.startswith("p.bed: removed 2 of 5 intervals")
    assert "(chr9_alt, MT)" in message
    assert "MT is chrM" in message
    caplog.clear()
    # A genome file may have some chromosomes only: without another spelling of the names this is no error.
    assert known(["chr1", "chr2", "chr3"], ["chr3"]) == [False, False, True]
    assert "(chr1, chr2)" in caplog.text
    caplog.clear()
    assert known(["chr1"], UCSC) == [True]
    assert not caplog.messages


def test_standard_chromosomes() -> None:
    others = [
        *("chrM", "MT", "Mito", "Pt", "chrUn_KI270302v1", "chr1_KI270706v1_random", "chr6_GL000250v2_alt"),
        *("chr1_KN196472v1_fix", "GL000192.1", "KI270728.1", "chr6_cox_hap2", "hs37d5_decoy"),
    ]
    assert [name for name in others if is_standard(name)] == []
    standard = ["chr1", "22", "X", "chrXVI", "chr2L", "2RHet", "I", "chrX", "chr1A", "NC_001133.9"]
    assert [name for name in standard if is_standard(name)] == standard
