"""How far the work is, on standard error: bars on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, cast

from motifnet.cli.console import is_quiet, say

if TYPE_CHECKING:
    from rich import progress as rich_progress

    from motifnet.models.training.loop import Progress

#: How the score beside the validation loss is written: `training.Progress`.
SCORE_NAMES = {"auroc": "auROC", "pearson": "Pearson r"}

#: Work that is over sooner needs no bar; a line where there is no terminal comes so often.
_SECONDS_BEFORE_A_BAR, _SECONDS_BETWEEN_LINES = 0.7, 15.0


class Display(Protocol):
    """Where progress is shown."""

    def show(self, what: str, done: int, total: int | None, note: str = "") -> None:
        """How far one piece of work is; over when `done` is `total`. Without a total only the note tells."""

    def close(self, what: str | None = None) -> None:
        """This work, or all, goes no further."""


class Nothing:
    """For ``--quiet``."""

    def show(self, what: str, done: int, total: int | None, note: str = "") -> None:
        """Show nothing."""

    def close(self, what: str | None = None) -> None:
        """There is nothing to close."""


class Lines:
    """A line every few seconds: done, and time left."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._said: dict[str, float] = {}

    def show(self, what: str, done: int, total: int | None, note: str = "") -> None:
        """Say a line if the last one was some time ago."""
        now = time.monotonic()
        begun = self._begun.setdefault(what, now)
        if done == total:
            self.close(what)
        elif now - self._said.get(what, begun) >= _SECONDS_BETWEEN_LINES:
            self._said[what] = now
            left = f", about {duration((now - begun) * (total - done) / done)} left" if total and done else ""
            say(f"{what}: {f'{done / total:.0%}' if total else note}{left}")

    def close(self, what: str | None = None) -> None:
        """Forget when this work began."""
        for times in (self._begun, self._said):
            times.clear() if what is None else times.pop(what, None)


class Bars:
    """A bar for each piece of work, gone when it is over; other lines appear above."""

    def __init__(self) -> None:
        self._progress: rich_progress.Progress | None = None
        self._begun: dict[str, float] = {}
        self._tasks: dict[str, rich_progress.TaskID] = {}

    def show(self, what: str, done: int, total: int | None, note: str = "") -> None:
        """Draw or move the bar."""
        begun = self._begun.setdefault(what, time.monotonic())
        if done == total:
            self.close(what)
            return
        if what not in self._tasks:
            if time.monotonic() - begun < _SECONDS_BEFORE_A_BAR:
                return
            if self._progress is None:
                self._progress = _drawn()
            self._tasks[what] = self._progress.add_task(what, total=total, note="")
        assert self._progress is not None
        self._progress.update(self._tasks[what], completed=done, total=total, note=note)

    def close(self, what: str | None = None) -> None:
        """Take the bar away, and with the last one the place where it stood."""
        for name in list(self._begun) if what is None else [what]:
            self._begun.pop(name, None)
            task = self._tasks.pop(name, None)
            if task is not None and self._progress is not None:
                self._progress.remove_task(task)
        if self._progress is not None and not self._tasks:
            self._progress.stop()
            self._progress = None


def _drawn() -> rich_progress.Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    text, note = TextColumn("{task.description}"), TextColumn("{task.fields[note]}")
    columns = (text, BarColumn(), TaskProgressColumn(), note, TimeElapsedColumn(), TimeRemainingColumn())
    # Standard output is for results, which may go elsewhere.
    progress = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
    progress.start()
    return progress


class _Screen:
    """Standard error of this process; two displays would draw over each other."""

    display: Display | None = None


def screen() -> Display:
    """The display of this process, made when it is first asked for."""
    if _Screen.display is None:
        _Screen.display = Nothing() if is_quiet() else Bars() if sys.stderr.isatty() else Lines()
    return _Screen.display


@contextmanager
def progress_shown() -> Iterator[None]:
    """Show what the library tells of its progress; whatever happens, no bar is left behind."""
    logger = logging.getLogger("motifnet.progress")
    logger.handlers = [_Handler()]
    logger.setLevel(logging.WARNING if is_quiet() else logging.DEBUG)
    logger.propagate = False
    _Screen.display = None
    try:
        yield
    finally:
        screen().close()


class _Handler(logging.Handler):
    """Shows what `motifnet.progress.report` tells."""

    def emit(self, record: logging.LogRecord) -> None:
        # As report() gives them.
        what, done, total = cast("tuple[str, int, int]", record.args)
        screen().show(what, done, total)


@contextmanager
def training_progress() -> Iterator[Callable[[Progress], None]]:
    """Show training: loss, validation loss and score, time left."""
    if not isinstance(screen(), Bars):
        yield _TrainingLines()
        return
    note = ""

    def show(now: Progress) -> None:
        nonlocal note
        figures = f"loss {_figure(now.loss)}  valid loss {_figure(now.valid_loss)}"
        note = f"step {now.step}  {figures}  valid {SCORE_NAMES[now.score]} {_figure(now.valid_score)}"
        screen().show("training", now.step, now.max_steps, note)

    try:
        yield show
    finally:
        screen().close("training")
    say(f"trained: {note}")


class _TrainingLines:
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
            f"valid {SCORE_NAMES[now.score]} {now.valid_score:.4f}  at most {duration(left)} left"
        )


def _figure(value: float) -> str:
    return "-" if value != value else f"{value:.4f}"


def duration(seconds: float) -> str:
    """As people say it: 40 s, 2.5 min, 20 min, 3 h."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    value, unit = (seconds / 60, "min") if seconds < 5400 else (seconds / 3600, "h")
    return f"{round(value, 1) if value < 10 else round(value):g} {unit}"
