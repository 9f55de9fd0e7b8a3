"""The command as users run it: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: A network and a budget that learn a planted word in seconds, whatever the presets are.
NETWORK = ("--num-filters", "8", "--conv-width", "11", "--block-pool", "1", "--activation", "relu", "--batch-norm")
BUDGET = ("--max-steps", "80", "--check-every", "20", "--batch-size", "64", "--learning-rate", "0.01", "--threads", "1")
POISON = ".poison"


@dataclass(frozen=True)
class Command:
    """Runs ``motifnet`` in a folder."""

    folder: Path

    def __call__(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run one command, see that it ends with this exit code, and return what it said."""
        done = subprocess.run(
            self.line(*arguments),
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            timeout=280,
            check=False,
        )
        said = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert said.returncode == code, said.stderr
        assert "Traceback" not in said.stderr
        return said

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


@dataclass(frozen=True)
class EarlyCommand(Command):
    """The command where TensorFlow cannot be started: what it says, it says before."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "PYTHONPATH": str(self.folder / POISON)}

    def poison(self) -> None:
        """Put modules in the way that cannot be imported."""
        (self.folder / POISON).mkdir()
        for name in ("tensorflow", "keras"):
            (self.folder / POISON / f"{name}.py").write_text("raise ImportError('started too early')\n")


def files_of(command: Command) -> dict[str, bytes]:
    """Every file in the command's folder, and its bytes."""
    return {name: content for name, content in tree(command.folder).items() if not name.startswith(POISON)}
