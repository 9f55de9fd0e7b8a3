"""motifs.tsv: one row per motif, with the results of the other tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from motifnet.interpretation.readout import Readout
from motifnet.interpretation.tables.columns import MOTIF_COLUMNS
from motifnet.interpretation.tables.filter_tables import COMPLETE
from motifnet.motifs.learned.clustering import Family
from motifnet.motifs.motif import Floats, MotifSet
from motifnet.motifs.resemblance import resembled
from motifnet.motifs.statistics.contrast import is_binary, is_high, rank_correlation, task_aurocs
from motifnet.motifs.statistics.occurrences import Occurrences
from motifnet.motifs.statistics.positions import centrality, has_centre

NOT_TESTED = "not tested"
#: Columns of importance.tsv that are in motifs.tsv, with their names there.
_IMPORTANCE = {
    "loss": "importance",
    "loss_low": "importance_low",
    "loss_high": "importance_high",
    "random_loss_high": "importance_random",
    "auroc": "auroc_drop",
}


def motif_table(
    readout: Readout,
    tasks: tuple[str, ...],
    *,
    enrichment: pd.DataFrame,
    filters: pd.DataFrame,
    importance: pd.DataFrame,
    matches: pd.DataFrame,
) -> pd.DataFrame:
    """One row per motif, in order: the columns `MOTIF_COLUMNS`.

    Parameters
    ----------
    readout : Readout
    tasks : tuple of str
    enrichment, filters, importance, matches : DataFrame
        See `MotifTables`; empty tables give missing values.
    """
    motifs, families = readout.motifs, readout.families
    own = pd.MultiIndex.from_arrays([list(motifs.names), [tasks[task] for task in readout.tasks]])
    tested = enrichment.set_index(["motif", "task"]).reindex(own)
    measured = importance.set_index(["motif", "task"]).reindex(own)
    columns = {
        **{name: tested[name].to_numpy() for name in tested if name in MOTIF_COLUMNS},
        "motif": motifs.names,
        "consensus": [motif.consensus for motif in motifs],
        "width": [motif.width for motif in motifs],
        "bits": [motif.total_information for motif in motifs],
        "nsites": [motif.nsites for motif in motifs],
        "threshold": readout.thresholds,
        "task": own.get_level_values(1),
        "direction": np.where(readout.directions > 0, "positive", "negative"),
        "auroc": readout.at_task(readout.aurocs),
        "added_auroc": readout.added,
        **_held_out_columns(readout),
        "status": tested["status"].fillna(NOT_TESTED).to_numpy(),
        "shift": [family.shift for family in families],
        **_source_columns(readout, filters),
        **{name: measured[source].to_numpy(np.float64) for source, name in _IMPORTANCE.items()},
        **_match_columns(motifs.names, matches),
        **_variant_columns(motifs),
        "replicates": "",
    }
    return pd.DataFrame(columns, columns=list(MOTIF_COLUMNS)).infer_objects()


def _held_out_columns(readout: Readout) -> dict[str, Floats]:
    held_out, missing = readout.held_out, np.full(len(readout.motifs), np.nan)
    names = ("auroc_test", "spearman_test", "centrality", "centrality_p_value")
    if held_out is None:
        return dict.fromkeys(names, missing)
    aurocs = readout.at_task(task_aurocs(held_out.finite_score(), held_out.data.labels))
    effect, p_value = missing, missing
    if has_centre(held_out.data.sequences):
        has_site = held_out.has_site(readout.thresholds)
        effect, p_value = centrality(held_out, has_site, is_high(held_out.data.labels))
    return dict(zip(names, (aurocs, _spearman(readout, held_out), effect, p_value), strict=True))


def _spearman(readout: Readout, held_out: Occurrences) -> Floats:
    """Spearman correlation of the score of each motif with the labels of its task; NaN for classes."""
    scores, correlations = held_out.finite_score(), np.full(len(readout.motifs), np.nan)
    for index, task in enumerate(readout.tasks):
        labels = held_out.data.labels[:, task]
        if not is_binary(labels):
            known = ~np.isnan(labels)
            correlations[index] = rank_correlation(labels[known], scores[known, index])
    return correlations


def _source_columns(readout: Readout, filters: pd.DataFrame) -> dict[str, Any]:
    is_pattern = [each.is_pattern for each in readout.instances]
    own = [filters.iloc[[m for m in family.members if not is_pattern[m]]] for family in readout.families]
    patterns = [[readout.instances[m].source for m in family.members if is_pattern[m]] for family in readout.families]
    return {
        "source": [_source(*each) for each in zip(readout.families, own, patterns, strict=True)],
        "n_filters": [len(rows) for rows in own],
        "patterns": [", ".join(names) for names in patterns],
        "filters": [", ".join(rows["filter"]) for rows in own],
        "fidelity": [rows["fidelity"].median() for rows in own],
        "complete_filters": [int((rows["completeness"] >= COMPLETE).sum()) for rows in own],
    }


def _source(family: Family, filters: pd.DataFrame, patterns: list[str]) -> str:
    if len(filters):
        return "both" if patterns else "filters"
    return "attributions" if patterns else "k-mers" if family.is_from_kmer else "refinement"


def _variant_columns(motifs: MotifSet) -> dict[str, list[str]]:
    found = resembled(motifs.motifs, strands=motifs.strands)
    return {
        "variant_of": [motifs.names[index] if index >= 0 else "" for index, _ in found],
        "variant_kind": [kind for _, kind in found],
    }


def _match_columns(names: tuple[str, ...], matches: pd.DataFrame) -> dict[str, Any]:
    columns = [name for name in MOTIF_COLUMNS if name.startswith("match")]
    if not len(matches):
        return dict.fromkeys(columns, "")
    best = matches.drop_duplicates("motif").set_index("motif").loc[list(names)]
    others = matches[matches["match_rank"] > 1].groupby("motif")["match_name"].agg(", ".join).reindex(names).fillna("")
    return {name: best[name].to_numpy() for name in columns[:-1]} | {"match_others": others.to_numpy()}
