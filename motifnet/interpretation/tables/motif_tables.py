"""The motifs of a trained model, in order, with the tables that say how far to trust each.

A row of motifs.tsv speaks of two things: the *filters* of a family (members, shift, fidelity, completeness, importance)
and the *refined PWM* (sites, threshold, p-values, matches). `MOTIF_COLUMNS` says which.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from motifnet.interpretation.fidelity import WHOLE
from motifnet.interpretation.readout import Parts, Reading, divide, read_families
from motifnet.interpretation.tables.example_tables import SCORE_COLUMNS, example_table, score_table
from motifnet.interpretation.tables.filter_tables import Measured, filter_table, importance_table, measure
from motifnet.interpretation.tables.site_tables import (
    PAIR_COLUMNS,
    PER_SEQUENCE_COLUMNS,
    POSITION_COLUMNS,
    Found,
    has_centre,
    pair_table,
    per_sequence_table,
    position_tables,
    site_table,
)
from motifnet.models.trained import TrainedModel
from motifnet.motifs.alignment import MERGE_SIMILARITY, align
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.motifs.io.files import read_motifs, write_motifs
from motifnet.motifs.known.comparison import MATCH_COLUMNS, annotate
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.plots import write_logos
from motifnet.motifs.scanning.pwm import motif_aurocs
from motifnet.motifs.statistics.enrichment import ENRICHMENT_COLUMNS, SIGNIFICANT, enrichment
from motifnet.outputs import read_table, write_table
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals

logger = logging.getLogger("motifnet")

#: Columns of motifs.tsv, and what they are.
MOTIF_COLUMNS = {
    "motif": "name, as in motifs.meme: rank, and consensus of the core",
    "consensus": "IUPAC consensus (Cavener's rule)",
    "width": "of the PWM: columns",
    "bits": "of the PWM: information, i.e. relative entropy to the background, summed over the columns",
    "nsites": "of the PWM: training sites that were counted",
    "threshold": "of the PWM: log odds, in bits, from which a window is a site; from training sequences",
    "task": "the task that the PWM separates best",
    "direction": "the class that it marks: positive or negative (of values: high or low labels); from training "
    "sequences",
    "auroc": "auROC of the best log odds (of values: of upper against lower third), train and validation; the order. "
    "Below 0.5: a motif of the negatives",
    "auroc_test": "the same on held-out sequences",
    "sites_positive": "held-out positives with a site",
    "n_positive": "held-out positives (copies count once; of more than 100,000, so many)",
    "sites_negative": "held-out negatives with a site",
    "n_negative": "held-out negatives",
    "enrichment": "ratio of the shares of held-out sequences with a site, marked class first; half a sequence is added "
    "to either count",
    "p_value": "one-sided p-value of that, on held-out sequences",
    "e_value": "p times the number of motifs and tasks tested; also in motifs.meme",
    "q_value": "false discovery rate (Benjamini-Hochberg)",
    "status": "significant, not significant, too few held-out sequences to tell, or not tested",
    "match": "best known motif (Tomtom); empty when none matches",
    "match_name": "its transcription factor",
    "match_family": "structural family of the factor",
    "match_kind": "full, partial, or none",
    "match_e_value": "Tomtom's E-value against the whole database",
    "match_others": "factors of the further matches (paralogues cannot be told apart)",
    "n_filters": "of the filters: how many are in the family; 0 for a word that only refinement found",
    "filters": "of the filters: their names",
    "shift": "of the filters: how far refinement moved their words, 0 to 1; past 0.5 they keep their own",
    "fidelity": "of the filters: median over them of filters.tsv's fidelity",
    "complete_filters": "of the filters: how many hold the motif whole (filters.tsv)",
    "importance": "of the filters: rise of the held-out log loss (nats; of values: squared error, of counts: deviance) "
    "when their maps are those of other sequences",
    "importance_low": "lower end of its 95 % bootstrap interval",
    "importance_high": "upper end",
    "importance_random": "the same for random groups of as many filters: 95th percentile",
    "auroc_drop": "of the filters: fall of the network's held-out auROC without them (of values: of Pearson's r)",
    "centrality": "chance that a positive's site is nearer the middle than a negative's (0.5: none)",
    "centrality_p_value": "its one-sided p-value, held-out sequences; windows of one length only",
    "replicates": "in how many networks, trained with n seeds, the motif came up: k/n (--replicates)",
}
NOT_TESTED = "not tested"
#: File of the known motifs that match.
KNOWN = "known.meme"


@dataclass(frozen=True, eq=False)
class MotifTables:
    """Motifs in order of their separation on train and validation, and the tables that go with them.

    Parameters
    ----------
    motifs : MotifSet
    table, sites, filters, enrichment, importance, matches, positions, pairs, per_sequence : DataFrame
    score_counts, examples : DataFrame
        Rows of `table` are as in `motifs`. Columns: `MOTIF_COLUMNS`, `SITE_COLUMNS`, `FILTER_COLUMNS`,
        `ENRICHMENT_COLUMNS`, `IMPORTANCE_COLUMNS`, `MATCH_COLUMNS`, `POSITION_COLUMNS`, `PAIR_COLUMNS`,
        `PER_SEQUENCE_COLUMNS`, `SCORE_COLUMNS`, `EXAMPLE_COLUMNS`. Each is empty where its question could not be
        asked: no held-out sequences, no database, no windows of one length.
    known : MotifSet
        The known motifs that `matches` names, in the order of the database.
    """

    motifs: MotifSet
    table: pd.DataFrame
    sites: pd.DataFrame
    filters: pd.DataFrame
    enrichment: pd.DataFrame
    importance: pd.DataFrame
    matches: pd.DataFrame
    positions: pd.DataFrame
    pairs: pd.DataFrame
    per_sequence: pd.DataFrame
    score_counts: pd.DataFrame
    examples: pd.DataFrame
    known: MotifSet

    def __repr__(self) -> str:
        n_significant = int((self.table["status"] == SIGNIFICANT).sum())
        return f"<MotifTables: {len(self.motifs)} motifs of {len(self.filters)} filters, {n_significant} significant>"

    def _repr_html_(self) -> str:
        from motifnet.interpretation.summaries import motif_tables_html

        return motif_tables_html(self)

    @property
    def share_complete(self) -> float:
        """Share of all filters that hold a whole motif which held-out sequences bear out (or which was not tested)."""
        if not len(self.filters):
            return float("nan")
        borne_out = self.table.loc[self.table["status"].isin((SIGNIFICANT, NOT_TESTED)), "filters"]
        names = {name for filters in borne_out for name in filters.split(", ")}
        return float(((self.filters["completeness"] >= WHOLE) & self.filters["filter"].isin(names)).mean())

    def with_replicates(self, others: Sequence[MotifSet]) -> MotifTables:
        """In how many networks, this one included, each motif came up; the others were trained with other seeds."""
        if not others or not len(self.motifs):
            return self
        found = [
            align(self.motifs.motifs, other.motifs, strands=self.motifs.strands).similarity.max(axis=1, initial=0.0)
            for other in others
        ]
        counts = 1 + (np.stack(found) >= MERGE_SIMILARITY).sum(axis=0)
        return replace(self, table=self.table.assign(replicates=[f"{count}/{len(others) + 1}" for count in counts]))

    def write_files(self, folder: str | Path) -> None:
        """Write motifs.meme, known.meme, the tables, sites.bed and logos/ into a folder that is there already."""
        path = Path(folder)
        write_motifs(self.motifs, path / "motifs.meme")
        write_motifs(self.known, path / KNOWN)
        for attribute, file in _files().items():
            write_table(getattr(self, attribute), path / file)
        _write_bed(self.sites, path / "sites.bed")
        write_logos(self.motifs, path / "logos")

    @classmethod
    def read(cls, folder: str | Path) -> MotifTables:
        """Back from `write_files`; numbers have the digits that the files carry."""
        path = Path(folder)
        tables = {attribute: read_table(path / file) for attribute, file in _files().items()}
        known = read_motifs(path / KNOWN) if (path / KNOWN).exists() else MotifSet([])
        return cls(read_motifs(path / "motifs.meme"), **tables, known=known)


def _files() -> dict[str, str]:
    """File of each table: motifs.tsv, and the others by their name."""
    names = [field.name for field in fields(MotifTables) if field.name not in ("motifs", "known")]
    return {name: "motifs.tsv" if name == "table" else f"{name}.tsv" for name in names}


def _write_bed(sites: pd.DataFrame, path: Path) -> None:
    """On the genome, sites that have no place there left out; where none has, on the sequences; score: 10 x bits."""
    is_placed = (sites["chrom"] != "").to_numpy(dtype=np.bool_)
    sites = sites[is_placed] if is_placed.any() else sites
    columns = (
        ("chrom", "genome_start", "genome_end", "genome_strand")
        if is_placed.any()
        else ("name", "start", "end", "strand")
    )
    chrom, start, end, strand = (sites[column].to_numpy() for column in columns)
    scores = np.rint(10 * sites["score"].to_numpy(dtype=float))
    write_bed(Intervals(chrom, start, end, strand == "-"), path, names=sites["motif"].to_numpy(), scores=scores)


# PWMs are small matrices, over which several threads mostly wait for each other.
@threadpool_limits.wrap(limits=1, user_api="blas")
def tabulate_motifs(
    model: TrainedModel,
    data: Dataset,
    *,
    test: Dataset | None = None,
    how: ExtractionSpec | None = None,
    readout: ReadoutSpec | None = None,
) -> MotifTables:
    """Read motifs off a model: families of filters, refined, ordered, tested on held-out sequences, named.

    Sites are counted in the positives that the model was trained on; families are refined and thresholds chosen on
    what it was trained on; motifs are ordered by `separation` on train and validation. Nothing is chosen on sequences
    that are held out: those that the model's ``splits`` know neither as "train" nor as "valid", or `test`.

    Parameters
    ----------
    model : TrainedModel
    data : Dataset
        How it was split is known from the model.
    test : Dataset, optional
        Test sequences of their own.
    how : ExtractionSpec, optional
        How filters become motifs.
    readout : ReadoutSpec, optional
        What is done with them.

    Returns
    -------
    MotifTables
    """
    how, readout = how or ExtractionSpec(), readout or ReadoutSpec()
    parts = divide(model, data, test=test, at_least=how.min_sites)
    reading = read_families(model, parts, how=how, is_refined=readout.refine)
    tested = _test(reading, parts, readout)
    reading = _with_e_values(reading, tested)
    measured = measure(model, reading, parts, how=how) if readout.importance else None
    matches, known = _matches(reading.motifs, readout)
    filters = filter_table(model, reading, parts, how=how)
    positions, centrality = _positions(reading, parts)
    datasets = [data] if test is None else [data, test]
    found = [Found.of(model, reading, part, is_test=number > 0) for number, part in enumerate(datasets)]
    table = _motif_table(reading, data.tasks, _Evidence(parts, tested, measured, matches, filters, centrality))
    return MotifTables(
        reading.motifs,
        table,
        site_table(reading.motifs, found),
        filters,
        tested,
        importance_table(reading, measured, data.tasks),
        matches,
        positions,
        *_held_out_tables(reading, parts.held_out),
        example_table(reading.motifs, found),
        known,
    )


def _held_out_tables(reading: Reading, held_out: Dataset | None) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Pairs, motifs per sequence, and scores: empty where nothing is held out."""
    if held_out is None:
        pairs, counts, scores = (
            pd.DataFrame(columns=list(columns)) for columns in (PAIR_COLUMNS, PER_SEQUENCE_COLUMNS, SCORE_COLUMNS)
        )
        return pairs, counts, scores
    return pair_table(reading, held_out), per_sequence_table(reading, held_out), score_table(reading, held_out)


def _test(reading: Reading, parts: Parts, readout: ReadoutSpec) -> pd.DataFrame:
    if parts.held_out is None:
        logger.warning(
            "no sequence is held out (all were trained on, or used to choose): motifs are written without p, E and q. "
            "Give the sequences that discover held out, or test sequences of their own"
        )
    if parts.held_out is None or not len(reading.motifs):
        return pd.DataFrame(columns=list(ENRICHMENT_COLUMNS))
    return enrichment(
        reading.motifs, parts.held_out, thresholds=reading.thresholds, signs=reading.signs, e_value=readout.e_value
    )


def _with_e_values(reading: Reading, tested: pd.DataFrame) -> Reading:
    """The motifs with the E-value at the task of each."""
    motifs = reading.motifs
    if not len(tested):
        return reading
    e_values = _at_task(reading, tested)["e_value"]
    with_e_values = [replace(m, e_value=float(e)) for m, e in zip(motifs, e_values, strict=True)]
    return replace(reading, motifs=MotifSet(with_e_values, motifs.strands, motifs.background))


def _at_task(reading: Reading, by_task: pd.DataFrame) -> pd.DataFrame:
    """Of a table with all motifs of the first task, then all of the second, and so on: one row a motif, at its task."""
    return by_task.iloc[np.arange(len(reading.motifs)) + len(reading.motifs) * reading.tasks]


def _matches(motifs: MotifSet, readout: ReadoutSpec) -> tuple[pd.DataFrame, MotifSet]:
    """Matches, and the known motifs among them."""
    if readout.database == "none" or not len(motifs):
        return pd.DataFrame(columns=list(MATCH_COLUMNS)), MotifSet([])
    logger.info("comparing %d motifs with known ones (%s)", len(motifs), readout.database)
    known = read_database(readout.database)
    matches = annotate(motifs, known)
    named = set(matches["match"])
    return matches, MotifSet([motif for motif in known if motif.name in named], known.strands, known.background)


def _positions(reading: Reading, parts: Parts) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Positions, and for each motif the effect and p of centrality (NaN where it means nothing)."""
    if parts.held_out is None or not len(reading.motifs) or not has_centre(parts.held_out.sequences):
        return pd.DataFrame(columns=list(POSITION_COLUMNS)), np.full((2, len(reading.motifs)), np.nan)
    table, found = position_tables(reading, parts.held_out)
    return table, np.stack([found.effect, found.p])


class _Evidence(NamedTuple):
    """What stands beside each motif."""

    parts: Parts
    tested: pd.DataFrame
    measured: Measured | None
    matches: pd.DataFrame
    filters: pd.DataFrame
    centrality: NDArray[np.float64]


def _motif_table(reading: Reading, tasks: tuple[str, ...], evidence: _Evidence) -> pd.DataFrame:
    motifs, families = reading.motifs, reading.families
    in_test = np.full_like(reading.aurocs, np.nan)
    if evidence.parts.held_out is not None and len(motifs):
        in_test = motif_aurocs(motifs, evidence.parts.held_out)
    columns = {
        "motif": motifs.names,
        "consensus": [motif.consensus for motif in motifs],
        "width": [motif.width for motif in motifs],
        "bits": [motif.total_information for motif in motifs],
        "nsites": [motif.nsites for motif in motifs],
        "threshold": reading.thresholds,
        "task": [tasks[t] for t in reading.tasks],
        "direction": np.where(reading.at_task(reading.signs) > 0, "positive", "negative"),
        "auroc": reading.at_task(reading.aurocs),
        "auroc_test": reading.at_task(in_test),
        "n_filters": [len(family.members) for family in families],
        "shift": [family.shift for family in families],
        "centrality": evidence.centrality[0],
        "centrality_p_value": evidence.centrality[1],
        **_tested_columns(reading, evidence.tested),
        **_filter_columns(reading, evidence.filters),
        **_importance_columns(reading, evidence.measured),
        **_match_columns(motifs, evidence.matches),
        "replicates": "",
    }
    return pd.DataFrame(columns, columns=list(MOTIF_COLUMNS))


def _tested_columns(reading: Reading, tested: pd.DataFrame) -> dict[str, Any]:
    names = (
        "sites_positive",
        "n_positive",
        "sites_negative",
        "n_negative",
        "enrichment",
        "p_value",
        "e_value",
        "q_value",
        "status",
    )
    if not len(tested):
        return dict.fromkeys(names[:-1], np.nan) | {"status": NOT_TESTED}
    own = _at_task(reading, tested)
    return {name: own[name].to_numpy() for name in names}


def _filter_columns(reading: Reading, filters: pd.DataFrame) -> dict[str, Any]:
    own = [filters.iloc[list(reading.filters_of(index))] for index in range(len(reading.motifs))]
    return {
        "filters": [", ".join(rows["filter"]) for rows in own],
        "fidelity": [rows["fidelity"].median() for rows in own],
        "complete_filters": [int((rows["completeness"] >= WHOLE).sum()) for rows in own],
    }


def _importance_columns(reading: Reading, measured: Measured | None) -> dict[str, Any]:
    sources = {
        "importance": "loss",
        "importance_low": "loss_low",
        "importance_high": "loss_high",
        "importance_random": "random_loss_high",
        "auroc_drop": "auroc",
    }
    columns: dict[str, Any] = {}
    for column, source in sources.items():
        columns[column] = np.full(len(reading.motifs), np.nan)
        if measured is not None:
            figures = getattr(measured.figures, source)
            columns[column][measured.rows] = figures[np.arange(len(measured.rows)), reading.tasks[measured.rows]]
    return columns


def _match_columns(motifs: MotifSet, matches: pd.DataFrame) -> dict[str, Any]:
    names = ("match", "match_name", "match_family", "match_kind", "match_e_value")
    if not len(matches):
        return dict.fromkeys((*names, "match_others"), "")
    best = matches.drop_duplicates("motif").set_index("motif").loc[list(motifs.names)]
    further = matches[matches["match_rank"] > 1].groupby("motif")["match_name"].agg(", ".join)
    others = further.reindex(list(motifs.names)).fillna("")
    return {name: best[name].to_numpy() for name in names} | {"match_others": others.to_numpy()}
