"""Motif files of other tools are read; damaged ones are errors with the line."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from damaged_motifs import BLOCK, DAMAGED, HEADER, HOMER, JASPAR, MATRIX, TRANSFAC
from motifnet.errors import FormatError
from motifnet.motifs.io.common import MotifText
from motifnet.motifs.io.files import parse_motifs, read_motifs, recognise
from motifnet.motifs.motif import MotifSet

COUNTS = np.array([[4, 19, 0], [16, 0, 20], [0, 1, 0], [0, 0, 0]])


def read(text: str, format: str) -> MotifSet:
    return parse_motifs(text, path="some.txt", format=format)


def rows(*texts: str) -> str:
    return ">MA0004.1 Arnt\n" + "".join(f"{text}\n" for text in texts)


MEME_OUTPUT = f"""\
********************************************************************************
MEME - Motif discovery tool
********************************************************************************
MEME version 5.5.5 (Release date: Thu Sep 14 08:48:04 2023 +1000)

PRIMARY SEQUENCES= peaks.fa
ALPHABET= ACGT
strands: + -
Letter frequencies in dataset:
A 0.25 C 0.25 G 0.25 T 0.25
Background letter frequencies (from file dataset with add-one prior applied):
A 0.3 C 0.2 G 0.2 T 0.3
Background model order: 0
********************************************************************************
MOTIF AC MEME-1\twidth =   2  sites =  10  llr = 20  E-value = 1.0e-005
********************************************************************************
\tMotif AC MEME-1 position-specific scoring matrix
--------------------------------------------------------------------------------
log-odds matrix: alength= 4 w= 2 n= 100 bayes= 5 E= 1.0e-005
   -58    100    -58   -158
   173   -158   -158   -158
--------------------------------------------------------------------------------
\tMotif AC MEME-1 position-specific probability matrix
--------------------------------------------------------------------------------
{MATRIX}--------------------------------------------------------------------------------
Time  0.25 secs.
"""
MEME_FILES = {
    "as it should be": HEADER + "MOTIF AC MEME-1\n" + MATRIX,
    "no newline at the end": HEADER + "MOTIF AC MEME-1\n" + MATRIX.rstrip("\n"),
    "CRLF": (HEADER + "MOTIF AC MEME-1\n" + MATRIX).replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + HEADER + "MOTIF AC MEME-1\n" + MATRIX,
    "URL line": HEADER + "MOTIF AC MEME-1\n" + MATRIX + "URL http://jaspar.org/MA0001?x=1\n",
    "blank line before the matrix": HEADER + "MOTIF AC MEME-1\n\n" + MATRIX + "\nURL x\n\n",
    "tabs": HEADER + "MOTIF\tAC\tMEME-1\n" + MATRIX.replace(" 0.2", "\t0.2").replace(" 0.3", "\t  0.3"),
    "keys without spaces": HEADER + "MOTIF AC MEME-1\n" + MATRIX.replace("= ", "="),
    "no width": HEADER + "MOTIF AC MEME-1\n" + MATRIX.replace("w= 2 ", ""),
    "no alphabet": HEADER.replace("ALPHABET= ACGT\n", "") + "MOTIF AC MEME-1\n" + MATRIX,
    "RNA": HEADER.replace("ACGT", "ACGU").replace("T 0.3", "U 0.3") + "MOTIF AC MEME-1\n" + MATRIX,
    "no strands": HEADER.replace("strands: + -\n", "") + "MOTIF AC MEME-1\n" + MATRIX,
    "background on several lines": HEADER.replace(" G 0.2", "\nG 0.2") + "MOTIF AC MEME-1\n" + MATRIX,
    "version 5 with an alphabet block": HEADER.replace("ALPHABET= ACGT\n", BLOCK) + "MOTIF AC MEME-1\n" + MATRIX,
    "complete output of MEME": MEME_OUTPUT,
    "no version": HEADER.removeprefix("MEME version 4\n") + "MOTIF AC MEME-1\n" + MATRIX,
    "no blank line between motifs": HEADER + "MOTIF AC MEME-1\n" + MATRIX + "MOTIF b\n" + MATRIX,
    "comments of DREME": "# DREME 4.9\n" + HEADER + "MOTIF AC MEME-1\n# Word Pos Neg\n# BEST AC 3 1\n" + MATRIX,
}


OTHER_FILES = {
    "jaspar: as JASPAR writes it": ("jaspar", JASPAR),
    "jaspar: no newline at the end": ("jaspar", JASPAR.rstrip("\n")),
    "jaspar: CRLF": ("jaspar", JASPAR.replace("\n", "\r\n")),
    "jaspar: byte order mark, comment, blank lines": ("jaspar", "\ufeff# JASPAR 2026\n\n" + JASPAR + "\n"),
    "jaspar: bare rows": ("jaspar", rows("4 19 0", "16 0 20", "0\t1\t0", " 0 0 0 ")),
    "jaspar: letters without brackets": ("jaspar", rows("A 4 19 0", "C 16 0 20", "G 0 1 0", "T 0 0 0")),
    "jaspar: ScerTF": ("jaspar", rows("A | 4 19 0", "T | 0 0 0", "C | 16 0 20", "G | 0 1 0")),
    "jaspar: colons, lower case, RNA": ("jaspar", rows("a: 4 19 0", "c: 16 0 20", "g: 0 1 0", "u: 0 0 0")),
    "jaspar: glued brackets": ("jaspar", rows("A[4 19 0]", "C[16 0 20]", "G[0 1 0]", "T[0 0 0]")),
    "jaspar: decimals": ("jaspar", rows("A [  4.00  19.00   0.00]", "C [16.0 0.0 2e1]", "G [0. 1. .0]", "T [0 0 0]")),
    "transfac: as we write it": ("transfac", TRANSFAC),
    "transfac: no // at the end": ("transfac", TRANSFAC.removesuffix("//\n")),
    "transfac: nothing after the rows": ("transfac", TRANSFAC.removesuffix("XX\n//\n").rstrip("\n")),
    "transfac: a header": ("transfac", "VV  TRANSFAC MATRIX TABLE, Release 3.2\nXX\n//\n" + TRANSFAC),
    "transfac: PO, tabs": ("transfac", TRANSFAC.replace("P0", "PO").replace("      ", "\t")),
    "transfac: no consensus": ("transfac", TRANSFAC.replace("      C\n", "\n").replace("      A\n", "\n")),
    "transfac: rows from 00": (
        "transfac",
        TRANSFAC.replace("01  ", "00  ").replace("02  ", "01  ").replace("03  ", "02  "),
    ),
    "transfac: rows 1, 2, 3": ("transfac", TRANSFAC.replace("\n0", "\n")),
    "transfac: letters in lower case": (
        "transfac",
        TRANSFAC.replace("A      C      G      T", "a      c      g      t"),
    ),
    "transfac: letters in another order": (
        "transfac",
        "AC  MA0004.1\nNA  Arnt\nP0 T G C A\n01 0 0 16 4\n02 0 1 0 19\n03 0 0 20 0\n//\n",
    ),
    "transfac: JASPAR's": (
        "transfac",
        TRANSFAC.replace("ID  MA0004.1", "ID  Arnt").replace("NA  Arnt", "DE  MA0004.1 Arnt ; From JASPAR"),
    ),
    "transfac: RSAT's": ("transfac", TRANSFAC.replace("NA  ", "DE  ") + "CC  program: transfac\n"),
    "transfac: factors, sites, references": (
        "transfac",
        TRANSFAC.replace("P0 ", "BF  T00001; Arnt; Species: mouse.\nXX\nP0 ").replace(
            "//", "BA  20 sites\nBS  CACGTG; R0001; 1; 6;; p.\nRN  [1]; RE0000231.\nRA  Somebody\nXX\n//"
        ),
    ),
    "homer: homer2": ("homer", HOMER),
    "homer: CRLF, blank line between": ("homer", HOMER.replace("\n", "\r\n") + "\r\n"),
}


@pytest.mark.parametrize("text", MEME_FILES.values(), ids=MEME_FILES)
def test_meme_files_of_other_tools(text: str):
    motifs = read(text, "meme")
    motif = motifs[0]
    assert (motif.name, motif.alt_name, motif.nsites, motif.e_value) == ("AC", "MEME-1", 10, 1e-5)
    assert_allclose(motif.ppm.T, [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]])
    assert_allclose(motif.counts, motif.ppm * 10)
    assert_allclose(motifs.background, [0.3, 0.2, 0.2, 0.3])
    assert motifs.strands == "both"


def test_defaults_of_a_meme_file():
    motifs = read("MEME version 4\nstrands: +\nMOTIF m\nletter-probability matrix:\n0.3 0.3 0.3 0.2\n", "meme")
    assert (motifs[0].nsites, motifs[0].e_value, motifs[0].alt_name) == (None, None, "")
    assert_allclose(motifs[0].counts[:, 0], np.array([3, 3, 3, 2]) / 11 * 20)  # scaled to sum to 1, then 20 sites
    assert_allclose(motifs.background, 0.25)
    assert motifs.strands == "forward"


@pytest.mark.parametrize(
    ("keys", "nsites", "e_value"),
    [
        ("nsites= 0 E= 0", None, None),
        ("nsites= 7.6 E= 0.0e+000", 8, None),
        ("E= nan", None, None),
        ("E= inf", None, None),
        ("E= 1.6e-1745", None, 5e-324),  # too small for a float, but not unknown
        ("nsites= 3 E= 2", 3, 2.0),
    ],
)
def test_unusual_values_of_keys(keys: str, nsites: int | None, e_value: float | None):
    motif = read(HEADER + f"MOTIF m\nletter-probability matrix: alength= 4 w= 1 {keys}\n 0 0 0 1\n", "meme")[0]
    assert (motif.nsites, motif.e_value) == (nsites, e_value)


def test_a_meme_file_without_motifs():
    assert len(read(HEADER, "meme")) == 0


@pytest.mark.parametrize(("format", "text"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_jaspar_transfac_and_homer_files_of_other_tools(format: str, text: str, tmp_path):
    assert recognise(MotifText.of(text, "some.txt")) == format
    (tmp_path / "motifs.txt").write_text(text)
    for motifs in (read(text, format), read_motifs(tmp_path / "motifs.txt")):
        (motif,) = motifs
        assert (motif.name, motif.alt_name, motif.nsites) == ("MA0004.1", "Arnt", 20)
        assert_allclose(motif.counts, COUNTS, atol=1e-12)
        assert (motifs.strands, motif.e_value, motif.background.tolist()) == ("both", None, [0.25] * 4)


def test_files_with_several_motifs():
    assert read(JASPAR + JASPAR.replace("4.1", "5.1"), "jaspar").names == ("MA0004.1", "MA0005.1")
    assert read(TRANSFAC + TRANSFAC.replace("4.1", "5.1"), "transfac").names == ("MA0004.1", "MA0005.1")
    assert read(HOMER + HOMER.replace("4.1", "5.1"), "homer").names == ("MA0004.1", "MA0005.1")


def test_old_homer_files_and_names():
    """The first known motifs of HOMER have no T:, a column that sums to 0.999, and commas in their names."""
    text = ">CAC\tRXR(NR),DR1/3T3L1-RXR-ChIP-Seq(GSE13511)/Homer\t6.0\t-1.782996e+03\t0\t9805.3,5781.0,0.00e+00\n"
    (motif,) = read(text + "0.419\t0.275\t0.277\t0.028\n", "homer")
    assert (motif.name, motif.nsites) == ("RXR(NR),DR1/3T3L1-RXR-ChIP-Seq(GSE13511)/Homer", None)
    assert_allclose(motif.counts[:, 0], np.array([419, 275, 277, 28]) / 999 * 20)
    assert read(">CAC\t\t6\n0 0 0 1\n", "homer").names == ("CAC",)
    assert read(">CAC\tm\t6\t-1\t0\tT:0.0(0%),B:0.0(0%),P:1e0\n0 0 0 1\n", "homer")[0].nsites is None


def test_columns_with_fewer_sites_and_names_of_transfac():
    (motif,) = read(TRANSFAC.replace("16      0", "11      0").replace("NA  Arnt", "NA  Arnt:Ahr x"), "transfac")
    assert (motif.nsites, motif.counts[1, 0], motif.alt_name) == (20, 11, "Arnt:Ahr x")
    bare = "P0 A C G T\n01 1 2 3 4\n//\n"
    assert read(bare * 2, "transfac").names == ("motif_1", "motif_2")
    assert read("ID  V$MYOD 01\n" + bare, "transfac").names == ("V$MYOD_01",)
    assert read(">\n1 2\n1 2\n1 2\n1 2\n", "jaspar").names == ("motif_1",)


@pytest.mark.parametrize(("format", "text", "line"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_are_errors_with_the_line(format: str, text: str, line: int | None) -> None:
    with pytest.raises(FormatError) as caught:
        read(text, format)
    assert (caught.value.path, caught.value.line) == ("some.txt", line)


def test_a_very_long_line_is_read_in_linear_time() -> None:
    with pytest.raises(FormatError) as caught:
        read(HEADER + "MOTIF m\nletter-probability matrix: " + "a" * 500_000 + "\n", "meme")
    assert caught.value.line == 11


@pytest.mark.parametrize(
    ("text", "kind"), [("", "empty"), ("#\n", "unknown"), (">a\n", "fasta"), ("x\n" + JASPAR, "unknown")]
)
def test_files_that_are_not_motif_files(text: str, kind: str) -> None:
    assert recognise(MotifText.of(text, "some.txt")) == kind
