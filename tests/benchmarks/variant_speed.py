"""Time and memory of `motifnet variants` on random SNVs of the yeast genome, on ../shared/data.

    python tests/benchmarks/variant_speed.py FOLDER [--snvs 50000] [--memory 5000 50000 500000]

Trains a model of Reb1 (kept in FOLDER) and prints, for one thread:

- the CPU time of the SNVs beside that of as many plain forward passes of the model in the same process, the part of it
  that is not spent on predictions, and the time of 1,000,000 SNVs at this rate;
- the CPU time of local recomputation (`LocalNetwork`, as for in-silico mutagenesis) of one and of three alleles of an
  SNV, in forward passes of the network, for several networks; two and four plain passes give the same;
- the largest resident set of the command for several numbers of SNVs, with a small network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from memory import resident
from threadpoolctl import threadpool_limits
from training_parts import DATA

import motifnet as mn
from motifnet.models.network.block import Block
from motifnet.sequences.alphabet import decode_codes, reverse_complement
from motifnet.sequences.io.genome import open_genome

GENOME = DATA / "yeast_sacCer3" / "sacCer3.fa.gz"
#: Networks for which local recomputation is timed, with the length of their sequences in bp.
NETWORKS = {"default": 101, "dragonn": 101, "koo-deep": 200, "koo-cnn-2": 200, "all-conv": 200, "basset": 600}
#: Distance of SNVs from the ends of chromosomes.
MARGIN = 500


def write_snvs(path: Path, n: int) -> None:
    """Write a sorted VCF file of random SNVs."""
    genome, rng = open_genome(GENOME), np.random.default_rng(0)
    sizes = np.array(list(genome.lengths.values()))
    counts = rng.multinomial(n, sizes / sizes.sum())
    with path.open("w") as handle:
        handle.write("##fileformat=VCFv4.2\n")
        handle.writelines(f"##contig=<ID={name},length={size}>\n" for name, size in genome.lengths.items())
        handle.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for (name, size), count in zip(genome.lengths.items(), counts, strict=True):
            bases = decode_codes(genome.read(name, 0, size))
            for at in np.sort(rng.integers(MARGIN, size - MARGIN, count)).tolist():
                alt = "ACGT"["ACGT".index(bases[at]) - 1]
                handle.write(f"{name}\t{at + 1}\t.\t{bases[at]}\t{alt}\t.\t.\t.\n")


def trained(folder: Path) -> mn.TrainedModel:
    """Read the model of Reb1 from the folder, or train it."""
    if not folder.exists():
        positives, negatives = (DATA / "tf" / "yeast_Reb1" / f"train.{kind}.fa.gz" for kind in ("pos", "neg"))
        data = mn.read_data(positives, negatives)
        spec = mn.ModelSpec.preset("default", length=data.sequences.length, tasks=data.tasks)
        mn.train(spec, data.split(valid=0.1, test=0.0)).save(folder)
    return mn.TrainedModel.load(folder)


def cpu_seconds(job: Callable[[], object]) -> float:
    """CPU time of a job."""
    start = time.process_time()
    job()
    return time.process_time() - start


def random_sequences(n: int, length: int) -> mn.SequenceSet:
    return mn.SequenceSet([""] * n, np.random.default_rng(0).integers(0, 4, (n, length)).astype(np.uint8))


def print_speed(model: mn.TrainedModel, folder: Path, n: int) -> None:
    """Time of SNVs beside that of plain forward passes, the smaller of two runs each."""
    from motifnet.interpretation.variants.effect_files import write_effects_table
    from motifnet.interpretation.variants.effects import stream_effects

    write_snvs(folder / "snvs.vcf", n)
    sequences = random_sequences(n, model.spec.length)

    def score_snvs() -> None:
        blocks = stream_effects(model, folder / "snvs.vcf", genome=GENOME)
        write_effects_table(model, blocks, folder / "effects.tsv")

    model.scores(sequences.take(np.arange(256)))
    runs = [(cpu_seconds(lambda: model.scores(sequences)), cpu_seconds(score_snvs)) for _ in range(2)]
    one, all_ = (min(times) for times in zip(*runs, strict=True))
    print("SNVs\tCPU s\tCPU s of as many passes\tratio\tnot in predictions\tSNVs per CPU s\tminutes for 1,000,000")
    cells = (n, f"{all_:.1f}", f"{one:.1f}", f"{all_ / one:.2f}", f"{1 - 2 * one / all_:.0%}", f"{n / all_:,.0f}")
    print(*cells, f"{all_ / n * 1e6 / 60:.1f}", sep="\t", flush=True)


def print_local(n: int = 1024) -> None:
    """Time of local recomputation in forward passes, for one and three alleles of an SNV."""
    from motifnet.interpretation.attribution.local_network import LocalNetwork
    from motifnet.models.network.builder import build

    print("network\tbp\tone allele (2 passes)\tthree alleles (4 passes)\tlargest difference of effects")
    for name, length in NETWORKS.items():
        spec = mn.ModelSpec.preset(name, length=length, tasks=("task",))
        model = mn.TrainedModel(spec, build(spec, seed=0))
        sequences = random_sequences(n if length < 500 else n // 8, length)
        local = LocalNetwork(spec, model.network)
        model.scores(sequences)
        one = min(cpu_seconds(lambda: model.scores(sequences)) for _ in range(3))  # noqa: B023
        with threadpool_limits(1):
            times = [
                min(cpu_seconds(lambda: local_effects(local, sequences.codes, k)) for _ in range(3))  # noqa: B023
                for k in (1, 3)
            ]
            effects = local_effects(local, sequences.codes, 1)[:, 0]
        changed = sequences.codes.copy()
        middle = (length - 1) // 2
        changed[:, middle] = (changed[:, middle] + 1) % 4
        other = mn.SequenceSet(sequences.names, changed)
        difference = np.abs(effects - (model.scores(other) - model.scores(sequences))[:, 0]).max()
        print(name, length, *(f"{t / one:.2f}" for t in times), f"{difference:.1e}", sep="\t", flush=True)


def local_effects(local: Any, codes: np.ndarray, n_alleles: int) -> np.ndarray:
    """Effects of SNVs in the middle, ``(n, n_alleles)``: mean over strands."""
    middle = (codes.shape[1] - 1) // 2
    bases = (codes[:, middle : middle + 1].astype(int) + np.arange(1, n_alleles + 1)) % 4
    strands = ((codes, middle, bases), (reverse_complement(codes), codes.shape[1] - 1 - middle, 3 - bases))
    effects = np.zeros(bases.shape)
    for own, position, new in strands:
        for start in range(0, len(codes), local.n_rows):
            rows = slice(start, start + local.n_rows)
            effects[rows] += local.substitutions(local.references(own[rows]), position, new[rows])[:, :, 0] / 2
    return effects


def print_memory(folder: Path, sizes: Sequence[int]) -> None:
    """Largest resident set of the command."""
    from motifnet.models.network.builder import build

    print("SNVs\tlargest MB\tmedian MB\tseconds")
    spec = mn.ModelSpec(51, (Block(2, 9),), final="global_max")
    mn.TrainedModel(spec, build(spec, seed=0)).save(folder / "small", force=True)
    for n in sizes:
        write_snvs(folder / "snvs.vcf", n)
        files = str(folder / "snvs.vcf"), "--genome", str(GENOME), "--output", str(folder / "effects.tsv")
        largest, median, seconds = resident("variants", str(folder / "small"), *files, "--threads", "1")
        print(n, largest, median, f"{seconds:.0f}", sep="\t", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--snvs", type=int, default=50_000)
    parser.add_argument("--memory", type=int, nargs="*", default=[5_000, 50_000, 500_000])
    options = parser.parse_args()
    mn.set_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    print_speed(trained(options.folder / "reb1"), options.folder, options.snvs)
    print_local()
    print_memory(options.folder, options.memory)


if __name__ == "__main__":
    main()
