"""What a command says while it works: to standard error, a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from motifnet.models.training import Progress

#: How the score beside the validation loss is written: `training.Progress`.
SCORE_NAMES = {"auroc": "auROC", "pearson": "Pearson r"}


def say(line: str = "") -> None:
    """One line to standard error; standard output is for results."""
    print(line, file=sys.stderr, flush=True)


def listen() -> None:
    """Show what the library logs and warns, one line each."""
    handler = logging.StreamHandler()
    handler.setFormatter(_LineFormatter())
    logger = logging.getLogger("motifnet")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    warnings.showwarning = _show_warning


class _LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        return prefix + record.getMessage()


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    say(f"warning: {message}")


def limit_threads(threads: int | None) -> None:
    """Bound TensorFlow, numpy's linear algebra and numba; before numpy is imported, since each asks once."""
    from motifnet.models import runtime

    if threads is not None:
        runtime.set_threads(threads)
        for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            os.environ[f"{library}_NUM_THREADS"] = str(threads)


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
def training_progress() -> Iterator[Callable[[Progress], None]]:
    """Show training: loss, validation loss and score, time left."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    figures = TextColumn("loss {task.fields[loss]}  valid loss {task.fields[valid_loss]}  {task.fields[score]}")
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        figures,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("training", loss="-", valid_loss="-", score="-", total=None)

        def show(now: Progress) -> None:
            bar.update(
                task,
                completed=now.step,
                total=now.max_steps,
                loss=_figure(now.loss),
                valid_loss=_figure(now.valid_loss),
                score=f"{SCORE_NAMES[now.score]} {_figure(now.valid_score)}",
            )

        yield show


class _Lines:
    """A line each time the validation figures change."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last: tuple[float, ...] = ()

    def __call__(self, now: Progress) -> None:
        figures = (now.loss, now.valid_loss, now.valid_score)
        if figures == self._last or now.loss != now.loss:
            return
        self._last = figures
        elapsed = time.monotonic() - self._start
        left = elapsed / now.step * (now.max_steps - now.step)
        say(
            f"step {now.step}/{now.max_steps}  loss {now.loss:.4f}  valid loss {now.valid_loss:.4f}  "
            f"valid {SCORE_NAMES[now.score]} {now.valid_score:.4f}  at most {left:.0f} s left"
        )


def _figure(value: float) -> str:
    return "-" if value != value else f"{value:.4f}"


@contextmanager
def steps_progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show steps done of all steps, on a terminal; elsewhere the log says what is being done."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def tomtom_ready(database: str) -> Iterator[Callable[[], None]]:
    """Let Tomtom compile, if this machine has not met it, while the body works; yields what waits for it."""
    if database == "none":
        yield lambda: None
        return
    from motifnet.motifs.tomtom import compiled_meanwhile

    with compiled_meanwhile() as wait:
        yield wait
