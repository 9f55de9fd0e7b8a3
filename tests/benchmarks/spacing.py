"""Do the distances of the simulated heterodimer, and of SOX2 and OCT4, come back as interactions in a trained network?

    python tests/benchmarks/spacing.py FOLDER [SEED ...]

DragoNN's heterodimer: SPI1 and IRF1 at a gap of 2 to 5 bp, in any orientation, in 3,000 positives of 500 bp; anywhere
apart in 3,000 negatives. The default network is trained and kept in ``FOLDER/heterodimer_default_SEED``, and read from
there the next time. Both motifs are planted into 100 random sequences. Columns: auROC of the network on the test
sequences; effect of each motif alone; for each orientation, the gap with the largest interaction; its lowest value at
the planted gaps and its highest at gaps of 8 to 30 bp, over orientations; auROC of the interaction as a classifier of
planted gaps; the same of the numbers of sites in the positives, less their expected numbers; CPU seconds.

The second table is of OCT4 peaks in the shared data (MOTIFNET_SHARED), on which no distance is planted: OCT4 and SOX2
bind a composite site, CATTGTTATGCAAA, in which OCT4 (ATGCAAA) is 1 bp upstream of SOX2 (ACAATG), on the opposite
strand. Both motifs of JASPAR are planted into 100 training negatives. Columns: spacing with the largest interaction,
that interaction, and the next largest one; spacing with most sites in the training positives, their number, and the
expected one.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from training_parts import DATA, print_row

import motifnet as mn
from motifnet.motifs.statistics.pairs import ORIENTATIONS
from motifnet.simulation.backgrounds import MarkovChain
from motifnet.simulation.scenarios import known_motifs

PLANTED, APART, N = (2, 5), (8, 30), 100
HEADER = (
    "seed", "test auROC", "SPI1", "IRF1", "best gaps", "lowest planted", "highest apart", "auROC of gaps", "by sites",
    "CPU s",
)  # fmt: skip
OCT4_HEADER = ("seed", "best spacing", "interaction", "next", "most sites", "observed", "expected")


def trained(path: Path, seed: int, split: mn.Split) -> mn.TrainedModel:
    """The model in the folder, or a new one."""
    if not path.exists():
        spec = mn.ModelSpec.preset("default", length=split.train.sequences.length)
        mn.train(spec, split, training=mn.TrainSpec(seed=seed)).save(path)
    return mn.TrainedModel.load(path)


def measure(folder: Path, seed: int) -> tuple[object, ...]:
    made = mn.simulation.simulate_scenario("heterodimer", seed=seed)
    split = made.data.split(valid=0.1, test=0.1, seed=seed)
    model = trained(folder / f"heterodimer_default_{seed}", seed, split)
    auroc = mn.evaluate(model, split.test)["auroc"].item()
    chain = MarkovChain.independent([0.3, 0.2, 0.2, 0.3])
    length = split.test.sequences.length
    backgrounds = mn.SequenceSet(("",) * N, chain.sample(N, length, np.random.default_rng(seed)))
    motifs = known_motifs(("SPI1", "IRF1"))
    single = mn.marginalize(model, motifs, backgrounds)["effect"]
    start = time.process_time()
    table = mn.spacing_effects(model, motifs, backgrounds, sequences=made.positives, max_gap=APART[1])
    seconds = time.process_time() - start
    is_planted = table["gap"].between(*PLANTED)
    is_apart = table["gap"].between(*APART)
    is_known = is_planted | is_apart
    lowest, highest = table.loc[is_planted, "interaction"].min(), table.loc[is_apart, "interaction"].max()
    excess = table["n_observed"] - table["expected"]
    aurocs = [roc_auc_score(is_planted[is_known], values[is_known]) for values in (table["interaction"], excess)]
    best = " ".join(str(_best_gap(table, orientation)) for orientation in ORIENTATIONS)
    effects = (f"{effect:.2f}" for effect in single)
    values = (f"{value:.3f}" for value in (lowest, highest, *aurocs))
    return (seed, f"{auroc:.4f}", *effects, best, *values, f"{seconds:.1f}")


def measure_oct4(folder: Path, seed: int) -> tuple[object, ...]:
    files = (DATA / "tf" / "human_OCT4_janggu" / f"train.{kind}.fa.gz" for kind in ("pos", "neg"))
    data = mn.read_data(*files)
    model = trained(folder / f"human_OCT4_janggu_{seed}", seed, mn.split_data(data, seed=seed))
    positives, negatives = (data.sequences.take(data.labels[:, 0] == label) for label in (1, 0))
    motifs = known_motifs(("SOX2", "POU5F1"))
    table = mn.spacing_effects(model, motifs, negatives.take(slice(N)), sequences=positives, max_gap=APART[1])
    first, second = table.nlargest(2, "interaction").itertuples()
    most = table.loc[table["n_observed"].idxmax()]
    best, frequent = (f"{row.gap} bp {row.orientation}" for row in (first, most))
    interactions = (f"{row.interaction:.2f}" for row in (first, second))
    return (seed, best, *interactions, frequent, f"{most.n_observed:.0f}", f"{most.expected:.2f}")


def _best_gap(table: pd.DataFrame, orientation: str) -> int:
    own = table[table["orientation"] == orientation]
    return int(own.loc[own["interaction"].idxmax(), "gap"])


def main() -> None:
    mn.set_threads(1)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [int(seed) for seed in sys.argv[2:] or (0, 1, 2)]
    for header, row_of in ((HEADER, measure), (OCT4_HEADER, measure_oct4)):
        print_row(header)
        for seed in seeds:
            print_row(row_of(folder, seed))


if __name__ == "__main__":
    main()
