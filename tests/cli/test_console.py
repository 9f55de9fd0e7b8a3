"""Messages and progress on standard error, without a command."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from motifnet.cli.console import console, print_status
from motifnet.progress import Progress, report, training_reported


class Clock:
    """Time that passes only when a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    monkeypatch.setattr("motifnet.cli.console.time", own)
    return own


@pytest.fixture
def shown() -> Iterator[None]:
    """Print messages and progress as in a command."""
    with console():
        yield


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_line_every_few_seconds_with_the_time_left(
    clock: Clock, shown: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for done in range(1, 11):
        report("importance", done, 10)
        clock.now += 10
    printed = lines(capsys)
    assert [line.split(",")[0] for line in printed] == [f"importance: {n}%" for n in (30, 50, 70, 90)]
    assert "70 s" in printed[0]  # seven steps of 10 s
    report("scanning", 0, None, "0 Mb")
    clock.now += 20
    report("scanning", 5, None, "5 Mb")
    assert lines(capsys) == ["scanning: 5 Mb"]


def test_short_computations_are_not_displayed(clock: Clock, shown: None, capsys: pytest.CaptureFixture[str]) -> None:
    for step in range(1, 4):
        report("importance", step, 3)
        clock.now += 0.1
    assert lines(capsys) == []


def test_a_line_for_each_validation_of_a_training(
    clock: Clock, shown: None, capsys: pytest.CaptureFixture[str]
) -> None:
    nan = float("nan")
    validations = [(10, nan), (20, 0.7), (30, 0.7), (40, 0.6)]
    with training_reported() as progress:
        for step, loss in validations:
            progress(Progress(step, 100, loss, loss, 0.5))
            clock.now += 1
    printed = lines(capsys)
    assert [line.split()[:2] for line in printed] == [["step", "20/100"], ["step", "40/100"]]
    assert printed[1].endswith(" left")
    with training_reported() as progress:
        progress(Progress(10, 100, 0.5, 0.5, 0.5))
    assert [line.split()[1] for line in lines(capsys)] == ["10/100"]  # nothing is left of the first training


def test_quiet_prints_warnings_only(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with console(logging.WARNING):
        print_status("a status")
        logging.getLogger("motifnet").warning("a warning")
        report("refining", 1, 4)
        clock.now += 60
        report("refining", 2, 4)
    assert lines(capsys) == ["warning: a warning"]
