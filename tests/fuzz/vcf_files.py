"""Files of variants drawn from the grammar of VCF, and an independent reading of them in a genome."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .binary_mutations import bgzip, change_gzip
from .mutations import Rng, change_bytes, change_text
from .parsers import Unreadable, text_of
from .target import Files
from .text_files import SIZES, dna, genome, joined

#: Window length in bp.
LENGTH = 20
_HEAD = """##fileformat=VCFv4.2
##FILTER=<ID=q10,Description="Quality below 10">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##INFO=<ID=DB,Number=0,Type=Flag,Description="In dbSNP">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
"""
_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
#: Alleles without bases.
_ODD = ("*", "<DEL>", "<INS:ME>", "<*>", ".", "N", "ARG", "]chr1:5]A", "G[chr2:9[", ".A", "A.")


# --- valid files ---


def variant_files(rng: Rng) -> Files:
    """A genome, and a VCF of it: plain, gzip, bgzip, or BCF with its text beside it."""
    files = {"genome.fa": genome(rng)}
    if rng.random() < 0.3:
        files["allow_mismatch"] = b""
    kind = rng.choice(("plain", "plain", "plain", "gzip", "bgzip", "bcf"))
    text = _vcf(rng, _texts(files["genome.fa"]), is_complete=kind == "bcf")
    if kind == "bcf":
        return files | {"input.vcf": _bcf(text), "source.vcf": text}
    return files | {"input.vcf": {"gzip": gzip.compress, "bgzip": bgzip}.get(kind, bytes)(text)}


def _texts(fasta: bytes) -> dict[str, str]:
    """Letters of each chromosome, in upper case."""
    records = (record.split("\n", 1) for record in fasta.decode().split(">")[1:])
    return {name: letters.replace("\n", "").upper() for name, letters in records}


def _vcf(rng: Rng, texts: dict[str, str], *, is_complete: bool) -> bytes:
    head = _HEAD
    if is_complete or rng.random() < 0.7:
        head += "".join(f"##contig=<ID={chrom},length={size}>\n" for chrom, size in [*SIZES.items(), ("chrX", 50)])
    samples = rng.choice(([], [], ["FORMAT", "s1"], ["FORMAT", "s1", "s2"]))
    rows = []
    for _ in range(rng.randint(40, 60)):
        chrom = rng.choice([*SIZES, *SIZES, "chrX"])
        size = len(texts.get(chrom, " " * 50))
        start = rng.choice((rng.randrange(size), rng.randrange(min(30, size)), size - rng.randint(1, 30)))
        ref = texts.get(chrom, "A" * 50)[start : start + rng.choice((1, 1, 1, 2, 4, 30))]
        alts = list(dict.fromkeys(_alternative(rng, ref) for _ in range(rng.choice((1, 1, 1, 2, 4)))))
        alts = alts if len(alts) == 1 else [alt for alt in alts if alt != "."]
        info = rng.choice((".", "DB", f"AC={','.join(str(i) for i in range(len(alts)))}", f"END={start + len(ref)}"))
        row = [chrom, start + 1, rng.choice((".", "rs1", "a;b")), ref if rng.random() < 0.8 else ref.lower()]
        row += [",".join(alts), rng.choice((".", "50", "3.5")), rng.choice((".", "PASS", "q10")), info]
        rows.append(row + (["GT", *(rng.choice(("0/1", "./.", "0|0")) for _ in samples[1:])] if samples else []))
    if rng.random() < 0.3:
        rows[0][4] = "A"
        rows[0][3] = "".join({"A": "C"}.get(letter, "A") for letter in str(rows[0][3]).upper())
    if rng.random() < 0.5:
        rows.sort(key=lambda row: (row[0], row[1]))
    return head.encode() + joined([[*_COLUMNS, *samples], *rows])


def _alternative(rng: Rng, ref: str) -> str:
    """An allele: a substitution, an insertion, a deletion, the reference itself, or one without bases."""
    kind = rng.randrange(7)
    if kind < 2:
        return dna(rng, len(ref))
    if kind == 2:
        at = rng.randint(0, len(ref))
        return ref[:at] + dna(rng, rng.choice((1, 3, 15, 40))) + ref[at:]
    if kind == 3:
        return ref[0] if rng.random() < 0.5 else ref[:-1] or dna(rng, 1)
    return {4: ref, 5: dna(rng, rng.randint(1, 6), "ACGTacgt")}.get(kind) or rng.choice(_ODD)


def _bcf(text: bytes) -> bytes:
    import pysam

    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        (source := Path(name) / "a.vcf").write_bytes(text)
        with pysam.VariantFile(str(source)) as read, pysam.VariantFile(f"{name}/a", "wb", header=read.header) as out:
            for record in read:
                out.write(record)
        return (Path(name) / "a").read_bytes()


def change_variants(files: Files, rng: Rng) -> None:
    """Change the text, the compression, the bytes of BCF, or 1 in 20 times the genome."""
    data = files["input.vcf"]
    if files.pop("source.vcf", None) is not None:
        content = gzip.decompress(data)
        files["input.vcf"] = change_gzip(data, rng) if rng.random() < 0.4 else bgzip(change_bytes(content, rng))
    elif rng.random() < 0.05:
        files["genome.fa"] = change_text(files["genome.fa"], rng)
    elif data[:2] == b"\x1f\x8b":
        changed = rng.random() < 0.5
        files["input.vcf"] = bgzip(change_text(gzip.decompress(data), rng)) if changed else change_gzip(data, rng)
    else:
        files["input.vcf"] = change_text(data, rng)


# --- independent reading ---


class Row(NamedTuple):
    """One alternative allele of a VCF file."""

    chrom: str
    pos: int
    ident: str
    ref: str
    alt: str


def rows_of(data: bytes) -> list[list[Row]]:
    """The alleles of each record of a VCF file, which may be compressed twice."""
    if data[:2] == b"\x1f\x8b" and (inner := gzip.decompress(data))[:2] == b"\x1f\x8b":
        data = inner
    text = text_of(data)
    head, _, body = text.partition("\n#CHROM\t")
    columns, _, lines = body.partition("\n")
    if not head.startswith("##fileformat=VCFv4") or "\0" in text or columns.split("\t")[:7] != _COLUMNS[1:]:
        raise Unreadable
    if any(line and not line.startswith("##") for line in head.split("\n")):
        raise Unreadable
    return [_row(line) for line in lines.removesuffix("\n").split("\n") if line]


def _row(line: str) -> list[Row]:
    cells = line.split("\t")
    if len(cells) < 8 or not re.fullmatch("[0-9]{0,9}", cells[1]):
        raise Unreadable
    ident, ref, alts = (cell or "." for cell in cells[2:5])
    return [Row(cells[0], int(cells[1] or 0), ident, ref, alt) for alt in alts.split(",")]


def reason_of(row: Row, texts: dict[str, str], *, allow_mismatch: bool) -> str | None:
    """Why an allele is not scored; None if it is."""
    if row.alt in (".", "*"):
        return {".": "no alternative allele", "*": "allele * (overlapping deletion)"}[row.alt]
    if row.alt[0] == "<":
        return "symbolic allele"
    if re.search(r"[\[\]]|^\.|\.$", row.alt):
        return "breakend"
    if set((row.ref + row.alt).upper()) - set("ACGT"):
        return "letters other than A, C, G and T"
    if row.chrom not in texts:
        return "chromosome not in the genome"
    text = texts[row.chrom]
    found = text[max(row.pos - 1, 0) :][: len(row.ref)]
    if row.pos < 1 or len(found) < len(row.ref):
        return "window beyond the end of the chromosome"
    if found != row.ref.upper() and not allow_mismatch:
        return "REF differs from the genome"
    _, ref, alt = _trimmed(row)
    if max(len(ref), len(alt)) > LENGTH:
        return "allele longer than the window of the model"
    return None if windows_of(row, text) else "window beyond the end of the chromosome"


def _trimmed(row: Row) -> tuple[int, str, str]:
    """Number of shared bases before the alleles, and these without shared ends."""
    before, ref, alt = 0, row.ref.upper(), row.alt.upper()
    while ref and alt and ref[0] == alt[0]:
        before, ref, alt = before + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return before, ref, alt


def windows_of(row: Row, text: str) -> tuple[list[str], list[str]] | None:
    """Windows of the reference and of the alternative allele; None if one is beyond the chromosome."""
    first = row.pos - 1
    replaced = row.ref.upper()
    if text[first : first + len(replaced)] != replaced and text[first:].startswith(row.alt.upper()):
        replaced = row.alt.upper()  # the genome has the alternative allele
    rest = text[first + len(replaced) :]
    before, ref, alt = _trimmed(row)
    found: tuple[list[str], list[str]] = ([], [])
    for own, allele, short in zip(found, (row.ref, row.alt), (ref, alt), strict=True):
        haplotype = text[:first] + allele.upper() + rest
        start = first + before
        k = (LENGTH - 1) // 2 if len(ref) == len(alt) == 1 else (LENGTH - max(len(ref), len(alt))) // 2
        begins = [start - k] if len(ref) == len(alt) == 1 else [start - k, start + len(short) + k - LENGTH]
        if min(begins) < 0 or max(begins) + LENGTH > len(haplotype):
            return None
        own.extend(haplotype[begin : begin + LENGTH] for begin in begins)
    return found


def annotations_of(text: str) -> Iterator[tuple[Row, str]]:
    """Alleles of a written VCF file, with the value of the INFO key MN_TEST of each."""
    for record in text.partition("\n#CHROM\t")[2].split("\n")[1:-1]:
        rows = _row(record)
        values = re.search(r"MN_TEST=([^;\t]*)", record)
        yield from zip(rows, values[1].split(",") if values else ["."] * len(rows), strict=True)
