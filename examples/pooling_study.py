"""The effect of pooling between convolutions: seven designs on the same simulated data.

    python examples/pooling_study.py [FOLDER] [--seeds 3] [--steps 1500] [--sequences 4000]

There are two tasks. "motif": positives have a CTCF site, negatives have none. "spacing": all sequences have a site of
FOXA1 and one of USF1, 4 bp apart in positives and another distance (0 to 15 bp) apart in negatives. All designs have
the same three filter widths, number of maps and training. Writes pooling_study.tsv (one row per design and seed) and
pooling_study.svg into FOLDER (default results/pooling_study), and prints the means.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import motifnet as mn

LENGTH, GAP, SHIFTS = 100, 4, range(1, 21)
PLANTED = mn.read_motifs(Path(__file__).resolve().parents[1] / "data" / "simulated.motifs.meme")
FIRST, LATER = mn.Block(16, 15, batch_norm=True, dropout=0.1), mn.Block(16, 9, batch_norm=True, dropout=0.1)
PLAIN, POOLED = (FIRST, LATER, LATER), tuple(replace(block, pool=2) for block in (FIRST, LATER, LATER))
PARALLEL = tuple(
    mn.Block(4, 9, parallel_widths=(5, 1), parallel_pool=3, bottleneck=8, batch_norm=True, dropout=0.1, pool=2)
    for _ in range(2)
)


def designs(length: int = LENGTH) -> dict[str, mn.ModelSpec]:
    """The seven designs by name; networks with a flattened layer have a hidden layer of 64."""
    flat = mn.ModelSpec(
        length, PLAIN, final="flatten", hidden=(64,), hidden_batch_norm=True, tasks=("motif", "spacing")
    )
    average = tuple(replace(block, pool_kind="average") for block in POOLED)
    strided = tuple(replace(block, pool=1, stride=2) for block in POOLED)
    return {
        "no pooling": flat,
        "max at the end": replace(flat, final="max", pool_width=23),
        "max after each block": replace(flat, blocks=POOLED),
        "average after each block": replace(flat, blocks=average),
        "strided convolutions": replace(flat, blocks=strided),
        "1x1, global average": replace(flat, final="conv_average", hidden=()),
        "Inception": replace(flat, blocks=(replace(FIRST, filters=6, parallel_widths=(11, 7), pool=2), *PARALLEL)),
    }


def joined(left: mn.Motif, right: mn.Motif, gap: int) -> mn.Motif:
    """Two motifs as one, with `gap` uniform columns between them."""
    parts = [left.ppm, np.full((4, gap), 0.25), right.ppm]
    return mn.Motif(f"{left.name}_{gap}_{right.name}", np.concatenate(parts, axis=1))


def both_tasks(n: int, seed: int = 0) -> mn.Dataset:
    """`n` positives and `n` negatives for each task; labels of the other task are NaN."""
    gaps = [gap for gap in range(16) if gap != GAP]
    pair, others = ([joined(PLANTED[1], PLANTED[3], gap) for gap in chosen] for chosen in ([GAP], gaps))
    options = {"n": n, "length": LENGTH, "per_sequence": (1, 1), "background": [0.25] * 4}
    single = mn.simulation.simulate(mn.MotifSet(PLANTED[:1]), **options, seed=seed)
    spaced = [
        mn.simulation.simulate(mn.MotifSet(motifs), **options, seed=seed + 1).positives for motifs in (pair, others)
    ]
    sequences = mn.SequenceSet.concatenate([single.positives, single.negatives, *spaced])
    unknown = np.full(n, np.nan)
    labels = [np.repeat([1, 0], n), np.tile(unknown, 2)], [np.tile(unknown, 2), np.repeat([1, 0], n)]
    return mn.Dataset.from_labels(
        sequences, np.concatenate([np.stack(part, axis=1) for part in labels]), ("motif", "spacing")
    )


def complete_filters(model: mn.TrainedModel, train: mn.Dataset) -> float:
    """Fraction of first-layer filters with 3/4 of the information of a planted motif and a correlation of 0.85."""
    found = mn.extract_motifs(model, train.sequences)
    if not len(found):
        return 0.0
    best = mn.compare(found, PLANTED, top=1)
    is_complete = (best["correlation"] >= 0.85) & (best["target_share"] >= 0.75)
    return float(is_complete.sum() / len(model.layer(0).names))


def log_odds(model: mn.TrainedModel, codes: np.ndarray) -> np.ndarray:
    """Predicted log odds of "motif", `(N,)`."""
    probability = model.predict(mn.SequenceSet([str(i) for i in range(len(codes))], codes))[:, 0].astype(float)
    return np.log(probability / (1 - probability))


def effects_of_shifts(model: mn.TrainedModel, n: int = 200, start: int = 40) -> np.ndarray:
    """Mean change of the log odds when the site moves by 1 to 20 bp, as a fraction of the effect of the site."""
    made = mn.simulation.simulate(
        mn.MotifSet(PLANTED[:1]), n=n, length=LENGTH, per_sequence=(1, 1), background=[0.25] * 4, seed=99
    )
    background = made.negatives.codes
    sites = [mn.one_hot([site])[0].argmax(axis=0) for site in made.truth["matched_sequence"]]

    def log_odds_at(position: int) -> np.ndarray:
        codes = background.copy()
        for row, site in zip(codes, sites, strict=True):
            row[position : position + len(site)] = site
        return log_odds(model, codes)

    at_start = log_odds_at(start)
    effect = np.mean(at_start - log_odds(model, background))
    return np.array([np.mean(np.abs(log_odds_at(start + shift) - at_start)) / effect for shift in SHIFTS])


def measure(name: str, spec: mn.ModelSpec, split: mn.Split, seed: int, steps: int) -> dict[str, object]:
    """Train one design without shifts and k-mers, so that only the design differs, and measure it on the test split."""
    started = time.process_time()
    training = mn.TrainSpec(seed=seed, max_steps=steps, learning_rate=0.003, shift=0, kmer_init=False, kmers=False)
    model = mn.train(spec, split, training=training)
    epochs = model.history["epoch"].iloc[-1]
    row = {"design": name, "seed": seed, "parameters": model.network.count_params()}
    row["seconds_per_epoch"] = (time.process_time() - started) / epochs
    metrics = mn.evaluate(model, split.test)
    for task in spec.tasks:
        row |= {f"{task} {metric}": metrics.loc[task, metric] for metric in ("auroc", "auprc")}
    row["complete_filters"] = complete_filters(model, split.train)
    effects = effects_of_shifts(model)
    return row | {f"moved {shift}": effect for shift, effect in zip(SHIFTS, effects, strict=True)}


def draw(table: pd.DataFrame) -> plt.Figure:
    """Accuracy on both tasks, complete filters, and the effect of moving the motif."""
    means = table.groupby("design", sort=False).mean(numeric_only=True)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    heights = np.arange(len(means))[::-1]
    for offset, task in ((0.2, "motif"), (-0.2, "spacing")):
        left.barh(heights + offset, means[f"{task} auroc"], height=0.38, label=task)
    left.set(xlim=(0.5, 1), xlabel="test auROC", yticks=heights, yticklabels=means.index)
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    middle.barh(heights, means["complete_filters"], color="0.4")
    middle.set(xlabel="fraction of filters with a complete motif", yticks=[])
    for name, row in means[[f"moved {shift}" for shift in SHIFTS]].iterrows():
        right.plot(SHIFTS, row, label=name)
    right.set(xlabel="motif moved by (bp)", ylabel="relative change of the log odds", ylim=(0, None))
    right.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default="results/pooling_study", type=Path)
    for option, default in (("--seeds", 3), ("--steps", 1500), ("--sequences", 4000)):
        parser.add_argument(option, default=default, type=int)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    split = both_tasks(options.sequences).split(valid=0.1, test=0.2, seed=0)
    rows = []
    for seed in range(options.seeds):
        for name, spec in designs().items():
            rows.append(measure(name, spec, split, seed, options.steps))
            pd.DataFrame(rows).to_csv(options.folder / "pooling_study.tsv", sep="\t", index=False, float_format="%.4g")
            print(
                name, seed, f"motif {rows[-1]['motif auroc']:.3f}, spacing {rows[-1]['spacing auroc']:.3f}", flush=True
            )
    table = pd.DataFrame(rows)
    draw(table).savefig(options.folder / "pooling_study.svg")
    scores = ["parameters", "seconds_per_epoch", "motif auroc", "spacing auroc", "complete_filters"]
    shown = [*scores, "moved 1", "moved 5", "moved 20"]
    print(table.groupby("design", sort=False)[shown].mean().round(3).to_string())


if __name__ == "__main__":
    main()
