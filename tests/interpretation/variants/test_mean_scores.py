"""Means over several models: those of their scores, whatever their lengths; models of other tasks are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import motifnet as mn
from motifnet.errors import ModelError
from motifnet.interpretation.variants.effect_files import write_effects_vcf
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import variant_effects
from motifnet.models.trained import TrainedModel
from small_models import LENGTH, SPEC
from variant_files import every_kind, write_vcf


def network(seed: int, length: int = LENGTH, **fields: object) -> TrainedModel:
    spec = replace(SPEC, length=length, **fields)  # type: ignore[arg-type]
    return TrainedModel(spec, mn.build(spec, seed=seed))


@pytest.fixture
def others(tmp_path: Path) -> tuple[Path, ...]:
    """Two more models, one for longer sequences."""
    folders = tmp_path / "second", tmp_path / "third"
    network(1).save(folders[0])
    network(2, LENGTH + 7).save(folders[1])
    return folders


def test_effects_are_means_over_the_models(genome: Path, chromosome: str, others: tuple[Path, ...]) -> None:
    vcf = write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0])
    first = network(0)
    table = variant_effects(first, vcf, genome=genome, options=VariantSpec(members=others))
    alone = [variant_effects(own, vcf, genome=genome) for own in (first, network(1), network(2))]
    expected = np.mean([own["effect_positive"] for own in alone], axis=0)
    np.testing.assert_allclose(table["effect_positive"], expected, atol=1e-6)
    assert np.abs(alone[0]["effect_positive"] - expected).max() > 1e-3
    pd.testing.assert_frame_equal(table.iloc[:, :5], alone[0].iloc[:, :5])


def test_p_values_are_those_of_the_mean(genome: Path, chromosome: str, others: tuple[Path, ...]) -> None:
    vcf = write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0])
    both = [VariantSpec(members=members, null=3) for members in (others, (others[1], others[0]))]
    tables = [variant_effects(network(0), vcf, genome=genome, options=options) for options in both]
    np.testing.assert_allclose(tables[0]["p_value_positive"], tables[1]["p_value_positive"])
    alone = variant_effects(network(0), vcf, genome=genome, options=VariantSpec(null=3))
    assert (tables[0]["p_value_positive"] != alone["p_value_positive"]).any()


def test_quantiles_of_one_model_are_not_written_for_the_mean(
    model: TrainedModel, genome: Path, chromosome: str, tmp_path: Path
) -> None:
    model.save(tmp_path / "other")
    vcf, options = (
        write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0]),
        VariantSpec(members=(tmp_path / "other",)),
    )
    assert variant_effects(model, vcf, genome=genome)["quantile_positive"].notna().all()
    table = variant_effects(model, vcf, genome=genome, options=options)
    assert table["quantile_positive"].isna().all()
    write_effects_vcf(model, vcf, tmp_path / "out.vcf", genome=genome, options=options)
    assert "MN_EFFECT_1" in (tmp_path / "out.vcf").read_text()
    assert "MN_QUANTILE_1" not in (tmp_path / "out.vcf").read_text()


@pytest.mark.parametrize("fields", [{"tasks": ("a", "b")}, {"outputs": "values"}])
def test_models_of_other_tasks_are_refused(tmp_path: Path, fields: dict[str, object]) -> None:
    network(1, **fields).save(tmp_path / "other")  # type: ignore[arg-type]
    with pytest.raises(ModelError):
        variant_effects(network(0), ref=["A"], alt=["C"], options=VariantSpec(members=(tmp_path / "other",)))
