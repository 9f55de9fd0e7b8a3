"""Fixtures and settings of all tests.

Two tiers: ``pytest`` runs the default suite; ``pytest -m nightly`` runs the tests marked ``nightly`` and repeats every
property test with more examples, drawn anew.
"""

from __future__ import annotations

import logging
import os
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

# The default suite tests the same examples everywhere. No deadline: the first example may include imports.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("nightly", deadline=None, max_examples=300)

#: Slowest files, which start first so that no worker idles at the end.
SLOWEST = (
    *("test_notebooks.py", "test_acceptance.py", "test_examples.py", "report/test_browser.py", "cli/test_discover.py"),
    *("report/test_page.py", "models/training/test_loop.py", "models/training/test_tuning.py", "test_discovery.py"),
    *("models/test_estimators.py", "models/network/test_designs.py", "cli/test_main.py", "cli/test_labels.py"),
)
#: Outcomes of the tests marked ``shared``: "ran" or "skipped".
_shared_tests: Counter[str] = Counter()
#: Property of the reports of these tests. (Keywords will not do: they include parameters such as "shared".)
_SHARED = ("shared", True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of public data sets that are not in the repository; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip(f"no data sets in {SHARED}; set MOTIFNET_SHARED to the folder that contains data/")
    return SHARED


@pytest.fixture(scope="session")
def ready() -> Iterator[WarmPython]:
    """A Python with TensorFlow imported, which runs each program in a fork."""
    from warm_python import READY, running

    with running(READY) as python:
        yield python


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo the logging configuration of commands that run in this process."""
    loggers = [logging.getLogger(name) for name in ("motifnet", "motifnet.progress")]
    kept = [(logger.handlers, logger.level, logger.propagate) for logger in loggers]
    show = warnings.showwarning
    yield
    warnings.showwarning = show
    for logger, (handlers, level, propagate) in zip(loggers, kept, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("nightly" if _is_nightly(config) else "default")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rank = {REPOSITORY / "tests" / name: number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
    for item in items:
        if _is_nightly(config) and hasattr(getattr(item, "obj", None), "hypothesis"):
            item.add_marker("nightly")
        if item.get_closest_marker("nightly"):
            item.add_marker("slow")  # so that -m "not slow" excludes it
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")
        if item.get_closest_marker("shared"):
            item.user_properties.append(_SHARED)


def _is_nightly(config: pytest.Config) -> bool:
    """Whether ``-m`` selects the second tier."""
    words = config.option.markexpr.split()
    return any(word == "nightly" and words[i - 1 : i] != ["not"] for i, word in enumerate(words))


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
            f"FAILED: with CI set, tests on the shared data must run; searched {SHARED} (MOTIFNET_SHARED)", red=True
        )


def _is_ci_without_shared(config: pytest.Config) -> bool:
    is_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    is_worker = hasattr(config, "workerinput")  # a worker of pytest-xdist runs only a part of the tests
    return is_ci and not is_worker and not _shared_tests["ran"] and not config.option.collectonly
