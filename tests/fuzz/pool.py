"""Processes that run cases, and are replaced when one crashes, takes too long, or uses too much memory."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from .cases import Case, Result

#: CPU seconds that a case may take; seconds in all, since other programs may use the machine; and memory in bytes.
SECONDS, PATIENCE, MEMORY = 10, 60, 2 << 30
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
_ROOT = Path(__file__).resolve().parents[2]


class _Worker:
    """A process, ``python -m tests.fuzz.cases``, and the case that it runs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.cases"],
            bufsize=0,  # a buffer would hide an answer from the selector
            cwd=_ROOT,
            env=os.environ | _ENVIRONMENT | {"PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._questions, self.answers = self.process.stdin, self.process.stdout
        self.case: Case | None = None

    def give(self, case: Case) -> None:
        self.case = case
        self._questions.write(json.dumps(asdict(case)).encode() + b"\n")
        self._questions.flush()
        self._begin()

    def _begin(self) -> None:
        self._begun, (self._cpu, self._memory) = time.monotonic(), self._used()

    def answer(self) -> Result | None:
        """The result of the case, None if it has only begun; a fault if the process has died."""
        line = self.answers.readline()
        if line == b"ready\n":  # imports do not count
            return self._begin()
        return Result(**json.loads(line)) if line else Result("fault", f"the process died (exit {self.process.wait()})")

    def excess(self) -> Result | None:
        """A fault if the case has taken too much time or memory."""
        cpu, memory = self._used()
        if cpu - self._cpu > SECONDS or time.monotonic() - self._begun > PATIENCE:
            return Result("fault", f"took more than {SECONDS} s")
        if memory - self._memory > MEMORY:
            return Result("fault", f"used more than {MEMORY >> 30} GB")
        return None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def _used(self) -> tuple[float, int]:
        """CPU seconds and resident memory in bytes, without mapped files."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0, 0
        resident = (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), resident


def run(cases: Iterable[Case], *, n_workers: int = 2) -> Iterator[tuple[Case, Result]]:
    """Run cases, and yield their results as they come."""
    rest = iter(cases)
    workers: list[_Worker] = []
    with selectors.DefaultSelector() as selector:

        def start(case: Case | None) -> None:
            if case is not None:
                workers.append(_Worker())
                selector.register(workers[-1].answers, selectors.EVENT_READ, workers[-1])
                workers[-1].give(case)

        def stop(worker: _Worker) -> None:
            selector.unregister(worker.answers)
            workers.remove(worker)
            worker.stop()

        try:
            for _ in range(n_workers):
                start(next(rest, None))
            while workers:
                ready = {key.data for key, _ in selector.select(timeout=0.1)}
                for worker in list(workers):
                    case, result = worker.case, worker.answer() if worker in ready else worker.excess()
                    if case is None or result is None:
                        continue
                    following = next(rest, None)
                    if worker in ready and following is not None and worker.process.poll() is None:
                        worker.give(following)
                    else:
                        stop(worker)
                        start(following)
                    yield case, result
        finally:
            for worker in list(workers):
                stop(worker)
