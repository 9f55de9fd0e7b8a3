"""CPU time per unit of large computations, and the hours and cores that follow from it.

    python tests/benchmarks/scale.py FOLDER [--size 600] [--steps 10] [--tasks 1000]

For each of the computations it prints CPU seconds per 1,000 units on one thread (the difference of two runs of the
command, one with three times as many units), the hours of the whole on one core, and the number of cores with which it
takes a day. Random sequences and a default network of 200 bp with its k-mer regression; the network with many tasks is
trained without one. CPU time depends on other programs on the machine too. FOLDER takes the files.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from explain import LENGTH, measure, write_sequences
from gpu import WORD, training_rate

#: Units of the whole: windows of hg38 every 50 bp, peaks, variants, training sequences.
WINDOWS, PEAKS, VARIANTS, SEQUENCES = 3_088_269_832 // 50, 1_000_000, 100_000_000, 10_000_000
STRIDE, BATCH, DAY = 50, 256, 24
#: Most sequences of a validation during training.
_VALIDATION = 20_000
THREADS = ("--threads", "1")


def print_rate(name: str, unit: str, seconds: float, total: int) -> None:
    """Print the CPU time of a unit, and of all."""
    hours = seconds * total / 3600
    print(
        name, f"{1000 * seconds:.3f}", f"{total:,} {unit}", f"{hours:,.1f}", f"{hours / DAY:,.1f}", sep="\t", flush=True
    )


def per_unit(size: int, run: Callable[[int], float]) -> float:
    """CPU seconds per unit: the difference of two runs."""
    return (run(3 * size) - run(size)) / (2 * size)


def write_genome(path: Path, n: int) -> None:
    """Write one random chromosome of n bp."""
    bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, n)].tobytes()
    path.write_bytes(b">chr1\n" + b"\n".join(bases[i : i + 80] for i in range(0, n, 80)) + b"\n")


def write_variants(path: Path, genome: Path, n: int) -> None:
    """Write SNVs at every tenth position."""
    bases = "".join(genome.read_text().splitlines()[1:])
    with path.open("w") as file:
        file.write(f"##fileformat=VCFv4.2\n##contig=<ID=chr1,length={len(bases)}>\n")
        file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for at in range(LENGTH, LENGTH + 10 * n, 10):
            file.write(f"chr1\t{at + 1}\t.\t{bases[at]}\t{'ACGT'['ACGT'.index(bases[at]) - 1]}\t.\t.\t.\n")


def trained(folder: Path) -> str:
    """A default network of 200 bp with its k-mer regression, after a few steps."""
    write_sequences(folder / "negatives.fa", 1000)
    text = (folder / "negatives.fa").read_text().split("\n")
    text[1::2] = [line[:90] + WORD + line[90 + len(WORD) :] for line in text[1::2]]
    (folder / "positives.fa").write_text("\n".join(text))
    files = (
        str(folder / "positives.fa"),
        "--negatives",
        str(folder / "negatives.fa"),
        "--output",
        str(folder / "model"),
    )
    if not (folder / "model").exists():
        measure("train", *files, "--max-steps", "100", *THREADS)
    return str(folder / "model")


def print_predict(model: str, folder: Path, size: int) -> None:
    def run(n: int) -> float:
        write_genome(folder / f"{n}.fa", STRIDE * (n - 1) + LENGTH)
        options = ("--genome", str(folder / f"{n}.fa"), "--stride", str(STRIDE), "--part", "1/1", *THREADS)
        return measure("predict", model, *options, "--output", str(folder / f"{n}.part"))[1]

    def merge(n: int) -> float:
        return measure("merge", str(folder / f"{n}.part"), "--output", str(folder / f"{n}.bedgraph"))[1]

    print_rate("predict --stride 50", "windows", per_unit(size, run), WINDOWS)
    print_rate("merge of its parts", "windows", per_unit(size, merge), WINDOWS)


def print_explain(model: str, folder: Path, size: int) -> None:
    def run(n: int) -> float:
        write_sequences(folder / "peaks.fa", n)
        output = ("--output", str(folder / "ism"), "--force", *THREADS)
        return measure("explain", model, str(folder / "peaks.fa"), "--method", "ism", *output)[1]

    print_rate("explain --method ism", "peaks", per_unit(size, run), PEAKS)


def print_variants(model: str, folder: Path, size: int) -> None:
    def run(n: int, *part: str) -> float:
        genome, vcf = folder / "genome.fa", folder / "variants.vcf"
        write_genome(genome, 10 * n + 2 * LENGTH)
        genome.with_name("genome.fa.fai").unlink(missing_ok=True)
        write_variants(vcf, genome, n)
        output = ("--genome", str(genome), "--output", str(folder / "effects.tsv"), *THREADS)
        return measure("variants", model, str(vcf), *output, *part)[1]

    print_rate("variants", "SNVs", per_unit(size, run), VARIANTS)
    # The first of 1,000 parts computes one block; the others are only read.
    print_rate(
        "variants, reading in a part", "SNVs", per_unit(10 * size, lambda n: run(n, "--part", "1/1000")), VARIANTS
    )


def print_training(folder: Path, size: int, steps: int, n_tasks: int) -> None:
    import motifnet as mn

    mn.set_threads(1)
    rng, tasks = np.random.default_rng(0), tuple(f"t{number}" for number in range(n_tasks))

    def read(n: int) -> Any:
        write_sequences(folder / "many.fa", n)
        names = [line[1:] for line in (folder / "many.fa").read_text().splitlines()[::2]]
        rows = ("\t".join(map(str, row)) for row in rng.integers(0, 2, (n, n_tasks)).tolist())
        lines = [f"{name}\t{row}" for name, row in zip(names, rows, strict=True)]
        (folder / "many.tsv").write_text("\n".join(["\t".join(("name", *tasks)), *lines, ""]))
        start = time.process_time()
        data = mn.read_data(folder / "many.fa", labels=folder / "many.tsv")
        seconds.append(time.process_time() - start)
        return data

    seconds: list[float] = []
    read(10)  # imports
    read(size)
    data = read(3 * size)
    name = f"{n_tasks:,} tasks: "
    print_rate(f"{name}reading labels and FASTA", "sequences", (seconds[2] - seconds[1]) / (2 * size), SEQUENCES)
    spec = mn.ModelSpec.preset("default", length=LENGTH, tasks=data.tasks)
    rate, share = training_rate(spec, data, steps, batch_size=BATCH, clock=time.process_time)
    print_rate(f"{name}one epoch of training, batches of {BATCH}", "sequences", 1 / rate, SEQUENCES)
    from motifnet.models.training.losses import Objective

    labels = rng.integers(0, 2, (_VALIDATION, n_tasks)).astype(np.float32)
    many = mn.Dataset(data.sequences[np.zeros(_VALIDATION, dtype=int)], labels, data.tasks)
    predictions, start = rng.random(labels.shape), time.process_time()
    Objective.of("classes", many).validate(many, predictions)
    print(f"share of preparing batches: {share:.1%}; ", end="")
    print(f"metrics of {_VALIDATION:,} validation sequences: {time.process_time() - start:.1f} s")
    print(f"labels in memory: {data.labels.itemsize * n_tasks * SEQUENCES / 1e9:,.0f} GB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=600)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--tasks", type=int, default=1000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    model = trained(given.folder)
    print("command\tCPU s per 1,000\tall\thours on one core\tcores for one day", flush=True)
    print_predict(model, given.folder, 40 * given.size)
    print_explain(model, given.folder, given.size)
    print_variants(model, given.folder, 20 * given.size)
    print_training(given.folder, given.size, given.steps, given.tasks)


if __name__ == "__main__":
    main()
