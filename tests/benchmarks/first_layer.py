"""What the presets learn, and which site rule reads it best: measured on parts held out of the TRAINING files.

    python tests/benchmarks/first_layer.py encode_USF1_HepG2 encode_GATA3_SHSY5Y

The training files of a set of ../shared/data/tf are split into train, validation (a tenth) and held out (15 %). For each
preset: auROC of the network on the held-out part beside lsgkm's on the test files (another part, so only roughly), and
CPU seconds beside lsgkm's. For each site rule: sites and information of the best filter's motif (the one that separates
train and validation best), its auROC as a scanner on validation (what the default rule was chosen by) and on the held-out
part beside that of STREME's first motif on the test files, the mean validation auROC of the five best filters, and how
many filters are inactive.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path

import numpy as np

import motifnet as mn
from motifnet.motifs.extraction import extract

SHARED = Path(os.environ.get("MOTIFNET_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")) / "data"
RULES = (
    ("every", 0.5),
    ("best", 0.1),
    ("best", 0.25),
    ("best", 0.5),
    ("top", 500),
    ("rate", 0.01),
    ("rate", 0.05),
    ("rate", 0.1),
    ("rate", 0.2),
)


def measure(name: str, preset: str, anchors: dict[str, str]) -> None:
    folder = SHARED / "tf" / name
    split = mn.read_classes(folder / "train.pos.fa.gz", folder / "train.neg.fa.gz").split(valid=0.1, test=0.15, seed=0)
    start = time.process_time()
    model = mn.train(mn.ModelSpec.preset(preset, length=split.train.sequences.length), split.train, valid=split.valid)
    seconds = time.process_time() - start
    auroc = mn.evaluate(model, split.test)["auroc"].iloc[0]
    print(
        f"# {name} {preset}: held-out auROC {auroc:.4f} (lsgkm {anchors['gkm_auroc']}), "
        f"{seconds:.0f} CPU s (lsgkm {anchors['gkm_cpu_s']}), best at step {best_step(model)}",
        flush=True,
    )
    is_positive = split.train.labels[:, 0] == 1
    positives, negatives = split.train.sequences.take(is_positive), split.train.sequences.take(~is_positive)
    for rule, value in RULES:
        how = mn.ExtractionSpec(site_rule=rule, site_value=value)
        found = extract(model.layer(0), positives, negatives=negatives, how=how)
        aurocs = [mn.separation(found.motifs, part)[:, 0] for part in split]
        order = np.argsort(-aurocs[0] - 0.1 * aurocs[1])
        best = found.motifs[int(order[0])]
        cells = (
            name,
            preset,
            f"{rule} {value:g}",
            str(best.nsites),
            f"{best.total_information:.1f}",
            f"{aurocs[1][order[0]]:.4f}",
            f"{aurocs[2][order[0]]:.4f}",
            anchors["streme_pwm_auroc"],
            f"{aurocs[1][order[:5]].mean():.4f}",
            str(len(found.inactive)),
        )
        print("\t".join(cells), flush=True)


def best_step(model: mn.TrainedModel) -> int:
    return int(model.history.loc[model.history["valid_loss"].idxmin(), "step"])


def main() -> None:
    with (SHARED / "anchors.tsv").open() as handle:
        anchors = {row["set"]: row for row in csv.DictReader(handle, delimiter="\t")}
    print("set\tpreset\trule\tsites\tbits\tvalid\theld out\tSTREME 1\ttop 5 valid\tinactive")
    for name in sys.argv[1:] or sorted(anchors):
        for preset in mn.PRESETS:
            measure(name, preset, anchors[name])


if __name__ == "__main__":
    main()
