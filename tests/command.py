"""The command as users run it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: A network and a budget that learn a planted word in seconds, whatever the presets are.
NETWORK = ("--num-filters", "8", "--conv-width", "11", "--block-pool", "1", "--activation", "relu", "--batch-norm")
BUDGET = (
    *("--max-steps", "80", "--check-every", "20", "--batch-size", "64", "--learning-rate", "0.01", "--shift", "0"),
    *("--threads", "1"),
)

#: Motifs without what takes time and is not the subject: names and importance.
PLAIN = ("--database", "none", "--no-importance")


@dataclass(frozen=True)
class Command:
    """Runs ``motifnet`` in a folder."""

    folder: Path

    def __call__(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run one command, see that it ends with this exit code, and return what it said."""
        done = self.run(arguments, stdin)
        said = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert said.returncode == code, said.stderr
        assert "Traceback" not in said.stderr or "--debug" in arguments
        return said

    def run(self, arguments: tuple[str, ...], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.line(*arguments),
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            timeout=280,
            check=False,
        )

    def refuses(self, *arguments: str, stdin: bytes = b"") -> list[str]:
        """The lines that a command which cannot be done says: exit 2, and nothing on standard output."""
        said = self(*arguments, code=2, stdin=stdin)
        assert said.stdout == ""
        lines = said.stderr.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("motifnet: "))
        return [lines[first].removeprefix("motifnet: "), *lines[first + 1 :]]

    @staticmethod
    def line(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "motifnet", *arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "COLUMNS": "100"}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there, and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


#: A Python that has imported what a command needs, and forks for each command it is given: a process of its own without
#: the seconds that its imports take. (Importing TensorFlow starts no threads: forking is safe until it is used.)
SERVER = """
import json, os, sys, traceback
import motifnet.models.folder, motifnet.cli.main, motifnet.sequences.reading, motifnet.sequences.splits
PREPARE
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if not child:
        code = 1
        try:
            os.chdir(job["folder"])
            for number, (path, flags) in enumerate(job["files"]):
                os.dup2(os.open(path, flags), number)
            sys.stdin, sys.argv = open(0), ["motifnet", *job["arguments"]]
            motifnet.cli.main.main()
            code = 0
        except SystemExit as error:
            code = error.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


#: Where TensorFlow cannot be imported, and where it, and what else a command imports late, is there already.
EARLY = "sys.modules.update(tensorflow=None, keras=None)"
READY = """
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow", OMP_NUM_THREADS="1")
import keras, tensorflow
import jinja2, matplotlib.figure, memelite, numba, scipy.optimize, sklearn.linear_model, sklearn.metrics
"""


@contextmanager
def running_server(prepare: str) -> Iterator[subprocess.Popen[str]]:
    """Start `SERVER`, after `EARLY` or `READY`."""
    arguments = [sys.executable, "-c", SERVER.replace("PREPARE", prepare)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server
        assert server.stdin is not None
        server.stdin.close()


@dataclass(frozen=True)
class ForkedCommand(Command):
    """The command in a process that a `SERVER` forks."""

    server: subprocess.Popen[str]
    streams: Path

    def run(self, arguments: tuple[str, ...], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        paths = [self.streams / name for name in ("stdin", "stdout", "stderr")]
        paths[0].write_bytes(stdin)
        writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        files = [(str(path), flags) for path, flags in zip(paths, (os.O_RDONLY, writing, writing), strict=True)]
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        job = {"folder": str(self.folder), "arguments": arguments, "files": files}
        self.server.stdin.write(json.dumps(job) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, paths[1].read_bytes(), paths[2].read_bytes())


class EarlyCommand(ForkedCommand):
    """The command where TensorFlow cannot be started: what it says, it says before."""
