"""Messages about variants: files that are refused, and inputs that do not fit each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

import motifnet as mn
from dna_strategies import random_dna
from motifnet.interpretation.variants.effect_files import write_effects_vcf
from motifnet.interpretation.variants.variant_spec import PageSpec
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.variant_output import write_annotated
from small_models import LENGTH, SPEC
from variant_files import other_base, vcf_text, write_vcf

CHROMOSOME = random_dna(1, 400, seed=7)[0]


def _effects(**inputs: object) -> None:
    mn.variant_effects(mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), **inputs)  # type: ignore[arg-type]


def _of_vcf(text: str | None) -> None:
    write_fasta(mn.SequenceSet.from_strings([CHROMOSOME], ["chr1"]), "genome.fa")
    if text is not None:
        Path("own.vcf").write_text(text)
    _effects(vcf="own.vcf", genome="genome.fa")


def _of_bytes(data: bytes) -> None:
    Path("own.vcf").write_bytes(data)
    write_annotated("own.vcf", "out.vcf", [], keys={"MN_X": "x"}, chromosomes={"chr1": 400})


def _bgzip(text: str) -> bytes:
    with pysam.BGZFile("whole.vcf.gz", "wb") as handle:
        handle.write(text.encode())
    return Path("whole.vcf.gz").read_bytes()


def _other_tasks() -> None:
    spec = replace(SPEC, tasks=("CTCF", "REST"))
    mn.TrainedModel(spec, mn.build(spec, seed=0)).save("other")
    _effects(ref=["A"], alt=["C"], options=mn.VariantSpec(members=(Path("other"),)))


def _mismatches() -> None:
    _of_vcf(vcf_text(("chr1", pos, ".", other_base(CHROMOSOME[pos - 1]), "A,C") for pos in range(100, 110)))


def _annotated_twice() -> None:
    write_vcf(Path("own.vcf"), [("chr1", 5, ".", "A", "C")])
    write_annotated("own.vcf", "out.vcf", [], keys={"DP": "depth"}, chromosomes={"chr1": 400})


def _saturate(region: str) -> None:
    write_fasta(mn.SequenceSet.from_strings([CHROMOSOME], ["chr1"]), "genome.fa")
    _effects(genome="genome.fa", saturate=region)


def _plot(variant: object, genome: str | None = "genome.fa") -> None:
    write_fasta(mn.SequenceSet.from_strings([CHROMOSOME], ["chr1"]), "genome.fa")
    mn.plot_variant(mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), variant, genome=genome)


_ROW = {"chrom": ["chr1"], "pos": [5], "ref": ["A"], "alt": ["C"], "effect_a": [0.0]}


CASES: dict[str, Callable[[], object]] = {
    "no variants": _effects,
    "VCF without a genome": partial(_effects, vcf="own.vcf"),
    "VCF and pairs": partial(_effects, vcf="own.vcf", ref=["A"], alt=["C"]),
    "file that is no VCF": partial(_of_vcf, "chr1\t5\n"),
    "VCF that is missing": partial(_of_vcf, None),
    "VCF with a damaged record": partial(_of_vcf, vcf_text([]) + "chr1\tx\t.\tA\n"),
    "VCF of which the last block of bgzip is missing": lambda: _of_bytes(_bgzip(vcf_text([]))[:-28]),
    "VCF in Latin-1": partial(_of_bytes, vcf_text([("chr1", 5, ".", "A", "C")]).encode().replace(b"DP=7", b"TX=\xe9")),
    "VCF of another genome": _mismatches,
    "VCF with other names of chromosomes": lambda: _of_vcf(vcf_text([("1", 100, ".", "A", "C")])),
    "VCF with the INFO key": _annotated_twice,
    "peaks of pairs of sequences": lambda: mn.VariantSpec(peaks=Path("peaks.bed"), allow_mismatch=True).check_source(
        is_pairs=True
    ),
    "backgrounds of a VCF file": lambda: mn.VariantSpec(backgrounds=5).check_source(is_pairs=False),
    "genome of pairs of sequences": partial(_effects, ref=["A"], alt=["C"], genome="genome.fa"),
    "unequal numbers of sequences": partial(_effects, ref=["ACGT"], alt=["ACGA", "ACGC"]),
    "pairs that differ over more than the window": partial(_effects, ref=["A" * 3 * LENGTH], alt=["C" * 3 * LENGTH]),
    "VCF output with motifs": lambda: write_effects_vcf(
        mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)),
        "own.vcf",
        "out.vcf",
        genome=Genome("genome.fa", {}, lambda *_: np.zeros(0, np.uint8)),
        options=mn.VariantSpec(motifs="GATTACA"),
    ),
    "saturation without a genome": partial(_effects, saturate="chr1:5-6"),
    "saturation and pairs": partial(_effects, saturate="chr1:5-6", ref=["A"], alt=["C"]),
    "text that is no region": partial(_saturate, "chr1"),
    "region beyond the chromosome": partial(_saturate, "chr1:5-1000"),
    "region of another chromosome": partial(_saturate, "2:5-6"),
    "table that is no saturation": lambda: mn.plot_saturation(pd.DataFrame({**_ROW, "ref": ["AC"]})),
    "saturation without a scored substitution": lambda: mn.plot_saturation(pd.DataFrame(_ROW).iloc[:0]),
    "saturation of another task": lambda: mn.plot_saturation(pd.DataFrame(_ROW), "other"),
    "saturation of several tasks": lambda: mn.plot_saturation(pd.DataFrame({**_ROW, "effect_b": [0.0]})),
    "effects of another shape": lambda: mn.plot_mutation_effects(np.zeros((4, 3)), "ACGT"),
    "heat map of a long region": lambda: mn.plot_mutation_effects(np.zeros((4, 5001)), "A" * 5001),
    "text that is no variant": partial(_plot, "chr1:5"),
    "value that is no variant": partial(_plot, 5),
    "three sequences instead of a pair": partial(_plot, ("A", "C", "G")),
    "picture without a genome": partial(_plot, "chr1:5:A:C", genome=None),
    "variant without an effect": partial(_plot, "chr1:1:A:C"),
    "figure of another format": partial(PageSpec, heat_map=Path("effects.jpg")),
    "method without a page": partial(PageSpec, method="deeplift"),
    "task without a page": partial(PageSpec, task="positive"),
    "no alleles on a page": partial(PageSpec, html=Path("v.html"), show=0),
    "model of other tasks among the members": _other_tasks,
    "no backgrounds": partial(mn.VariantSpec, backgrounds=0),
}
