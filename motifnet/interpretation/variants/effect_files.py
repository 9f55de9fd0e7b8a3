"""Effects of variants as files: a table, or the VCF file with the effects in INFO."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from motifnet.interpretation.variants.effects import stream_effects, stream_tables
from motifnet.interpretation.variants.genome_alleles import PeakFilter
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.models.kmer_regression import inverse_link
from motifnet.models.sequence_model import SequenceModel
from motifnet.outputs import write_table
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.variant_output import Annotation, write_annotated
from motifnet.sequences.io.variant_records import local_copy

#: INFO keys of each task, numbered from 1, and their descriptions.
INFO_KEYS = {
    "MN_REF": "prediction of motifnet for REF, task {task}",
    "MN_ALT": "prediction of motifnet for the allele, task {task}",
    "MN_EFFECT": "score of the allele less that of REF (log odds, value or logarithm of the count), task {task}",
}


def write_effects_table(
    model: SequenceModel,
    vcf: str | Path | None,
    output: str | Path,
    *,
    genome: str | Path | Genome | None = None,
    ref: Sequence[str] | str | Path | None = None,
    alt: Sequence[str] | str | Path | None = None,
    options: VariantSpec = VariantSpec(),
) -> None:
    """Write the table of `variant_effects` block by block; parameters and errors are those of `variant_effects`."""
    write_table(stream_tables(model, vcf, genome=genome, ref=ref, alt=alt, options=options), output)


def write_effects_vcf(
    model: SequenceModel,
    vcf: str | Path,
    output: str | Path,
    *,
    genome: str | Path | Genome,
    options: VariantSpec = VariantSpec(),
) -> None:
    """Write the records of a VCF file with the effects in INFO; errors are those of `variant_effects`.

    Records whose alleles are skipped are written as they are; with `peaks`, only records that overlap them.
    """
    opened = genome if isinstance(genome, Genome) else open_genome(genome)
    keys = {
        f"{key}_{number}": text.format(task=task)
        for number, task in enumerate(model.spec.tasks, start=1)
        for key, text in INFO_KEYS.items()
    }

    with local_copy(vcf) as local:
        write_annotated(
            local,
            output,
            _annotations(model, local, opened, options),
            keys=keys,
            chromosomes=opened.lengths,
            keeps=None if options.peaks is None else PeakFilter(options.peaks, opened).has,
        )


def _annotations(model: SequenceModel, vcf: Path, genome: Genome, options: VariantSpec) -> Iterator[Annotation]:
    outputs = model.spec.outputs
    for scored in stream_effects(model, vcf, genome=genome, options=options):
        values = [inverse_link(scored.ref, outputs), inverse_link(scored.alt, outputs), scored.effect]
        rows = np.stack(values, axis=2).reshape(len(scored.variants), -1)
        yield from (((variant.record, variant.allele), row) for variant, row in zip(scored.variants, rows, strict=True))
