"""Targets that are variants: VCF files with a genome, and pairs of sequences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from . import parsers, vcf_files
from .mutations import Rng, change_text
from .parsers import Unreadable
from .target import Files, Target
from .text_files import dna
from .vcf_files import LENGTH, Row

_INFO_KEY = "MN_TEST"


def _read_variants(folder: Path) -> Any:
    """Windows of the scored alleles, reasons of the others, and the VCF with the number of each scored allele."""
    import numpy as np

    from motifnet.interpretation.variants.alleles import windows
    from motifnet.interpretation.variants.genome_alleles import stream_alleles
    from motifnet.interpretation.variants.skipped import SkippedAlleles
    from motifnet.sequences.alphabet import decode_codes
    from motifnet.sequences.io.genome import open_genome
    from motifnet.sequences.io.variant_output import write_annotated
    from motifnet.sequences.io.variant_records import stream_variants

    vcf, genome = folder / "input.vcf", open_genome(folder / "genome.fa")
    skipped, scored, annotations = [], [], []

    class Listed(SkippedAlleles):
        def add(self, variant: Any, reason: str) -> None:
            super().add(variant, reason)
            skipped.append((Row(*variant[:5]), reason))

    allow = (folder / "allow_mismatch").exists()
    counts = Listed(str(vcf), genome)
    for variant, alleles in stream_alleles(stream_variants(vcf), genome, counts, length=LENGTH, allow_mismatch=allow):
        shown = tuple([decode_codes(row) for row in rows] for rows in windows(alleles, LENGTH))
        annotations.append(((variant.record, variant.allele), np.array([float(len(scored))])))
        scored.append((Row(*variant[:5]), shown))
    out = folder / "out.vcf"
    keys = {_INFO_KEY: "number of the allele"}
    write_annotated(vcf, out, iter(annotations), keys=keys, chromosomes=genome.lengths)
    return scored, skipped, out.read_bytes().decode("utf-8", "surrogateescape")


def _check_variants(files: Files, value: Any) -> str | None:
    """Each allele is scored with its windows or skipped for its reason, and annotated."""
    scored, skipped, text = value
    data = files.get("source.vcf", files["input.vcf"])
    if parsers.is_bcf(data) or re.search(rb"\r(?!\n)", data):  # htslib reads a carriage return as a letter
        return None
    try:
        rows = [row for record in vcf_files.rows_of(data) for row in record]
    except Unreadable:
        return "read, but the independent parser refuses it"
    try:
        codes = parsers.fasta(parsers.text_of(files["genome.fa"]), allow_empty=True)
    except Unreadable:
        return None  # damaged outside of the windows
    texts = {name: "".join("ACGTN"[code] for code in own) for name, own in codes}
    reasons = [vcf_files.reason_of(row, texts, allow_mismatch="allow_mismatch" in files) for row in rows]
    kept = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    if skipped != [(row, reason) for row, reason in zip(rows, reasons, strict=True) if reason]:
        return "other alleles are skipped, or for other reasons"
    if [row for row, _ in scored] != kept:
        return "other alleles are scored"
    for row, shown in scored:
        if shown != vcf_files.windows_of(row, texts[row.chrom]):
            return f"other windows of {row}"
    numbers = iter(range(len(kept)))
    expected = [(row, "." if reason else str(next(numbers))) for row, reason in zip(rows, reasons, strict=True)]
    return None if list(vcf_files.annotations_of(text)) == expected else "the written VCF has other values"


# --- pairs of sequences ---


def _pairs(rng: Rng) -> Files:
    records = []
    for i in range(6):
        left, right = dna(rng, rng.randint(0, 25)), dna(rng, rng.randint(1, 25))
        alleles = rng.choice((("A", "C"), ("A", ""), ("", "TT"), ("ACG", "T"), ("AC", "GT"), ("", "")))
        records.append((f"pair{i}", *(left + allele + right for allele in alleles)))
    return {
        f"{name}.fa": "".join(f">{record[0]}\n{record[k]}\n" for record in records).encode()
        for k, name in enumerate(("ref", "alt"), start=1)
    }


def _change_pairs(files: Files, rng: Rng) -> None:
    name = rng.choice(sorted(files))
    files[name] = change_text(files[name], rng)


def _read_pairs(folder: Path) -> Any:
    from motifnet.interpretation.variants.alleles import windows
    from motifnet.interpretation.variants.sequence_pairs import in_backgrounds, read_pairs

    pairs = list(read_pairs(folder / "ref.fa", folder / "alt.fa", length=LENGTH))
    found = in_backgrounds(iter(pairs), length=LENGTH, backgrounds=2, seed=0)
    shapes = {array.shape[1] for *_, own in found for each in own for array in windows(each, LENGTH)}
    return [Row(*variant[:5]) for variant, _ in pairs], shapes


def _check_pairs(files: Files, value: Any) -> str | None:
    """Exchanging the alleles gives the other sequence."""
    rows, shapes = value
    try:
        first, second = (parsers.fasta(parsers.text_of(files[f"{name}.fa"])) for name in ("ref", "alt"))
    except Unreadable:
        return "read, but the independent parser refuses it"
    if [row.chrom for row in rows] != [name for name, _ in first] or shapes != {LENGTH}:
        return "other pairs or windows"
    for row, (_, one), (_, other) in zip(rows, first, second, strict=True):
        before, after = ("".join("ACGTN"[code] for code in codes) for codes in (one, other))
        start, end = row.pos - 1, row.pos - 1 + len(row.ref)
        if before[start:end] != row.ref or before[:start] + row.alt + before[end:] != after:
            return f"other alleles: {row}"
    return None


VARIANT_TARGETS = (
    Target(
        "variants",
        vcf_files.variant_files,
        vcf_files.change_variants,
        _read_variants,
        _check_variants,
        share=40,
    ),
    Target("pairs", _pairs, _change_pairs, _read_pairs, _check_pairs, share=15),
)
