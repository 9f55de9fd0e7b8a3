"""Test every reader of motifnet on mutated inputs; count the accepted and refused ones, and the faults.

    python -m tests.fuzz 10000 --seed 0
    python -m tests.fuzz --repeat build/fuzz/fasta-0-17

Faults are: an exception other than MotifnetError, a message that is too long or has control characters, more than 10 s
or 2 GB, a valid file that is refused, and values that differ from those of an independent parser. Each fault is printed
with the command that repeats it, and its input is kept in ``build/fuzz`` (``--keep``). The exit code is 1 if there is a
fault.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from .cases import Case, Result, read, write_files
from .folders import folders_made
from .pool import run
from .targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("inputs", type=int, nargs="?", default=10_000, help="number of inputs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(TARGETS), default=list(TARGETS), metavar="READER")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), metavar="FOLDER", help="where faults are kept")
    parser.add_argument("--repeat", type=Path, metavar="FOLDER", help="a kept input, read again with a traceback")
    given = parser.parse_args()
    if given.repeat:
        return _repeat(given.repeat)
    start, counts = time.monotonic(), Counter[tuple[str, str]]()
    with folders_made() if any(TARGETS[name].needs for name in given.only) else nullcontext():
        for case, result in run(_cases(given.inputs, given.seed, given.only), n_workers=given.workers):
            counts[case.target, result.outcome] += 1
            if result.outcome == "fault":
                _keep(case, result, given.keep / case.name)
    return _print_table(counts, given.only, time.monotonic() - start)


def _keep(case: Case, result: Result, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    write_files(case.files(), folder)
    print(f"{case.target}: {result.why}\n  python -m tests.fuzz --repeat {folder}", flush=True)


def _cases(n: int, seed: int, names: Sequence[str]) -> Iterator[Case]:
    """Cases of each target by its share; those that need TensorFlow last, so that it is imported once."""
    total, last, done = sum(TARGETS[name].share for name in names), 0, 0
    for name in sorted(names, key=lambda name: TARGETS[name].needs == "tensorflow"):
        done += TARGETS[name].share
        count, last = round(n * done / total) - last, round(n * done / total)
        yield from (Case(name, seed, number) for number in range(count))


def _print_table(counts: Counter[tuple[str, str]], names: Sequence[str], seconds: float) -> int:
    outcomes = ("accepted", "refused", "fault")
    print(f"{'reader':<16}{'inputs':>8}{'accepted':>10}{'refused':>10}{'faults':>8}")
    for name in (*names, "total"):
        own = [
            sum(n for (target, kind), n in counts.items() if kind == outcome and name in (target, "total"))
            for outcome in outcomes
        ]
        print(f"{name:<16}{sum(own):>8}{own[0]:>10}{own[1]:>10}{own[2]:>8}")
    print(f"{seconds:.0f} s")
    return 1 if own[2] else 0


def _repeat(folder: Path) -> int:
    target = TARGETS[folder.name.rsplit("-", 2)[0]]
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    result = read(target, files, folder)
    print(f"{result.outcome} {result.why}")
    if result.outcome == "fault":
        print(target.read(folder))
    return 1 if result.outcome == "fault" else 0


if __name__ == "__main__":
    sys.exit(main())
