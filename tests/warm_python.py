"""A Python process with the slow imports done, which runs each program in a fork.

A fork behaves as ``python ARGUMENTS`` does, without the seconds that importing TensorFlow takes. (Importing TensorFlow
starts no threads, so that forking is safe.)
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

#: Libraries that commands import when they need them.
_LATE = """
import jinja2, matplotlib.figure, numba, pandas, scipy.optimize, scipy.stats
import sklearn.linear_model, sklearn.metrics
"""
#: Preparation without TensorFlow: importing it is an error.
EARLY = f"sys.modules.update(tensorflow=None, keras=None){_LATE}"
#: Preparation with TensorFlow.
READY = f"""
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow", OMP_NUM_THREADS="1")
import keras, tensorflow{_LATE}"""
#: Prepended to a program, makes importing motifnet an error. (Importing motifnet registers nothing in Keras.)
WITHOUT_MOTIFNET = """
import sys
for name in [name for name in sys.modules if name.partition(".")[0] == "motifnet"]:
    sys.modules[name] = None
"""

_SERVER = """
import json, os, runpy, signal, sys, traceback
import motifnet.models.storage, motifnet.cli.main, motifnet.sequences.io.reader, motifnet.sequences.splits.random
PREPARE
def run(option, *rest):
    if option == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    elif option == "-m":
        sys.argv = list(rest)
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [option, *rest]
        sys.path.insert(0, os.path.dirname(option))
        runpy.run_path(option, run_name="__main__")
def settle(job, files):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    if "matplotlib" in sys.modules and "MPLBACKEND" in os.environ:  # read when it was imported
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))
def child(job, files):
    code = 1
    try:
        settle(job, files)
        run(*job["arguments"])
        sys.stdout.flush()
        code = 0
    except SystemExit as error:
        code = error.code or 0
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
for line in sys.stdin:
    job = json.loads(line)
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)
    files = [os.open(path, flag) for path, flag in zip(job["files"], flags)]
    pid = os.fork()
    if not pid:
        child(job, files)
    os.setpgid(pid, pid)  # a signal to the group of the fork does not reach the server
    for file in files:
        os.close(file)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
os._exit(0)  # unloading TensorFlow takes seconds
"""


class ForkedProcess:
    """A forked program, with the needed part of the interface of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers = answers
        self.pid = int(answers.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], 0)[0]:
            self.returncode = int(self._answers.readline())
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self._answers], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@dataclass
class WarmPython:
    """Runs programs in forks of a server, one at a time."""

    server: subprocess.Popen[bytes]
    _last: ForkedProcess | None = None

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        files: tuple[int, int, int],
        environment: Mapping[str, str] = os.environ,
    ) -> ForkedProcess:
        """Start ``python ARGUMENTS`` (beginning with ``-c``, ``-m`` or a file) in a folder.

        ``files`` are descriptors of its standard input, output and error; they may be closed after the start.
        """
        if self._last is not None and self._last.poll() is None:  # a failed test did not wait for its program
            self._last.kill()
            self._last.wait()
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        paths = [f"/proc/{os.getpid()}/fd/{file}" for file in files]
        job = {"arguments": arguments, "folder": str(folder), "files": paths, "environment": dict(environment)}
        self.server.stdin.write(json.dumps(job).encode() + b"\n")
        self._last = ForkedProcess(self.server.stdout)
        return self._last

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        stdin: bytes = b"",
        environment: Mapping[str, str] = os.environ,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run ``python ARGUMENTS`` to its end."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as error:
            given.write(stdin)
            given.flush()
            process = self.start(arguments, folder, (given.fileno(), out.fileno(), error.fileno()), environment)
            try:
                code = process.wait()
            except BaseException:
                process.kill()
                process.wait()
                raise
            return subprocess.CompletedProcess(arguments, code, out.read(), error.read())


@contextmanager
def running(prepare: str) -> Iterator[WarmPython]:
    """Start a server with `EARLY` or `READY` as its preparation."""
    arguments = [sys.executable, "-c", _SERVER.replace("PREPARE", prepare)]
    with subprocess.Popen(arguments, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        yield WarmPython(server)
