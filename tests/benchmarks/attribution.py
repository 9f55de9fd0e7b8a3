"""Are the bases with the highest contributions those of planted sites?

    python tests/benchmarks/attribution.py FOLDER [SEED ...] [--presets NAME ...] [--scenarios NAME ...] [--networks N]
                                           [--steps N] [--methods NAME ...]

Sequences of `simulate_scenario`: the 12 motifs of Koo & Ploenzke 2021 (Nat Mach Intell 3:258) with a label per motif,
and pairs of SPI1 and IRF1 sites 2 to 5 bp apart, beside negatives with the same sites far apart (DragoNN). The seed is
that of the simulation, the split and the training. For each of 100 held-out positives and each of its labels: auROC and
auPRC (average precision) of the absolute observed contribution as a score of bases, those of planted sites of the
motifs of the label against all others; mean over all. Bases in columns below 0.5 bits of the motif are left out.
Contributions are `Attributions.observed()`, without any smoothing. Oracle: the information of the columns of the best
hit of each true PWM, 0 elsewhere.

"kmers" and "network" are effects of substitutions on the k-mer regression and on the network alone, which add up to
"ism". With ``--networks N``, the last rows of a preset are means over N networks (training seeds SEED, SEED + 100,
...). Columns: auROC of the model and of its network alone on the test sequences, auROC and auPRC of the bases, CPU
seconds per 1,000 sequences (all labels at once, one thread, with compilation). Expected of the
default method and preset: a mean auROC of 0.93. Trained models are kept in FOLDER and read from there the next time.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from training_parts import print_row

import motifnet as mn
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.simulation.scenarios import known_motifs

METHODS = ("ism", "deeplift", "gradient", "integrated-gradients")
N_SEQUENCES = 100
MIN_BITS = 0.5
Array = np.ndarray


@dataclass(frozen=True)
class Planted:
    """Held-out positives and their planted motif sites.

    Parameters
    ----------
    parts : Split
        Sequences for training, validation and test.
    sequences : SequenceSet
        Held-out positives.
    kinds : int8 array of shape (N, T, L)
        1 in sites of the motifs of a task, -1 in their columns with little information, else 0.
    oracle : float array of shape (N, T, L)
    """

    parts: mn.Split
    sequences: mn.SequenceSet
    kinds: Array
    oracle: Array

    def figures(self, contributions: Array) -> tuple[float, float]:
        """Mean auROC and auPRC of contributions ``(N, T, L)`` or, for a single task, ``(N, L)``."""
        values = np.abs(contributions.reshape(self.kinds.shape))
        figures = []
        for i, t in zip(*np.nonzero((self.kinds == 1).any(axis=2)), strict=True):
            kind = self.kinds[i, t]
            chosen = kind >= 0
            own = kind[chosen], values[i, t, chosen]
            figures.append((roc_auc_score(*own), average_precision_score(*own)))
        auroc, auprc = np.mean(figures, axis=0)
        return float(auroc), float(auprc)


def plant(scenario: str, seed: int) -> Planted:
    """Simulate, split, and mark the planted bases."""
    made = mn.simulation.simulate_scenario(scenario, seed=seed)
    parts = made.data.split(valid=0.1, test=0.1, seed=seed)
    is_positive = (parts.test.labels == 1).any(axis=1)
    sequences = parts.test.sequences.take(np.flatnonzero(is_positive)[:N_SEQUENCES])
    motifs = known_motifs(mn.simulation.SCENARIOS[scenario].jaspar)
    tasks = made.data.tasks
    kinds = np.zeros((len(sequences), len(tasks), sequences.length), dtype=np.int8)
    rows = {name: i for i, name in enumerate(sequences.names)}
    truth = made.truth[made.truth["name"].isin(rows)]
    for motif, name, start, end, strand in truth[["motif", "name", "start", "end", "strand"]].itertuples(index=False):
        bits = motifs[motif].information()[:: 1 if strand == "+" else -1]
        task = 0 if made.has_classes else tasks.index(motif)
        kinds[rows[name], task, start:end] = np.where(bits >= MIN_BITS, 1, -1)
    return Planted(parts, sequences, kinds, best_hits(motifs, sequences, len(tasks)))


def best_hits(motifs: MotifSet, sequences: mn.SequenceSet, n_tasks: int) -> Array:
    """Information of the columns of the best hit of each motif: ``(N, T, L)``."""
    sites = best_sites(motifs.motifs, sequences, strands="both")
    values = np.zeros((len(sequences), n_tasks, sequences.length))
    for m, motif in enumerate(motifs):
        for i, (start, is_reverse) in enumerate(zip(sites.start[:, m], sites.is_reverse[:, m], strict=True)):
            values[i, m % n_tasks, start : start + motif.width] = motif.information()[:: -1 if is_reverse else 1]
    return values


def trained(path: Path, preset: str, training: mn.TrainSpec, parts: mn.Split) -> mn.TrainedModel:
    if not path.exists():
        spec = mn.ModelSpec.preset(preset, length=parts.train.sequences.length, tasks=parts.train.tasks)
        mn.train(spec, parts, training=training).save(path)
    return mn.TrainedModel.load(path)


def model_auroc(model: mn.TrainedModel, planted: Planted) -> float:
    return float(mn.evaluate(model, planted.parts.test)["auroc"].mean())


def contributions(
    model: mn.TrainedModel, planted: Planted, methods: list[str]
) -> Iterator[tuple[str, Array, float | str]]:
    """Name, observed contributions and CPU seconds per 1,000 sequences of each method, and of the parts of ism."""
    by_method = {}
    for method in methods:
        start = time.process_time()
        found = mn.attribute(model, planted.sequences, method=method)
        seconds = (time.process_time() - start) / len(found) * 1000
        by_method[method] = found.observed()
        yield method, by_method[method], round(seconds, 1)
    if model.kmers is not None and "ism" in methods:
        network = mn.attribute(replace(model, kmers=None), planted.sequences, method="ism").observed()
        weights = model.kmers.network_weights[:, np.newaxis] if network.ndim == 3 else model.kmers.network_weights[0]
        yield "network", network, ""
        yield "kmers", by_method["ism"] - network * weights, ""


def measure(options: argparse.Namespace, scenario: str, seed: int) -> None:
    planted = plant(scenario, seed)
    print_row((scenario, seed, "", "oracle", "", "", *planted.figures(planted.oracle), ""))
    for preset in options.presets:
        sums = defaultdict[str, Array | float](float)
        for own_seed in range(seed, seed + 100 * options.networks, 100):
            training = replace(mn.TrainSpec(seed=own_seed), **({"max_steps": options.steps} if options.steps else {}))
            name = "_".join(map(str, (scenario, preset, own_seed, options.steps)[: 4 if options.steps else 3]))
            model = trained(options.folder / name, preset, training, planted.parts)
            accuracy = [model_auroc(each, planted) for each in (model, replace(model, kmers=None))]
            for method, values, seconds in contributions(model, planted, options.methods):
                print_row((scenario, own_seed, preset, method, *accuracy, *planted.figures(values), seconds))
                sums[method] = sums[method] + values
        if options.networks > 1:
            for method, total in sums.items():
                name = f"{method}, {options.networks} networks"
                print_row((scenario, seed, preset, name, "", "", *planted.figures(np.asarray(total)), ""))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--presets", nargs="+", default=["default"])
    parser.add_argument("--scenarios", nargs="+", default=["koo-12", "heterodimer"])
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--networks", type=int, default=1)
    parser.add_argument("--steps", type=int, help="training steps; default: those of TrainSpec")
    options = parser.parse_args()
    mn.set_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    print_row(
        ("scenario", "seed", "preset", "method", "model auROC", "network auROC", "auROC", "auPRC", "CPU s / 1000")
    )
    for scenario in options.scenarios:
        for seed in options.seeds:
            measure(options, scenario, seed)


if __name__ == "__main__":
    main()
