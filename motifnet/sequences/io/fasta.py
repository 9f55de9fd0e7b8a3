"""FASTA files: plain or gzip (recognised by content; bgzip too), ``-`` for standard input and output.

The name of a record is its header up to the first white space, or its index if the header is empty. Names may repeat.
Blank lines, spaces within a sequence, CRLF, lower case and U are accepted; other IUPAC codes are read as N and counted.
Positions in messages are 0-based, lines 1-based.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from Bio.SeqIO.FastaIO import SimpleFastaParser
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError, SequenceError, quoted
from motifnet.outputs import write_text
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N, encode_letters, encode_strings
from motifnet.sequences.io.regions import region_format
from motifnet.sequences.io.text import REPLACEMENT, TextSource
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet
from motifnet.sequences.store import ByteBuffer, TextBuffer, fill_blocks, release

logger = logging.getLogger("motifnet")

#: Bases per batch of `stream_fasta`.
BATCH_SIZE = 1 << 22


@dataclass(frozen=True, eq=False)
class RaggedSequences:
    """Sequences of any lengths, concatenated in one array.

    Parameters
    ----------
    names : sequence of str, of length N
    flat : uint8 array of shape (total length,)
        Codes of all records. Made read-only.
    offsets : int64 array of shape (N + 1,)
        Record ``i`` is ``flat[offsets[i]:offsets[i + 1]]``. Made read-only.
    n_ambiguous : int
        Number of IUPAC codes other than N that were read as N.
    source : str
        File name for messages.
    headers : sequence of str, of length N, optional
        Whole header lines.
    n_lower : int
        Number of bases in lower case: repeats, in soft-masked genomes.
    """

    names: Sequence[str]
    flat: Codes
    offsets: NDArray[np.int64]
    n_ambiguous: int
    source: str
    headers: Sequence[str] = ()
    n_lower: int = 0

    def __post_init__(self) -> None:
        for field in ("flat", "offsets"):
            array = np.asarray(getattr(self, field)).view()
            array.flags.writeable = False
            object.__setattr__(self, field, array)

    @classmethod
    def from_strings(cls, strings: Sequence[str], names: Sequence[str] | None = None) -> RaggedSequences:
        """Encode strings of any lengths, named 0, 1, ... by default; raises SequenceError for an invalid letter."""
        rows, n_ambiguous = encode_strings(strings)
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        flat = np.concatenate([np.empty(0, dtype=np.uint8), *rows])
        own_names = tuple(names) if names is not None else tuple(map(str, range(len(strings))))
        return cls(own_names, flat, offsets, n_ambiguous, "sequences")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def masked(self) -> float:
        """Fraction of soft-masked bases; 0 if 99 % or more are in lower case, which then has no meaning."""
        fraction = self.n_lower / max(len(self.flat), 1)
        return fraction if fraction < 0.99 else 0.0

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Length of each record in bp, shape (N,)."""
        return np.diff(self.offsets)

    def fit(self, rule: LengthRule | None) -> SequenceSet:
        """Crop or pad (with N) all sequences to one length, with the start, end or middle base of each in its place.

        The middle base has index ``length // 2``. Without a rule, raises InputError if the lengths differ.

        >>> ragged = RaggedSequences(("a", "b"), encode_letters(b"ACGTACG")[0], np.array([0, 5, 7]), 0, "example")
        >>> [list(ragged.fit(LengthRule(3, anchor))) for anchor in ("center", "start", "end")]
        [['CGT', 'CGN'], ['ACG', 'CGN'], ['GTA', 'NCG']]
        """
        lengths = self.lengths
        if rule is None:
            if len(lengths) and lengths.min() != lengths.max():
                raise InputError(
                    f"{self.source}: sequences are {lengths.min()} to {lengths.max()} bp long",
                    hint="Set one length: length=N in Python, or --length N (or auto) in training.",
                )
            codes = self.flat.reshape(len(self), -1) if len(self) else np.empty((0, 0), np.uint8)
            return SequenceSet(self.names, codes)
        codes = fill_blocks((len(self), rule.length), lambda rows: self._fitted(rows, rule))
        return SequenceSet(self.names, codes, rule, lengths)

    def _fitted(self, rows: slice, rule: LengthRule) -> Codes:
        lengths, starts = np.diff(self.offsets[rows.start : rows.stop + 1]), self.offsets[rows]
        codes = np.full((len(lengths), rule.length), N, dtype=np.uint8)
        first = rule.first_kept(lengths)
        begin = np.maximum(first, 0)
        end = np.minimum(first + rule.length, lengths)
        for row, offset, kept, start in zip(codes, begin - first, end - begin, starts + begin, strict=True):
            row[offset : offset + kept] = self.flat[start : start + kept]
        release(self.flat)
        return codes


def parse_fasta(path: str | Path | TextSource) -> RaggedSequences:
    """Read a FASTA file whose sequences may differ in length; errors as in `stream_fasta`."""
    return _join(stream_fasta(path))


def stream_fasta(path: str | Path | TextSource, *, batch: int = BATCH_SIZE) -> Iterator[RaggedSequences]:
    """Read a FASTA file in batches of whole records with at least `batch` bases, except the last one.

    Raises
    ------
    FormatError
        If the file is missing, unreadable, empty, truncated or not FASTA, a record has no sequence, or a character is
        not DNA (with line, record and position).
    """
    source = path if isinstance(path, TextSource) else TextSource(path)
    check_fasta(source)
    n_invalid = 0
    for part in _batches(source, batch):
        n_invalid += sum(REPLACEMENT in name for name in part.names)
        yield part
        del part  # its memory is free before the next batch is read
    if n_invalid:
        logger.warning(
            "%s: the names of %d records have bytes that are not UTF-8 (read as U+FFFD). Convert the file, e.g. with "
            "iconv -f latin1 -t utf-8",
            *(source.name, n_invalid),
        )


def _batches(source: TextSource, batch: int) -> Iterator[RaggedSequences]:
    records: list[tuple[str, str]] = []
    n_bases = n_records = 0
    with source.text() as handle:
        for record in SimpleFastaParser(handle):
            records.append(record)
            n_bases += len(record[1])
            if n_bases >= batch:
                n_records += len(records)
                done, total = source.bytes_read()
                report(f"reading {source.name}", min(done, total - 1), total)  # the last records are still to come
                yield _encode(records, source, first=n_records - len(records))
                n_bases = 0
    if records:
        yield _encode(records, source, first=n_records)
    if n_records:
        report(f"reading {source.name}", total, total)


def _join(parts: Iterator[RaggedSequences]) -> RaggedSequences:
    """Join the batches of a file; large arrays and texts are in temporary files."""
    whole = next(parts)
    following = next(parts, None)
    if following is None:
        return whole
    flat, names, headers = ByteBuffer(), TextBuffer(), TextBuffer()
    lengths, n_ambiguous, n_lower = [], 0, 0
    for part in chain((whole, following), parts):
        flat.append(part.flat.tobytes())
        names.extend(part.names)
        headers.extend(part.headers)
        lengths.append(part.lengths)
        n_ambiguous += part.n_ambiguous
        n_lower += part.n_lower
    offsets = np.concatenate([[0], np.concatenate(lengths).cumsum()])
    return RaggedSequences(names.finish(), flat.finish(), offsets, n_ambiguous, whole.source, headers.finish(), n_lower)


def _encode(records: list[tuple[str, str]], source: TextSource, *, first: int = 0) -> RaggedSequences:
    """Encode pairs of header and sequence, and empty the list to save memory; `first` is the index of the first."""
    lengths = np.array([len(sequence) for _, sequence in records], dtype=np.int64)
    # Characters that are not ASCII become "?", which is an error below.
    letters = "".join(sequence for _, sequence in records).encode("ascii", "replace")
    headers = tuple(header for header, _ in records)
    names = tuple((header.split(None, 1) or [str(index)])[0] for index, header in enumerate(headers, start=first))
    records.clear()
    try:
        flat, n_ambiguous = encode_letters(letters)
    except SequenceError:
        raise _locate_error(source) from None
    if not lengths.all():
        raise _locate_error(source)
    offsets, n_lower = np.concatenate([[0], lengths.cumsum()]), sum(map(letters.count, (b"a", b"c", b"g", b"t")))
    return RaggedSequences(names, flat, offsets, n_ambiguous, source.name, headers, n_lower)


def read_fasta(path: str | Path, *, length: int | None = None, anchor: Anchor = "center") -> SequenceSet:
    """Read a FASTA file as sequences of one length.

    Parameters
    ----------
    path : str or Path
        Plain or gzip text; ``-`` is standard input.
    length : int, optional
        Length in bp to which all sequences are cropped or padded (with N). Without it they must have one length.
    anchor : {"center", "start", "end"}
        Part of a sequence that is kept.

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
    return parse_fasta(path).fit(None if length is None else LengthRule(length, anchor))


def write_fasta(sequences: SequenceSet, path: str | Path) -> None:
    """Write sequences as FASTA, each on one line.

    Parameters
    ----------
    sequences : SequenceSet
    path : str or Path
        ``-`` is standard output; a name that ends in ``.gz`` is compressed. The file is written whole or not at all.

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
    if first.startswith(("@HD\t", "@SQ\t")):
        return "a SAM file", "Give the sequences of peaks, e.g. from 'bedtools getfasta'."
    if first.startswith("MEME version"):
        return "a MEME motif file", "Give a file of sequences."
    if first.lstrip().startswith("<"):
        return "a web page or XML", "The download may have been redirected to a web page: get the file itself."
    regions = region_format(source)
    if regions is not None:
        return regions.title, regions.refusal or "Add the genome with --genome genome.fa."
    if all(set(line.upper().strip()) <= set("ACGTUN") for line in lines[:5]):
        return "sequences without headers", "Put a line '>name' before each sequence."
    shown = first.strip() if len(first.strip()) <= 40 else first.strip()[:37] + "..."
    return f"a file that begins with {quoted(shown)}", "Each sequence needs a line '>name' before it."


def _locate_error(source: TextSource) -> FormatError:
    """The error for the first record without a sequence, or invalid character; reads line by line."""
    name, header_line, position, index = "", 0, 0, -1
    with source.text() as handle:
        for number, line in enumerate(handle, start=1):
            if line.startswith(">"):
                if index >= 0 and not position:
                    break
                index += 1
                name, header_line, position = (line[1:].split(None, 1) or [str(index)])[0], number, 0
            elif index >= 0:
                letters = line.rstrip().replace(" ", "")
                try:
                    encode_letters(letters.encode("ascii", "replace"))
                except SequenceError as error:
                    what = f"invalid letter {quoted(letters[error.position])} at position {position + error.position}"
                    return FormatError(source.name, f"{what} of record {quoted(name)}", line=number, hint=error.hint)
                position += len(letters)
    what = f"record {quoted(name)} has no sequence"
    return FormatError(source.name, what, line=header_line, hint="Remove the record, or add its sequence.")
