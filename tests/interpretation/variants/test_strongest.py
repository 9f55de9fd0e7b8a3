"""The largest effects are selected while alleles are scored, with their rows of the table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from motifnet.interpretation.variants import effects
from motifnet.interpretation.variants.effects import stream_effects
from motifnet.interpretation.variants.strongest import StrongestEffects
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import stream_tables, variant_effects
from motifnet.models.trained import TrainedModel
from variant_files import every_kind, write_vcf


@pytest.mark.parametrize("options", [VariantSpec(), VariantSpec(null=1, motifs="GGATT")], ids=["streamed", "null"])
def test_the_largest_effects_are_those_of_the_whole_table(
    model: TrainedModel, genome: Path, chromosome: str, options: VariantSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "BLOCK", 7)
    vcf = write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0])
    table = variant_effects(model, vcf, genome=genome, options=options)
    strongest = StrongestEffects(5, {0: "positive"})
    blocks = strongest.watch(stream_effects(model, vcf, genome=genome, options=options))
    found = [part for _, part in strongest.collect(stream_tables(model, blocks, options))]
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), table)
    order = table["effect_positive"].abs().sort_values(ascending=False, kind="stable").index[:5].tolist()
    assert [one.number for one in strongest.found] == order
    assert set(strongest.rows) == set(order)
    assert strongest.n_scored == len(table)
    for one in strongest.found:
        assert strongest.rows[one.number]["effect_positive"] == table["effect_positive"][one.number]
        assert one.effect == pytest.approx(table["effect_positive"][one.number])
        assert (one.variant.id, one.variant.alt) == tuple(table.loc[one.number, ["id", "alt"]])


def test_an_allele_counts_with_its_largest_effect(genome: Path, chromosome: str) -> None:
    from dataclasses import replace

    from network_designs import model_of
    from small_models import SPEC

    model = model_of(replace(SPEC, tasks=("a", "b")))
    vcf = write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0])
    table = variant_effects(model, vcf, genome=genome)[["effect_a", "effect_b"]].abs()
    for tasks, expected in (({0: "a", 1: "b"}, table.max(axis=1)), ({1: "b"}, table["effect_b"])):
        strongest = StrongestEffects(4, tasks)
        for _ in strongest.watch(stream_effects(model, vcf, genome=genome)):
            pass
        assert [abs(one.effect) for one in strongest.found] == pytest.approx(sorted(expected, reverse=True)[:4])
