"""One input: its files from the seed, its reader, and the outcome."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from motifnet.errors import MotifnetError

from .mutations import Rng
from .target import Files, Target
from .targets import TARGETS

#: Longest message in characters, paths excluded: two short sentences, with quoted texts of up to 80 characters.
_MESSAGE = 1200

Outcome = Literal["accepted", "refused", "fault"]


@dataclass(frozen=True)
class Case:
    """An input: the name of its target, the seed of the run, and its number. Every tenth is a valid file, unchanged."""

    target: str
    seed: int
    number: int

    @property
    def name(self) -> str:
        """Name of the folder in which the input is kept."""
        return f"{self.target}-{self.seed}-{self.number}"

    @property
    def is_valid(self) -> bool:
        """Whether the input is not changed."""
        return self.number % 10 == 0

    def files(self) -> Files:
        """The files of the input."""
        target, rng = TARGETS[self.target], Rng(self.name)
        files = target.make(rng)
        if not self.is_valid:
            target.change(files, rng)
        return files


@dataclass(frozen=True)
class Result:
    """What a reader did with an input, and for a fault or a refusal, why."""

    outcome: Outcome
    why: str = ""


def write_files(files: Files, folder: Path) -> None:
    """Write the files of an input."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def run_case(case: Case) -> Result:
    """Make the input, and read it."""
    target, files = TARGETS[case.target], case.files()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        write_files(files, folder)
        result = read(target, files, folder)
    if case.is_valid and result.outcome == "refused" and not target.may_refuse:
        return Result("fault", f"a valid file is refused: {result.why}")
    return result


def read(target: Target, files: Files, folder: Path) -> Result:
    """Call the reader on the files in a folder, and check what it returns."""
    try:
        with _strict_warnings():
            value = target.read(folder)
    except MotifnetError as error:
        message = str(error).replace(str(folder), "")
        wrong = _message_fault(message)
        return Result("fault", f"{wrong}: {message[:300]!r}") if wrong else Result("refused", message[:300])
    except Exception as error:  # noqa: BLE001
        return Result("fault", _described(error))
    try:
        problem = target.check(files, value) if target.check else None
    except Exception as error:  # noqa: BLE001
        problem = f"the check failed: {_described(error)}"
    return Result("fault", problem) if problem else Result("accepted")


@contextmanager
def _strict_warnings() -> Iterator[None]:
    """Raise numerical warnings as errors, since they indicate wrong values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", RuntimeWarning)
        yield


def _message_fault(message: str) -> str | None:
    if len(message) > _MESSAGE:
        return f"a message of {len(message)} characters"
    if any(not char.isprintable() and char != "\n" for char in message):
        return "a message with control characters"
    return None


def _described(error: BaseException) -> str:
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if "motifnet" in frame.filename]
    at = f" at {Path(own[-1].filename).name}:{own[-1].lineno} ({own[-1].name})" if own else ""
    return f"{type(error).__name__}{at}: {str(error)[:200]!r}"


def serve() -> None:
    """Run the cases that arrive on standard input, one JSON document per line, and print their results."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # standard output is for results, not for what libraries print
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        case = Case(**json.loads(line))
        if TARGETS[case.target].needs == "tensorflow":
            import motifnet.models.training.tuning  # noqa: F401

            answers.write("ready\n")
        answers.write(json.dumps(asdict(run_case(case))) + "\n")


if __name__ == "__main__":
    serve()
