"""Exceptions that motifnet raises for bad input: what is wrong and where, and how to fix it."""

from __future__ import annotations

from pathlib import Path


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
        self.message = message
        self.hint = hint
        super().__init__(message if hint is None else f"{message}\n  {hint}")


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
        super().__init__(f"{self.path}{'' if line is None else f':{line}'}: {message}", hint=hint)


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
