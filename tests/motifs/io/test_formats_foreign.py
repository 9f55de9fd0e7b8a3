"""JASPAR, TRANSFAC and HOMER files that others wrote, whole or damaged: read, or refused with line and reason."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.testing import assert_allclose

from motifnet.errors import FormatError
from motifnet.motifs.io.files import format_named, read_motifs
from motifnet.motifs.io.recognition import recognise
from motifnet.motifs.motif import MotifSet

JASPAR = ">MA0004.1\tArnt\nA  [ 4 19  0 ]\nC  [16  0 20 ]\nG  [ 0  1  0 ]\nT  [ 0  0  0 ]\n"
TRANSFAC = (
    "AC  MA0004.1\nXX\nID  MA0004.1\nXX\nNA  Arnt\nXX\nP0      A      C      G      T\n"
    "01      4     16      0      0      C\n02     19      0      1      0      A\n"
    "03      0     20      0      0      C\n"
    "XX\n//\n"
)
HOMER = (
    ">CAC\tMA0004.1 Arnt\t3.9\t-413.6\t0\tT:20.0(23.87%),B:2353.1(5.03%),P:1e-179\tTpos:102.0,Tstd:52.8\n"
    "0.2\t0.8\t0\t0\n0.95\t0\t0.05\t0\n0\t1\t0\t0\n"
)
COUNTS = np.array([[4, 19, 0], [16, 0, 20], [0, 1, 0], [0, 0, 0]])


def read(text: str, format: str) -> MotifSet:
    return format_named(format).read(io.StringIO(text), path="some.txt")


def rows(*texts: str) -> str:
    return ">MA0004.1 Arnt\n" + "".join(f"{text}\n" for text in texts)


FOREIGN = {
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


@pytest.mark.parametrize(("format", "text"), FOREIGN.values(), ids=FOREIGN)
def test_files_of_other_tools(format, text, tmp_path):
    assert recognise(text) == format
    (tmp_path / "motifs.txt").write_text(text)
    for motifs in (read(text, format), read_motifs(tmp_path / "motifs.txt")):
        (motif,) = motifs
        assert (motif.name, motif.alt_name, motif.nsites) == ("MA0004.1", "Arnt", 20)
        assert_allclose(motif.counts, COUNTS, atol=1e-12)
        assert (motifs.strands, motif.e_value, motif.background.tolist()) == ("both", None, [0.25] * 4)


def test_several_motifs_a_file():
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


CUT = "\n  The file may be cut off, or a row damaged."
BAD = {
    "jaspar: three rows": (
        "jaspar",
        JASPAR.replace("T  [ 0  0  0 ]\n", ""),
        ":1: motif 'MA0004.1' has 3 rows; 4 were expected (A, C, G, T)" + CUT,
    ),
    "jaspar: rows are positions": (
        "jaspar",
        ">m\n1 2 3 4\n5 6 7 8\n",
        ":1: motif 'm' has 2 rows; 4 were expected (A, C, G, T)\n"
        "  Its rows are positions, and in this format they are bases: turn the matrix.",
    ),
    "jaspar: nothing below the header": (
        "jaspar",
        JASPAR + ">b\n",
        ":6: motif 'b' has 0 rows; 4 were expected (A, C, G, T)" + CUT,
    ),
    "jaspar: cut row": (
        "jaspar",
        JASPAR.replace("0  1  0 ]", "0  1"),
        ":4: row G of motif 'MA0004.1' has 2 counts, the row above it 3" + CUT,
    ),
    "jaspar: empty row": (
        "jaspar",
        JASPAR.replace(" 4 19  0 ", ""),
        ":2: row A of motif 'MA0004.1' has 0 counts, at least 1 was expected" + CUT,
    ),
    "jaspar: a base twice": (
        "jaspar",
        JASPAR.replace("G  [", "C  ["),
        ":4: motif 'MA0004.1' has a second row C",
    ),
    "jaspar: a letter": (
        "jaspar",
        JASPAR.replace("16", "l6"),
        ":3: row C of motif 'MA0004.1': 'l6' is not a number",
    ),
    "jaspar: text after the bracket": (
        "jaspar",
        JASPAR.replace("20 ]", "20 ] x"),
        ":3: row C of motif 'MA0004.1': 'x' is not a number",
    ),
    "jaspar: log-odds": (
        "jaspar",
        JASPAR.replace("16", "-1.6"),
        ":3: row C of motif 'MA0004.1': -1.6 is not a count\n  Log-odds are not enough: give counts or probabilities.",
    ),
    "jaspar: nan": (
        "jaspar",
        JASPAR.replace("16", "nan"),
        ":3: row C of motif 'MA0004.1': nan is not a count\n  Log-odds are not enough: give counts or probabilities.",
    ),
    "jaspar: empty column": (
        "jaspar",
        JASPAR.replace("20", " 0"),
        ":1: motif 'MA0004.1': the counts at position 2 sum to 0\n"
        "  Leave the column out, or fill it with the background if nothing is known about it.",
    ),
    "jaspar: twice the same name": (
        "jaspar",
        JASPAR + JASPAR,
        ":6: motif 'MA0004.1' is in the file twice, first at line 1\n  Rename one of them: identifiers are unique.",
    ),
    "transfac: no matrix": (
        "transfac",
        "AC  m\nXX\n//\n" + TRANSFAC,
        ":1: motif 'm' has no matrix (line P0)\n  The file may be cut off.",
    ),
    "transfac: no // between": (
        "transfac",
        TRANSFAC.replace("//\n", "") + TRANSFAC,
        ":18: motif 'MA0004.1' has 2 matrices (lines P0)\n  A line // between them is missing.",
    ),
    "transfac: other columns": (
        "transfac",
        TRANSFAC.replace("G      T", "G      G"),
        ":7: motif 'MA0004.1': the columns are ACGG; ACGT was expected",
    ),
    "transfac: no rows": (
        "transfac",
        "AC  m\nP0 A C G T\nXX\n//\n",
        ":2: motif 'm': no rows below P0" + CUT,
    ),
    "transfac: a row too few": (
        "transfac",
        TRANSFAC.replace("02     19      0      1      0      A\n", ""),
        ":9: row 03 of motif 'MA0004.1', where row 02 was expected\n  A row may be missing or damaged.",
    ),
    "transfac: a damaged row number": (
        "transfac",
        TRANSFAC.replace("02  ", "o2  "),
        ":10: motif 'MA0004.1': a row that does not follow another" + CUT,
    ),
    "transfac: three numbers": (
        "transfac",
        TRANSFAC.replace("19      0      1      0      A", "19      0      1"),
        ":9: row 02 of motif 'MA0004.1' has 3 numbers; 4 were expected (A, C, G, T)",
    ),
    "transfac: a word": (
        "transfac",
        TRANSFAC.replace("19", "l9"),
        ":9: row 02 of motif 'MA0004.1': 'l9' is not a number",
    ),
    "transfac: negative": (
        "transfac",
        TRANSFAC.replace("19", "-9"),
        ":9: row 02 of motif 'MA0004.1': -9 is not a count\n  Log-odds are not enough: give counts or probabilities.",
    ),
    "transfac: twice the same name": (
        "transfac",
        TRANSFAC + TRANSFAC,
        ":13: motif 'MA0004.1' is in the file twice, first at line 1\n  Rename one of them: identifiers are unique.",
    ),
    "homer: counts": (
        "homer",
        HOMER.replace("0.2\t0.8", "2\t8"),
        ":2: row 1 of motif 'MA0004.1' is not made of probabilities: it sums to 10\n"
        "  Each row holds four numbers from 0 to 1 that sum to 1; counts have to be divided by their sum.",
    ),
    "homer: three numbers": (
        "homer",
        HOMER.replace("0.05\t0\n", "0.05\n"),
        ":3: row 2 of motif 'MA0004.1' has 3 numbers; 4 were expected (A, C, G, T)",
    ),
    "homer: a damaged row": (
        "homer",
        HOMER.replace("0.95", "O.95"),
        ":3: motif 'MA0004.1': a row of four probabilities was expected, not 'O.95\\t0\\t0.05\\t0'" + CUT,
    ),
    "homer: nothing below the header": (
        "homer",
        HOMER + ">A\tm\t3\n",
        ":5: motif 'm': a row of four probabilities was expected below its header" + CUT,
    ),
    "homer: no name": (
        "homer",
        HOMER + ">\t\t3\n1 0 0 0\n",
        ":5: the header '>\\t\\t3' has no name\n  It reads: >consensus, name, log-odds threshold, separated by tabs.",
    ),
    "homer: twice the same name": (
        "homer",
        HOMER + HOMER,
        ":5: motif 'MA0004.1' is in the file twice, first at line 1\n  Rename one of them: identifiers are unique.",
    ),
    "another format": (
        "homer",
        JASPAR,
        ": this is a JASPAR motif file; a HOMER motif file was expected\n"
        "  Leave the format out (format=, on the command line --from): it is told by the content.",
    ),
    "sequences": (
        "jaspar",
        ">chr1\nACGT\n",
        ": this is a FASTA file of sequences; a JASPAR motif file was expected\n"
        "  Give a file of motifs; sequences are read by read_fasta.",
    ),
}


@pytest.mark.parametrize(("format", "text", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_named(format, text, message):
    with pytest.raises(FormatError) as caught:
        read(text, format)
    assert str(caught.value) == "some.txt" + message


@pytest.mark.parametrize(
    ("text", "kind"), [("", "empty"), ("#\n", "unknown"), (">a\n", "fasta"), ("x\n" + JASPAR, "unknown")]
)
def test_what_is_no_motif_file(text, kind):
    assert recognise(text) == kind
