"""Standard error of the commands: messages and warnings, progress as bars on a terminal and as lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from motifnet.errors import as_line
from motifnet.outputs import STDIO, write_text
from motifnet.progress import duration
from motifnet.progress import logger as progress_logger

if TYPE_CHECKING:
    from rich import progress as rich_progress

logger = logging.getLogger("motifnet")

#: Shorter computations get no bar; without a terminal, seconds between two lines of one computation.
_SECONDS_BEFORE_A_BAR, _SECONDS_BETWEEN_LINES = 0.7, 15.0


def print_status(line: str) -> None:
    """Print a line to standard error, unless ``--quiet`` was given; standard output is for results."""
    logger.info("%s", line)


def print_error(line: str) -> None:
    """Print to standard error, also with ``--quiet``; control characters other than line breaks are escaped."""
    with suppress(OSError):  # no message can be printed if standard error is full
        print("\n".join(map(as_line, line.split("\n"))), file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """Print to standard output; raises FormatError if it cannot be written, for example to a full disk."""
    with write_text(STDIO) as handle:
        handle.write(f"{text}\n")


@contextmanager
def console(level: int = logging.INFO) -> Iterator[None]:
    """Print log records of the library from a level on, its warnings and its progress; no bar stays at the end."""
    handler = _Lines()
    handler.setFormatter(_TimedFormatter() if level <= logging.DEBUG else _LineFormatter())
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level)
    warnings.showwarning = _show_warning
    display: ProgressDisplay = BarDisplay() if sys.stderr.isatty() else LineDisplay()
    progress_logger.handlers, progress_logger.propagate = [display], False
    progress_logger.setLevel(logging.WARNING if level > logging.INFO else logging.DEBUG)
    try:
        yield
    finally:
        display.close_all()


class _Lines(logging.Handler):
    """Unlike logging's StreamHandler, it uses the current sys.stderr, which is replaced while a bar is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        print_error(self.format(record))


class _LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        # Names of files and sequences in the arguments may have line breaks.
        arguments = tuple(as_line(each) if isinstance(each, str) else each for each in record.args or ())
        return prefix + record.msg % arguments if arguments else prefix + record.getMessage()


class _TimedFormatter(_LineFormatter):
    """For ``--verbose``: seconds since the start before each line."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.relativeCreated / 1000:7.1f} s  {super().format(record)}"


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print_error(f"warning: {message}")


class ProgressDisplay(logging.Handler):
    """Displays the reports of `motifnet.progress`; the start of each computation that is not over is kept."""

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[str, tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        name, done, total, note = cast("tuple[str, int, int | None, str]", record.args)
        task = as_line(name)
        self._started.setdefault(task, (time.monotonic(), done))
        self.show(task, done, total, note)
        if done == total:
            self.close_task(task)

    def show(self, task: str, done: int, total: int | None, note: str) -> None:
        """Display one report."""

    def close_task(self, task: str) -> None:
        """Remove a computation that is over."""
        self._started.pop(task)

    def close_all(self) -> None:
        """Remove all computations, also those that were interrupted."""
        for task in list(self._started):
            self.close_task(task)


class LineDisplay(ProgressDisplay):
    """A line for new intermediate results, and otherwise every few seconds, with an estimate of the time left."""

    def __init__(self) -> None:
        super().__init__()
        self._printed: dict[str, tuple[float, str]] = {}

    def show(self, task: str, done: int, total: int | None, note: str) -> None:
        """Print a line if there are new results, or the last line was some time ago."""
        now, (start, first) = time.monotonic(), self._started[task]
        last_time, last_note = self._printed.get(task, (start, ""))
        is_new = total is not None and note not in ("", last_note)
        if not is_new and (done == total or now - last_time < _SECONDS_BETWEEN_LINES):
            return
        self._printed[task] = (now, note)
        left = None if total is None or done == first else (now - start) * (total - done) / (done - first)
        if total is not None and note:
            print_status(f"step {done}/{total}  {note}" + (f"  at most {duration(left)} left" if left else ""))
        else:
            fraction = f"{done / total:.0%}" if total else note
            print_status(f"{task}: {fraction}" + (f", about {duration(left)} left" if left else ""))

    def close_task(self, task: str) -> None:
        """Forget the lines printed for a computation that is over."""
        super().close_task(task)
        self._printed.pop(task, None)


class BarDisplay(ProgressDisplay):
    """A bar for each computation, removed when it is over; other lines are printed above the bars."""

    def __init__(self) -> None:
        super().__init__()
        self._progress: rich_progress.Progress | None = None
        self._bars: dict[str, rich_progress.TaskID] = {}
        self._notes: dict[str, str] = {}

    def show(self, task: str, done: int, total: int | None, note: str) -> None:
        """Draw or update a bar."""
        if total is not None and note:
            self._notes[task] = note = f"step {done}  {note}"
        if task not in self._bars:
            if done == total or time.monotonic() - self._started[task][0] < _SECONDS_BEFORE_A_BAR:
                return
            self._progress = self._progress or _started_progress()
            self._bars[task] = self._progress.add_task(task, total=total, note="")
        assert self._progress is not None
        self._progress.update(self._bars[task], completed=done, total=total, note=note)

    def close_task(self, task: str) -> None:
        """Remove a bar; its last intermediate results are printed as a line."""
        super().close_task(task)
        bar = self._bars.pop(task, None)
        if bar is not None and self._progress is not None:
            self._progress.remove_task(bar)
        if self._progress is not None and not self._bars:
            self._progress.stop()
            self._progress = None
        if note := self._notes.pop(task, ""):
            print_status(f"{task}: {note}")


def _started_progress() -> rich_progress.Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    # A name in brackets is no markup.
    task, note = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[note]}"))
    columns = (task, BarColumn(), TaskProgressColumn(), note, TimeElapsedColumn(), TimeRemainingColumn())
    # Standard output is for results, and may be redirected.
    progress = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
    progress.start()
    return progress
