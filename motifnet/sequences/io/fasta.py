"""FASTA in and out: plain or gzip (told by content, not by suffix; bgzip too), ``-`` for standard input and output.

A record's name is the first word of its header; a header without one is named by its index (0, 1, ...). Names may
repeat. Blank lines, spaces within a sequence, CRLF, lower case and U are accepted; IUPAC codes become N, counted.
Positions in messages are 0-based, as everywhere in motifnet; lines count from 1.
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
from motifnet.errors import FormatError, InputError, SequenceError
from motifnet.outputs import write_text
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N, encode_letters
from motifnet.sequences.io.bed import is_bed
from motifnet.sequences.io.text import NO_LETTER, TextSource
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet
from motifnet.sequences.store import Growing, GrowingTexts, fill, release

logger = logging.getLogger("motifnet")

#: Letters that `stream_fasta` takes at a time.
BATCH_LETTERS = 1 << 22
#: Beyond this share of lower case it is a way of writing and no mask.
_ALL_LOWER = 0.99
_LOWER = (b"a", b"c", b"g", b"t")


@dataclass(frozen=True, eq=False)
class RaggedSequences:
    """Sequences of any lengths, end to end, before a rule settles their length.

    Parameters
    ----------
    names : sequence of str, of length N
    flat : uint8 array of shape (total length,)
        Codes of all records, one after the other. Made read-only.
    offsets : int64 array of shape (N + 1,)
        Record ``i`` is ``flat[offsets[i]:offsets[i + 1]]``. Made read-only.
    n_ambiguous : int
        Letters that were IUPAC codes other than N, and became N.
    source : str
        Where they come from, as messages call it.
    headers : sequence of str, of length N
        The whole header lines, where they are known.
    n_lower : int
        Letters in lower case, which genomes have where they repeat themselves (soft masks).
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
        """Encode strings of any lengths; without names they are named 0, 1, ...

        Raises
        ------
        SequenceError
            If a letter is not DNA.
        """
        offsets = np.concatenate([[0], np.cumsum([len(string) for string in strings])]).astype(np.int64)
        letters = "".join(strings)
        try:
            flat, n_ambiguous = encode_letters(letters.encode("ascii", "replace"))
        except SequenceError as error:
            index = int(np.searchsorted(offsets, error.position, side="right")) - 1
            position = error.position - int(offsets[index])
            what = f"letter {letters[error.position]!r} at position {position} of sequence {index}"
            raise SequenceError(what, record=str(index), position=position, hint=error.hint) from None
        own_names = tuple(names) if names is not None else tuple(map(str, range(len(strings))))
        return cls(own_names, flat, offsets, n_ambiguous, "sequences")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def masked(self) -> float:
        """Share of the letters that are soft-masked; 0 where all are in lower case, which masks nothing."""
        share = self.n_lower / max(len(self.flat), 1)
        return share if share < _ALL_LOWER else 0.0

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Length of every record in bp, shape (N,)."""
        return np.diff(self.offsets)

    def fit(self, rule: LengthRule | None) -> SequenceSet:
        """Give every sequence the same length.

        Parameters
        ----------
        rule : LengthRule or None
            What is longer is cropped and what is shorter padded with N: kept at its ``start``, at its ``end``, or with
            the middle base (index ``length // 2``) kept in the middle. None: they must have one length already.

        Returns
        -------
        SequenceSet
            Its ``rule`` is the one given.

        Raises
        ------
        InputError
            If there is no rule and the lengths differ.

        Examples
        --------
        >>> ragged = RaggedSequences(("a", "b"), encode_letters(b"ACGTACG")[0], np.array([0, 5, 7]), 0, "example")
        >>> [list(ragged.fit(LengthRule(3, anchor))) for anchor in ("center", "start", "end")]
        [['CGT', 'CGN'], ['ACG', 'CGN'], ['GTA', 'NCG']]
        """
        lengths = self.lengths
        if rule is None:
            if len(lengths) and lengths.min() != lengths.max():
                raise InputError(
                    f"{self.source}: sequences are {lengths.min()} to {lengths.max()} bp long",
                    hint="Settle one length: length=N in Python; --length N or auto in a command that trains.",
                )
            return SequenceSet(
                self.names, self.flat.reshape(len(self), -1) if len(self) else np.empty((0, 0), np.uint8)
            )
        codes = fill((len(self), rule.length), lambda rows: self._fitted(rows, rule))
        return SequenceSet(self.names, codes, rule, lengths)

    def _fitted(self, rows: slice, rule: LengthRule) -> Codes:
        lengths, starts = np.diff(self.offsets[rows.start : rows.stop + 1]), self.offsets[rows]
        codes = np.full((len(lengths), rule.length), N, dtype=np.uint8)
        first = rule.first_kept(lengths)
        begin = np.maximum(first, 0)
        end = np.minimum(first + rule.length, lengths)
        for row, place, kept, start in zip(codes, begin - first, end - begin, starts + begin, strict=True):
            row[place : place + kept] = self.flat[start : start + kept]
        release(self.flat)
        return codes


def parse_fasta(path: str | Path | TextSource) -> RaggedSequences:
    """Read a FASTA file whose sequences may differ in length.

    Parameters
    ----------
    path : str, Path or TextSource
        Plain or gzip text; ``-`` is standard input.

    Returns
    -------
    RaggedSequences

    Raises
    ------
    FormatError
        If the file is missing, unreadable, empty, truncated or not FASTA, a record has no sequence, or a letter is not
        DNA; it names the file and, where there is one, line, record and position.
    """
    source = path if isinstance(path, TextSource) else TextSource(path)
    return _gathered(stream_fasta(source), source)


def stream_fasta(path: str | Path | TextSource, *, batch: int = BATCH_LETTERS) -> Iterator[RaggedSequences]:
    """Read a FASTA file in batches of records: a genome in the memory of its longest one.

    Parameters
    ----------
    path : str, Path or TextSource
        As `parse_fasta`; what cannot be read twice, such as standard input, is kept in memory.
    batch : int
        A batch ends with the record that makes it at least this many letters.

    Yields
    ------
    RaggedSequences
        At least one record each, in the order of the file.

    Raises
    ------
    FormatError
        As `parse_fasta`, when the batch that holds the fault is asked for.
    """
    source = path if isinstance(path, TextSource) else TextSource(path)
    refuse_other_formats(source)
    n_odd = 0
    for part in _batches(source, batch):
        n_odd += sum(NO_LETTER in name for name in part.names)
        yield part
        del part  # not beside the next one
    if n_odd:
        logger.warning(
            "%s: the names of %d records hold bytes that are not UTF-8; each is read as U+FFFD, and names that differ "
            "in these alone become one. Convert the file, e.g. with iconv -f latin1 -t utf-8",
            source.name,
            n_odd,
        )


def _batches(source: TextSource, batch: int) -> Iterator[RaggedSequences]:
    records: list[tuple[str, str]] = []
    n_letters = n_records = 0
    with source.text() as handle:
        for record in SimpleFastaParser(handle):
            records.append(record)
            n_letters += len(record[1])
            if n_letters >= batch:
                n_records += len(records)
                done, total = source.bytes_read()
                report(f"reading {source.name}", min(done, total - 1), total)  # the last records are not out yet
                yield _encoded(records, source, first=n_records - len(records))
                n_letters = 0
    if records:
        yield _encoded(records, source, first=n_records)
    if n_records:
        report(f"reading {source.name}", total, total)


def _gathered(parts: Iterator[RaggedSequences], source: TextSource) -> RaggedSequences:
    """All batches as one; codes, names and headers in files, if they are large."""
    whole = next(parts)
    following = next(parts, None)
    if following is None:
        return whole
    flat, names, headers = Growing(), GrowingTexts(), GrowingTexts()
    lengths, n_ambiguous, n_lower = [], 0, 0
    for part in chain((whole, following), parts):
        flat.append(part.flat.tobytes())
        names.extend(part.names)
        headers.extend(part.headers)
        lengths.append(part.lengths)
        n_ambiguous += part.n_ambiguous
        n_lower += part.n_lower
    offsets = np.concatenate([[0], np.concatenate(lengths).cumsum()])
    return RaggedSequences(names.finish(), flat.finish(), offsets, n_ambiguous, source.name, headers.finish(), n_lower)


def _encoded(records: list[tuple[str, str]], source: TextSource, *, first: int = 0) -> RaggedSequences:
    """Titles and letters as codes; takes the records away from the list to save memory. `first` is their index."""
    lengths = np.array([len(sequence) for _, sequence in records], dtype=np.int64)
    # "replace" keeps the length and turns what is not ASCII into "?", which is refused below.
    letters = "".join(sequence for _, sequence in records).encode("ascii", "replace")
    headers = tuple(title for title, _ in records)
    names = tuple((title.split(None, 1) or [str(index)])[0] for index, title in enumerate(headers, start=first))
    records.clear()
    try:
        flat, n_ambiguous = encode_letters(letters)
    except SequenceError:
        raise _locate_fault(source) from None
    if not lengths.all():
        raise _locate_fault(source)
    offsets, n_lower = np.concatenate([[0], lengths.cumsum()]), sum(map(letters.count, _LOWER))
    return RaggedSequences(names, flat, offsets, n_ambiguous, source.name, headers, n_lower)


def read_fasta(path: str | Path, *, length: int | None = None, anchor: Anchor = "center") -> SequenceSet:
    """Read a FASTA file as sequences of one length.

    Parameters
    ----------
    path : str or Path
        Plain or gzip text; ``-`` is standard input.
    length : int, optional
        Crop or pad (with N) every sequence to this many bp. Without it they must all have one length.
    anchor : {"center", "start", "end"}
        What stays in place when a sequence is cropped or padded.

    Returns
    -------
    SequenceSet
        With ``length``, its ``rule`` says how lengths were settled.

    Raises
    ------
    FormatError
        As in `parse_fasta`.
    InputError
        If the lengths differ and none was asked for, or ``length`` or ``anchor`` makes no sense.
    """
    rule = None if length is None else LengthRule(length, anchor)
    return parse_fasta(path).fit(rule)


def write_fasta(sequences: SequenceSet, path: str | Path) -> None:
    """Write sequences as FASTA, each on one line (as bedtools getfasta does, so that line tools can pair them).

    Parameters
    ----------
    sequences : SequenceSet
    path : str or Path
        ``-`` is standard output; ``.gz`` writes gzip. The file appears whole or not at all.

    Raises
    ------
    InputError
        If a name holds a line end, or (`FormatError`) the file cannot be written.
    """
    check_type("sequences", sequences, SequenceSet)
    broken = next((name for name in sequences.names if len(name.splitlines()) > 1), None)
    if broken is not None:
        raise InputError(f"the name {broken!r} holds a line end and cannot be written as FASTA", hint="Rename it.")
    with write_text(path) as handle:
        handle.writelines(f">{name}\n{letters}\n" for name, letters in zip(sequences.names, sequences, strict=True))


def refuse_other_formats(source: TextSource) -> None:
    """Say what a file is that does not begin as FASTA does.

    Raises
    ------
    FormatError
        If it does not, with what it is; and as `TextSource.head`.
    """
    lines = [line for line in source.head().splitlines() if line.strip()]
    if lines[0].startswith(">"):
        return
    what, hint = _recognise(lines)
    raise FormatError(source.name, f"not FASTA but {what}", hint=hint)


def _recognise(lines: list[str]) -> tuple[str, str]:
    """Name the format of a file that is not FASTA, and say what to do."""
    first = lines[0]
    if first.startswith("@") and len(lines) > 2 and lines[2].startswith("+"):
        return "a FASTQ file", "Convert it first, e.g. with 'seqtk seq -A reads.fq > reads.fa'."
    if first.startswith(("@HD\t", "@SQ\t")):
        return "a SAM file", "Give the peaks' sequences, e.g. from 'bedtools getfasta'."
    if first.startswith("MEME version"):
        return "a MEME motif file", "Give the sequences; motifs belong to the commands that compare or scan."
    if first.lstrip().startswith("<"):
        return "a web page or XML", "The download probably ended on a page of the site: get the file itself."
    if is_bed(lines):
        return "a BED file", (
            "Give the genome that its places are on, too: --genome genome.fa (or take the sequences yourself: "
            "bedtools getfasta -fi genome.fa -bed peaks.bed)."
        )
    if all(set(line.upper().strip()) <= set("ACGTUN") for line in lines[:5]):
        return "sequences without headers", "Put a line '>name' before each sequence."
    shown = first.strip() if len(first.strip()) <= 40 else first.strip()[:37] + "..."
    return f"a file that begins with {shown!r}", "Each sequence needs a line '>name' before it."


def _locate_fault(source: TextSource) -> FormatError:
    """Read again, line by line, to the first record without a sequence or letter that is not DNA."""
    name, header_line, position, index = "", 0, 0, -1
    empty_hint = "Remove the record, or give it its sequence."
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
                    what = f"letter {letters[error.position]!r} at position {position + error.position}"
                    return FormatError(source.name, f"{what} of record {name!r}", line=number, hint=error.hint)
                position += len(letters)
    return FormatError(source.name, f"record {name!r} has no sequence", line=header_line, hint=empty_hint)
