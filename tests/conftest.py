"""Fixtures and settings that all tests share; how many tests used the shared data is always told."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from warm_python import WarmPython

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MOTIFNET_SHARED", REPOSITORY / ".." / "shared")) / "data"

# No deadline: on a busy machine the first example (imports, fonts) may take a second.
settings.register_profile("motifnet", deadline=None)
settings.load_profile("motifnet")

#: Files that take longest begin, so that at the end no worker waits for another; the others as pytest finds them.
LONGEST = (
    *("test_notebooks.py", "test_examples.py", "test_acceptance.py", "cli/test_commands.py", "cli/test_bad_places.py"),
    *("models/test_designs.py", "cli/test_labels.py", "models/test_training.py", "models/test_estimators.py"),
    *("models/test_padding.py", "models/test_cnn.py", "cli/test_talk.py", "test_workflow.py", "test_docs.py"),
)
#: What became of the tests marked ``shared``: "ran" or "skipped".
_shared_tests: Counter[str] = Counter()
#: Said in a report of such a test; its keywords would also hold the parameter "shared" of another test.
_SHARED = ("shared", True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data sets that are not in the repository; without it, what needs them is skipped."""
    if not SHARED.is_dir():
        pytest.skip(f"no data sets in {SHARED}; set MOTIFNET_SHARED to the folder that holds data/")
    return SHARED


@pytest.fixture(scope="session")
def ready() -> Iterator[WarmPython]:
    """A Python that runs programs without waiting for TensorFlow."""
    from warm_python import READY, running

    with running(READY) as python:
        yield python


@pytest.fixture(autouse=True)
def talk_as_before() -> Iterator[None]:
    """A command that runs in this process decides how the library talks: undone, lest a later test hears it."""
    loggers = [logging.getLogger(name) for name in ("motifnet", "motifnet.progress")]
    kept = [(logger.handlers, logger.level, logger.propagate) for logger in loggers]
    show = warnings.showwarning
    yield
    warnings.showwarning = show
    for logger, (handlers, level, propagate) in zip(loggers, kept, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile Tomtom before the workers start: on a fresh machine each would, for minutes, and others' tests wait."""
    if getattr(session.config.option, "numprocesses", None):  # not of a worker, and not of -n0
        from motifnet.motifs.known.tomtom import is_compiled

        if not is_compiled():
            subprocess.run(
                [sys.executable, "-c", "from motifnet.motifs.known.tomtom import warm_up; warm_up()"], check=True
            )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {REPOSITORY / "tests" / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")
        if item.get_closest_marker("shared"):
            item.user_properties.append(_SHARED)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _SHARED in [tuple(pair) for pair in report.user_properties] and (report.when == "call" or report.skipped):
        _shared_tests["skipped" if report.skipped else "ran"] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _is_ci_without_shared(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ran, skipped = _shared_tests["ran"], _shared_tests["skipped"]
    terminalreporter.write_line(f"tests on the shared data: {ran} ran, {skipped} skipped")
    if _is_ci_without_shared(config):
        terminalreporter.write_line(
            f"FAILED: with CI set, tests on the shared data must run; looked in {SHARED} (MOTIFNET_SHARED)", red=True
        )


def _is_ci_without_shared(config: pytest.Config) -> bool:
    is_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist: the others' tests are not its own
    return is_ci and not is_worker and not _shared_tests["ran"] and not config.option.collectonly
