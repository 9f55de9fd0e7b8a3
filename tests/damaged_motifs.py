"""Motif files that are damaged, or of another kind than their reader expects, and the line that the error names."""

from __future__ import annotations

HEADER = (
    "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n\n"
)
MATRIX = "letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 1e-5\n 0.1 0.2 0.3 0.4\n 1 0 0 0\n"
BLOCK = """\
ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
END ALPHABET
"""
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
#: Format, content, and line of the error, if it is in a line.
DAMAGED: dict[str, tuple[str, str, int | None]] = {
    "meme: empty": ("meme", "\n \n", None),
    "meme: binary": ("meme", "MEME\0\1\2", None),
    "meme: JASPAR": ("meme", ">MA0004.1 Arnt\nA [ 4 19 0 ]\nC [16 0 20 ]\nG [ 0 1 0]\nT [ 0 0 0]\n", None),
    "meme: JASPAR, bare": ("meme", ">MA0004.1 Arnt\n 4 19 0\n16 0 20\n0 1 0\n0 0 0\n", None),
    "meme: TRANSFAC": (
        "meme",
        "ID any_old_name\nBF species\nP0      A      C      G      T\n01      1      2      2      0      S\nXX\n//\n",
        None,
    ),
    "meme: HOMER": (
        "meme",
        ">CACGTG\tMAX/HOMER\t6.9\t-1500.2\t0\tT:500(10%),B:20(1%),P:1e-600\n0.1\t0.7\t0.1\t0.1\n",
        None,
    ),
    "meme: FASTA": ("meme", ">chr1:1-5\nACGTA\n", None),
    "meme: HTML": ("meme", "<!DOCTYPE HTML>\n<html>\n", None),
    "meme: XML": ("meme", "<?xml version='1.0'?>\n<MEME>\n", None),
    "meme: anything": ("meme", "motif,score\na,1\n", None),
    "meme: protein": ("meme", "MEME version 5\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n", 2),
    "meme: modified bases": (
        "meme",
        "MEME version 5\n" + BLOCK.replace("N ", 'm "5-Methylcytosine" ~ 1 "G of mC"\nN '),
        2,
    ),
    "meme: 20 letters a row": ("meme", "MEME version 5\nMOTIF m\nletter-probability matrix: alength= 20 w= 1\n", 3),
    "meme: background": ("meme", HEADER.replace("C 0.2", "C x"), 7),
    "meme: background with a zero": ("meme", HEADER.replace("C 0.2", "C 0"), 7),
    "meme: no background after its line": ("meme", "MEME version 4\nBackground letter frequencies", 2),
    "meme: no identifier": ("meme", HEADER + "MOTIF\n" + MATRIX, 10),
    "meme: no motif line": ("meme", HEADER + MATRIX, 10),
    "meme: no matrix": ("meme", HEADER + "MOTIF m\n", 10),
    "meme: two matrices": ("meme", HEADER + "MOTIF m\n" + MATRIX + "\n" + MATRIX, 10),
    "meme: log-odds only": ("meme", HEADER + "MOTIF m\nlog-odds matrix: alength= 4 w= 1\n 1 2 3 4\n", 10),
    "meme: twice the same name": ("meme", HEADER + "MOTIF m\n" + MATRIX + "\nMOTIF m\n" + MATRIX, 15),
    "meme: too few rows": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("w= 2", "w= 3"), 11),
    "meme: too many rows": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("w= 2", "w= 1"), 11),
    "meme: no rows": ("meme", HEADER + "MOTIF m\nletter-probability matrix:\n", 11),
    "meme: three numbers": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace(" 0.4", ""), 12),
    "meme: a word in a row": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("0.4", "o.4"), 12),
    "meme: counts": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("1 0 0 0", "10 5 5 0"), 13),
    "meme: negative": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("1 0 0 0", "1.1 -0.1 0 0"), 13),
    "meme: not a number": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("1 0 0 0", "nan 0 0 0"), 13),
    "meme: width": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("w= 2", "w= two"), 11),
    "meme: nsites": ("meme", HEADER + "MOTIF m\n" + MATRIX.replace("nsites= 10", "nsites= inf"), 11),
    "jaspar: three rows": ("jaspar", JASPAR.replace("T  [ 0  0  0 ]\n", ""), 1),
    "jaspar: neither four rows nor four columns": ("jaspar", ">m\n1 2 3\n5 6 7\n", 1),
    "jaspar: bases or positions": ("jaspar", ">m\n4 2 1 3\n1 4 3 2\n3 1 2 4\n2 3 4 1\n", 1),
    "jaspar: nothing below the header": ("jaspar", JASPAR + ">b\n", 6),
    "jaspar: cut row": ("jaspar", JASPAR.replace("0  1  0 ]", "0  1"), 4),
    "jaspar: empty row": ("jaspar", JASPAR.replace(" 4 19  0 ", ""), 2),
    "jaspar: a base twice": ("jaspar", JASPAR.replace("G  [", "C  ["), 4),
    "jaspar: a letter": ("jaspar", JASPAR.replace("16", "l6"), 3),
    "jaspar: text after the bracket": ("jaspar", JASPAR.replace("20 ]", "20 ] x"), 3),
    "jaspar: log-odds": ("jaspar", JASPAR.replace("16", "-1.6"), 3),
    "jaspar: nan": ("jaspar", JASPAR.replace("16", "nan"), 3),
    "jaspar: empty column": ("jaspar", JASPAR.replace("20", " 0"), 1),
    "jaspar: twice the same name": ("jaspar", JASPAR + JASPAR, 6),
    "transfac: no matrix": ("transfac", "AC  m\nXX\n//\n" + TRANSFAC, 1),
    "transfac: no matrix and no // after it": ("transfac", "AC  m\nXX\n" + TRANSFAC, 1),
    "transfac: other columns": ("transfac", TRANSFAC.replace("G      T", "G      G"), 7),
    "transfac: no rows": ("transfac", "AC  m\nP0 A C G T\nXX\n//\n", 2),
    "transfac: a row too few": ("transfac", TRANSFAC.replace("02     19      0      1      0      A\n", ""), 9),
    "transfac: a damaged row number": ("transfac", TRANSFAC.replace("02  ", "o2  "), 10),
    "transfac: three numbers": ("transfac", TRANSFAC.replace("19      0      1      0      A", "19      0      1"), 9),
    "transfac: a word": ("transfac", TRANSFAC.replace("19", "l9"), 9),
    "transfac: negative": ("transfac", TRANSFAC.replace("19", "-9"), 9),
    "transfac: twice the same name": ("transfac", TRANSFAC + TRANSFAC, 13),
    "homer: counts": ("homer", HOMER.replace("0.2\t0.8", "2\t8"), 2),
    "homer: three numbers": ("homer", HOMER.replace("0.05\t0\n", "0.05\n"), 3),
    "homer: a damaged row": ("homer", HOMER.replace("0.95", "O.95"), 3),
    "homer: nothing below the header": ("homer", HOMER + ">A\tm\t3\n", 5),
    "homer: no name": ("homer", HOMER + ">\t\t3\n1 0 0 0\n", 5),
    "homer: twice the same name": ("homer", HOMER + HOMER, 5),
    "another format": ("homer", JASPAR, None),
    "sequences": ("jaspar", ">chr1\nACGT\n", None),
}
