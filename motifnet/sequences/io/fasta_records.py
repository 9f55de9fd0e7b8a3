"""The records of a FASTA file, in batches: lines and files may be larger than memory; errors have line and position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

import numpy as np

from motifnet.errors import FormatError, SequenceError, quoted
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, encode_letters
from motifnet.sequences.io.text import MAX_LINE, TextSource
from motifnet.sequences.ragged import RaggedSequences

#: Bases per batch of `stream_fasta`, and maximum number of records per batch.
BATCH_SIZE, _BATCH_RECORDS = 1 << 22, 1 << 16
#: Maximum number of bases of a record, and of records of a file.
MAX_BASES, MAX_RECORDS = 1 << 30, 1 << 25
#: Characters of a line that are read at one time.
_PART = 1 << 20
#: Hints for gaps and stops, without and with `ungap`.
_GAPS_HINT = "Use --ungap (in Python IntervalSpec(ungap=True)) to remove gaps (- and .) and * at the ends of records."
_STOP_HINT = "--ungap removes * at the ends of records only. Check the step that wrote the file."


class FastaReader:
    """Reader of the records of a FASTA file in parts; a line, or all records together, may be larger than memory."""

    def __init__(self, source: TextSource, *, ungap: bool) -> None:
        self.source, self.ungap = source, ungap
        self.n_gaps = self.n_stops = 0
        self._n_records = 0
        self._begin()

    def _begin(self) -> None:
        """Begin a batch."""
        self._headers: list[str] = []
        self._lengths: list[int] = []
        self._parts: list[str] = []  # letters that are not encoded yet
        self._n_encoded = 0
        self._codes: list[Codes] = []
        self._n_ambiguous = self._n_lower = 0

    def batches(self, size: int) -> Iterator[RaggedSequences]:
        """Yield the records in batches of at least `size` bases, as `stream_fasta`."""
        n_bases, has_stop, total, task = 0, False, 0, f"reading {self.source.name}"
        with self.source.text() as handle:
            for number, is_header, letters in _parts_of(handle, self.source):
                if is_header:
                    if n_bases >= size or len(self._headers) >= _BATCH_RECORDS:
                        done, total = self.source.bytes_read()
                        report(task, min(done, total - 1), total)  # records are still to come
                        yield self._finish(number)
                        n_bases = 0
                    self._headers.append(letters)
                    self._lengths.append(0)
                    has_stop = False
                if is_header or not letters:
                    continue
                if self.ungap and (letters := self._ungapped(letters)):
                    if has_stop:
                        raise _locate_error(self.source, ungap=True)
                    has_stop = letters.endswith("*")
                    letters = letters[:-1] if has_stop else letters
                    self.n_stops += has_stop
                n_bases += len(letters)
                self._lengths[-1] += len(letters)
                self._parts.append(letters)
                if n_bases - self._n_encoded >= BATCH_SIZE:
                    self._encode(number)
        if self._headers:
            yield self._finish(number)
        if total:
            report(task, total, total)

    def _ungapped(self, text: str) -> str:
        letters = text.replace("-", "").replace(".", "")
        self.n_gaps += len(text) - len(letters)
        return letters

    def _encode(self, line: int) -> None:
        """Encode the letters up to a line."""
        if self._lengths[-1] > MAX_BASES:
            name = _name_of(self._headers[-1], self._n_records + len(self._headers) - 1)
            what = f"record {quoted(name)} has more than {MAX_BASES:,} bases"
            raise FormatError(self.source.name, what, line=line, hint="Cut it into windows, e.g. with seqkit sliding.")
        # Characters that are not ASCII become "?", which is an error below.
        letters = "".join(self._parts).encode("ascii", "replace")
        self._parts.clear()
        self._n_encoded += len(letters)
        try:
            codes, n_ambiguous = encode_letters(letters)
        except SequenceError:
            raise _locate_error(self.source, ungap=self.ungap) from None
        self._codes.append(codes)
        self._n_ambiguous += n_ambiguous
        self._n_lower += len(letters) - len(letters.translate(None, b"acgt"))

    def _finish(self, line: int) -> RaggedSequences:
        """The records of a batch, which ends at a line."""
        self._encode(line)
        lengths = np.array(self._lengths, dtype=np.int64)
        if not lengths.all():
            raise _locate_error(self.source, ungap=self.ungap)
        codes = np.empty(int(lengths.sum()), dtype=np.uint8)
        begin = 0
        while self._codes:  # each part is freed when it is copied
            part = self._codes.pop(0)
            codes[begin : begin + len(part)] = part
            begin += len(part)
        headers = tuple(self._headers)
        names = tuple(_name_of(header, index) for index, header in enumerate(headers, start=self._n_records))
        self._n_records += len(headers)
        if self._n_records > MAX_RECORDS:
            what = f"more than {MAX_RECORDS:,} records"
            raise FormatError(self.source.name, what, line=line, hint="Split the file, or use a sample of the records.")
        offsets = np.concatenate([[0], lengths.cumsum()])
        batch = RaggedSequences(names, codes, offsets, self._n_ambiguous, self.source.name, headers, self._n_lower)
        self._begin()
        return batch


def _name_of(header: str, index: int) -> str:
    return (header.split(None, 1) or [str(index)])[0]


def _parts_of(handle: TextIO, source: TextSource) -> Iterator[tuple[int, bool, str]]:
    """Line number, whether it is a header, and text of each line; long lines of sequence in several parts."""
    number, is_start, is_header = 0, True, False
    while text := handle.readline(_PART):
        if is_start:
            number += 1
            is_header = text.startswith(">")
            if is_header:
                while not text.endswith("\n") and (more := handle.readline(_PART)):
                    text += more
                    if len(text) > MAX_LINE:
                        what = f"a header of more than {MAX_LINE:,} characters"
                        raise FormatError(source.name, what, line=number, hint="Shorten the names of the records.")
        is_start = text.endswith("\n")
        letters = text.replace(" ", "")
        if is_start or len(text) < _PART:  # the end of the line
            letters = letters.rstrip()
        yield number, is_header, text[1:].rstrip() if is_header else letters


def _locate_error(source: TextSource, *, ungap: bool = False) -> FormatError:
    """The error for the first record without a sequence, or invalid character; reads line by line."""
    name, header_line, position, index, n_bases, stop = "", 0, 0, -1, 0, (0, 0)
    with source.text() as handle:
        for number, is_header, text in _parts_of(handle, source):
            if is_header:
                if index >= 0 and not n_bases:
                    break
                index += 1
                name, header_line, position, n_bases, stop = _name_of(text, index), number, 0, 0, (0, 0)
                continue
            letters = text
            if ungap:
                letters = letters.replace("-", "N").replace(".", "N")
                if stop[0] and letters.strip("N"):
                    return _invalid_letter(source, "*", stop[1], name, stop[0], _STOP_HINT)
                if letters.endswith("*"):
                    letters, stop = letters[:-1] + "N", (number, position + len(letters) - 1)
            try:
                encode_letters(letters.encode("ascii", "replace"))
            except SequenceError as error:
                at = error.position
                hint = error.hint or ""
                if letters[at] in "-.*":
                    hint = _STOP_HINT if ungap else _GAPS_HINT
                return _invalid_letter(source, letters[at], position + at, name, number, hint)
            n_bases += len(letters.replace("N", "")) if ungap else len(letters)
            position += len(letters)
    what = f"record {quoted(name)} has no sequence"
    return FormatError(source.name, what, line=header_line, hint="Remove the record, or add its sequence.")


def _invalid_letter(source: TextSource, letter: str, position: int, name: str, line: int, hint: str) -> FormatError:
    what = f"invalid letter {quoted(letter)} at position {position} of record {quoted(name)}"
    return FormatError(source.name, what, line=line, hint=hint or None)
