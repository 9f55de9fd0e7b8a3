"""Effects of variants as files: a table, or the VCF file with the effects in INFO."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from motifnet.errors import InputError
from motifnet.interpretation.variants.effects import ScoredAlleles, stream_effects
from motifnet.interpretation.variants.genome_alleles import PeakFilter
from motifnet.interpretation.variants.score_calls import ScoreCalls
from motifnet.interpretation.variants.strongest import StrongestEffects, Table
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import stream_tables
from motifnet.models.sequence_model import SequenceModel
from motifnet.outputs import write_table
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.variant_output import Annotation, write_annotated
from motifnet.sequences.io.variant_records import kept_stream

#: INFO keys of each task, numbered from 1, with the columns of the table and their descriptions.
INFO_KEYS = {
    "MN_REF": ("ref_<task>", "prediction of motifnet for REF"),
    "MN_ALT": ("alt_<task>", "prediction of motifnet for the allele"),
    "MN_EFFECT": ("effect_<task>", "score of the allele minus that of REF (log odds, value or logarithm of the count)"),
}
#: The same for a model with scores of its validation positives.
QUANTILE_KEYS = {
    "MN_QUANTILE": ("quantile_<task>", "fraction of the validation positives that score at most the stronger allele")
}
#: The same with a null model.
NULL_KEYS = {
    "MN_P_VALUE": ("p_value_<task>", "p-value of the size of the effect, against shuffled sequences"),
    "MN_Q_VALUE": ("q_value_<task>", "q-value of the size of the effect (Benjamini-Hochberg)"),
}


def write_effects_table(
    model: SequenceModel,
    blocks: Iterator[ScoredAlleles],
    output: str | Path,
    *,
    options: VariantSpec = VariantSpec(),
    strongest: StrongestEffects | None = None,
    calls: ScoreCalls | None = None,
) -> None:
    """Write the table of `variant_effects` block by block.

    Parameters
    ----------
    model : SequenceModel
    blocks : iterator of ScoredAlleles
        From `stream_effects`; its errors are those of `variant_effects`.
    output : str or Path
    options : VariantSpec
    strongest : StrongestEffects, optional
        Receives the largest effects.
    calls : ScoreCalls, optional
        That of the blocks.
    """
    write_table((table for _, table in _tables(model, blocks, options, strongest, calls)), output)


def write_effects_vcf(
    model: SequenceModel,
    vcf: str | Path,
    output: str | Path,
    *,
    genome: str | Path | Genome,
    options: VariantSpec = VariantSpec(),
    strongest: StrongestEffects | None = None,
    calls: ScoreCalls | None = None,
) -> None:
    """Write the records of a VCF file with the effects in INFO; errors are those of `variant_effects`.

    Records whose alleles are skipped are written unchanged. With `peaks`, only records that overlap a region are
    written. Motifs are used only for `strongest`.
    """
    opened = genome if isinstance(genome, Genome) else open_genome(genome)
    if options.motifs is not None and strongest is None:
        raise InputError(
            f"{output}: VCF output has no columns for motifs", hint="Use a name that ends in .tsv, or omit --motifs."
        )
    of_task = {
        **INFO_KEYS,
        **({} if model.positives is None or options.members else QUANTILE_KEYS),
        **(NULL_KEYS if options.null else {}),
    }
    keys = {
        f"{key}_{number}": f"{text}, task {task}"
        for number, task in enumerate(model.spec.tasks, start=1)
        for key, (_, text) in of_task.items()
    }
    with kept_stream(vcf) as local:
        blocks = stream_effects(model, local, genome=opened, options=options, calls=calls)
        write_annotated(
            local,
            output,
            _annotations(model, _tables(model, blocks, options, strongest, calls), list(of_task.values())),
            keys=keys,
            chromosomes=opened.lengths,
            keeps=None if options.peaks is None else PeakFilter(options.peaks, opened).has,
        )


def _tables(
    model: SequenceModel, blocks: Iterator[ScoredAlleles], options: VariantSpec, strongest: StrongestEffects | None,
    calls: ScoreCalls | None,
) -> Iterator[Table]:  # fmt: skip
    if strongest is None:
        return stream_tables(model, blocks, options, calls)
    return strongest.collect(stream_tables(model, strongest.watch(blocks), options, calls))


def _annotations(model: SequenceModel, tables: Iterator[Table], keys: list[tuple[str, str]]) -> Iterator[Annotation]:
    columns = [name.replace("<task>", task) for task in model.spec.tasks for name, _ in keys]
    for variants, table in tables:
        values = table[columns].to_numpy(dtype=np.float64)
        yield from (((variant.record, variant.allele), row) for variant, row in zip(variants, values, strict=True))
