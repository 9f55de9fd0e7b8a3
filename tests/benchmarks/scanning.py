"""`scan` compared with memelite's FIMO, in one process and one thread: same motifs, sequences, threshold, pseudocounts.

    python tests/benchmarks/scanning.py [MOTIFS.meme SEQUENCES.fa]

Without files: 20 random motifs of 6 to 20 bp on 4 Mb of random sequence. Prints the CPU seconds of importing and
compiling, of the scan (the best of three, alternating), the number of hits, and the ratio of CPU times. memelite stops
scoring a window that can no longer pass; `scan` scores and counts every window, because q-values need it. lightmotif is
included where it is installed (its striped scores have no p-values; its thresholds are those of `scan`).
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import motifnet as mn
from motifnet.motifs.scanning.pwm import ScoreDistribution
from motifnet.sequences.io.fasta import parse_fasta

THRESHOLD = 1e-4
ROUNDS = 3


def cpu_seconds(job: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = job()
    return time.process_time() - start, result


def inputs() -> tuple[mn.MotifSet, Any]:
    if len(sys.argv) == 3:
        return mn.read_motifs(sys.argv[1]), parse_fasta(sys.argv[2])
    rng = np.random.default_rng(0)
    motifs = [
        mn.Motif(f"m{i}", rng.dirichlet(np.full(4, 0.3), size=w).T * 100) for i, w in enumerate(rng.integers(6, 21, 20))
    ]
    codes = rng.integers(0, 4, (4000, 1000)).astype(np.uint8)
    return mn.MotifSet(motifs), mn.SequenceSet(tuple(map(str, range(4000))), codes)


def main() -> None:
    motifs, sequences = inputs()
    motifs = mn.MotifSet(motifs.motifs, motifs.strands, np.full(4, 0.25))  # memelite knows no other background
    small = mn.SequenceSet.from_strings(["ACGT" * 25])
    started = {"motifnet": cpu_seconds(lambda: mn.scan(motifs[:1], small, threads=1))[0]}

    def start_memelite() -> Any:
        import numba
        from memelite import fimo

        numba.set_num_threads(1)
        fimo({"a": motifs[0].ppm}, mn.one_hot(small).astype(np.int8))
        return fimo

    started["memelite"], fimo = cpu_seconds(start_memelite)
    # Joined with N between records, so that both score the same windows for any lengths.
    flat = joined(sequences, gap=max(motif.width for motif in motifs))
    encoded = (flat == np.arange(4, dtype=np.uint8)[:, np.newaxis])[np.newaxis].astype(np.int8)
    ppms = {motif.name: 2.0 ** motif.pwm(0.1) / 4 for motif in motifs}
    is_both = motifs.strands == "both"
    jobs: dict[str, Callable[[], int]] = {
        "motifnet": lambda: len(mn.scan(motifs, sequences, p_value=THRESHOLD, pseudocount=0.1, threads=1)),
        "memelite": lambda: sum(
            map(len, fimo(ppms, encoded, eps=1e-12, threshold=THRESHOLD, reverse_complement=is_both))
        ),
    }
    if importlib.util.find_spec("lightmotif"):
        jobs["lightmotif"] = lambda: lightmotif_hits(motifs, flat)
    runs: dict[str, list[tuple[float, int]]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            runs[name].append(cpu_seconds(job))
    windows = len(flat) * len(motifs) * (1 + is_both)
    ours = min(runs["motifnet"])[0]
    print("tool", "start (s)", "scan (s)", "ns a window and strand", "hits", "motifnet : tool", sep="\t")
    for name, results in runs.items():
        seconds, n_hits = min(results)
        start = f"{started[name]:.2f}" if name in started else "-"
        print(
            name, start, f"{seconds:.2f}", f"{seconds / windows * 1e9:.2f}", n_hits, f"{ours / seconds:.2f}", sep="\t"
        )


def joined(sequences: Any, *, gap: int) -> np.ndarray:
    """All bases in one row, with N between the records."""
    if isinstance(sequences, mn.SequenceSet):
        return np.pad(sequences.codes, ((0, 0), (0, gap)), constant_values=4).ravel()
    rows = np.split(sequences.flat, sequences.offsets[1:-1])
    return np.concatenate([np.pad(row, (0, gap), constant_values=4) for row in rows])


def lightmotif_hits(motifs: mn.MotifSet, flat: np.ndarray) -> int:
    """Windows above the threshold of `scan`, counted per strand."""
    import lightmotif

    sequence = lightmotif.EncodedSequence(np.frombuffer(b"ACGTN", np.uint8)[flat].tobytes().decode()).stripe()
    n_hits = 0
    for motif in motifs:
        matrix = ScoreDistribution.of(motif, 0.1)
        cutoff = matrix.cutoff(THRESHOLD)
        if cutoff >= len(matrix.tail):
            continue
        pwm = motif.pwm(0.1)
        for strand in (pwm, pwm[::-1, ::-1])[: 1 + (motifs.strands == "both")]:
            columns = dict(zip("ACGT", strand.astype(float).tolist(), strict=True))
            scores = lightmotif.ScoringMatrix({**columns, "N": [-1e6] * motif.width}).calculate(sequence)
            n_hits += len(scores.threshold(float(matrix.bits(np.array(cutoff)))))
    return n_hits


if __name__ == "__main__":
    main()
