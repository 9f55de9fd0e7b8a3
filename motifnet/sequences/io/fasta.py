"""FASTA files: plain or gzip (recognised by content; bgzip too), ``-`` for standard input and output.

The name of a record is its header up to the first white space, or its index if the header is empty. Names may repeat.
Blank lines, spaces within a sequence, CRLF, lower case and U are accepted; other IUPAC codes are read as N and counted.
Positions in messages are 0-based, lines 1-based.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError, counted, quoted
from motifnet.outputs import write_text
from motifnet.sequences.io.fasta_records import BATCH_SIZE, FastaReader
from motifnet.sequences.io.regions import region_format
from motifnet.sequences.io.text import REPLACEMENT, TextSource
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet
from motifnet.sequences.store import ByteBuffer, TextBuffer

logger = logging.getLogger("motifnet")


def parse_fasta(path: str | Path | TextSource, *, ungap: bool = False) -> RaggedSequences:
    """Read a FASTA file whose sequences may differ in length; parameters and errors as in `stream_fasta`."""
    return _join(stream_fasta(path, ungap=ungap))


def stream_fasta(
    path: str | Path | TextSource, *, batch: int = BATCH_SIZE, ungap: bool = False
) -> Iterator[RaggedSequences]:
    """Read a FASTA file in batches of whole records with at least `batch` bases, except the last one.

    Batches have at most 65,536 records. With `ungap`, gaps (``-`` and ``.``) and a ``*`` at the end of a record are
    removed, and their number is logged.

    Raises
    ------
    FormatError
        If the file is missing, unreadable, empty, truncated or not FASTA, a record has no sequence or more than 2^30
        bases, there are more than 2^25 records, or a character is not DNA (with line, record and position).
    """
    source = path if isinstance(path, TextSource) else TextSource(path)
    check_fasta(source)
    reader = FastaReader(source, ungap=ungap)
    n_invalid = 0
    for part in reader.batches(batch):
        n_invalid += sum(REPLACEMENT in name for name in part.names)
        yield part
        del part  # its memory is free before the next batch is read
    if n_invalid:
        logger.warning(
            "%s: the names of %d records have bytes that are not UTF-8 (read as U+FFFD). Convert the file, e.g. with "
            "iconv -f latin1 -t utf-8",
            *(source.name, n_invalid),
        )
    if ungap:
        logger.info(
            "%s: removed %s and %d * at the ends of records", source.name, counted(reader.n_gaps, "gap"), reader.n_stops
        )


def _join(parts: Iterator[RaggedSequences]) -> RaggedSequences:
    """Join the batches of a file; large arrays and texts are in temporary files."""
    whole = next(parts)
    following = next(parts, None)
    if following is None:
        return whole
    flat, names, headers = ByteBuffer(), TextBuffer(), TextBuffer()
    lengths, n_ambiguous, n_lower = [], 0, 0
    for part in chain((whole, following), parts):
        flat.append(part.flat.data)
        names.extend(part.names)
        headers.extend(part.headers)
        lengths.append(part.lengths)
        n_ambiguous += part.n_ambiguous
        n_lower += part.n_lower
    offsets = np.concatenate([[0], np.concatenate(lengths).cumsum()])
    return RaggedSequences(names.finish(), flat.finish(), offsets, n_ambiguous, whole.source, headers.finish(), n_lower)


def read_fasta(
    path: str | Path, *, length: int | None = None, anchor: Anchor = "center", ungap: bool = False
) -> SequenceSet:
    """Read a FASTA file as sequences of one length.

    Parameters
    ----------
    path : str or Path
        Plain or gzip text; ``-`` is standard input.
    length : int, optional
        Length in bp to which all sequences are cropped or padded (with N). Without it they must have one length.
    anchor : {"center", "start", "end"}
        Part of a sequence that is kept.
    ungap : bool
        Remove gaps (``-`` and ``.``) and a ``*`` at the end of a record; their number is logged.

    Returns
    -------
    SequenceSet
        With a `length`, its `rule` is that of length and anchor.

    Raises
    ------
    FormatError
        If the file is missing, unreadable, empty, truncated or not FASTA, a record has no sequence, or a character is
        not DNA (with line, record and position).
    InputError
        If the lengths differ and none is given, or `length` or `anchor` is invalid.
    """
    return parse_fasta(path, ungap=ungap).fit(None if length is None else LengthRule(length, anchor))


def write_fasta(sequences: SequenceSet, path: str | Path) -> None:
    """Write sequences as FASTA, each on one line.

    Parameters
    ----------
    sequences : SequenceSet
    path : str or Path
        ``-`` is standard output; a name that ends in ``.gz`` is compressed. The file is written completely or not at
        all.

    Raises
    ------
    InputError
        If a name has a line break, or (`FormatError`) the file cannot be written.
    """
    check_type("sequences", sequences, SequenceSet)
    broken = next((name for name in sequences.names if len(name.splitlines()) > 1), None)
    if broken is not None:
        raise InputError(
            f"the name {quoted(broken)} has a line break", hint="FASTA headers are single lines: rename it."
        )
    with write_text(path) as handle:
        handle.writelines(f">{name}\n{letters}\n" for name, letters in zip(sequences.names, sequences, strict=True))


def check_fasta(source: TextSource) -> None:
    """Raise FormatError, with the format if it is known, unless a file begins like FASTA."""
    lines = [line for line in source.head().splitlines() if line.strip()]
    if not lines[0].startswith(">"):
        what, hint = _recognise(source, lines)
        raise FormatError(source.name, f"{what}, not FASTA", hint=hint)


def _recognise(source: TextSource, lines: list[str]) -> tuple[str, str]:
    """The format of a file that is not FASTA, and what to do."""
    first = lines[0]
    if first.startswith("@") and len(lines) > 2 and lines[2].startswith("+"):
        return "a FASTQ file", "Convert it, e.g. with 'seqtk seq -A reads.fq > reads.fa'."
    regions = region_format(source)
    if regions is None and first.startswith(("@HD\t", "@SQ\t")):
        return "a SAM file", "Give the sequences of peaks, e.g. from 'bedtools getfasta'."
    if first.startswith("MEME version"):
        return "a MEME motif file", "Give a file of sequences."
    if first.lstrip().startswith("<"):
        return "a web page or XML", "The download may have been redirected to a web page: get the file itself."
    if regions is not None:
        return regions.title, regions.refusal or "Add the genome with --genome genome.fa."
    if all(set(line.upper().strip()) <= set("ACGTUN") for line in lines[:5]):
        return "sequences without headers", "Put a line '>name' before each sequence."
    shown = first.strip() if len(first.strip()) <= 40 else first.strip()[:37] + "..."
    return f"a file that begins with {quoted(shown)}", "Each sequence needs a line '>name' before it."
