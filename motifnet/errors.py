"""Every error that motifnet raises on purpose: one sentence of where and what, one of how to mend it."""

from __future__ import annotations

from pathlib import Path


class MotifnetError(Exception):
    """Base of all errors that a user can mend.

    Parameters
    ----------
    message : str
        Where and what, in one sentence.
    hint : str, optional
        How to mend it; shown indented on a line of its own.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        self.message = message
        self.hint = hint
        super().__init__(message if hint is None else f"{message}\n  {hint}")


class InputError(MotifnetError, ValueError):
    """The data given cannot be used."""


class FormatError(InputError):
    """A file is not what it should be.

    Parameters
    ----------
    path : str or Path
        The file, as the user named it.
    message : str
        What is wrong with it.
    line : int, optional
        The 1-based line where it was seen.
    hint : str, optional
        How to mend it.
    """

    def __init__(self, path: str | Path, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        self.path = str(path)
        self.line = line
        super().__init__(f"{self.path}{'' if line is None else f':{line}'}: {message}", hint=hint)


class SequenceError(InputError):
    """A sequence holds something that is not DNA.

    Parameters
    ----------
    message : str
        What is wrong with it.
    record : str
        Name of the record.
    position : int
        0-based position of the letter in the record.
    hint : str, optional
        How to mend it.
    """

    def __init__(self, message: str, *, record: str, position: int, hint: str | None = None) -> None:
        self.record = record
        self.position = position
        super().__init__(message, hint=hint)


class SpecError(MotifnetError, ValueError):
    """A ModelSpec or TrainSpec that no network can be built from, or a name that does not exist."""


class ModelError(MotifnetError, ValueError):
    """A saved model that cannot be read, or that does not fit the sequences given."""
