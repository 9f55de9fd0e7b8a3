"""`variant_effects`: table of predictions for both alleles and effects, with optional p-values and motifs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.cluster import cluster_parts, file_paths
from motifnet.interpretation.variants.effects import ScoredAlleles, stream_effects
from motifnet.interpretation.variants.mean_scores import MeanScores
from motifnet.interpretation.variants.motif_changes import MotifChanges
from motifnet.interpretation.variants.null_effects import NullEffects, q_values
from motifnet.interpretation.variants.score_calls import ScoreCalls
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.models.kmer_regression import inverse_link
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.storage import find_model
from motifnet.models.trained import as_model, load_model
from motifnet.motifs.known.databases import read_database
from motifnet.parts import Part, Results
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.variant_records import Variant

if TYPE_CHECKING:
    from distributed import Client

#: Columns that each table has.
VARIANT_COLUMNS = {
    "chrom": "chromosome, as in the VCF; for pairs of sequences, the name of the reference sequence",
    "pos": "1-based position of the first base of `ref`, as in the VCF; for pairs, in the reference sequence",
    "id": "ID of the record, or a dot",
    "ref": "reference allele",
    "alt": "alternative allele",
}
#: Columns of each task, after `VARIANT_COLUMNS`.
TASK_COLUMNS = {
    "ref_<task>": "prediction for the reference allele: probability, value or expected count",
    "alt_<task>": "prediction for the alternative allele",
    "effect_<task>": "score of the alternative allele minus that of the reference allele: difference of log odds, "
    "values or logarithms of counts",
    "quantile_<task>": "fraction of the validation positives of the model that score at most as high as the "
    "higher-scoring allele; empty for values, counts, imported models and models without validation positives",
}
#: Further columns of each task, with a null model.
NULL_COLUMNS = {
    "p_value_<task>": "probability of an effect at least as large, in either direction, for changes of the same kind "
    "in shuffled sequences",
    "q_value_<task>": "false discovery rate (Benjamini-Hochberg) over all rows",
}


def variant_effects(
    model: SequenceModel | str | Path,
    vcf: str | Path | None = None,
    *,
    genome: str | Path | Genome | None = None,
    ref: Sequence[str] | str | Path | None = None,
    alt: Sequence[str] | str | Path | None = None,
    saturate: str | None = None,
    options: VariantSpec = VariantSpec(),
    client: Client | None = None,
) -> pd.DataFrame:
    """Compute the effects of variants on the score of a model.

    The variants are those of a VCF file, all substitutions in a region of a genome (`saturate`), or pairs of sequences
    (`ref` and `alt`).

    Parameters
    ----------
    model : TrainedModel, KerasModel, or path of the folder of a model
    vcf : str or Path, optional
        VCF (plain, gzip or bgzip) or BCF.
    genome : str, Path or Genome, optional
        FASTA file of the genome.
    ref, alt : sequence of str, or path of a FASTA file, optional
        Sequences with the reference and with the alternative allele of each variant, in the same order.
    saturate : str, optional
        Region of the genome, such as ``chr1:1001-1200`` (1-based, the end is included): all substitutions in it, each
        in the window centred on it.
    options : VariantSpec
    client : distributed.Client, optional
        Compute the scores on the workers of a Dask cluster, which read the files; model, genome, `ref` and `alt` must
        be paths.

    Returns
    -------
    DataFrame
        One row per alternative allele, in the order of the file, with `VARIANT_COLUMNS` and `TASK_COLUMNS`;
        with a null model `NULL_COLUMNS`, and with motifs `MOTIF_CHANGE_COLUMNS`.

    Raises
    ------
    InputError
        If a file cannot be read (`FormatError`), the VCF does not fit the genome, or inputs are missing.
    ModelError
        If the model does not accept windows of its length.

    Examples
    --------
    ``variant_effects(model, "variants.vcf.gz", genome="hg38.fa")``

    ``variant_effects(model, genome="hg38.fa", saturate="chr1:1001-1200")``

    ``variant_effects(model, ref=["ACGTA"], alt=["ACTTA"])``
    """
    loaded = as_model(model)
    sources: dict[str, Any] = {"genome": genome, "ref": ref, "alt": alt, "saturate": saturate}
    calls = None
    if client is not None:
        files = {name: value for name, value in sources.items() if value is not None and name != "saturate"}
        (folder, *_) = file_paths(model=model, **files)
        scores, inputs = (
            partial(part_scores, folder, vcf, sources, options),
            score_inputs(folder, vcf, sources, options),
        )
        calls = ScoreCalls(stored=cluster_parts(client, scores, inputs=inputs))
    blocks = stream_effects(loaded, vcf, **sources, options=options, calls=calls)
    return pd.concat([table for _, table in stream_tables(loaded, blocks, options, calls)], ignore_index=True)


def part_scores(
    model: str | Path, vcf: str | Path | None, sources: Mapping[str, Any], options: VariantSpec, *, total: int
) -> Results:
    """Return a function that computes the scores of part k + 1 of `total`: an array for each call of the model.

    `sources` are the arguments `genome`, `ref`, `alt` and `saturate` of `variant_effects`.
    """
    loaded = load_model(model)
    loaded = loaded if options.window is None else loaded.for_length(options.window)
    plain = replace(options, skipped=None, motifs=None)

    def compute(k: int) -> dict[str, NDArray[np.float64]]:
        calls = ScoreCalls(Part(k + 1, total))
        blocks = stream_effects(loaded, vcf, **sources, options=plain, calls=calls)
        deque(stream_tables(loaded, blocks, plain, calls), maxlen=0)
        return calls.results

    return compute


def score_inputs(
    model: str | Path, vcf: str | Path | None, sources: Mapping[str, Any], options: VariantSpec
) -> list[str | Path]:
    """Files and folders that `part_scores` reads."""
    files = (vcf, sources["genome"], sources["ref"], sources["alt"], options.peaks, options.motifs)
    return [find_model(model), *options.members, *(file for file in files if file and Path(file).is_file())]


def stream_tables(
    model: SequenceModel, blocks: Iterator[ScoredAlleles], options: VariantSpec, calls: ScoreCalls | None = None
) -> Iterator[tuple[list[Variant], pd.DataFrame]]:
    """Yield the alleles and the table of each block of `stream_effects`; with a null model, after the last block.

    `calls` is that of the blocks.
    """
    motifs = None if options.motifs is None else MotifChanges(read_database(options.motifs))
    mean = MeanScores.of(model, options.members, window=options.window, calls=calls) if options.null else None
    null = None if mean is None else NullEffects(mean, options.null, seed=options.seed)
    return _tables(model, blocks, motifs, null, has_quantiles=not options.members)


def _tables(
    model: SequenceModel,
    blocks: Iterator[ScoredAlleles],
    motifs: MotifChanges | None,
    null: NullEffects | None,
    *,
    has_quantiles: bool,
) -> Iterator[tuple[list[Variant], pd.DataFrame]]:
    kept = []
    for scored in blocks:
        table = effects_table(scored, model, has_quantiles=has_quantiles)
        if motifs is not None:
            table = table.join(motifs.table(scored))
        if null is None:
            yield scored.variants, table
        else:
            null.add(scored)
            kept.append((scored.variants, [own.kind for own in scored.alleles], scored.effect, table))
    if null is None:
        return
    effects = np.concatenate([effect for _, _, effect, _ in kept])
    p = null.p_values([kind for _, kinds, _, _ in kept for kind in kinds], effects)
    q, row = q_values(p), 0
    for variants, _, _, table in kept:
        rows = slice(row, row + len(table))
        for t, task in enumerate(model.spec.tasks):
            place = int(table.columns.get_loc(f"effect_{task}")) + 1
            for name, values in zip(reversed(NULL_COLUMNS), (q, p), strict=True):
                table.insert(place, name.replace("<task>", task), values[rows, t])
        row = rows.stop
        yield variants, table


def effects_table(scored: ScoredAlleles, model: SequenceModel, *, has_quantiles: bool = True) -> pd.DataFrame:
    """The table of a block; quantiles are those of scores of this model alone."""
    table = pd.DataFrame(
        {name: [getattr(variant, name) for variant in scored.variants] for name in VARIANT_COLUMNS}
    ).astype({"pos": np.int64})
    outputs = model.spec.outputs
    stronger = np.maximum(scored.ref, scored.alt)
    positives = model.positives if has_quantiles else None
    quantile = np.full(stronger.shape, np.nan) if positives is None else positives.quantiles(stronger)
    columns = inverse_link(scored.ref, outputs), inverse_link(scored.alt, outputs), scored.effect, quantile
    for t, task in enumerate(model.spec.tasks):
        for name, values in zip(TASK_COLUMNS, columns, strict=True):
            table[name.replace("<task>", task)] = values[:, t]
    return table
