"""The estimate of the total time of `discover`, and progress reports."""

from __future__ import annotations

import logging

import pytest

from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.planning import Plan
from motifnet.progress import Progress, duration
from small_models import planted

SPLIT = planted(50, 50, seed=1).split(valid=0.1, test=0.1)


def plan(networks: int = 1) -> Plan:
    spec = ModelSpec.preset("default", length=SPLIT.train.sequences.length)
    return Plan(SPLIT, spec, TrainSpec(max_steps=400), ReadoutSpec(), networks, start=0.0)


def test_the_total_time_is_estimated_once_from_the_first_steps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    monkeypatch.setattr("motifnet.planning.time.monotonic", lambda: now[0])
    steps: list[Progress] = []
    report = plan().timed(steps.append)
    now[0] += 12  # reading, and the compilation of the first step
    with caplog.at_level(logging.INFO, "motifnet"):
        for step in range(10, 110, 10):
            report(Progress(step, 400, 0.5, 0.5, 0.5))
            now[0] += 0.4
    assert len(steps) == 10
    (record,) = caplog.records
    seconds = record.args[0] if isinstance(record.args, tuple) else ""
    # 12 s, 400 steps of 40 ms, and the steps after the training.
    assert 28 < int(str(seconds).split()[0]) < 60


def test_more_networks_or_slower_steps_take_longer() -> None:
    once = plan().seconds_left(0.04, steps_left=360)
    assert plan(networks=3).seconds_left(0.04, steps_left=360) > 2 * once
    assert plan().seconds_left(0.08, steps_left=360) > 1.5 * once


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (42, "42 s"), (100, "1.7 min"), (120, "2 min"), (3600, "60 min"), (9000, "2.5 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
