"""MEME files that others wrote, whole or damaged: read, or refused with the line and the reason."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.testing import assert_allclose

from motifnet.errors import FormatError
from motifnet.motifs.io import meme
from motifnet.motifs.motif import MotifSet

HEADER = (
    "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n\n"
)
MATRIX = "letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 1e-5\n 0.1 0.2 0.3 0.4\n 1 0 0 0\n"


def read(text: str) -> MotifSet:
    return meme.read(io.StringIO(text), path="some.meme")


BLOCK = """\
ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
END ALPHABET
"""
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
FOREIGN = {
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


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_files_of_other_tools(text):
    motifs = read(text)
    motif = motifs[0]
    assert (motif.name, motif.alt_name, motif.nsites, motif.e_value) == ("AC", "MEME-1", 10, 1e-5)
    assert_allclose(motif.ppm.T, [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]])
    assert_allclose(motif.counts, motif.ppm * 10)
    assert_allclose(motifs.background, [0.3, 0.2, 0.2, 0.3])
    assert motifs.strands == "both"


def test_what_the_file_does_not_say():
    motifs = read("MEME version 4\nstrands: +\nMOTIF m\nletter-probability matrix:\n0.3 0.3 0.3 0.2\n")
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
        ("E= 1.6e-1745", None, 5e-324),  # too small for a float, yet anything but unknown
        ("nsites= 3 E= 2", 3, 2.0),
    ],
)
def test_odd_values_of_keys(keys, nsites, e_value):
    motif = read(HEADER + f"MOTIF m\nletter-probability matrix: alength= 4 w= 1 {keys}\n 0 0 0 1\n")[0]
    assert (motif.nsites, motif.e_value) == (nsites, e_value)


def test_a_file_without_motifs():
    assert len(read(HEADER)) == 0


DNA_HINT = "\n  motifnet knows DNA only, neither protein nor modified bases."
BAD = {
    "empty": ("\n \n", "some.meme: the file is empty; a MEME motif file was expected"),
    "binary": ("MEME\0\1\2", "some.meme: this is a binary file, not text; a MEME motif file was expected"),
    "JASPAR": (
        ">MA0004.1 Arnt\nA [ 4 19 0 ]\nC [16 0 20 ]\nG [ 0 1 0]\nT [ 0 0 0]\n",
        "some.meme: this is a JASPAR motif file; a MEME motif file was expected\n"
        "  Leave the format out (format=, on the command line --from): it is told by the content.",
    ),
    "JASPAR, bare": (
        ">MA0004.1 Arnt\n 4 19 0\n16 0 20\n0 1 0\n0 0 0\n",
        "some.meme: this is a JASPAR motif file; a MEME motif file was expected\n"
        "  Leave the format out (format=, on the command line --from): it is told by the content.",
    ),
    "TRANSFAC": (
        "ID any_old_name\nBF species\nP0      A      C      G      T\n01      1      2      2      0      S\nXX\n//\n",
        "some.meme: this is a TRANSFAC motif file; a MEME motif file was expected\n"
        "  Leave the format out (format=, on the command line --from): it is told by the content.",
    ),
    "HOMER": (
        ">CACGTG\tMAX/HOMER\t6.9\t-1500.2\t0\tT:500(10%),B:20(1%),P:1e-600\n0.1\t0.7\t0.1\t0.1\n",
        "some.meme: this is a HOMER motif file; a MEME motif file was expected\n"
        "  Leave the format out (format=, on the command line --from): it is told by the content.",
    ),
    "FASTA": (
        ">chr1:1-5\nACGTA\n",
        "some.meme: this is a FASTA file of sequences; a MEME motif file was expected\n"
        "  Give a file of motifs; sequences are read by read_fasta.",
    ),
    "HTML": (
        "<!DOCTYPE HTML>\n<html>\n",
        "some.meme: this is an HTML page; a MEME motif file was expected\n"
        "  Give the text file that the MEME programs write beside it (meme.txt, streme.txt).",
    ),
    "XML": (
        "<?xml version='1.0'?>\n<MEME>\n",
        "some.meme: this is an XML file; a MEME motif file was expected\n"
        "  Give the text file that the MEME programs write beside it (meme.txt, streme.txt).",
    ),
    "anything": ("motif,score\na,1\n", "some.meme: no known kind of motif file; a MEME motif file was expected"),
    "protein": (
        "MEME version 5\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n",
        "some.meme:2: the alphabet is ACDEFGHIKLMNPQRSTVWY; ACGT was expected" + DNA_HINT,
    ),
    "modified bases": (
        "MEME version 5\n" + BLOCK.replace("N ", 'm "5-Methylcytosine" ~ 1 "G of mC"\nN '),
        "some.meme:2: the alphabet is 1ACGTm; ACGT was expected" + DNA_HINT,
    ),
    "20 letters a row": (
        "MEME version 5\nMOTIF m\nletter-probability matrix: alength= 20 w= 1\n",
        "some.meme:3: the matrix has 20 letters a row (alength); 4 were expected" + DNA_HINT,
    ),
    "background": (
        HEADER.replace("C 0.2", "C x"),
        "some.meme:7: the background is 'A 0.3 C x G 0.2 T 0.3'; four positive frequencies were expected\n"
        "  The line after it reads like: A 0.25 C 0.25 G 0.25 T 0.25",
    ),
    "background with a zero": (
        HEADER.replace("C 0.2", "C 0"),
        "some.meme:7: the background is 'A 0.3 C 0 G 0.2 T 0.3'; four positive frequencies were expected\n"
        "  The line after it reads like: A 0.25 C 0.25 G 0.25 T 0.25",
    ),
    "no background after its line": (
        "MEME version 4\nBackground letter frequencies",
        "some.meme:2: the background is ''; four positive frequencies were expected\n"
        "  The line after it reads like: A 0.25 C 0.25 G 0.25 T 0.25",
    ),
    "no identifier": (HEADER + "MOTIF\n" + MATRIX, "some.meme:10: a MOTIF line without an identifier"),
    "no motif line": (HEADER + MATRIX, "some.meme:10: a matrix stands before the first MOTIF line"),
    "no matrix": (HEADER + "MOTIF m\n", "some.meme:10: motif 'm' has no letter-probability matrix"),
    "two matrices": (
        HEADER + "MOTIF m\n" + MATRIX + "\n" + MATRIX,
        "some.meme:10: motif 'm' has 2 letter-probability matrices",
    ),
    "log-odds only": (
        HEADER + "MOTIF m\nlog-odds matrix: alength= 4 w= 1\n 1 2 3 4\n",
        "some.meme:10: motif 'm' has no letter-probability matrix\n"
        "  Its log-odds matrix is not enough: write the file with probabilities.",
    ),
    "twice the same name": (
        HEADER + "MOTIF m\n" + MATRIX + "\nMOTIF m\n" + MATRIX,
        "some.meme:15: motif 'm' is in the file twice, first at line 10\n  Rename one of them: identifiers are unique.",
    ),
    "too few rows": (
        HEADER + "MOTIF m\n" + MATRIX.replace("w= 2", "w= 3"),
        "some.meme:11: motif 'm' has 2 rows; w= 3 was expected\n  The file may be cut off, or a row damaged.",
    ),
    "too many rows": (
        HEADER + "MOTIF m\n" + MATRIX.replace("w= 2", "w= 1"),
        "some.meme:11: motif 'm' has 2 rows; w= 1 was expected\n  The file may be cut off, or a row damaged.",
    ),
    "no rows": (
        HEADER + "MOTIF m\nletter-probability matrix:\n",
        "some.meme:11: motif 'm' has 0 rows; at least 1 was expected\n  The file may be cut off, or a row damaged.",
    ),
    "three numbers": (
        HEADER + "MOTIF m\n" + MATRIX.replace(" 0.4", ""),
        "some.meme:12: row 1 of motif 'm' has 3 numbers; 4 were expected (A, C, G, T)",
    ),
    "a word in a row": (
        HEADER + "MOTIF m\n" + MATRIX.replace("0.4", "o.4"),
        "some.meme:12: row 1 of motif 'm': 'o.4' is not a number",
    ),
    "counts": (
        HEADER + "MOTIF m\n" + MATRIX.replace("1 0 0 0", "10 5 5 0"),
        "some.meme:13: row 2 of motif 'm' is not made of probabilities: it sums to 20\n"
        "  Each row holds four numbers from 0 to 1 that sum to 1; counts have to be divided by their sum.",
    ),
    "negative": (
        HEADER + "MOTIF m\n" + MATRIX.replace("1 0 0 0", "1.1 -0.1 0 0"),
        "some.meme:13: row 2 of motif 'm' is not made of probabilities: it sums to 1\n"
        "  Each row holds four numbers from 0 to 1 that sum to 1; counts have to be divided by their sum.",
    ),
    "not a number": (
        HEADER + "MOTIF m\n" + MATRIX.replace("1 0 0 0", "nan 0 0 0"),
        "some.meme:13: row 2 of motif 'm' is not made of probabilities: it sums to nan\n"
        "  Each row holds four numbers from 0 to 1 that sum to 1; counts have to be divided by their sum.",
    ),
    "width": (
        HEADER + "MOTIF m\n" + MATRIX.replace("w= 2", "w= two"),
        "some.meme:11: w= two is not a number of at least 0",
    ),
    "nsites": (
        HEADER + "MOTIF m\n" + MATRIX.replace("nsites= 10", "nsites= inf"),
        "some.meme:11: nsites= inf is not a number of at least 0",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_named(text, message):
    with pytest.raises(FormatError) as caught:
        read(text)
    assert str(caught.value) == message
