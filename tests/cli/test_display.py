"""Progress on standard error, without a command around it."""

from __future__ import annotations

import pytest

from motifnet.cli import display
from motifnet.cli.console import listen, say
from motifnet.cli.display import Bars, Lines, Nothing, duration, progress_shown, screen
from motifnet.cli.plan import Plan
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.loop import Progress
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.progress import report


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    for module in ("display", "plan"):
        monkeypatch.setattr(f"motifnet.cli.{module}.time", own)
    monkeypatch.setattr("motifnet.cli.plan.STARTED", own.now)
    return own


@pytest.fixture
def heard() -> None:
    """Talk as the commands have it."""
    listen()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (42, "42 s"), (100, "1.7 min"), (120, "2 min"), (3600, "60 min"), (9000, "2.5 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_lines_come_now_and_then_with_the_time_left(
    clock: Clock, heard: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    for step in range(1, 11):
        lines.show("importance", step, 10)
        clock.now += 10
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "importance: 30%, about 47 s left"
    assert [line.split(",")[0] for line in told] == [f"importance: {share}%" for share in (30, 50, 70, 90)]
    lines.show("scanning", 0, None, "0 Mb")
    clock.now += 20
    lines.show("scanning", 5, None, "5 Mb")
    assert capsys.readouterr().err == "scanning: 5 Mb\n"


def test_what_is_soon_over_is_not_told(clock: Clock, heard: None, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in (Lines(), Bars()):
        for step in range(1, 4):
            kind.show("importance", step, 3)
            clock.now += 0.1
        kind.close()
    assert capsys.readouterr().err == ""


def test_the_library_tells_the_screen(clock: Clock, heard: None, capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown():
        report("refining", 1, 4)
        clock.now += 16
        report("refining", 2, 4)
    assert capsys.readouterr().err == "refining: 50%, about 16 s left\n"


def test_quiet_shows_nothing(clock: Clock, heard: None, capsys: pytest.CaptureFixture[str]) -> None:
    listen(30)
    with progress_shown():
        assert isinstance(screen(), Nothing)
        say("nobody hears this")
        report("refining", 1, 4)
        clock.now += 60
        report("refining", 2, 4)
    assert capsys.readouterr().err == ""


def plan(**values: int) -> Plan:
    spec = ModelSpec.preset("default", length=200)
    return Plan((800, 100, 100), spec, TrainSpec(max_steps=400), ReadoutSpec(), **values)


def test_the_estimate_comes_once_after_some_steps(
    clock: Clock, heard: None, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Progress] = []
    show = plan().timed(seen.append)
    clock.now += 12  # TensorFlow starts, and compiles the first step
    steps = [Progress(step, 400, 0.5, 0.5, 0.5) for step in range(10, 110, 10)]
    for now in steps:
        show(now)
        clock.now += 0.4
    assert seen == steps
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" in all, if all 400 steps are taken")
    # 12 s before, 400 steps of 40 ms, and what comes after.
    assert 28 < int(line.split()[1]) < 60


def test_more_of_anything_takes_longer() -> None:
    once = plan().seconds(0.04, steps_left=360)
    assert plan(networks=3).seconds(0.04, steps_left=360) > 2 * once
    assert plan().seconds(0.08, steps_left=360) > 1.5 * once


def test_there_is_one_screen() -> None:
    assert screen() is screen()
    display._Screen.display = None
