"""Names of chromosomes that two files do not share: what is said, and what is left out."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.sequences.io.chromosomes import is_standard, known_chromosomes

UCSC = [f"chr{name}" for name in (*range(1, 6), "X", "Y", "M")]
ENSEMBL = ["1", "2", "3", "4", "5", "X", "Y", "MT"]
YEAST = ["chrI", "chrII", "chrIII", "chrIV", "chrV", "chrIX", "chrX", "chrXVI", "chrM"]


def known(here: list[str], there: list[str]) -> list[bool]:
    return known_chromosomes(np.array(here, dtype=object), there, source="p.bed", genome="g.fa").tolist()


@pytest.mark.parametrize(
    ("here", "there", "message"),
    [
        (ENSEMBL, UCSC, r"none of its chromosomes is in g.fa: 1, 2, 3, ... \(8\) here, chr1, chr2, .*sed 's/\^/chr/'"),
        (UCSC[:-1], ENSEMBL, r"Only the prefix chr differs: chr1 is 1, .*sed 's/\^chr//'"),
        (["chr4", "chr16", "chr9", "chrM"], YEAST, r"3 of its .*Roman numerals: chr4 is chrIV"),
        (["IV", "X", "XVI"], ["chr4", "chr10", "chr16"], r"Roman numerals: IV is chr4, X is chr10, XVI is chr16"),
        (["CHR1", "CHR2"], UCSC, "Only upper and lower case differ: CHR1 is chr1"),
        (["MT"], UCSC, "named in two ways: MT is chrM"),
        (["NC_001133.9"], YEAST, r"none .*\n  Is this the genome that the places are on\?"),
    ],
)
def test_two_ways_of_naming_are_told_with_the_way_out(here: list[str], there: list[str], message: str) -> None:
    with pytest.raises(InputError, match=rf"(?s)^p.bed: .*{message}"):
        known(here, there)


def test_a_few_that_are_not_there_are_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="motifnet"):
        assert known(["chr1", "chr9_alt", "chr2", "MT", "chr1"], UCSC) == [True, False, True, False, True]
    assert caplog.messages == [
        "p.bed: 2 of 5 places are on chromosomes that g.fa does not have (chr9_alt, MT) and are left out. They are "
        "named in two ways: MT is chrM. Rename them in column 1, or take a genome with such names."
    ]
    caplog.clear()
    # A genome of one chromosome is nobody's mistake.
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
