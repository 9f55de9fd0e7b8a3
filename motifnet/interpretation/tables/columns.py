"""Columns of the tables of a model's motifs, declared once, and a reader that checks tables against them.

Columns of the statistics are declared in `motifs.statistics`, those of matches.tsv in `motifs.known.comparison`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from motifnet.documents import read_table
from motifnet.motifs.known.comparison import MATCH_COLUMNS
from motifnet.motifs.resemblance import KINDS
from motifnet.motifs.statistics import enrichment, occurrences, pairs, positions

#: Columns of motifs.tsv; some describe the refined PWM, others the filters of the family.
MOTIF_COLUMNS = {
    "motif": "name, as in motifs.meme: rank and consensus of the core",
    "consensus": "IUPAC consensus (Cavener's rule)",
    "width": "of the PWM, in columns",
    "bits": "of the PWM: information (relative entropy to the background), summed over the columns",
    "nsites": "of the PWM: number of training sites it was counted from",
    "threshold": "of the PWM: lowest log odds of a site, in bits; from training sequences",
    "task": "task that the PWM classifies best",
    "direction": "class in which the motif is enriched: positive or negative (values: high or low labels); from "
    "training sequences",
    "auroc": "auROC of the best log odds (values: upper against lower third), training and validation sequences. Below "
    "0.5: enriched in negatives. The first motif is the best by auROC, each next one adds most to those before it",
    "added_auroc": "increase of the auROC of the motifs before it by this motif, in a logistic regression on best log "
    "odds (fitted on training, measured on validation sequences; for the first motif: its auROC minus 0.5)",
    "auroc_test": "the same on held-out sequences",
    "spearman_test": "Spearman correlation of the best log odds with the label, held-out sequences; values and counts",
    "sites_positive": "held-out positives with a site",
    "n_positive": "held-out positives (copies count once; at most 100,000)",
    "sites_negative": "held-out negatives with a site",
    "n_negative": "held-out negatives",
    "enrichment": "ratio of the fractions of held-out sequences with a site, enriched class first (half a sequence is "
    "added to each count)",
    "p_value": "one-sided p-value of the enrichment, held-out sequences",
    "e_value": "p-value times the number of motifs and tasks tested; also in motifs.meme",
    "q_value": "false discovery rate (Benjamini-Hochberg)",
    "status": "significant, not significant, too few held-out sequences, or not tested",
    "match": "best known motif (Tomtom); empty without a match",
    "match_name": "its transcription factor",
    "match_family": "structural family of the factor",
    "match_kind": "full, partial, or none",
    "match_e_value": "Tomtom's E-value against the whole database",
    "match_others": "factors of the other matches (paralogues have indistinguishable motifs)",
    "variant_of": "the most similar motif before it; empty if none is similar",
    "variant_kind": "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items()),
    "source": "filters, attributions or both; k-mers: not from the network, but from a k-mer that is enriched in "
    "sequences that the motifs before it classify poorly; refinement: a motif that refinement changed too much (see "
    "shift)",
    "n_filters": "of the filters: number in the family; 0 for a motif of another source",
    "filters": "of the filters: their names",
    "patterns": "patterns of seqlets (patterns.tsv) in the family; empty with --source filters",
    "shift": "of the filters and patterns: change of their motif by refinement, 0 to 1; above 0.5 they keep their own "
    "motif",
    "fidelity": "of the filters: median of fidelity in filters.tsv",
    "complete_filters": "of the filters: number that have the complete motif (filters.tsv)",
    "importance": "of the filters: increase of the held-out log loss (nats; values: squared error, counts: deviance) "
    "if their maps are replaced by those of other sequences; without filters: if the letters of its sites are shuffled",
    "importance_low": "lower limit of its 95 % bootstrap interval",
    "importance_high": "upper limit",
    "importance_random": "95th percentile of the same increase for random groups of the same number of filters, or for "
    "random positions beside the sites",
    "auroc_drop": "of the filters or sites: decrease of the network's held-out auROC without them (values: of "
    "Pearson's r)",
    "centrality": "probability that a positive's site is nearer the middle than a negative's (0.5: no difference)",
    "centrality_p_value": "its one-sided p-value, held-out sequences; only for windows of one length",
    "replicates": "number of networks, trained with different seeds, with the motif: k/n (--replicates)",
}
#: Columns of sites.tsv.
SITE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "sequence_index": "0-based index of the sequence in its file (records of only N are not counted)",
    "name": "name of the sequence (may repeat)",
    "start": "0-based start of the site on the forward strand of the record in the file",
    "end": "end, exclusive",
    "strand": "+ or -",
    "score": "log odds to the background, in bits",
    "split": "train, valid or test",
    "chrom": "chromosome, if the names of all positives (or negatives) are coordinates (chr1:100-300)",
    "genome_start": "0-based start on the chromosome; -1 if unknown",
    "genome_end": "end on the chromosome, exclusive; -1 if unknown",
    "genome_strand": "strand of the chromosome",
}
#: Columns of examples.tsv.
EXAMPLE_COLUMNS = {
    **SITE_COLUMNS,
    "before": "bases before the site, up to ten, on its strand",
    "matched_sequence": "bases of the site, on its strand",
    "after": "bases after it",
}
#: Columns of filters.tsv.
FILTER_COLUMNS = {
    "filter": "name of the filter",
    "status": "motif, or inactive: too few training sites for a motif",
    "motif": "motifs of motifs.meme to which the filter belongs",
    "consensus": "of the filter's own sites, before merging and refinement",
    "bits": "information of the filter's own motif",
    "nsites": "number of training sites",
    "threshold": "lowest pre-activation of a site",
    "fidelity": "Spearman correlation of the best score of the filter's own PWM and its best pre-activation, held-out "
    "sequences",
    "completeness": "fraction of the information of the family's motif in the filter's own columns; complete from 0.8",
}
#: Columns of patterns.tsv.
PATTERN_COLUMNS = {
    "pattern": "name of the pattern of seqlets",
    "task": "task whose score the contributions explain",
    "motif": "motifs in motifs.meme to which the pattern belongs",
    "consensus": "of the pattern's own sites, before merging and refinement",
    "bits": "information of the pattern's own motif",
    "nsites": "number of its seqlets in training positives",
    "contribution": "mean contribution of a site to the score; negative: sites lower the score",
    "threshold": "lowest similarity (cosine) between the contributions of one of its seqlets and those of the pattern",
    "completeness": "as in filters.tsv",
}
#: Columns of pattern_contributions.tsv.
CONTRIBUTION_COLUMNS = {
    "pattern": "name of the pattern",
    "position": "column of the pattern's own motif, from 0",
    **{base: f"mean contribution of {base} where the sites have it (contribution weight matrix)" for base in "ACGT"},
    **{f"hypothetical_{base}": f"mean contribution that {base} would have at all sites" for base in "ACGT"},
}
#: Columns of importance.tsv, where ``motif`` is the group.
IMPORTANCE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "task": "task of the network",
    "loss": "increase of the held-out log loss, in nats (values: squared error; counts: Poisson deviance), if the maps "
    "of the family's filters are replaced by those of negatives; without filters, if the letters of the best site of "
    "each sequence are shuffled",
    "loss_low": "lower limit of its 95 % bootstrap interval over groups of sequences",
    "loss_high": "upper limit",
    "auroc": "decrease of the held-out auROC (values and counts: of Pearson's correlation)",
    "auroc_low": "lower limit of its interval",
    "auroc_high": "upper limit",
    "random_loss": "mean of the same increase over random groups of the same number of filters (sites: over random "
    "positions beside them)",
    "random_loss_high": "95th percentile over these groups",
    "random_auroc": "mean of the same decrease of the auROC over these groups",
    "random_auroc_high": "95th percentile over these groups",
}
#: Columns of spacing.tsv.
SPACING_COLUMNS = {
    "motif": "name of the first motif",
    "other": "name of the second motif",
    "task": "task of the model",
    "orientation": "of the second motif, relative to the first",
    "gap": "distance between the end of one site and the start of the other, in bp",
    "n_observed": "sequences whose best sites have this gap and orientation",
    "expected": "number expected by chance, from the positions of both motifs in different sequences",
    "effect": "mean change of the score caused by sites of both motifs",
    "interaction": "effect of both motifs minus the sum of their single effects",
    "interaction_low": "lower limit of its 95 % interval (Student's t distribution, over background sequences)",
    "interaction_high": "upper limit",
}
#: Columns of each table, by the attribute of `MotifTables`.
COLUMNS = {
    "table": MOTIF_COLUMNS,
    "sites": SITE_COLUMNS,
    "filters": FILTER_COLUMNS,
    "patterns": PATTERN_COLUMNS,
    "pattern_contributions": CONTRIBUTION_COLUMNS,
    "enrichment": enrichment.ENRICHMENT_COLUMNS,
    "importance": IMPORTANCE_COLUMNS,
    "matches": MATCH_COLUMNS,
    "positions": positions.POSITION_COLUMNS,
    "pairs": pairs.PAIR_COLUMNS,
    "spacing": SPACING_COLUMNS,
    "per_sequence": positions.PER_SEQUENCE_COLUMNS,
    "score_counts": occurrences.SCORE_COLUMNS,
    "examples": EXAMPLE_COLUMNS,
}
#: File of each table.
FILES = {name: "motifs.tsv" if name == "table" else f"{name}.tsv" for name in COLUMNS}
#: Columns that identify a row.
_KEYS = {
    "table": ("motif",),
    "filters": ("filter",),
    "patterns": ("pattern",),
    "pattern_contributions": ("pattern", "position"),
    "enrichment": ("motif", "task"),
    "importance": ("motif", "task"),
    "matches": ("motif", "match"),
    "pairs": ("motif", "other"),
    "per_sequence": ("n_motifs",),
}
_SITE = ("sequence_index", "start", "end", "score", "genome_start", "genome_end")
#: Columns of numbers without empty cells.
_FILLED = {
    "table": ("width", "nsites"),
    "sites": _SITE,
    "patterns": ("nsites", "contribution"),
    "pattern_contributions": tuple(CONTRIBUTION_COLUMNS)[1:],
    "examples": _SITE,
    "positions": ("bin_start", "bin_end", "sites_positive", "sites_negative"),
    "spacing": ("gap", "n_observed", "expected", "effect", "interaction"),
    "per_sequence": ("n_motifs", "positives", "negatives"),
    "score_counts": ("bin_start", "bin_end", "n_positive", "n_negative"),
}


def read_motif_table(folder: Path, name: str) -> pd.DataFrame:
    """Read a table of `FILES` in a folder of results.

    Raises
    ------
    FormatError
        If the file is missing or damaged, lacks a column of `COLUMNS`, or has a row twice.
    """
    return read_table(folder / FILES[name], COLUMNS[name], key=_KEYS.get(name, ()), filled=_FILLED.get(name, ()))
