"""The command line as users run it: in a separate process, in its own folder."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from warm_python import ForkedProcess, WarmPython

#: A network and training options that learn a planted k-mer in seconds, whatever the presets are.
NETWORK = ("--num-filters", "8", "--conv-width", "11", "--block-pool", "1", "--activation", "relu", "--batch-norm")
BUDGET = (
    *("--max-steps", "80", "--check-every", "20", "--batch-size", "64", "--learning-rate", "0.01", "--shift", "0"),
    *("--threads", "1"),
)

#: Motifs without the slow steps: comparison with known motifs and importance.
PLAIN = ("--database", "none", "--no-importance")


@dataclass(frozen=True)
class Command:
    """Runs ``motifnet`` in a folder."""

    folder: Path

    def __call__(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run a command and check its exit code."""
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
        """Run a command that must fail with exit code 2 and no output; returns the lines of its message."""
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


def read_until(process: subprocess.Popen[bytes], text: str, *, seconds: float = 240) -> str:
    """Read the standard error of a process up to the line with a text, and return the lines.

    The pipe must be unbuffered: ``Popen(..., bufsize=0)``.
    """
    assert process.stderr is not None
    begun, said = time.monotonic(), b""
    while text.encode() not in said.rpartition(b"\n")[0]:
        left = seconds - (time.monotonic() - begun)
        assert select.select([process.stderr], [], [], max(left, 0))[0], said.decode()
        new = os.read(process.stderr.fileno(), 1 << 16)
        assert new, f"the process has ended:\n{said.decode()}"
        said += new
    return said.decode()


def tree(folder: Path) -> dict[str, bytes]:
    """Bytes of every file below a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@dataclass(frozen=True)
class ForkedCommand(Command):
    """The command in a fork of a Python with the imports done."""

    python: WarmPython

    def run(self, arguments: tuple[str, ...], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        return self.python.run(self.line(*arguments)[1:], self.folder, stdin, self.environment())

    def start(self, *arguments: str, files: tuple[int, int, int]) -> ForkedProcess:
        """Start a command with the given standard input, output and error."""
        return self.python.start(self.line(*arguments)[1:], self.folder, files, self.environment())


class EarlyCommand(ForkedCommand):
    """The command where TensorFlow cannot be imported, for messages that precede its import."""
