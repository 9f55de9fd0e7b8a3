"""Patterns of TF-MoDISco (modisco-lite, extra ``modisco``) beside those of `find_patterns`, on the same attributions.

    python tests/benchmarks/modisco.py FOLDER [--seeds N ...] [--sequences N] [--modisco PROGRAM]

The task of Koo & Ploenzke 2021 (`simulate_scenario`: 12 motifs, a label per motif). Contributions of the network of the
default preset, by in-silico mutagenesis, to the scores of the tasks that are 1, summed over tasks, in 1,000 training
sequences; controls are their dinucleotide shuffles. Both programs read the same arrays. A planted motif
is found if a pattern is similar to it (0.8 at least, `align_motifs`); a pattern is right if it is similar to a planted
motif. Columns: seed; program; seqlets in patterns; patterns; right patterns; planted motifs found; CPU seconds without
those of the attributions. Trained models are kept in FOLDER and read from there the next time.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from training_parts import print_row

import motifnet as mn
from motifnet.motifs.alignment import MERGE_SIMILARITY, align_motifs
from motifnet.simulation.scenario_spec import SCENARIOS
from motifnet.simulation.scenarios import known_motifs

HEADER = ("seed", "program", "seqlets", "patterns", "right", "found", "CPU s")


def trained(folder: Path, seed: int, split: mn.Split) -> mn.TrainedModel:
    """The model in the folder, or a new one."""
    path = folder / f"koo-12_default_{seed}"
    if not path.exists():
        spec = mn.ModelSpec.preset("default", length=split.train.sequences.length, tasks=split.train.tasks)
        mn.train(spec, split, training=mn.TrainSpec(seed=seed)).save(path)
    return mn.TrainedModel.load(path)


def summed(attributions: mn.Attributions, labels: np.ndarray) -> mn.Attributions:
    """The contributions to the sum of the scores of the tasks that are 1."""
    values = np.einsum("ntbl,nt->nbl", attributions.values, labels == 1).astype(np.float32)
    outputs = (attributions.outputs * (labels == 1)).sum(axis=1, keepdims=True)
    return replace(attributions, values=values, tasks=("sum",), outputs=outputs, reference_outputs=None)


def run_modisco(program: str, attributions: mn.Attributions) -> tuple[mn.MotifSet, int]:
    """Motifs, and number of seqlets in them, of ``modisco motifs``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        attributions.write_files(folder)
        length = attributions.sequences.length
        options = ["-s", folder / "one_hot.npz", "-a", folder / "contributions.npz", "-w", str(length)]
        command = [program, "motifs", *map(str, options), "-n", "20000", "-o", str(folder / "modisco.h5")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        report = mn.read_modisco(folder / "modisco.h5")
        return report.motifs, sum(len(pattern.sites) for pattern in report.patterns)


def run_ours(own: mn.Attributions, controls: mn.Attributions) -> tuple[mn.MotifSet, int]:
    patterns = mn.find_patterns(own, mn.find_seqlets(own, controls=controls, fdr=0.2))
    motifs = [pattern.motif for pattern in patterns if pattern.motif is not None]
    return mn.MotifSet(motifs), sum(len(pattern.sites) for pattern in patterns)


def judged(motifs: mn.MotifSet, planted: mn.MotifSet) -> tuple[int, int, str]:
    """Patterns; right patterns; planted motifs found, with the names of the others."""
    is_like = align_motifs(motifs.motifs, planted.motifs).similarity >= MERGE_SIMILARITY
    missed = [name for name, column in zip(planted.names, is_like.T, strict=True) if not column.any()]
    found = f"{len(planted) - len(missed)}" + (f" without {' '.join(missed)}" if missed else "")
    return len(motifs), int(is_like.any(axis=1).sum()), found


def measure(folder: Path, seed: int, n_sequences: int, program: str) -> None:
    made = mn.simulation.simulate_scenario("koo-12", seed=seed)
    split = made.data.split(valid=0.1, test=0.1, seed=seed)
    network = replace(trained(folder, seed, split), kmers=None)
    data = split.train.take(np.arange(n_sequences))
    shuffled = mn.shuffle(data.sequences, seed=seed)
    own, controls = (summed(mn.attribute(network, each), data.labels) for each in (data.sequences, shuffled))
    planted = known_motifs(SCENARIOS["koo-12"].jaspar)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    theirs = run_modisco(program, own)
    after, between = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time()
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    ours = run_ours(own, controls)
    rows = (("modisco-lite", theirs, seconds), ("motifnet", ours, time.process_time() - between))
    for name, (motifs, n_seqlets), cpu in rows:
        print_row((seed, name, n_seqlets, *judged(motifs, planted), f"{cpu:.1f}"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--modisco", default="modisco")
    options = parser.parse_args()
    mn.set_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    print_row(HEADER)
    for seed in options.seeds:
        measure(options.folder, seed, options.sequences, options.modisco)


if __name__ == "__main__":
    main()
