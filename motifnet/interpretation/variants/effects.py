"""Scores of a model for both alleles of each variant, and their difference.

Alleles are scored in blocks, so memory does not depend on the size of the file. A window that occurs several
times in a block, such as the reference window of a record with several alternative alleles, is scored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError, ModelError
from motifnet.interpretation.variants.alleles import Alleles, windows
from motifnet.interpretation.variants.genome_alleles import PeakFilter, stream_alleles
from motifnet.interpretation.variants.mean_scores import MeanScores
from motifnet.interpretation.variants.saturation import Region
from motifnet.interpretation.variants.score_calls import ScoreCalls
from motifnet.interpretation.variants.sequence_pairs import InBackgrounds, in_backgrounds, read_pairs
from motifnet.interpretation.variants.skipped import skipped_alleles
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.progress import report
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.variant_records import Variant, stream_variants
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float64]
#: Alleles that are scored together.
BLOCK = 1024


class ScoredAlleles(NamedTuple):
    """A block of n scored alleles.

    Parameters
    ----------
    variants : list of n Variant
    alleles : list of n Alleles
        With the bases around them.
    contexts : list of n lists of Alleles
        The same in each background: bases were added to short pairs of sequences.
    ref, alt : float64 arrays of shape (n, T)
        Mean scores over anchors and backgrounds.
    """

    variants: list[Variant]
    alleles: list[Alleles]
    contexts: list[list[Alleles]]
    ref: Floats
    alt: Floats

    @property
    def effect(self) -> Floats:
        """Score of the alternative allele minus that of the reference allele, ``(n, T)``."""
        return self.alt - self.ref


def stream_effects(
    model: SequenceModel,
    vcf: str | Path | None,
    *,
    genome: str | Path | Genome | None = None,
    ref: Sequence[str] | str | Path | None = None,
    alt: Sequence[str] | str | Path | None = None,
    saturate: str | None = None,
    options: VariantSpec = VariantSpec(),
    calls: ScoreCalls | None = None,
) -> Iterator[ScoredAlleles]:
    """Yield blocks of scored alleles, at least one; parameters and errors are those of `variant_effects`.

    `calls` computes or reads the scores; the default computes all.
    """
    check_type("model", model, SequenceModel)
    check_type("options", options, VariantSpec)
    check_inputs(vcf, genome, ref, alt, saturate)
    options.check_source(is_pairs=ref is not None)
    mean = MeanScores.of(model, options.members, window=options.window, calls=calls)
    window_length(mean)
    if ref is not None and alt is not None:
        return _score_pairs(mean, ref, alt, options)
    assert genome is not None
    opened = genome if isinstance(genome, Genome) else open_genome(genome)
    if saturate is not None:
        region = Region.parse(saturate, opened)
        return _score_variants(mean, region.substitutions(opened), str(region), opened, options)
    assert vcf is not None
    return _score_variants(mean, stream_variants(vcf), str(vcf), opened, options)


def window_length(model: SequenceModel | MeanScores) -> int:
    """Length of the windows in bp; raise ModelError if the model accepts any length."""
    if model.spec.length is None:
        hint = "Set a length: --window N (in Python, VariantSpec(window=N))."
        raise ModelError("the model has no length for windows around variants", hint=hint)
    return model.spec.length


def check_inputs(vcf: object, genome: object, ref: object, alt: object, saturate: object) -> None:
    """Raise InputError unless there is a VCF or a region with a genome, or a pair of files."""
    n_given = (vcf is not None) + (ref is not None or alt is not None) + (saturate is not None)
    if n_given > 1:
        what = "a VCF file, pairs of sequences and --saturate cannot be combined"
        raise InputError(what, hint="Use only one of them.")
    if n_given == 0 or (ref is None) != (alt is None):
        hint = "Give a VCF file or --saturate, both with --genome FASTA, or --ref FASTA and --alt FASTA."
        raise InputError("no variants to score", hint=hint)
    if ref is not None and genome is not None:
        hint = "Omit --genome, or use a VCF file instead of pairs."
        raise InputError("--genome does not apply to pairs of sequences, whose flanks are shuffled", hint=hint)
    if ref is None and genome is None:
        what = "a VCF file" if saturate is None else "saturation"
        raise InputError(f"{what} requires a genome", hint="Give its FASTA file with --genome.")


def score_contexts(model: SequenceModel | MeanScores, contexts: Sequence[Sequence[Alleles]]) -> Floats:
    """Scores of the reference and alternative alleles, ``(2, n, T)``: means over anchors and backgrounds."""
    rows: dict[bytes, int] = {}
    length, found = window_length(model), list[tuple[int, int, int]]()
    for variant, own in enumerate(contexts):
        for alleles in own:
            for is_alt, codes in enumerate(windows(alleles, length)):
                found.extend((variant, is_alt, rows.setdefault(row.tobytes(), len(rows))) for row in codes)
    means = np.zeros((2, len(contexts), len(model.spec.tasks)))
    if not found:
        return means
    codes = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, length)
    scores = model.scores(SequenceSet([""] * len(codes), codes))
    index = np.array(found)
    np.add.at(means, (index[:, 1], index[:, 0]), scores[index[:, 2]])
    means /= np.maximum(np.bincount(index[index[:, 1] == 0, 0], minlength=len(contexts)), 1)[:, np.newaxis]
    return means


def _score_variants(
    model: MeanScores, variants: Iterable[Variant], source: str, genome: Genome, options: VariantSpec
) -> Iterator[ScoredAlleles]:
    peaks = None if options.peaks is None else PeakFilter(options.peaks, genome)
    with skipped_alleles(source, genome, options.skipped) as skipped:
        alleles = stream_alleles(
            variants,
            genome,
            skipped,
            length=window_length(model),
            peaks=peaks,
            allow_mismatch=options.allow_mismatch,
        )
        yield from _score_blocks(model, ((variant, own, [own]) for variant, own in alleles))
        skipped.log()


def _score_pairs(
    model: MeanScores, ref: Sequence[str] | str | Path, alt: Sequence[str] | str | Path, options: VariantSpec
) -> Iterator[ScoredAlleles]:
    length = window_length(model)
    contexts = in_backgrounds(
        read_pairs(ref, alt, length=length), length=length, backgrounds=options.backgrounds, seed=options.seed
    )
    yield from _score_blocks(model, contexts)


def _score_blocks(model: MeanScores, variants: Iterator[InBackgrounds]) -> Iterator[ScoredAlleles]:
    n_scored = 0
    while block := list(islice(variants, BLOCK)):
        named, alleles, contexts = (list(column) for column in zip(*block, strict=True))
        shape = 2, len(block), len(model.spec.tasks)
        scores = model.calls(partial(score_contexts, model, contexts), shape)
        yield ScoredAlleles(named, alleles, contexts, *scores)
        n_scored += len(block)
        report("scoring variants", n_scored, None, f"{n_scored} alleles")
    if not n_scored:
        yield ScoredAlleles([], [], [], *score_contexts(model, []))
    report("scoring variants", 1, 1)
