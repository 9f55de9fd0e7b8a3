"""``motifnet variants``"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.job import limit_threads
from motifnet.cli.options import Model, Threads

Vcf = Annotated[
    str | None,
    Parameter(name="VCF", allow_leading_hyphen=True, help="VCF (plain, gzip, bgzip) or BCF file; - is standard input."),
]
GenomeFile = Annotated[str | None, Parameter(name="--genome", help="FASTA file of the genome, for a VCF file.")]
Ref = Annotated[
    str | None, Parameter(name="--ref", help="FASTA file of sequences with the reference allele, instead of a VCF.")
]
Alt = Annotated[
    str | None, Parameter(name="--alt", help="FASTA file with the alternative alleles, in the same order as --ref.")
]
Output = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="Table to write (- is standard output), or VCF if it ends in .vcf or .vcf.gz (bgzip, with an index if the "
        "records are sorted).",
    ),
]
Options = Annotated[mn.VariantSpec, Parameter(name="*", negative=())]


def variants(
    model: Model,
    vcf: Vcf = None,
    /,
    *,
    genome: GenomeFile = None,
    ref: Ref = None,
    alt: Alt = None,
    output: Output = "-",
    threads: Threads = None,
    options: Options = mn.VariantSpec(),
) -> None:
    """Compute the effects of variants on the score of a model: log odds, values or logarithms of counts.

    The table has one row per alternative allele: the predictions for both alleles of each task, and the effect, which
    is the score of the alternative allele minus that of the reference allele. VCF output has them in the INFO keys
    MN_REF_1, MN_ALT_1 and MN_EFFECT_1 for the first task, and so on. The quantile of an allele is the fraction of the
    validation positives of the model that score at most as high.

    Examples
    --------
    motifnet variants model variants.vcf.gz --genome hg38.fa --output effects.tsv
    motifnet variants model variants.vcf.gz --genome hg38.fa --output effects.vcf.gz --skipped skipped.tsv
    motifnet variants model --ref reference.fa --alt alternative.fa --output effects.tsv
    """
    limit_threads(threads)
    from motifnet.interpretation.variants.effects import check_inputs
    from motifnet.outputs import check_file, check_table

    check_table(output, others=(".vcf",))
    check_inputs(vcf, genome, ref, alt)
    if options.skipped is not None:
        check_file(options.skipped)
    from motifnet.interpretation.variants import effect_files

    loaded = mn.load_model(model)
    if not output.lower().removesuffix(".gz").endswith(".vcf"):
        effect_files.write_effects_table(loaded, vcf, output, genome=genome, ref=ref, alt=alt, options=options)
    elif vcf is None or genome is None:
        raise mn.errors.InputError(f"{output}: pairs of sequences have no VCF output", hint="Name a .tsv file.")
    else:
        effect_files.write_effects_vcf(loaded, vcf, output, genome=genome, options=options)
