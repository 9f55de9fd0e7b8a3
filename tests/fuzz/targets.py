"""The readers that are fuzzed: for each, valid files, changes of them, the call, and an independent check."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from motifnet.sequences.input_spec import LabelSpec

from . import motif_parsers, parsers, text_files
from .binary_mutations import bgzip, bomb, change_gzip, compress
from .folder_targets import FOLDER_TARGETS
from .keras_targets import KERAS_TARGETS
from .modisco_targets import MODISCO_TARGET
from .mutations import Rng, change_text
from .parsers import Unreadable
from .part_targets import PART_TARGETS
from .target import Files, Target
from .variant_targets import VARIANT_TARGETS


def _others() -> tuple[bytes, ...]:
    rng = Rng(0)
    makers = [text_files.fasta, *text_files.MOTIFS.values(), *text_files.REGIONS.values()]
    return (*(make(rng) for make in makers), b"<!DOCTYPE html>\n<html>\n", b"PK\x03\x04zip", b'{"a": 1}\n')


_OTHERS = _others()


def _change_one(name: str) -> Callable[[Files, Rng], None]:
    """Change a text file; 1 in 10 is compressed as well, and half of these are damaged."""

    def change(files: Files, rng: Rng) -> None:
        data = change_text(files[name], rng, others=_OTHERS)
        if rng.random() < 0.1:
            data = compress(data, rng)
            data = change_gzip(data, rng) if rng.random() < 0.5 else data
        files[name] = data

    return change


def _change_any(change: dict[str, Callable[[bytes, Rng], bytes]]) -> Callable[[Files, Rng], None]:
    """Change one or two of several files, each with its own kind of change; sometimes one is missing or empty."""

    def changed(files: Files, rng: Rng) -> None:
        for name in rng.sample(sorted(change), rng.choice((1, 1, min(2, len(change))))):
            kind = rng.random()
            if kind < 0.02:
                files.pop(name, None)
            elif kind < 0.04:
                files[name] = b""
            elif name in files:
                files[name] = change[name](files[name], rng)

    return changed


# --- sequences ---


def _read_fasta(folder: Path) -> Any:
    from motifnet.sequences.io.fasta import parse_fasta

    found = parse_fasta(folder / "input.fa")
    rows = np.split(found.flat, found.offsets[1:-1])
    return [(name, row.tolist()) for name, row in zip(found.names, rows, strict=True)]


def _check_fasta(files: Files, value: Any) -> str | None:
    try:
        expected = parsers.fasta(parsers.text_of(files["input.fa"]))
    except Unreadable:
        return "read, but the independent parser refuses it"
    return None if value == expected else "other records than the independent parser"


def _compressed_fasta(rng: Rng) -> Files:
    data = text_files.fasta(rng, n=30)
    return {"input.fa": bgzip(data) if rng.random() < 0.5 else compress(data, rng)}


def _change_compressed(files: Files, rng: Rng) -> None:
    if rng.random() < 0.005:
        files["input.fa"] = bomb(300_000_000, head=rng.choice((b">a\n", b">", b"", b">a\nA\n>b ")))
    else:
        files["input.fa"] = change_gzip(files["input.fa"], rng)


def _genome(rng: Rng) -> Files:
    data = text_files.genome(rng)
    kind = rng.choice(("plain", "plain", "bgzip", "gzip"))
    files = {"genome.fa": data if kind == "plain" else bgzip(data) if kind == "bgzip" else gzip.compress(data)}
    if kind == "plain" and rng.random() < 0.7:
        files["genome.fa.fai"] = _index(data)
    return files


def _index(data: bytes) -> bytes:
    """The index that samtools writes."""
    rows, offset = [], 0
    for record in data.decode().split(">")[1:]:
        lines = record.splitlines(keepends=True)
        start = offset + 1 + len(lines[0])
        rows.append(
            (lines[0].strip(), sum(len(line) - 1 for line in lines[1:]), start, len(lines[1]) - 1, len(lines[1]))
        )
        offset += 1 + len(record)
    return text_files.joined(rows)


def _read_genome(folder: Path) -> Any:
    from motifnet.sequences.io.genome import open_genome

    genome = open_genome(folder / "genome.fa")
    return [(chrom, genome.fetch(chrom, [0], size)[0].tolist()) for chrom, size in genome.lengths.items()]


def _check_genome(files: Files, value: Any) -> str | None:
    try:
        expected = parsers.fasta(parsers.text_of(files["genome.fa"]), allow_empty=True)
    except Unreadable:
        return "read, but the independent parser refuses it"
    return None if value == expected else "other chromosomes than the independent parser"


def _change_genome(files: Files, rng: Rng) -> None:
    if "genome.fa.fai" in files and rng.random() < 0.5:
        files["genome.fa.fai"] = change_text(files["genome.fa.fai"], rng)
    elif files["genome.fa"][:2] == b"\x1f\x8b":
        files["genome.fa"] = change_gzip(files["genome.fa"], rng)
    else:
        files["genome.fa"] = change_text(files["genome.fa"], rng)


# --- regions ---

#: Kinds of regions that are read by the parser of another kind.
_REGION_KINDS = {"idr": "narrowPeak"}


def _read_regions(folder: Path) -> Any:
    from motifnet.sequences.io.regions import read_regions

    peaks = read_regions(folder / "input.bed")
    summits = [int(c) if known else None for c, known in zip(peaks.center, peaks.has_summit, strict=True)]
    columns = (peaks.chrom, peaks.start.tolist(), peaks.end.tolist(), peaks.is_reverse.tolist(), summits)
    return [parsers.Region(*row) for row in zip(*columns, strict=True)]


def _check_regions(kind: str, files: Files, value: Any) -> str | None:
    """The intervals are those of the generated kind or, if the file no longer has this kind, of any kind."""
    try:
        text = parsers.text_of(files["input.bed"])
    except Unreadable:
        return "read, but the compressed file is damaged"
    for candidate in (kind, *parsers.REGION_KINDS):
        try:
            if parsers.regions(candidate, text) == value:
                return None
        except Unreadable:
            continue
        if candidate == kind:
            return f"other intervals than the independent parser of {kind}"
    return "no independent parser reads these intervals"


def _peaks_of_genome(rng: Rng) -> Files:
    return {"genome.fa": text_files.genome(rng), "peaks.bed": text_files.REGIONS["narrowPeak"](rng)}


def _read_windows(folder: Path) -> Any:
    from motifnet.sequences.io.reader import read_intervals

    found = read_intervals(folder / "peaks.bed", folder / "genome.fa", length=20)
    return list(zip(found.names, found, strict=True))


def _check_windows(files: Files, value: Any) -> str | None:
    """Each window is around a summit or a midpoint, and has the letters of the genome there."""
    try:
        genome = dict(parsers.fasta(parsers.text_of(files["genome.fa"]), allow_empty=True))
        centres = set()
        for region in parsers.regions("damaged narrowPeak", parsers.text_of(files["peaks.bed"])):
            centres.add((region.chrom, region.summit))
            centres.add((region.chrom, (region.start + region.end) // 2))
    except Unreadable:
        return None
    for name, letters in value:
        chrom, _, span = name.rpartition(":")
        start, end = map(int, span.split("-"))
        if "".join("ACGTN"[code] for code in genome[chrom][start:end]) != letters:
            return f"other letters at {name}"
        if (chrom, start + 10) not in centres:
            return f"no peak is centred on {name}"
    return None


# --- labels ---


def _labelled(rng: Rng) -> Files:
    return {
        "seqs.fa": text_files.fasta(rng, 12, 40),
        "labels.tsv": text_files.label_table(rng, [f"seq{i}" for i in range(12)]),
    }


def _read_labels(folder: Path) -> Any:
    from motifnet.sequences.io.labels import read_data

    data = read_data(folder / "seqs.fa", labels=folder / "labels.tsv")
    return data.sequences.names, data.tasks, data.labels


def _check_labels(files: Files, value: Any) -> str | None:
    names, tasks, values = value
    try:
        expected_tasks, expected = parsers.labels(parsers.text_of(files["labels.tsv"]))
    except Unreadable:
        return None
    if list(tasks) != expected_tasks:
        return f"tasks {tasks} instead of {expected_tasks}"
    for name, row in zip(names, values, strict=True):
        known = [expected.get(name, {}).get(task) for task in tasks]
        wanted = np.array([np.nan if v is None else v for v in known], dtype=np.float32)
        if not np.array_equal(row, wanted, equal_nan=True):
            return f"labels of {name!r}: {row} instead of {wanted}"
    return None


def _read_header_labels(folder: Path) -> Any:
    from motifnet.sequences.io.labels import read_data

    return read_data(folder / "input.fa", labels=LabelSpec(label_pattern=r"label=(\S+)"))


def _class_files(rng: Rng) -> Files:
    """Two files of sequences; some sequences are in both."""
    first, second = (text_files.fasta(rng, 6, 30) for _ in range(2))
    return {"a.fa": first, "b.fa": second + first[: first.index(b"\n>") + 1]}


def _read_class_files(folder: Path) -> Any:
    from motifnet.sequences.io.labels import read_data

    data = read_data(folder / "a.fa", labels=LabelSpec(class_files=(str(folder / "b.fa"),)))
    return data.tasks, {text: row.tolist() for text, row in zip(data.sequences, data.labels, strict=True)}


def _check_class_files(files: Files, value: Any) -> str | None:
    """A sequence has the label of each file that contains it or its reverse complement."""
    tasks, labels = value
    contents = []
    for name in ("a.fa", "b.fa"):
        try:
            records = parsers.fasta(parsers.text_of(files[name]))
        except Unreadable:
            return "read, but the independent parser refuses it"
        contents.append({"".join("ACGTN"[code] for code in codes) for _, codes in records})
    length = max(len(text) for own in contents for text in own)
    if tasks != ("a", "b") or any(len(text) != length for own in contents for text in own):
        return None  # padded
    reverse = str.maketrans("ACGT", "TGCA")
    for text, row in labels.items():
        expected = [float(text in own or text.translate(reverse)[::-1] in own) for own in contents]
        if row != expected:
            return f"labels {row} of {text}, expected {expected}"
    return None


# --- names of sequences to draw ---


def _names(rng: Rng) -> Files:
    return {"names.txt": b"".join(f"seq{i}\n".encode() for i in rng.sample(range(20), rng.randint(1, 12)))}


def _read_names(folder: Path) -> Any:
    from motifnet.interpretation.attribution.explanation_spec import ExplanationSpec

    return ExplanationSpec(names=(str(folder / "names.txt"),)).drawn_names([f"seq{i}" for i in range(20)])


def _check_names(files: Files, value: Any) -> str | None:
    lines = parsers.text_of(files["names.txt"]).split("\n")
    return None if value == set(lines) - {""} else "other names than the lines of the file"


# --- motifs ---


def _read_motifs(folder: Path) -> Any:
    from motifnet.motifs.extraction_spec import FORMATS
    from motifnet.motifs.io.files import losses, read_motifs

    motifs = read_motifs(folder / "input.motifs")
    for format in FORMATS * (len(motifs) < 100):  # what is read can be written
        losses(motifs, format=format)
    return [motif_parsers.Matrix(motif.name, motif.ppm.T.tolist()) for motif in motifs]


def _read_valid_motifs(folder: Path) -> Any:
    from motifnet.motifs.io.files import read_motifs

    return read_motifs(folder / "input.motifs", skip_invalid=True)


def _check_motifs(kind: str, files: Files, value: Any) -> str | None:
    try:
        text = parsers.text_of(files["input.motifs"])
    except Unreadable:
        return "read, but the compressed file is damaged"
    if not value:  # a file of MEME may have no motif
        return "a motif is not read" if re.search(r"^\s*(MOTIF|[0-9.]+(\s+[0-9.]+){3})", text, re.MULTILINE) else None
    for candidate in (kind, *motif_parsers.MOTIF_KINDS):
        try:
            expected = motif_parsers.motifs(candidate, text)
        except Unreadable:
            continue
        if _are_equal(expected, value):
            return None
        if candidate == kind:
            return f"other motifs than the independent parser of {kind}"
    return "no independent parser reads these motifs"


def _are_equal(expected: list[motif_parsers.Matrix], found: list[motif_parsers.Matrix]) -> bool:
    if any(a.name not in (None, b.name) for a, b in zip(expected, found, strict=False)):
        return False
    return len(expected) == len(found) and all(
        len(a.rows) == len(b.rows) and np.allclose(a.rows, b.rows, rtol=0, atol=1e-9)
        for a, b in zip(expected, found, strict=True)
    )


def _any_motifs(rng: Rng) -> Files:
    return {"input.motifs": text_files.MOTIFS[rng.choice(list(text_files.MOTIFS))](rng)}


def _single(name: str, make: Callable[[Rng], bytes]) -> Callable[[Rng], Files]:
    return lambda rng: {name: make(rng)}


_TEXT = (
    Target("fasta", _single("input.fa", text_files.fasta), _change_one("input.fa"), _read_fasta, _check_fasta, 40),
    Target("gzip", _compressed_fasta, _change_compressed, _read_fasta, _check_fasta, 20),
    Target("genome", _genome, _change_genome, _read_genome, _check_genome, 20),
    *(
        Target(
            kind,
            _single("input.bed", make),
            _change_one("input.bed"),
            _read_regions,
            partial(_check_regions, _REGION_KINDS.get(kind, kind if kind in parsers.REGION_KINDS else "bed")),
            may_refuse=kind in ("gff", "coordinates", "vcf", "homer_peaks"),
        )
        for kind, make in text_files.REGIONS.items()
    ),
    *(
        Target(
            kind,
            _single("input.motifs", make),
            _change_one("input.motifs"),
            _read_motifs,
            partial(_check_motifs, kind),
            20,
        )
        for kind, make in text_files.MOTIFS.items()
    ),
    Target(
        "windows", _peaks_of_genome, _change_any({"peaks.bed": change_text}), _read_windows, _check_windows, share=20
    ),
    Target(
        "class_files",
        _class_files,
        _change_any({"a.fa": change_text, "b.fa": change_text}),
        _read_class_files,
        _check_class_files,
        share=20,
    ),
    Target("skip_invalid", _any_motifs, _change_one("input.motifs"), _read_valid_motifs, share=20),
    Target(
        "labels",
        _labelled,
        _change_any({"labels.tsv": partial(change_text, others=_OTHERS)}),
        _read_labels,
        _check_labels,
        40,
    ),
    Target("names", _names, _change_one("names.txt"), _read_names, _check_names),
    Target(
        "header_labels",
        _single("input.fa", partial(text_files.fasta, length=40)),
        _change_one("input.fa"),
        _read_header_labels,
    ),
)
_OTHERS_THAN_TEXT = (*PART_TARGETS, *VARIANT_TARGETS, *FOLDER_TARGETS, *KERAS_TARGETS, MODISCO_TARGET)
#: All targets by name.
TARGETS: dict[str, Target] = {target.name: target for target in (*_TEXT, *_OTHERS_THAN_TEXT)}
