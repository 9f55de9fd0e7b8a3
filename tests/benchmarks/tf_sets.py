"""One discover run per set of ../shared/data/tf: trained on the train files, evaluated once on the test files.

    python tests/benchmarks/tf_sets.py encode_USF1_HepG2 human_CTCF_gimme500

Prints for each set: test auROC, and that of lsgkm; test auROC of the first motif as a classifier, and that of STREME's;
the rank of the first motif, among five, whose best Tomtom match (E < 0.05) is the motif of the TF or of its family; CPU
seconds, and those of lsgkm.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import motifnet as mn
from known_motifs import best_matches

SHARED = Path(os.environ.get("MOTIFNET_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared")) / "data"
SHOWN = 5


def run(name: str, accepted: set[str], anchors: dict[str, str], preset: str) -> str:
    folder = SHARED / "tf" / name
    start = time.process_time()
    data = mn.read_data(folder / "train.pos.fa.gz", folder / "train.neg.fa.gz")
    rule = data.sequences.length if data.sequences.rule else None
    test = mn.read_data(folder / "test.pos.fa.gz", folder / "test.neg.fa.gz", length=rule)
    spec = mn.ModelSpec.preset(preset, length=data.sequences.length)
    found = mn.discover(data, test=test, spec=spec)
    seconds = time.process_time() - start
    group = "fungi" if name.startswith("yeast") else "vertebrates"
    shown = found.motifs.motifs[:SHOWN]
    matches = best_matches(shown, SHARED / "motifs" / f"JASPAR2026_CORE_{group}_nr.meme.gz")
    ranks = [i for i, m in enumerate(matches, start=1) if m.target in accepted and m.e_value < 0.05]
    return "\t".join(
        (
            name,
            f"{found.metrics['auroc'].iloc[0]:.4f}",
            anchors["gkm_auroc"],
            f"{found.motifs.table['auroc_test'].iloc[0]:.4f}",
            anchors["streme_pwm_auroc"],
            str(ranks[0]) if ranks else "-",
            f"{shown[0].name} = {matches[0].alt_name}",
            f"{seconds:.0f}",
            anchors["gkm_cpu_s"],
        )
    )


def main() -> None:
    preset = os.environ.get("PRESET", "default")
    with (SHARED / "tf" / "sets.tsv").open() as handle:
        sets = {row["set"]: row for row in csv.DictReader(handle, delimiter="\t")}
    with (SHARED / "anchors.tsv").open() as handle:
        anchors = {row["set"]: row for row in csv.DictReader(handle, delimiter="\t")}
    print(f"preset {preset}")
    print("set\tauROC\tlsgkm\tmotif 1\tSTREME 1\tright rank\tmotif 1 matches\tCPU s\tlsgkm CPU s")
    for name in sys.argv[1:] or sorted(anchors):
        accepted = set(f"{sets[name]['jaspar_primary']},{sets[name]['jaspar_family']}".split(","))
        print(run(name, accepted, anchors[name], preset), flush=True)


if __name__ == "__main__":
    main()
