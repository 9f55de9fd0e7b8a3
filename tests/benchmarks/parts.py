"""Cost of parts and of a cluster for commands on the yeast genome, on ../shared/data.

    python tests/benchmarks/parts.py MODEL FOLDER [--commands predict explain variants scan] [--snvs 50000]

Runs each command with a trained MODEL as one process with one thread, as two parts at the same time with `motifnet
merge`, as eight parts one after the other with `motifnet merge`, and with `--cluster local:1` and `local:2`. Prints
wall time and CPU time (of all processes) divided by those of the one process, and the CPU time that each of eight
parts adds. Each output is compared with that of the one process, byte for byte.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

from training_parts import DATA
from variant_speed import write_snvs

GENOME = str(DATA / "yeast_sacCer3" / "sacCer3.fa.gz")


def commands(model: str, snvs: Path) -> dict[str, tuple[str, ...]]:
    """Each command without output, and the name of its output."""
    return {
        "predict": ("scores.bedgraph", "predict", model, "--genome", GENOME, "--stride", "20"),
        "explain": ("explained", "explain", model, "--genome", GENOME, "--stride", "500", "--method", "gradient"),
        "variants": ("effects.tsv", "variants", model, str(snvs), "--genome", GENOME),
        "scan": ("hits.tsv", "scan", "fungi", GENOME, "--p-value", "1e-5"),
    }


def run(folder: Path, *lines: tuple[str, ...]) -> None:
    """Run commands at the same time."""
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [subprocess.Popen([sys.executable, "-m", "motifnet", *line], **options) for line in lines]
    codes = [process.wait() for process in started]
    if any(codes):
        raise SystemExit(f"exit codes {codes}: {lines}")


class Timer:
    """Wall time and CPU time of all processes that ended inside the context, in seconds."""

    def __enter__(self) -> Timer:
        self._start = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = (now - before for now, before in zip(self._now(), self._start, strict=True))

    @staticmethod
    def _now() -> tuple[float, float]:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.perf_counter(), used.ru_utime + used.ru_stime


def content(path: Path) -> list[tuple[str, bytes]]:
    """The bytes of a file, or of the files of a folder without provenance.json."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    kept = (file for file in files if file.is_file() and file.name != "provenance.json")
    return [(str(file.relative_to(path)), file.read_bytes()) for file in kept]


def measure(folder: Path, output: str, *command: str) -> dict[str, Timer]:
    """Times of each way to run a command."""
    line, times = (*command, "--threads", "1"), {}

    def parts(total: int) -> list[tuple[str, ...]]:
        return [(*line, "--part", f"{i}/{total}", "--output", f"{total}.{i}.part") for i in range(1, total + 1)]

    def merged(total: int) -> tuple[str, ...]:
        return ("merge", *(f"{total}.{i}.part" for i in range(1, total + 1)), "--output", f"parts{total}.{output}")

    with Timer() as times["one process"]:
        run(folder, (*line, "--output", f"whole.{output}"))
    with Timer() as times["2 parts at the same time"]:
        run(folder, *parts(2))
        run(folder, merged(2))
    with Timer() as times["8 parts one after the other"]:
        for part in parts(8):
            run(folder, part)
        run(folder, merged(8))
    for workers in (1, 2):
        with Timer() as times[f"--cluster local:{workers}"]:
            run(folder, (*command, "--cluster", f"local:{workers}", "--output", f"local{workers}.{output}"))
    whole = content(folder / f"whole.{output}")
    for name in ("parts2", "parts8", "local1", "local2"):
        if content(folder / f"{name}.{output}") != whole:
            raise SystemExit(f"{name}.{output} differs")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path, help="must not exist")
    parser.add_argument("--commands", nargs="+", default=["predict", "explain", "variants", "scan"])
    parser.add_argument("--snvs", type=int, default=50_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    snvs = given.folder.resolve() / "snvs.vcf"
    write_snvs(snvs, given.snvs)
    for name in given.commands:
        folder = given.folder / name
        folder.mkdir()
        times = measure(folder, *commands(str(given.model.resolve()), snvs)[name])
        one, eight = times["one process"], times["8 parts one after the other"]
        print(f"{name}: all outputs have the same bytes", flush=True)
        for how, own in times.items():
            print(f"  {how:28} wall {own.wall / one.wall:5.2f}  CPU {own.cpu / one.cpu:5.2f}", flush=True)
        print(f"  CPU of each of 8 parts, less an eighth of the one process: {eight.cpu / one.cpu / 8 - 1 / 8:.3f}")


if __name__ == "__main__":
    main()
