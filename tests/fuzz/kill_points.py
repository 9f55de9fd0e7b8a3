"""Stop each command before each of its file operations, and check what is left.

    python -m tests.fuzz.kill_points                       every operation of all commands
    python -m tests.fuzz.kill_points --kill-every 10 scan  a process killed at every tenth, of one command

At each operation below the folder of its output, a command is stopped: its files are copied before the operation, which
is what SIGKILL leaves; or, with ``--kill-every``, a process of its own is killed (SIGKILL). The old result or the new
one must be complete under the name, or nothing where nothing was. Then the same command is run again on what is left:
it must succeed, with the same bytes as one that was never stopped (provenance.json and report.html have times), and
leave no other file; or, without ``--force``, refuse a result that is complete. States that differ only in what an
interrupted process leaves in ``results`` and ``replaced``, which the next one removes unread, are run again once.

Prints a table; each point is in ``build/kill_points.tsv``. Exit code 1 if a result was lost.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from motifnet.partial_folder import REPLACED, RESULTS, SUFFIX
from variant_files import write_vcf
from warm_python import READY, WarmPython, running

from .kill import OPERATIONS
from .mutations import Rng
from .text_files import dna

#: Outcome of a command that is run again and makes the same output.
SAME = "same bytes"
_ROOT = Path(__file__).resolve().parents[2]
_CODE = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}]
from tests.fuzz import kill
from motifnet.__main__ import main
kill.install(Path({folder!r}), at={at}, record={record})
sys.argv = ["motifnet", *sys.argv[1:]]
main()
"""
_NETWORK = ("--num-filters", "4", "--conv-width", "7", "--block-pool", "1", "--no-kmers")
_BUDGET = ("--max-steps", "6", "--check-every", "3", "--batch-size", "32", "--threads", "1")
_MOTIFS = ("--database", "none", "--no-importance", "--min-sites", "3")
#: Files that differ between two runs, and in a search, all but those that do not.
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
    explain = ("explain", "model", "other.fa", "--threads", "1", "--output", "out/result")
    variants = ("variants", "model", "own.vcf", "--genome", "pos.fa", "--threads", "1", "--output")
    imported = ("import-keras", "network.keras", "--layout", "N4L1", "--output", "out/result")
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
        Job("explain", explain),
        Job("explain --force", (*explain, "--force"), older=(*explain, "--method", "gradient")),
        Job("variants", (*variants, "out/effects.tsv"), "effects.tsv"),
        Job("variants, replaced", (*variants, "out/own.vcf"), "own.vcf", (*variants, "out/own.vcf", "--window", "30")),
        Job("import-keras", imported),
        Job("import-keras --force", (*imported, "--force"), older=(*imported, "--strands", "both")),
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
        return self.left == "lost" or self.repeated != SAME


class Killer:
    """Runs a job in folders of their own, and stops it."""

    def __init__(self, job: Job, inputs: Path, work: Path) -> None:
        self.job, self._inputs, self._work = job, inputs, work
        self._old: dict[str, bytes] | None = None
        self._new: dict[str, bytes] | None = None

    def prepare(self, python: WarmPython) -> list[tuple[str, str]]:
        """Make the old and the new output; return operation and path of each kill point."""
        folder = self._folder("reference")
        if self.job.older is not None:
            self._run(python, folder, self.job.older)
            self._old = self.job.files(folder / "out")
            shutil.copytree(folder / "out", self._work / "old")
        (record := self._work / "record").mkdir()
        self._run(python, folder, self.job.arguments, record=record)
        self._new = self.job.files(folder / "out")
        assert self._new
        assert self._new != self._old
        lines = (line.split("\t") for line in (record / OPERATIONS).read_text().splitlines())
        return [(operation, path) for _, operation, path in lines]

    def kill(self, python: WarmPython, number: int) -> tuple[str, str]:
        """Kill the command before an operation: what is left, and the outcome of the same command afterwards."""
        folder = self._folder(f"{number}")
        if self._old is not None:
            shutil.copytree(self._work / "old", folder / "out", dirs_exist_ok=True)
        self._run(python, folder, self.job.arguments, at=number, codes=(-9,))
        return self.left(folder / "out"), self._repeat(python, folder)

    def repeat(self, python: WarmPython, number: int) -> str:
        """Run the command on the copy before an operation: the outcome."""
        folder = self._folder(f"{number}")
        shutil.copytree(self.recorded(number), folder / "out", dirs_exist_ok=True)
        return self._repeat(python, folder)

    def recorded(self, number: int) -> Path:
        """The copy of the files before an operation."""
        return self._work / "record" / str(number)

    def _repeat(self, python: WarmPython, folder: Path) -> str:
        out, is_forced = folder / "out", "--force" in self.job.arguments
        is_complete = self.left(out) == "new" and not is_forced
        code = self._run(python, folder, self.job.arguments, codes=(0, 1, 2))
        again = self.job.files(out)
        others = sorted(file.name for file in out.iterdir() if file.name != self.job.output)
        shutil.rmtree(folder)
        if code and not is_complete:
            return f"exit code {code}"
        if again != self._new:
            return "other bytes"
        return f"left {', '.join(others)}" if others and not code else SAME

    def left(self, out: Path) -> str:
        """What a stopped command has left under the name of its output."""
        files = self.job.files(out)
        if files is None:
            return "nothing" if self._old is None else "lost"
        if self.job.is_search and files != self._new:
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
        record: Path | None = None,
        codes: tuple[int, ...] = (0,),
    ) -> int:
        place = None if record is None else f"Path({str(record)!r})"
        code = _CODE.format(root=str(_ROOT), folder=str(folder / "out"), at=at, record=place)
        done = python.run(["-c", code, *arguments], folder)
        assert done.returncode in codes, f"{arguments}: {done.returncode}\n{done.stderr.decode()}"
        return done.returncode


def write_inputs(folder: Path, python: WarmPython) -> None:
    """Write positives with a planted k-mer, motifs to scan for, variants, and a model, also as a Keras file."""
    rng = Rng(0)
    for name, n in (("pos.fa", 60), ("other.fa", 40)):
        sequences = [dna(rng, 20) + "GGATTACA" + dna(rng, 12) for _ in range(n)]
        (folder / name).write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(sequences)))
    (folder / "motifs.meme").write_text(
        "MEME version 4\n\nMOTIF GGAT\nletter-probability matrix: alength= 4 w= 6 nsites= 20\n"
        + "".join(f" {' '.join('0.91' if base == letter else '0.03' for base in 'ACGT')}\n" for letter in "GGATTA")
    )
    first = (folder / "pos.fa").read_text().splitlines()[1]
    write_vcf(folder / "own.vcf", [("s0", 20, f"v{alt}", first[19], alt) for alt in "ACGT" if alt != first[19]])
    train = ("train", "pos.fa", *_NETWORK, *_BUDGET, "--output", "model")
    for arguments in (train, ("export", "model", "network.keras")):
        done = python.run(["-m", "motifnet", *arguments], folder)
        assert done.returncode == 0, done.stderr.decode()


def state(out: Path) -> frozenset[tuple[str, str]]:
    """Names and digests of all files, without what the next process removes unread."""
    found = set()
    for path in out.rglob("*"):
        parts = path.relative_to(out).parts
        unread = [k for k in range(1, len(parts)) if parts[k - 1].endswith(SUFFIX) and _is_unread(parts[k])]
        if not unread or unread[0] == len(parts) - 1:
            has_content = path.is_file() and not unread
            found.add(("/".join(parts), hashlib.sha256(path.read_bytes()).hexdigest() if has_content else ""))
    return frozenset(found)


def _is_unread(name: str) -> bool:
    return name.startswith((RESULTS, REPLACED))


def points(names: Sequence[str], kill_every: int, pythons: Sequence[WarmPython], work: Path) -> Iterator[Point]:
    """The kill points of some commands; with `kill_every`, every n-th, the first and the last."""
    (inputs := work / "inputs").mkdir()
    write_inputs(inputs, pythons[0])
    free: SimpleQueue[WarmPython] = SimpleQueue()
    for python in pythons:
        free.put(python)

    def run(call: Callable[[WarmPython, int], Any], number: int) -> Any:
        python = free.get()
        try:
            return call(python, number)
        finally:
            free.put(python)

    with ThreadPoolExecutor(len(pythons)) as pool:
        for job in _jobs():
            if names and job.arguments[0] not in names:
                continue
            killer = Killer(job, inputs, work / job.name.replace(" ", "_"))
            found = killer.prepare(pythons[0])
            numbers = range(1, len(found) + 1)
            if kill_every:
                numbers = sorted({1, *range(kill_every, len(found) + 1, kill_every), len(found)})
                kills = [pool.submit(run, killer.kill, n) for n in numbers]
                outcomes = [kill.result() for kill in kills]
            else:
                states = [state(killer.recorded(n)) for n in numbers]
                repeats = {own: pool.submit(run, killer.repeat, states.index(own) + 1) for own in dict.fromkeys(states)}
                outcomes = [
                    (killer.left(killer.recorded(n)), repeats[own].result())
                    for n, own in zip(numbers, states, strict=True)
                ]
            for n, outcome in zip(numbers, outcomes, strict=True):
                yield Point(job.name, n, *found[n - 1], *outcome)
            shutil.rmtree(work / job.name.replace(" ", "_"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.kill_points", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "commands",
        nargs="*",
        help="train, discover, tune, scan, motifs, explain, variants, import-keras; by default all",
    )
    parser.add_argument("--kill-every", type=int, default=0, metavar="N", help="kill a process at every N-th operation")
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
        for point in points(given.commands, given.kill_every, (one, other), Path(work)):
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
