"""What each figure of the report means, for readers who work at a bench: shown where it stands, and all at the end."""

from __future__ import annotations

#: By columns of motifs.tsv, and by what else a figure or a chart is called: its name, and what it means.
EXPLANATIONS = {
    "significant": (
        "Significant",
        "Tested on sequences that the network never saw in training: the motif is found in more of one "
        "class than chance explains, after correcting for the number of motifs tested.",
    ),
    "e_value": (
        "E",
        "Expected number of motifs this strongly enriched if none were real. Below 0.05 is called "
        "significant. It comes from held-out sequences only, and is corrected for the number of motifs "
        "tested.",
    ),
    "q_value": (
        "q",
        "Among motifs with a q as small as this, the share that would be false alarms (Benjamini-Hochberg).",
    ),
    "sites": (
        "Sequences with a site",
        "Held-out sequences with at least one site, i.e. a window that scores above the motif's "
        "threshold. The threshold was chosen on training sequences. Copies and windows of one place count "
        "once, so that there may be fewer than were held out.",
    ),
    "enrichment": (
        "Enrichment",
        "How many times more frequent sites are in the class that the motif marks; half a sequence is added to either "
        "count, so that none is divided by zero: of few sequences it is lower than the shares say.",
    ),
    "auroc": (
        "auROC of a motif",
        "The chance that a random positive holds a better site than a random negative, by this motif "
        "alone: 0.5 is a coin, 1 is perfect. On held-out sequences.",
    ),
    "importance": (
        "Importance",
        "How much worse the network predicts held-out sequences when the filters behind this motif are "
        "shown other sequences' signals: rise of the log loss (for values: squared error). The line is "
        "the 95\u202f% interval; the grey tick is what 95\u202f% of random groups of as many filters stay below. "
        "Left of the tick, the motif is not needed: another may say the same.",
    ),
    "fidelity": (
        "Fidelity",
        "How well the motif, as a scoring matrix, reproduces what the filter itself does: rank "
        "correlation over held-out sequences; 1 is perfect.",
    ),
    "shift": (
        "Drift",
        "How far refinement on the training sequences moved the motif from what the filters had learned: "
        "0 not at all, above 0.5 it became another word.",
    ),
    "replicates": (
        "Stability",
        "In how many networks, trained from other random starts on the same sequences, the motif came up again.",
    ),
    "filters": (
        "Filters",
        "Convolution filters of the network that learned this word, and were merged into it.",
    ),
    "match": (
        "Known match",
        "The most alike known motif (Tomtom). Factors of one family bind alike: a match names a family of"
        " candidates rather than one protein. Partial: less than 60\u202f% of the known motif's information is"
        " covered.",
    ),
    "logo": (
        "Logo",
        "Each column is a position; the height of its stack tells how decided it is (in bits, 2 at most "
        "on an even background), the letters how often each base is there.",
    ),
    "positions": (
        "Where sites lie",
        "Where the best site of each held-out sequence lies, from the middle of the sequence. A peak in "
        "the middle is what a bound factor gives in peaks centred on their summits.",
    ),
    "centrality": (
        "Nearer the middle",
        "The chance that the site of a random positive lies nearer the middle of its sequence than that "
        "of a random negative: 0.5 is chance. Bound factors sit in the middle of peaks centred on their "
        "summits.",
    ),
    "scores": (
        "Scores",
        "Best score of each held-out sequence, positives above and negatives below the line. Right of the"
        " dashed threshold a window is called a site.",
    ),
    "examples": (
        "Example sites",
        "The strongest sites, in capitals as they stand in their sequences, read on the strand of the "
        "motif; sequences that the network never saw first. From and to count from 0 within the sequence, the "
        "end not included, as in BED; so do places on the genome, where known.",
    ),
    "pairs": (
        "Pairs and spacing",
        "Motifs that occur together in held-out positives more often than their numbers and the "
        "sequences' GC content explain, and the distance that they keep.",
    ),
    "per_sequence": (
        "Motifs in a sequence",
        "How many different motifs a held-out sequence holds.",
    ),
    "roc": (
        "ROC",
        "Share of positives found (true positive rate) against share of negatives wrongly called (false "
        "positive rate), as the cut-off moves. A coin follows the diagonal.",
    ),
    "pr": (
        "Precision and recall",
        "Share of the called that are right (precision) against share of positives found (recall), as the "
        "cut-off moves. A coin stays at the dashed line, the share of positives among the sequences.",
    ),
    "calibration": (
        "Calibration",
        "Of sequences predicted positive with 80\u202f%, 80\u202f% should be. Points on the diagonal are "
        "predictions to be taken at their word.",
    ),
    "predicted": (
        "Predictions",
        "Predicted probability of each held-out sequence, positives above and negatives below the line.",
    ),
    "scatter": (
        "Measured and predicted",
        "Each held-out sequence: what was measured against what was predicted.",
    ),
    "baselines": (
        "Simpler models",
        "What simpler models make of the same held-out sequences. A network that does no better than GC "
        "content alone has learned composition; one that does no better than a single motif has learned "
        "that motif.",
    ),
    "learning": (
        "Learning curve",
        "Error on training and on validation sequences as training goes on. Validation rising while "
        "training falls is learning by heart; the network that is kept is the one of the lowest "
        "validation loss.",
    ),
    "architecture": (
        "Architecture and receptive field",
        "The network layer by layer. The receptive field is how many base pairs of the sequence one "
        "number of that layer can see. The words of a filter cannot be wider; a motif can, since it is "
        "refined, with all filters of its family, on the sequences.",
    ),
}
