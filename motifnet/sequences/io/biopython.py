"""Sequences of Biopython (`Bio.Seq.Seq`, `Bio.SeqRecord.SeqRecord`) as strings; Biopython is never imported here.

A value can be one of them only if Biopython has been imported already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from motifnet.errors import InputError

#: The identifier of a record that was given none.
_UNKNOWN = "<unknown id>"


def is_record(value: object) -> bool:
    """Whether a value is a `Bio.SeqRecord.SeqRecord`."""
    library = sys.modules.get("Bio.SeqRecord")
    return library is not None and isinstance(value, library.SeqRecord)


def is_seq(value: object) -> bool:
    """Whether a value is a `Bio.Seq.Seq` or `Bio.Seq.MutableSeq`."""
    library = sys.modules.get("Bio.Seq")
    return library is not None and isinstance(value, (library.Seq, library.MutableSeq))


def plain_strings(values: Sequence[Any]) -> tuple[list[Any], list[str] | None]:
    """The values with those of Biopython as strings, and their names; None if no value is a record.

    The name of a record is its identifier; that of other values is their index. Raises InputError for a `Seq` without
    letters, of which only the length is known.
    """
    strings = [_plain(value, index) for index, value in enumerate(values)]
    if not any(map(is_record, values)):
        return strings, None
    names = [value.id if is_record(value) and value.id != _UNKNOWN else None for value in values]
    return strings, [str(index) if name is None else str(name) for index, name in enumerate(names)]


def _plain(value: Any, index: int) -> Any:
    seq = value.seq if is_record(value) else value
    if not is_seq(seq):
        return seq
    try:
        return str(seq)
    except ValueError:  # UndefinedSequenceError
        raise InputError(f"sequence {index} has no letters: only its length is known") from None
