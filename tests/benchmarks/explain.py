"""CPU time and largest resident set of `motifnet explain` on random sequences of 200 bp with coordinates.

    python tests/benchmarks/explain.py MODEL FOLDER [--method METHOD] [--sequences N ...]

For each number of sequences (1,000 and 5,000) it prints MB and CPU seconds, then the CPU hours of 100,000 sequences,
extrapolated from the last two, and the time per sequence in forward passes of the network (both strands, in batches;
mutagenesis without local recomputation takes 601). MODEL is a folder of `motifnet train`; FOLDER takes the files. One
thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

LENGTH, ALL = 200, 100_000


def write_sequences(path: Path, n: int) -> None:
    """Write n random windows that overlap by half, on three chromosomes."""
    letters, rng = np.frombuffer(b"ACGT", np.uint8), np.random.default_rng(0)
    with path.open("wb") as file:
        for i in range(n):
            start = LENGTH // 2 * i
            row = letters[rng.integers(0, 4, LENGTH)].tobytes()
            file.write(b">chr%d:%d-%d\n%s\n" % (1 + 3 * i // n, start, start + LENGTH, row))


def measure(*command: str) -> tuple[float, float]:
    """Run motifnet; returns MB of the largest resident set, and CPU seconds."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "motifnet", "--quiet", *command], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"motifnet {' '.join(command)}: status {status}")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def forward_pass(model: str) -> float:
    """CPU seconds of the network per sequence: the least of three rounds of 2,048 sequences."""
    import motifnet as mn

    mn.set_threads(1)
    loaded, n = mn.load_model(model), 2048
    codes = np.random.default_rng(0).integers(0, 4, (n, LENGTH), dtype=np.uint8)
    sequences = mn.SequenceSet([""] * n, codes)
    loaded.logits(sequences)
    times = []
    for _ in range(3):
        start = time.process_time()
        loaded.logits(sequences)
        times.append(time.process_time() - start)
    return min(times) / n


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--method", default="ism")
    parser.add_argument("--sequences", type=int, nargs="+", default=[1000, 5000])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    seconds = []
    for n in given.sequences:
        path = given.folder / f"{n}.fa"
        write_sequences(path, n)
        output = ("--output", str(given.folder / f"{n}.{given.method}"), "--force", "--threads", "1")
        size, cpu = measure("explain", given.model, str(path), "--method", given.method, *output)
        seconds.append(cpu)
        print(f"{n:>8,} sequences  {size:6.0f} MB  {cpu:7.1f} s of CPU", flush=True)
    if len(seconds) > 1:
        (n, m), (first, last) = given.sequences[-2:], seconds[-2:]
        rate = (last - first) / (m - n)
        hours = (last + rate * (ALL - m)) / 3600
        print(f"{1000 * rate:.2f} ms per sequence; {ALL:,} sequences: {hours:.2f} h of CPU")
        forward = forward_pass(given.model)
        print(f"forward pass: {1000 * forward:.3f} ms per sequence; ratio {rate / forward:.1f}")


if __name__ == "__main__":
    main()
