"""Progress of long computations: reported on the logger ``motifnet.progress``, displayed by whoever handles it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast

#: Silent unless its level is DEBUG; the arguments of its records are those of `report`.
logger = logging.getLogger("motifnet.progress")

#: Display names of the scores of `Progress`.
SCORE_NAMES = {"auroc": "auROC", "pearson": "Pearson r"}


class Progress(NamedTuple):
    """Progress of a training; loss and score are those of the last validation, NaN before the first.

    Parameters
    ----------
    step, max_steps : int
    loss : float
        Mean training loss since the validation before.
    valid_loss, valid_score : float
        Loss and score on the validation sequences.
    score : {"auroc", "pearson"}
        Which score: Pearson's correlation for values and counts.
    """

    step: int
    max_steps: int
    loss: float
    valid_loss: float
    valid_score: float
    score: str = "auroc"


def duration(seconds: float) -> str:
    """A duration in its usual unit: 40 s, 2.5 min, 20 min, 3 h."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    value, unit = (seconds / 60, "min") if seconds < 5400 else (seconds / 3600, "h")
    return f"{round(value, 1) if value < 10 else round(value):g} {unit}"


def report(task: str, done: int, total: int | None, note: str = "") -> None:
    """Report the progress of one computation.

    Parameters
    ----------
    task : str
        Name of the computation; the same in all its reports.
    done : int
        Steps (or bytes, or bases) done; the computation is over when `done` equals `total`.
    total : int or None
        Steps in all; None if unknown.
    note : str
        Intermediate results, for display.
    """
    logger.debug("%s: %s of %s %s", task, done, total, note)


@contextmanager
def part_of(total: int, *, before: int) -> Iterator[None]:
    """Count the reports inside as steps of a whole: `before` steps are done already, of `total`."""

    def count(record: logging.LogRecord) -> bool:
        task, done, _, note = cast("tuple[str, int, int | None, str]", record.args)
        record.args = (task, before + done, total, note)
        return True

    logger.addFilter(count)
    try:
        yield
    finally:
        logger.removeFilter(count)


@contextmanager
def training_reported() -> Iterator[Callable[[Progress], None]]:
    """Yield a callback for the `progress` argument of `train` that reports the steps, with loss and score as the note.

    The end of the context reports that the training is over, which may be before its last step.
    """
    step = 0

    def report_step(now: Progress) -> None:
        nonlocal step
        step, note = now.step, ""
        if now.valid_loss == now.valid_loss:  # NaN before the first validation
            score = f"valid {SCORE_NAMES[now.score]} {now.valid_score:.4f}"
            note = f"loss {now.loss:.4f}  valid loss {now.valid_loss:.4f}  {score}"
        report("training", step, now.max_steps, note)

    try:
        yield report_step
    finally:
        report("training", step, step)
