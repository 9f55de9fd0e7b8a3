"""Saturation of a region has the effects of its substitutions as variants of a VCF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from motifnet.errors import InputError
from motifnet.interpretation.attribution.ism import mutation_effects
from motifnet.interpretation.variants.heat_maps import MOST_POSITIONS, plot_mutation_effects, plot_saturation
from motifnet.interpretation.variants.saturation import Saturation
from motifnet.interpretation.variants.variant_table import variant_effects
from motifnet.models.trained import TrainedModel
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH
from variant_files import write_vcf

#: Longer than the windows of the model.
START, END = 101, 100 + 2 * LENGTH


@pytest.fixture
def table(model: TrainedModel, genome: Path) -> pd.DataFrame:
    return variant_effects(model, genome=genome, saturate=f"chr1:{START}-{END}")


def test_effects_equal_those_of_a_vcf(model: TrainedModel, genome: Path, chromosome: str, table: pd.DataFrame) -> None:
    rows = [
        ("chr1", pos, ".", chromosome[pos - 1], alt)
        for pos in range(START, END + 1)
        for alt in "ACGT"
        if alt != chromosome[pos - 1]
    ]
    expected = variant_effects(model, write_vcf(genome.parent / "v.vcf", rows), genome=genome)
    assert len(table) == 3 * (END - START + 1)
    pd.testing.assert_frame_equal(table, expected, atol=1e-5)


def test_effects_equal_those_of_mutations_in_the_middle(
    model: TrainedModel, chromosome: str, table: pd.DataFrame
) -> None:
    found, middle = Saturation.of(table, "positive"), (LENGTH - 1) // 2
    assert found.sequence == chromosome[START - 1 : END]
    assert str(found.region) == f"chr1:{START}-{END}"
    starts = range(START - 1 - middle, END - middle)
    expected = mutation_effects(model, [chromosome[start : start + LENGTH] for start in starts], "positive")
    np.testing.assert_allclose(found.effects, expected[:, :, middle].T, atol=1e-4)
    assert np.abs(found.effects).max() > 1e-3


def test_bases_without_effect_are_unknown(model: TrainedModel, genome: Path, chromosome: str) -> None:
    masked = chromosome[:199] + "N" + chromosome[200:230].lower() + chromosome[230:]
    write_fasta(SequenceSet.from_strings([masked], ["chr1"]), genome.parent / "masked.fa")
    table = variant_effects(model, genome=genome.parent / "masked.fa", saturate="chr1:198..203")
    assert sorted(set(table["pos"])) == [198, 199, 201, 202, 203]
    found = Saturation.of(table, "positive")
    assert found.sequence == masked[197:203].upper()
    assert np.isnan(found.effects[:, 2]).all()
    assert not np.isnan(np.delete(found.effects, 2, axis=1)).any()
    ends = variant_effects(model, genome=genome, saturate="chr1:1-400")
    assert set(ends["pos"]) == set(range((LENGTH - 1) // 2 + 1, 401 - LENGTH // 2))


@pytest.mark.parametrize("region", ["chr1", "chr1:0-5", "chr1:5-4", "chr1:5-401", "chrX:5-6", "chr1:a-b", "chr1:,-,"])
def test_wrong_regions_are_refused(model: TrainedModel, genome: Path, region: str) -> None:
    with pytest.raises(InputError):
        variant_effects(model, genome=genome, saturate=region)


def test_sources_exclude_each_other(model: TrainedModel, genome: Path) -> None:
    for given in ({"vcf": "v.vcf", "genome": genome}, {"ref": ["A"], "alt": ["C"]}, {}):
        with pytest.raises(InputError):
            variant_effects(model, saturate="chr1:5-6", **given)  # type: ignore[arg-type]


# --- figures ---


def test_heat_maps_have_one_line_per_hundred_positions(table: pd.DataFrame) -> None:
    axes = plot_saturation(table)
    *lines, scale = axes.child_axes
    assert [line.get_xlim() for line in lines] == [(START - 0.5, START + 99.5), (START + 99.5, END + 0.5)]
    drawn = np.concatenate([line.images[0].get_array().filled(np.nan) for line in lines], axis=1)
    np.testing.assert_array_equal(drawn, Saturation.of(table, "positive").effects)
    limits = {line.images[0].get_clim() for line in lines}
    (limit,) = limits
    assert limit[1] == -limit[0] == pytest.approx(np.abs(drawn).max())
    assert scale.get_ylim() == pytest.approx(limit)


def test_mutation_effects_are_drawn(model: TrainedModel, chromosome: str) -> None:
    sequence = chromosome[:LENGTH]
    effects = mutation_effects(model, [sequence], "positive")[0]
    first = plot_mutation_effects(effects, sequence).child_axes[0]
    np.testing.assert_array_equal(first.images[0].get_array(), effects)
    rows = first.collections[0].get_offsets()[:, 1]
    assert ["ACGT"[int(row)] for row in rows] == list(sequence)


def test_other_tables_and_shapes_are_refused(table: pd.DataFrame) -> None:
    two = table.assign(effect_other=0.0)
    long = pd.concat([table, table.assign(ref="AC")])
    for wrong, task in ((two, None), (table, "other"), (long, None), (table.iloc[:0], None), (table[["pos"]], None)):
        with pytest.raises(InputError):
            plot_saturation(wrong, task)
    for shape, sequence in (((3, 4), "ACGT"), ((4, 5), "ACGT"), ((4, MOST_POSITIONS + 1), "A" * (MOST_POSITIONS + 1))):
        with pytest.raises(InputError):
            plot_mutation_effects(np.zeros(shape), sequence)
