"""Kill each command before each of its file operations, and check what is left.

    python -m tests.fuzz.kill_points                     every operation
    python -m tests.fuzz.kill_points --every 10 scan     every tenth, of one command

A command is killed (SIGKILL) before its n-th operation below the folder of its output, for each n. Afterwards, the old
or the new result must be complete under its name; if there was no old result, there may be none. Then the same command
is run again. It must leave no other file and either succeed, with the same bytes as a command that was not killed
(provenance.json and report.html contain times), or, without ``--force``, refuse a complete result. The program prints a
table and writes each kill point to ``build/kill_points.tsv``. The exit code is 1 if a result was lost.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from warm_python import READY, WarmPython, running

from .mutations import Rng
from .text_files import dna

_ROOT = Path(__file__).resolve().parents[2]
_CODE = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}]
from tests.fuzz import kill
from motifnet.__main__ import main
kill.install(Path({folder!r}), at={at}, log={log})
sys.argv = ["motifnet", *sys.argv[1:]]
main()
"""
_NETWORK = ("--num-filters", "4", "--conv-width", "7", "--block-pool", "1", "--no-kmers")
_BUDGET = ("--max-steps", "6", "--check-every", "3", "--batch-size", "32", "--threads", "1")
_MOTIFS = ("--database", "none", "--no-importance", "--min-sites", "3")
#: Files that differ between two runs; of a search, the only files that are compared.
_TIMED, _SEARCH = ("provenance.json", "report.html"), ("spec.json", "trials.tsv")


@dataclass(frozen=True)
class Job:
    """A command, the name of its output in the folder ``out``, and the arguments that made an older output there."""

    name: str
    arguments: tuple[str, ...]
    output: str = "result"
    older: tuple[str, ...] | None = None

    @property
    def is_search(self) -> bool:
        """Whether an interrupted command leaves an unfinished search under the name."""
        return self.arguments[0] == "tune"

    def files(self, out: Path) -> dict[str, bytes] | None:
        """What must be the same in two runs of the command; None if there is no output."""
        path = out / self.output
        if path.is_file():
            return {"": path.read_bytes()}
        if not path.exists():
            return None
        files = {str(file.relative_to(path)): file for file in sorted(path.rglob("*")) if file.is_file()}
        kept = [name for name in files if (name in _SEARCH if self.is_search else name not in _TIMED)]
        return {name: files[name].read_bytes() for name in kept}


def _jobs() -> list[Job]:
    train = ("train", "pos.fa", *_NETWORK, *_BUDGET, "--output", "out/result")
    discover = ("discover", "pos.fa", *_NETWORK, *_BUDGET, *_MOTIFS, "--output", "out/result")
    tune = ("tune", "pos.fa", *_BUDGET, "--output", "out/result")
    motifs = ("motifs", "model", "pos.fa", *_MOTIFS, "--threads", "1", "--output", "out/result", "--force")
    scan = ("scan", "motifs.meme", "pos.fa", "--threads", "1", "--output")
    return [
        Job("train", train),
        Job("train --force", (*train, "--force"), older=(*train, "--seed", "5")),
        Job("discover", discover),
        Job("discover --force", (*discover, "--force"), older=(*discover, "--seed", "5")),
        Job("tune", (*tune, "--trials", "2")),
        Job("tune, continued", (*tune, "--trials", "2"), older=(*tune, "--trials", "1")),
        Job("scan", (*scan, "out/hits.tsv"), "hits.tsv"),
        Job(
            "scan, replaced", (*scan, "out/hits.bed.gz"), "hits.bed.gz", (*scan, "out/hits.bed.gz", "--p-value", "0.01")
        ),
        Job("motifs --force", motifs, older=("motifs", "model", "other.fa", *motifs[3:])),
    ]


@dataclass(frozen=True)
class Point:
    """A kill point, and what was found after it."""

    job: str
    number: int
    operation: str
    path: str
    left: str
    repeated: str

    @property
    def is_lost(self) -> bool:
        """Whether a result was lost, or cannot be made again."""
        return self.left == "lost" or self.repeated != "same bytes"


class Killer:
    """Runs the kill points of a job in folders of their own."""

    def __init__(self, job: Job, inputs: Path, work: Path) -> None:
        self._job, self._inputs, self._work = job, inputs, work
        self._old: dict[str, bytes] | None = None
        self._new: dict[str, bytes] | None = None

    def prepare(self, python: WarmPython) -> list[tuple[str, str]]:
        """Make the old and the new output; return operation and path of each kill point."""
        folder = self._folder("reference")
        if self._job.older is not None:
            self._run(python, folder, self._job.older)
            self._old = self._job.files(folder / "out")
            shutil.copytree(folder / "out", self._work / "old")
        log = self._work / "operations"
        self._run(python, folder, self._job.arguments, log=log)
        self._new = self._job.files(folder / "out")
        assert self._new
        assert self._new != self._old
        lines = (line.split("\t") for line in log.read_text().splitlines())
        return [(operation, path) for _, operation, path in lines]

    def kill(self, python: WarmPython, number: int, operation: str, path: str) -> Point:
        """Kill the command before an operation, look at what is left, and run it again."""
        folder = self._folder(f"{number}")
        if self._old is not None:
            shutil.copytree(self._work / "old", folder / "out", dirs_exist_ok=True)
        self._run(python, folder, self._job.arguments, at=number, codes=(-9,))
        left = self._left(self._job.files(folder / "out"))
        is_complete = left == "new" and "--force" not in self._job.arguments
        code = self._run(python, folder, self._job.arguments, codes=(0, 2) if is_complete else (0, 1, 2))
        again = self._job.files(folder / "out")
        repeated = (
            f"exit code {code}" if code and not is_complete else "same bytes" if again == self._new else "other bytes"
        )
        others = sorted(file.name for file in (folder / "out").iterdir() if file.name != self._job.output)
        if others and not code and repeated == "same bytes":
            repeated = f"left {', '.join(others)}"
        shutil.rmtree(folder)
        return Point(self._job.name, number, operation, path, left, repeated)

    def _left(self, files: dict[str, bytes] | None) -> str:
        if files is None:
            return "nothing" if self._old is None else "lost"
        if self._job.is_search and files != self._new:
            return "search"
        return "new" if files == self._new else "old" if files == self._old else "lost"

    def _folder(self, name: str) -> Path:
        folder = self._work / name
        (folder / "out").mkdir(parents=True)
        for path in self._inputs.iterdir():
            (folder / path.name).symlink_to(path)
        return folder

    def _run(
        self,
        python: WarmPython,
        folder: Path,
        arguments: Sequence[str],
        *,
        at: int = 0,
        log: Path | None = None,
        codes: tuple[int, ...] = (0,),
    ) -> int:
        text = None if log is None else str(log)
        code = _CODE.format(root=str(_ROOT), folder=str(folder / "out"), at=at, log=repr(text))
        done = python.run(["-c", code, *arguments], folder)
        assert done.returncode in codes, f"{arguments}: {done.returncode}\n{done.stderr.decode()}"
        return done.returncode


def write_inputs(folder: Path, python: WarmPython) -> None:
    """Write positives with a planted k-mer, motifs to scan for, and a model."""
    rng = Rng(0)
    for name, n in (("pos.fa", 60), ("other.fa", 40)):
        sequences = [dna(rng, 20) + "GGATTACA" + dna(rng, 12) for _ in range(n)]
        (folder / name).write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(sequences)))
    (folder / "motifs.meme").write_text(
        "MEME version 4\n\nMOTIF GGAT\nletter-probability matrix: alength= 4 w= 6 nsites= 20\n"
        + "".join(f" {' '.join('0.91' if base == letter else '0.03' for base in 'ACGT')}\n" for letter in "GGATTA")
    )
    done = python.run(["-m", "motifnet", "train", "pos.fa", *_NETWORK, *_BUDGET, "--output", "model"], folder)
    assert done.returncode == 0, done.stderr.decode()


def points(names: Sequence[str], every: int, pythons: Sequence[WarmPython], work: Path) -> Iterator[Point]:
    """Every n-th kill point of some commands, and the first and the last."""
    inputs = work / "inputs"
    inputs.mkdir()
    write_inputs(inputs, pythons[0])
    free: SimpleQueue[WarmPython] = SimpleQueue()
    for python in pythons:
        free.put(python)

    def kill(killer: Killer, number: int, operation: str, path: str) -> Point:
        python = free.get()
        try:
            return killer.kill(python, number, operation, path)
        finally:
            free.put(python)

    with ThreadPoolExecutor(len(pythons)) as pool:
        for job in _jobs():
            if names and job.name.split()[0].strip(",") not in names:
                continue
            killer = Killer(job, inputs, work / job.name.replace(" ", "_"))
            found = killer.prepare(pythons[0])
            chosen = sorted({1, *range(every, len(found) + 1, every), len(found)})
            tasks = [pool.submit(kill, killer, n, *found[n - 1]) for n in chosen]
            for task in tasks:
                yield task.result()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.kill_points", description=__doc__.partition("\n")[0])
    parser.add_argument("commands", nargs="*", help="train, discover, tune, scan, motifs; by default all")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N-th operation only")
    parser.add_argument("--table", type=Path, default=Path("build/kill_points.tsv"))
    given = parser.parse_args()
    given.table.parent.mkdir(parents=True, exist_ok=True)
    counts: dict[str, Counter[str]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="kill-") as work,
        running(READY) as one,
        running(READY) as other,
        given.table.open("w") as table,
    ):
        table.write("command\tnumber\toperation\tpath\tleft\trepeated\n")
        for point in points(given.commands, given.every, (one, other), Path(work)):
            row = (point.job, point.number, point.operation, point.path, point.left, point.repeated)
            table.write("\t".join(map(str, row)) + "\n")
            table.flush()
            own = counts.setdefault(point.job, Counter())
            own.update(["points", point.left, *(["lost results"] if point.is_lost else [])])
            if point.is_lost:
                print(*row, sep="  ", flush=True)
    columns = ("points", "old", "new", "nothing", "search", "lost results")
    print(f"{'command':<20}" + "".join(f"{column:>14}" for column in columns))
    for name, own in (*counts.items(), ("total", sum(counts.values(), Counter()))):
        print(f"{name:<20}" + "".join(f"{own[column]:>14}" for column in columns))
    return 1 if any(own["lost results"] for own in counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
