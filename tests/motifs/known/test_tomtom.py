"""Tomtom: alignments of arrays, and its compilation in another process."""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from motifnet.motifs.known import tomtom


def test_no_memory_layout_compiles_a_second_time() -> None:
    rng = np.random.default_rng(1)
    motif = rng.dirichlet(np.ones(4), size=6).T.copy()
    targets = [rng.dirichlet(np.ones(4), size=8).T for _ in range(60)]
    layouts = (motif, np.asfortranarray(motif), motif[::-1, ::-1][::-1, ::-1], motif[:, :1], motif[:, :1].copy())
    whole, *_, column, copied = (tomtom.align([query], targets) for query in layouts)
    assert whole.p.shape == column.p.shape == (1, 60)
    assert column.p.tolist() == copied.p.tolist()
    both = tomtom.align([motif, motif[:, :1]], targets)
    np.testing.assert_allclose(both.p, np.concatenate([whole.p, column.p]), rtol=1e-9)
    assert len(sys.modules["memelite.tomtom"]._tomtom.signatures) == 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    processes: list[subprocess.Popen[bytes]] = []
    original = tomtom._start

    def start(code: str) -> subprocess.Popen[bytes] | None:
        process = original(code)
        assert process is not None
        processes.append(process)
        return process

    monkeypatch.setattr(tomtom, "_start", start)
    return processes


def test_warm_up_compiles(started: list[subprocess.Popen[bytes]]) -> None:
    tomtom.warm_up()
    assert tomtom.is_compiled()
    with tomtom.compiled_in_background() as wait:
        wait()
    assert started == []


class _Release(logging.Handler):
    """Writes to a pipe when the wait is logged."""

    def __init__(self, pipe: Path) -> None:
        super().__init__()
        self.pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        assert record.getMessage().startswith(tomtom._COMPILING)
        if record.getMessage() == tomtom._COMPILING:
            self.pipe.write_text("go on")


@pytest.mark.parametrize("code", [0, 1])
def test_another_process_compiles_in_the_background(
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    code: int,
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(tomtom, "is_compiled", lambda: False)
    # It ends once the wait is logged.
    monkeypatch.setattr(tomtom, "_WARM_UP", f"open({str(pipe)!r}).read(); raise SystemExit({code})")
    release = _Release(pipe)
    tomtom.logger.addHandler(release)
    # set_level, since a logger caches its level.
    caplog.set_level(logging.INFO, logger=tomtom.logger.name)
    try:
        with tomtom.compiled_in_background() as wait:
            wait()
            tomtom.logger.removeHandler(release)  # the second time, nothing is logged
            wait()
            assert started[0].returncode == code
    finally:
        tomtom.logger.removeHandler(release)


def test_the_process_is_killed_if_the_block_fails(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tomtom, "is_compiled", lambda: False)
    monkeypatch.setattr(tomtom, "_WARM_UP", "import time; time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), tomtom.compiled_in_background():
        raise KeyboardInterrupt
    assert started[0].returncode is not None


def test_a_process_that_cannot_start_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tomtom, "is_compiled", lambda: False)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with tomtom.compiled_in_background() as wait:
        wait()


@pytest.mark.slow
def test_the_code_of_the_process_runs() -> None:
    process = tomtom._start(tomtom._WARM_UP)
    assert process is not None
    assert process.wait(280) == 0


def test_a_temporary_folder_is_used_if_none_is_writable(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import numba

    real = importlib.import_module
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")

    def only_with_a_folder(name: str) -> ModuleType:
        if name == "memelite" and not os.environ["NUMBA_CACHE_DIR"]:
            raise RuntimeError("cannot cache function 'f': no locator available for file 'tomtom.py'")
        return real(name)

    monkeypatch.setattr(tomtom.importlib, "import_module", only_with_a_folder)
    assert tomtom._memelite() is real("memelite")
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.is_dir()
    assert str(folder) == numba.config.CACHE_DIR
    assert "NUMBA_CACHE_DIR" in caplog.text


def test_shapes_of_alignments() -> None:
    rng = np.random.default_rng(0)
    motifs = [rng.dirichlet([0.3] * 4, width).T for width in (5, 8, 11)]
    found = tomtom.align(motifs[:2], motifs)
    assert {values.shape for values in found} == {(2, 3)}
    assert found.is_reverse.dtype == bool
    assert ((found.p > 0) & (found.p <= 1)).all()
    assert (found.overlap <= np.minimum([[5], [8]], [5, 8, 11])).all()
