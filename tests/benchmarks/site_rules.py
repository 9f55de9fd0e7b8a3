"""Comparison of site rules and their values by the motifs they give for a trained first layer.

    python tests/benchmarks/site_rules.py [SET ...]

Sites are counted in the training part of the training files; the motifs are scored on the validation part and on the
held-out part. Columns, each a mean over the sets: auROC of the best motif (chosen on validation, so that its held-out
value is unbiased), the mean of the five best, median sites and bits of those five, inactive filters. One table per
preset; that of `default` decides.
"""

from __future__ import annotations

import sys

import numpy as np
from training_parts import SETS, motif_aurocs, print_row, training_parts

import motifnet as mn
from motifnet.models.network.presets import PRESETS
from motifnet.motifs.extraction_spec import SiteRuleName
from motifnet.motifs.learned.sites import FilterBank

RULES: tuple[tuple[SiteRuleName, float], ...] = (
    *(("every", value) for value in (0.3, 0.5, 0.7)),
    *(("best", value) for value in (0.1, 0.25, 0.5, 0.7)),
    *(("top", value) for value in (100, 300, 1000)),
    *(("rate", value) for value in (0.01, 0.02, 0.05, 0.1, 0.2)),
)
HEADER = (
    "preset",
    "rule",
    "valid best",
    "held-out best",
    "valid best 5",
    "held-out best 5",
    "sites",
    "bits",
    "inactive",
)
SHOWN = 5


def measure(filters: FilterBank, parts: mn.Split, extraction: mn.ExtractionSpec) -> list[float]:
    """The values of `HEADER` for one trained first layer and one rule."""
    is_positive = parts.train.labels[:, 0] == 1
    positives, negatives = (parts.train.sequences.take(np.flatnonzero(rows)) for rows in (is_positive, ~is_positive))
    found = mn.extract_motifs(filters, positives, negatives=negatives, extraction=extraction)
    valid, held_out = (motif_aurocs(found, part)[:, 0] for part in (parts.valid, parts.test))
    order = np.argsort(-valid, kind="stable")[:SHOWN]
    motifs = [found[int(index)] for index in order]
    return [
        float(valid[order[0]]),
        float(held_out[order[0]]),
        float(valid[order].mean()),
        float(held_out[order].mean()),
        float(np.median([motif.nsites or 0 for motif in motifs])),
        float(np.median([motif.total_information for motif in motifs])),
        float(len(filters.names) - len(found)),
    ]


def main() -> None:
    mn.set_threads(1)
    print_row(HEADER)
    parts = {name: training_parts(name) for name in sys.argv[1:] or SETS}
    for preset in PRESETS:
        filters = [first_layer(preset, split) for split in parts.values()]
        for name, value in RULES:
            how = mn.ExtractionSpec(site_rule=name, site_value=value)
            rows = [measure(bank, split, how) for bank, split in zip(filters, parts.values(), strict=True)]
            *aurocs, sites, bits, inactive = np.mean(rows, axis=0).tolist()
            print_row((preset, f"{name} {value:g}", *aurocs, f"{sites:.0f}", f"{bits:.1f}", f"{inactive:.1f}"))


def first_layer(preset: str, parts: mn.Split) -> FilterBank:
    spec = mn.ModelSpec.preset(preset, length=parts.train.sequences.length)
    return mn.train(spec, parts).layer(0)


if __name__ == "__main__":
    main()
