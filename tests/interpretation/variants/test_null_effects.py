"""P-values of variants: uniform for random changes, small for a planted site, and independent of the order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from dna_strategies import random_dna
from hand_made import hand_made
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import variant_effects
from motifnet.models.trained import TrainedModel
from small_models import LENGTH, WORD
from variant_files import other_base, write_vcf

MIDDLE = (LENGTH - 1) // 2


def snvs(n: int, *, seed: int) -> tuple[list[str], list[str]]:
    ref = random_dna(n, LENGTH, seed=seed)
    return ref, [own[:MIDDLE] + other_base(own[MIDDLE]) + own[MIDDLE + 1 :] for own in ref]


def test_p_values_of_random_changes_are_uniform(model: TrainedModel) -> None:
    ref, alt = snvs(150, seed=1)
    table = variant_effects(model, ref=ref, alt=alt, options=VariantSpec(null=10))
    assert list(table.columns[-3:-1]) == ["p_value_positive", "q_value_positive"]
    p = table["p_value_positive"].to_numpy()
    assert p.min() >= 1 / 1501
    assert kstest(p, "uniform").pvalue > 0.01
    assert table["q_value_positive"].min() > 0.05


def test_q_values_are_those_of_benjamini_and_hochberg(model: TrainedModel) -> None:
    ref, alt = snvs(20, seed=2)
    table = variant_effects(model, ref=ref, alt=alt, options=VariantSpec(null=3))
    p = table["p_value_positive"].to_numpy()
    expected = [min(1.0, min(20 * other / (p <= other).sum() for other in p[p >= own])) for own in p]
    np.testing.assert_allclose(table["q_value_positive"], expected)


def test_the_loss_of_a_planted_site_is_significant() -> None:
    model = hand_made()
    ref, alt = snvs(60, seed=3)
    start = MIDDLE - 3
    ref[7] = ref[7][:start] + WORD + ref[7][start + len(WORD) :]
    alt[7] = ref[7][:MIDDLE] + other_base(ref[7][MIDDLE]) + ref[7][MIDDLE + 1 :]
    table = variant_effects(model, ref=ref, alt=alt, options=VariantSpec(null=20))
    assert table["p_value_positive"].idxmin() == 7
    assert table["p_value_positive"][7] <= 5 / 1201


def test_changes_are_compared_with_those_of_their_kind(model: TrainedModel, genome: Path, chromosome: str) -> None:
    base = chromosome[199]
    rows = [("chr1", 200, "snv", base, other_base(base)), ("chr1", 200, "insertion", base, base + "GATTACA")]
    rows.append(("chr1", 200, "noop", base, base))
    options = VariantSpec(null=9)
    together = variant_effects(model, write_vcf(genome.parent / "v.vcf", rows), genome=genome, options=options)
    p = together["p_value_positive"].to_numpy()
    assert p[2] == 1
    np.testing.assert_allclose(p * 10, np.round(p * 10), atol=1e-9)  # 9 changes of each kind
    assert together["p_value_positive"].between(0.1, 1).all()


@pytest.mark.parametrize("null", [0, 5])
def test_a_file_without_variants(model: TrainedModel, genome: Path, null: int) -> None:
    vcf = write_vcf(genome.parent / "v.vcf", [])
    table = variant_effects(model, vcf, genome=genome, options=VariantSpec(null=null, motifs="GATTACA"))
    assert not len(table)
    assert ("q_value_positive" in table) == bool(null)
    assert table.columns[-1] == "motif_strand"
