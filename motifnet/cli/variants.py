"""``motifnet variants``"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.job import check_part, cluster_client, limit_threads, run_blocks
from motifnet.cli.options import Cluster, Merged, Model, PartOf, Threads
from motifnet.interpretation.variants.variant_spec import PageSpec

if TYPE_CHECKING:
    from motifnet.interpretation.variants.strongest import StrongestEffects

Vcf = Annotated[
    str | None,
    Parameter(name="VCF", allow_leading_hyphen=True, help="VCF (plain, gzip, bgzip) or BCF file; - is standard input."),
]
GenomeFile = Annotated[
    str | None, Parameter(name="--genome", help="FASTA file of the genome; required for a VCF file or --saturate.")
]
Ref = Annotated[
    str | None, Parameter(name="--ref", help="FASTA file of sequences with the reference allele, instead of a VCF.")
]
Alt = Annotated[
    str | None,
    Parameter(name="--alt", help="FASTA file of sequences with the alternative allele, in the same order as --ref."),
]
Saturate = Annotated[
    str | None,
    Parameter(
        help="Score all single-base substitutions in this region of the genome, instead of a VCF; e.g. chr1:1001-1200 "
        "(1-based, the end is included)."
    ),
]
Output = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="File to write; - is standard output. A table, or VCF if the name ends in .vcf or .vcf.gz (bgzip, with an "
        "index if the records are sorted).",
    ),
]
Options = Annotated[mn.VariantSpec, Parameter(name="*", negative=(), negative_iterable=(), consume_multiple=True)]
Page = Annotated[PageSpec, Parameter(name="*")]
#: Bases on both sides of the alleles in pictures of a page, and heat maps of a page.
_FLANK, _MOST_MAPS = 36, 10


def variants(
    model: Model,
    vcf: Vcf = None,
    /,
    *,
    genome: GenomeFile = None,
    ref: Ref = None,
    alt: Alt = None,
    saturate: Saturate = None,
    output: Output = "-",
    part: PartOf = None,
    cluster: Cluster = None,
    threads: Threads = None,
    options: Options = mn.VariantSpec(),
    page: Page = PageSpec(),
    merged: Merged = None,
) -> None:
    """Compute the effects of variants on the score of a model: log odds, values or logarithms of counts.

    The table has one row per alternative allele: the predictions for both alleles of each task, and the effect, which
    is the score of the alternative allele minus that of the reference allele. VCF output has the same values in the
    INFO keys MN_REF_1, MN_ALT_1 and MN_EFFECT_1 for the first task, MN_REF_2 and so on for the second. The quantile is
    that of the higher-scoring allele: the fraction of the validation positives of the model that score at most as high.

    Examples
    --------
    motifnet variants model variants.vcf.gz --genome hg38.fa --output effects.tsv --html variants.html
    motifnet variants model variants.vcf.gz --genome hg38.fa --output effects.vcf.gz --skipped skipped.tsv
    motifnet variants model --genome hg38.fa --saturate chr1:1001-1200 --output effects.tsv --heat-map effects.svg
    motifnet variants model --ref reference.fa --alt alternative.fa --output effects.tsv
    """
    limit_threads(threads)
    from motifnet.interpretation.variants.effects import check_inputs
    from motifnet.models.storage import read_header
    from motifnet.outputs import check_distinct, check_file, check_table
    from motifnet.parts import Part

    is_part = check_part(part, output, inputs=(vcf, ref, alt), cluster=cluster)
    if not is_part:
        check_table(output, others=(".vcf",))
    check_inputs(vcf, genome, ref, alt, saturate)
    options.check_source(is_pairs=ref is not None)
    others = (options.skipped, page.html, page.heat_map)
    for path in others:
        if path is not None:
            check_file(path)
    check_distinct([output, *others], inputs=[vcf, genome, ref, alt, options.peaks, options.motifs])
    is_vcf = output.lower().removesuffix(".gz").endswith(".vcf")
    if is_vcf and vcf is None and not is_part:
        what = f"{output}: VCF output requires a VCF file as input"
        raise mn.errors.InputError(what, hint="Use a name that ends in .tsv.")
    if page.heat_map is not None and saturate is None:
        raise mn.errors.InputError("a heat map requires a region", hint="Add --saturate chr1:1001-1200.")
    header = read_header(model)
    tasks = {t: header.spec.tasks[t] for t in header.task_indices(page.task)}
    if page.heat_map is not None and len(tasks) > 1:
        what = f"{page.heat_map}: a figure shows one task, but the model has {len(tasks)}"
        raise mn.errors.InputError(what, hint="Choose one with --task.")
    from motifnet.cluster import cluster_parts
    from motifnet.interpretation.variants import effect_files
    from motifnet.interpretation.variants.effects import stream_effects
    from motifnet.interpretation.variants.score_calls import ScoreCalls
    from motifnet.interpretation.variants.strongest import StrongestEffects
    from motifnet.interpretation.variants.variant_table import part_scores, score_inputs

    sources = {"genome": genome, "ref": ref, "alt": alt, "saturate": saturate}
    scores, inputs = partial(part_scores, model, vcf, sources, options), score_inputs(model, vcf, sources, options)
    if is_part:
        total = Part.parse(part or "").total
        run_blocks(
            part, None, output, n_blocks=total, compute=lambda: scores(total=total), write=lambda _: None, inputs=inputs
        )
        return
    with cluster_client(cluster, threads) as client:
        stored = merged if client is None else cluster_parts(client, scores, inputs=inputs)
    calls = ScoreCalls(stored=stored)
    has_map = _has_map(saturate, genome, page)
    loaded = mn.load_model(model)
    loaded = loaded if options.window is None else loaded.for_length(options.window)
    strongest = StrongestEffects(page.show, tasks, keeps_table=has_map) if page.html or has_map else None
    if is_vcf:
        assert vcf is not None
        assert genome is not None
        effect_files.write_effects_vcf(
            loaded, vcf, output, genome=genome, options=options, strongest=strongest, calls=calls
        )
    else:
        blocks = stream_effects(loaded, vcf, **sources, options=options, calls=calls)
        effect_files.write_effects_table(loaded, blocks, output, options=options, strongest=strongest, calls=calls)
    if strongest is not None:
        _write_pictures(loaded, strongest, page, options)


def _has_map(saturate: str | None, genome: str | None, page: PageSpec) -> bool:
    """Whether a heat map is drawn; for long regions, a page has none, and a figure is an error."""
    if saturate is None or genome is None or (page.html is None and page.heat_map is None):
        return False
    from motifnet.interpretation.variants.heat_maps import MOST_POSITIONS, check_size
    from motifnet.interpretation.variants.saturation import Region
    from motifnet.sequences.io.genome import open_genome

    region = Region.parse(saturate, open_genome(genome))
    if page.heat_map is not None:
        check_size(region.size)
    return region.size <= MOST_POSITIONS


def _write_pictures(
    model: mn.SequenceModel, strongest: StrongestEffects, page: PageSpec, options: mn.VariantSpec
) -> None:
    """Write the page and the heat map."""
    import pandas as pd

    from motifnet.interpretation.variants.aligned_alleles import add_sites, align_alleles, mean_contributions
    from motifnet.interpretation.variants.heat_maps import plot_saturation
    from motifnet.interpretation.variants.mean_scores import MeanScores
    from motifnet.interpretation.variants.saturation import Saturation
    from motifnet.outputs import output_file
    from motifnet.report.variants_page import write_variants_page

    table = pd.concat(strongest.tables, ignore_index=True) if strongest.tables else None
    if page.heat_map is not None and table is not None:
        (task,) = strongest.tasks.values()
        with output_file(page.heat_map) as partial:
            plot_saturation(table, task).figure.figure.savefig(partial, format=page.heat_map.suffix[1:].lower())
    if page.html is not None:
        shown = list(strongest.tasks.values())[:_MOST_MAPS]
        maps = [] if table is None or table.empty else [(task, Saturation.of(table, task)) for task in shown]
        models = MeanScores.of(model, options.members).models
        of_models = [align_alleles(each, strongest.found, method=page.method, flank=_FLANK) for each in models]
        aligned, names = mean_contributions(of_models), None
        if options.motifs is not None:
            found = mn.read_database(options.motifs)
            names = {motif.name: motif.alt_name or motif.name for motif in found}
            aligned = add_sites(aligned, found) if aligned else []
        write_variants_page(page.html, model, strongest, aligned, method=page.method, motifs=names, maps=maps)
