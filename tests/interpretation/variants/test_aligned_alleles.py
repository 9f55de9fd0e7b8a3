"""Pictures of variants have the contributions of `attribute`, with both alleles aligned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.interpretation.attribution.attributions import attribute
from motifnet.interpretation.variants.aligned_alleles import (
    AlignedAlleles,
    add_sites,
    align_alleles,
    mean_contributions,
)
from motifnet.interpretation.variants.alleles import GAP
from motifnet.interpretation.variants.effects import stream_effects
from motifnet.interpretation.variants.strongest import strongest_effect
from motifnet.interpretation.variants.variant_plot import plot_variant
from motifnet.interpretation.variants.variant_table import variant_effects
from motifnet.models.trained import TrainedModel
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import encode_letters, one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, WORD
from variant_files import Row, other_base, write_vcf


def aligned_of(model: TrainedModel, genome: Path, rows: list[Row], *, flank: int = 100) -> list[AlignedAlleles]:
    (scored,) = stream_effects(model, write_vcf(genome.parent / "own.vcf", rows), genome=genome)
    effects = [strongest_effect(scored, row, {0: "positive"}) for row in range(len(rows))]
    return align_alleles(model, effects, flank=flank)


def codes_of(strings: list[str]) -> SequenceSet:
    return SequenceSet([""] * len(strings), np.stack([encode_letters(string.encode())[0] for string in strings]))


def test_substitutions_have_the_contributions_of_attribute(model: TrainedModel, genome: Path, chromosome: str) -> None:
    at, before = 200, (LENGTH - 1) // 2
    base, new = chromosome[at - 1], other_base(chromosome[at - 1])
    (own,) = aligned_of(model, genome, [("chr1", at, "x", base, new)])
    window = chromosome[at - 1 - before :][:LENGTH]
    expected = attribute(model, codes_of([window, window[:before] + new + window[before + 1 :]]))
    np.testing.assert_allclose(own.values, expected.observed(), atol=1e-5)
    np.testing.assert_array_equal(own.codes, expected.sequences.codes)
    np.testing.assert_allclose(own.effect.scores, expected.outputs[:, 0], atol=1e-5)
    assert (own.alleles.start, own.alleles.stop) == (before, before + 1)
    assert own.positions.tolist() == list(range(at - before, at - before + LENGTH))


@pytest.mark.parametrize("inserted", [True, False])
def test_the_shorter_allele_has_a_gap(model: TrainedModel, genome: Path, chromosome: str, inserted: bool) -> None:
    at, flank = 200, 12
    base = chromosome[at - 1]
    rest = chromosome[at:] if inserted else chromosome[at + 5 :]
    pair = (base, base + "GATTA") if inserted else (chromosome[at - 1 : at + 5], base)
    ref, alt = (allele[1:] for allele in pair)
    (own,) = aligned_of(model, genome, [("chr1", at, ".", *pair)], flank=flank)
    k, means = (LENGTH - 5) // 2, []
    for allele in (ref, alt):
        observed = []
        for before in (k, LENGTH - k - len(allele)):
            string = chromosome[at - before : at] + allele + rest[: LENGTH - before - len(allele)]
            shown = slice(before - flank, before + len(allele) + flank)
            observed.append(attribute(model, codes_of([string])).observed()[0, shown])
        means.append(np.mean(observed, axis=0))
    gap = slice(flank, flank + 5)
    short, long = (0, 1) if inserted else (1, 0)
    assert (own.codes[short, gap] == GAP).all()
    assert (own.codes[long] != GAP).all()
    assert own.alleles == gap
    np.testing.assert_allclose(own.values[long], means[long], atol=1e-5)
    np.testing.assert_allclose(np.delete(own.values[short], np.r_[gap]), means[short], atol=1e-5)
    assert (own.values[short, gap] == 0).all()
    n_ref = 0 if inserted else 5
    expected = [*range(at + 1 - flank, at + 1), *(range(at + 1, at + 6) if n_ref else [0] * 5)]
    assert own.positions.tolist() == [*expected, *range(at + 1 + n_ref, at + 1 + n_ref + flank)]


def test_several_variants_are_as_each_alone(model: TrainedModel, genome: Path, chromosome: str) -> None:
    rows: list[Row] = [
        ("chr1", 150, "a", chromosome[149], other_base(chromosome[149])),
        ("chr1", 151, "b", chromosome[150:153], "".join(map(other_base, chromosome[150:153]))),
        ("chr1", 160, "c", chromosome[159], chromosome[159] + "GATTACA"),
        ("chr1", 170, "d", chromosome[169], chromosome[169]),
    ]
    for one, row in zip(aligned_of(model, genome, rows), rows, strict=True):
        (alone,) = aligned_of(model, genome, [row])
        np.testing.assert_allclose(one.values, alone.values, atol=1e-6)
        np.testing.assert_array_equal(one.codes, alone.codes)


def test_contributions_to_several_models_are_means(model: TrainedModel, genome: Path, chromosome: str) -> None:
    from small_models import FIXED, model_of

    row: Row = ("chr1", 160, "c", chromosome[159], chromosome[159] + "GATTACA")
    both = [aligned_of(own, genome, [row]) for own in (model, model_of(FIXED))]
    (mean,) = mean_contributions(both)
    np.testing.assert_allclose(mean.values, (both[0][0].values + both[1][0].values) / 2, atol=1e-6)
    np.testing.assert_array_equal(mean.codes, both[0][0].codes)


def test_sites_are_those_of_each_allele(model: TrainedModel, genome: Path, chromosome: str) -> None:
    at = 200
    row: Row = ("chr1", at, ".", chromosome[at - 1], chromosome[at - 1] + WORD)
    motif = Motif("m", one_hot_codes(encode_letters(WORD.encode())[0][np.newaxis])[0] * 100, nsites=100)
    (own,) = add_sites(aligned_of(model, genome, [row], flank=10), MotifSet([motif]))
    assert own.sites is not None
    assert len(own.sites[0]) == 0
    assert own.sites[1][["start", "end"]].to_numpy().tolist() == [[10, 10 + len(WORD)]]
    assert own.sites[1]["contribution"].tolist() == pytest.approx([own.values[1, own.alleles].sum()], abs=1e-6)


def test_bases_added_to_short_pairs_are_not_shown(model: TrainedModel) -> None:
    ref = "ACGTTGCATTGACCATGAC"
    alt = ref[:9] + other_base(ref[9]) + ref[10:]
    axes = plot_variant(model, (ref, alt))
    assert [track.get_xlim() for track in axes.child_axes] == [(0, len(ref))] * 2


# --- figures ---


def test_both_alleles_are_on_one_scale(model: TrainedModel, genome: Path, chromosome: str) -> None:
    text = f"chr1:200:{chromosome[199]}:{other_base(chromosome[199])}"
    axes = plot_variant(model, text, genome=genome, motifs=chromosome[197:204], flank=20)
    reference, alternative = axes.child_axes
    assert reference.get_xlim() == alternative.get_xlim() == (0, 41)
    heights = [np.diff(track.transData.transform([[0, 0], [0, 1]])[:, 1])[0] for track in axes.child_axes]
    assert heights[0] == pytest.approx(heights[1], rel=0.05)
    labels = [label.get_text() for label in alternative.get_xticklabels()]
    assert labels == ["180", "190", "200", "210", "220"]
    assert [site.get_text()[:4] for site in reference.texts] == [chromosome[197:201]]


def test_variants_are_texts_and_rows(model: TrainedModel, genome: Path, chromosome: str) -> None:
    new = other_base(chromosome[199])
    table = variant_effects(
        model, write_vcf(genome.parent / "v.vcf", [("chr1", 200, "rs$1$", chromosome[199], new)]), genome=genome
    )
    titles = {
        plot_variant(model, variant, genome=genome, flank=5).get_title().replace(" (rs$1$)", "")
        for variant in (table.iloc[0], next(table.itertuples()), f"chr1:200:{chromosome[199]}:{new}")
    }
    assert len(titles) == 1
    assert f"{table['effect_positive'][0]:+.3g}".replace("-", "\u2212") in titles.pop()


def test_wrong_variants_are_refused(model: TrainedModel, genome: Path, chromosome: str) -> None:
    wrong = other_base(chromosome[199])
    for variant in ("chr1", f"chr1:200:{wrong}:A", "chr1:1:A:C", "chrX:200:A:C", "chr1:200:N:C", 7, ("A",)):
        with pytest.raises(InputError):
            plot_variant(model, variant, genome=genome)
    with pytest.raises(InputError):
        plot_variant(model, "chr1:200:A:C")
