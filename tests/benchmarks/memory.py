"""Resident memory of training, prediction, motifs and scanning on FASTA files larger than the memory they may use.

    python tests/benchmarks/memory.py FOLDER [GB ...]

Writes two classes of random sequences of 1,000 bp (the positives have a planted site) with the given total sizes in
gigabases (0.2, 1 and 2), trains a small network on them, predicts the positives, extracts its motifs and scans the
positives for them; prints the largest and the median resident set of each process. FOLDER also takes temporary files:
several times the largest size.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

LENGTH = 1000
_BATCH = 20_000
_WORD = b"TGACTCAGCA"
_READ = ("--database", "none", "--threads", "1")
_NETWORK = ("--num-filters", "8", "4", "--max-steps", "200", "--threads", "1")


def write_classes(folder: Path, gigabases: float) -> tuple[Path, Path]:
    """Write two FASTA files with half of the bases each."""
    rng, letters, word = np.random.default_rng(0), np.frombuffer(b"ACGT", np.uint8), np.frombuffer(_WORD, np.uint8)
    paths = tuple(folder / f"{gigabases:g}.{kind}.fa" for kind in ("positives", "negatives"))
    for kind, path in enumerate(paths):
        with path.open("wb") as file:
            for first in range(0, round(gigabases * 1e9 / 2 / LENGTH), _BATCH):
                n = min(_BATCH, round(gigabases * 1e9 / 2 / LENGTH) - first)
                codes = letters[rng.integers(0, 4, (n, LENGTH))]
                if kind == 0:
                    start = rng.integers(0, LENGTH - len(word), n)
                    codes[np.arange(n)[:, None], start[:, None] + np.arange(len(word))] = word
                file.writelines(b">r%d\n%s\n" % (first + i, row.tobytes()) for i, row in enumerate(codes))
    return paths[0], paths[1]


def resident(*command: str) -> tuple[int, int, float]:
    """Run motifnet; returns the largest and median resident set in MB (with code and mapped files) and seconds."""
    start, sizes = time.monotonic(), []
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "motifnet", *command], env=environment)
    while process.poll() is None:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
        sizes += [int(found[1]) // 1000] if found else []
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"motifnet {' '.join(command)}: exit {process.returncode}")
    return max(sizes), int(np.median(sizes)), time.monotonic() - start


def main(folder: Path, sizes: list[float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(folder)
    rows = ["gigabases\tsequences\twhat\tlargest MB\tmedian MB\tseconds"]
    for size in sizes:
        positives, negatives = map(str, write_classes(folder, size))
        model, table, motifs = (str(folder / f"{size:g}.{kind}") for kind in ("model", "tsv", "motifs"))
        runs = {
            "train": ("train", positives, "--negatives", negatives, "--output", model, "--force", *_NETWORK),
            "predict": ("predict", model, positives, "--output", table, "--threads", "1"),
            "motifs": ("motifs", model, positives, "--negatives", negatives, "--output", motifs, "--force", *_READ),
            "scan": ("scan", f"{motifs}/motifs.meme", positives, "--output", table, "--threads", "1"),
        }
        for what, command in runs.items():
            largest, median, seconds = resident(*command)
            rows.append(f"{size:g}\t{round(size * 1e9 / LENGTH):,}\t{what}\t{largest}\t{median}\t{seconds:.0f}")
            print(rows[-1], flush=True)
        for path in (positives, negatives, table):
            Path(path).unlink()
    print("\n".join(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [float(size) for size in sys.argv[2:]] or [0.2, 1.0, 2.0])
