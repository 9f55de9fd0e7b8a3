"""`Target`: a reader that is fuzzed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .mutations import Rng

#: Contents of the files of an input, by relative path.
Files = dict[str, bytes]


@dataclass(frozen=True)
class Target:
    """A reader.

    Parameters
    ----------
    name : str
    make : callable
        ``make(rng)`` returns valid files.
    change : callable
        ``change(files, rng)`` changes them in place.
    read : callable
        ``read(folder)`` returns what the reader made of the files in a folder.
    check : callable, optional
        ``check(files, value)`` returns what is wrong with the value, None if nothing.
    share : int
        Relative number of inputs.
    may_refuse : bool
        Whether unchanged files may be refused.
    needs : {"", "folders", "tensorflow"}
        Whether the files are in `folders.files_of`, and whether the reader starts TensorFlow as well.
    """

    name: str
    make: Callable[[Rng], Files]
    change: Callable[[Files, Rng], None]
    read: Callable[[Path], Any]
    check: Callable[[Files, Any], str | None] | None = None
    share: int = 10
    may_refuse: bool = False
    needs: Literal["", "folders", "tensorflow"] = ""
