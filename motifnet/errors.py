"""Exceptions for invalid input. Each message states the error, its location and a remedy.

Messages quote names and values from input with `quoted` and `listed`: escaped, and at most 80 characters of each.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from pathlib import Path

#: Characters of one value, of one path, and of a whole message or hint, that are shown.
_VALUE, _PATH, _MESSAGE = 80, 300, 1000
#: Names that a list in a message shows.
_NAMES = 20

_representation = reprlib.Repr()
_representation.maxtuple = _representation.maxlist = _representation.maxset = _representation.maxdict = 8
_representation.maxstring = _representation.maxlong = _representation.maxother = _VALUE


def quoted(value: object) -> str:
    """A name or value from input for a message: as `repr`, on one line, cut to 80 characters.

    >>> print(quoted("a\\tb"), quoted("A" * 100), quoted((1, 2.5)))
    'a\\tb' 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA...' (1, 2.5)
    """
    if isinstance(value, str):
        text = repr(str(value[: _VALUE + 1]))
        return text if len(text) <= _VALUE + 2 else text[0] + _cut(text[1:-1], _VALUE) + text[0]
    try:
        text = _representation.repr(value)
    except ValueError:  # an integer of too many digits
        text = f"a value of type {type(value).__name__}"
    return _cut(_escaped(" ".join(text.split())), _VALUE)


def listed(names: Iterable[object], separator: str = ", ") -> str:
    """Names from input as a list for a message, without quotes: at most 20, each escaped and cut to 80 characters."""
    texts = [_cut(_escaped(str(name)[: _VALUE + 1]), _VALUE) for name in names]
    more = f", ... ({len(texts)} in all)" if len(texts) > _NAMES else ""
    return separator.join(texts[:_NAMES]) + more


def counted(number: int, noun: str) -> str:
    """``1 motif``, ``2 motifs``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def as_line(text: str) -> str:
    """Text as one line of a message: line breaks and control characters are escaped; cut to 1,000 characters."""
    return _cut(_escaped(text[: _MESSAGE + 1]), _MESSAGE)


def _escaped(text: str) -> str:
    # Control characters in a name could change a terminal.
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 3] + "..."


class MotifnetError(Exception):
    """Base class of all errors that a user can fix.

    Parameters
    ----------
    message : str
        What is wrong and where, in one sentence.
    hint : str, optional
        How to fix it; printed indented on a line of its own.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        self.message = as_line(message)
        self.hint = None if hint is None else as_line(hint)
        super().__init__(self.message if self.hint is None else f"{self.message}\n  {self.hint}")


class InputError(MotifnetError, ValueError):
    """Data or arguments that cannot be used."""


class FormatError(InputError):
    """A file that is missing, damaged or in the wrong format, or that cannot be written.

    Parameters
    ----------
    path : str or Path
        The file, as the user named it.
    message : str
        What is wrong with it.
    line : int, optional
        1-based line number of the fault.
    hint : str, optional
        How to fix it.
    """

    def __init__(self, path: str | Path, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        self.path = str(path)
        self.line = line
        shown = _cut(self.path, _PATH)
        super().__init__(f"{shown}{'' if line is None else f':{line}'}: {message}", hint=hint)


class SequenceError(InputError):
    """A sequence that contains something other than DNA.

    Parameters
    ----------
    message : str
        What is wrong with it.
    record : str
        Name of the record.
    position : int
        0-based position of the character in the record.
    hint : str, optional
        How to fix it.
    """

    def __init__(self, message: str, *, record: str, position: int, hint: str | None = None) -> None:
        self.record = record
        self.position = position
        super().__init__(message, hint=hint)


class SpecError(MotifnetError, ValueError):
    """A specification that no network can be built or trained from, or an unknown name in it."""


class ModelError(MotifnetError, ValueError):
    """A saved model that cannot be read, or that does not fit the sequences."""
