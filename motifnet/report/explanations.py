"""Explanations of the numbers and charts of the report: shown as tooltips, and in the glossary."""

from __future__ import annotations

#: By column of motifs.tsv, or by name of a chart: the term and its explanation.
EXPLANATIONS = {
    "significant": (
        "Significant",
        "Enriched in one class of the held-out sequences (E ≤ 0.05), corrected for the number of motifs tested.",
    ),
    "e_value": (
        "E-value",
        "Expected number of motifs with an enrichment this strong if no motif were enriched. Computed on held-out "
        "sequences only and corrected for the number of motifs tested.",
    ),
    "q_value": (
        "q-value",
        "False discovery rate among all motifs with a q-value this small or smaller (Benjamini-Hochberg).",
    ),
    "sites": (
        "Sequences with a site",
        "Held-out sequences with at least one window that scores above the motif's threshold. The threshold was "
        "chosen on training sequences. Copies and overlapping windows count once.",
    ),
    "enrichment": (
        "Enrichment",
        "Ratio of the fractions of sequences with a site, enriched class first. Half a sequence is added to each "
        "count, so the ratio is conservative for few sequences.",
    ),
    "auroc": (
        "auROC of a motif",
        "Probability that a random positive has a higher best score than a random negative: 0.5 is chance, 1 is "
        "perfect. On held-out sequences.",
    ),
    "added_auroc": (
        "Added to the motifs before it",
        "Increase of the auROC when the motif is added to the motifs before it, in a logistic regression on best "
        "scores (fitted on training, measured on validation sequences). For the first motif: its auROC minus 0.5.",
    ),
    "importance": (
        "Importance",
        "Rise of the held-out log loss (values: squared error; counts: deviance) when the maps of the motif's "
        "filters are replaced by those of other sequences, or, for motifs without filters, when the letters of its "
        "sites are shuffled. Line: 95\u202f% interval. Grey tick: 95th percentile of random groups with the same "
        "number of filters, or of random positions. Left of the tick, the network does not depend on the motif; "
        "another motif may have the same information.",
    ),
    "fidelity": (
        "Fidelity",
        "Rank correlation, over held-out sequences, between the best score of the filter's motif and the best "
        "activation of the filter; 1 is perfect.",
    ),
    "shift": (
        "Shift",
        "Distance between the motif of the filters or patterns and the refined motif: 0 is none; above 0.5 they count "
        "as different motifs.",
    ),
    "replicates": (
        "Replicates",
        "Number of networks, trained on the same sequences with different seeds, that found the motif.",
    ),
    "filters": (
        "Filters",
        "Convolution filters of the network that learned this motif and were merged.",
    ),
    "k-mers": (
        "Motif from a k-mer",
        "No filter contains this motif. It was refined from a k-mer that is enriched in training sequences that the "
        "motifs before it classify poorly. It was tested like the other motifs.",
    ),
    "patterns": (
        "Patterns",
        "Patterns of seqlets that belong to this motif: regions with large contributions, aligned and clustered "
        "(patterns.tsv).",
    ),
    "contributions": (
        "Contributions",
        "The pattern with the most seqlets, before refinement. The height of a letter is the mean contribution to the "
        "score of the network where the sites have this base; letters below the axis lower the score.",
    ),
    "match": (
        "Known match",
        "Most similar known motif (Tomtom). Factors of one family have similar motifs, so a match suggests a "
        "family rather than one protein. Partial: less than 60\u202f% of the known motif's information is aligned.",
    ),
    "logo": (
        "Logo",
        "Each column is a position. The height of the stack is its information in bits (at most 2 for a uniform "
        "background); the height of each base is proportional to its probability.",
    ),
    "positions": (
        "Positions of sites",
        "Distance of the best site of each held-out sequence from the centre of the sequence. Directly bound "
        "factors usually peak at the centre of summit-centred peaks.",
    ),
    "centrality": (
        "Centrality",
        "Probability that the site of a random positive is closer to the centre of its sequence than that of a "
        "random negative; 0.5 is chance.",
    ),
    "scores": (
        "Scores",
        "Best score of each held-out sequence: positives above the axis, negatives below. Windows to the right of "
        "the dashed threshold are sites.",
    ),
    "examples": (
        "Example sites",
        "The strongest sites (capitals) with flanking sequence, on the strand of the motif; held-out sequences "
        "first. Start and end are 0-based and half-open, as in BED.",
    ),
    "pairs": (
        "Pairs and spacing",
        "Motifs that occur together in held-out positives more often than expected from their frequencies and the "
        "GC content of the sequences, and their preferred spacing.",
    ),
    "spacing": (
        "Interaction by distance",
        "Above: both motifs are inserted into held-out negatives. The interaction is the effect of both on the score "
        "of the model, minus the sum of their single effects, with its 95 % interval; it is 0 for independent motifs. "
        "Below: held-out positives whose best sites have this gap and orientation; the marks show the numbers expected "
        "by chance. Upstream and downstream are relative to the first motif.",
    ),
    "per_sequence": (
        "Motifs per sequence",
        "Number of different motifs with a site in a held-out sequence.",
    ),
    "roc": (
        "ROC",
        "True positive rate against false positive rate over all thresholds. The diagonal is chance.",
    ),
    "pr": (
        "Precision and recall",
        "Precision (fraction of predicted positives that are positive) against recall (fraction of positives "
        "found). The dashed line is chance: the fraction of positives among the sequences.",
    ),
    "calibration": (
        "Calibration",
        "Observed fraction of positives against predicted probability. Points on the diagonal are well calibrated.",
    ),
    "predicted": (
        "Predictions",
        "Predicted probability of each held-out sequence: positives above the axis, negatives below.",
    ),
    "scatter": (
        "Measured and predicted",
        "Measured against predicted value of each held-out sequence.",
    ),
    "baselines": (
        "Simpler models",
        "Scores of simpler models on the same held-out sequences. A network no better than GC content alone has "
        "learned composition; one no better than a single motif has learned that motif.",
    ),
    "learning": (
        "Learning curve",
        "Loss on training and validation sequences during training. A rising validation loss with a falling "
        "training loss is overfitting. The network with the lowest validation loss is kept.",
    ),
    "architecture": (
        "Architecture and receptive field",
        "Layers of the network. The receptive field is the number of base pairs that one position of a layer "
        "depends on. A filter's motif cannot be wider; a refined motif can.",
    ),
}
