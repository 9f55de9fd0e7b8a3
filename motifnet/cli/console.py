"""What a command says while it works, to standard error, and what it sets up before: threads, TensorFlow, Tomtom."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger("motifnet")

#: When this process began to work, on the clock `time.monotonic`.
STARTED = time.monotonic()


def say(line: str) -> None:
    """One line to standard error, unless ``--quiet`` was given; standard output is for results."""
    logger.info("%s", line)


def counted(number: int, noun: str) -> str:
    """``1 motif``, ``2 motifs``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def complain(line: str) -> None:
    """One line to standard error, whatever was asked for: errors."""
    print(line, file=sys.stderr, flush=True)


def is_quiet() -> bool:
    """Whether only errors and warnings are to be told."""
    return not logger.isEnabledFor(logging.INFO)


def listen(level: int = logging.INFO) -> None:
    """Show what the library logs from a level on, and what it warns of, one line each."""
    handler = _Lines()
    handler.setFormatter(_TimedFormatter() if level <= logging.DEBUG else _LineFormatter())
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    warnings.showwarning = _show_warning


class _Lines(logging.Handler):
    """Other than logging's own, it asks for standard error each time: a bar that is drawn there stays below."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(self.format(record))


class _LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        return prefix + record.getMessage()


class _TimedFormatter(_LineFormatter):
    """For ``--verbose``: seconds since the start before each line."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.relativeCreated / 1000:7.1f} s  {super().format(record)}"


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    complain(f"warning: {message}")


def limit_threads(threads: int | None) -> None:
    """Bound TensorFlow, numpy's linear algebra and numba; before numpy is imported, since each asks once."""
    from motifnet.models import runtime

    if threads is not None:
        runtime.set_threads(threads)
        for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            os.environ[f"{library}_NUM_THREADS"] = str(threads)


def threads_used() -> int:
    """CPU threads of TensorFlow, for provenance.json: other numbers of them give other weights."""
    from motifnet.models import runtime

    return runtime.threads()


def start_tensorflow() -> None:
    """Start TensorFlow without the lines that its C++ side writes on import."""
    from motifnet.models import runtime

    with _silent_file_descriptor(2):
        runtime.start()


@contextmanager
def _silent_file_descriptor(descriptor: int) -> Iterator[None]:
    # The oneDNN and CUDA lines do not pass through Python's sys.stderr.
    sys.stderr.flush()
    kept = os.dup(descriptor)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def tomtom_ready(database: str) -> Iterator[Callable[[], None]]:
    """Let Tomtom compile, if this machine has not met it, while the body works; yields what waits for it."""
    if database == "none":
        yield lambda: None
        return
    from motifnet.motifs.known.tomtom import compiled_in_background

    with compiled_in_background() as wait:
        yield wait
