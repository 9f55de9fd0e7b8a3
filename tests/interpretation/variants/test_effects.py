"""Effects equal differences of scores of windows cut by hand; swapped, undone and reverse-complemented variants."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from dna_strategies import random_dna
from motifnet.documents import read_table
from motifnet.errors import FormatError, InputError
from motifnet.interpretation.variants import effects, genome_alleles
from motifnet.interpretation.variants.effect_files import write_effects_vcf
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import TASK_COLUMNS, VARIANT_COLUMNS, variant_effects
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, planted
from variant_files import Row, every_kind, other_base, vcf_text, write_vcf


def complement(sequence: str) -> str:
    return decode_codes(reverse_complement(encode_letters(sequence.encode())[0]))


def effect_of(model: TrainedModel, genome: Path, rows: list[Row], options: VariantSpec = VariantSpec()) -> np.ndarray:
    vcf = write_vcf(genome.parent / "own.vcf", rows)
    return variant_effects(model, vcf, genome=genome, options=options)["effect_positive"].to_numpy()


def test_effects_equal_those_of_windows_cut_by_hand(model: TrainedModel, genome: Path, chromosome: str) -> None:
    score = lambda strings: logit(model.predict(strings)[:, 0].astype(np.float64))  # noqa: E731
    at, before = 200, (LENGTH - 1) // 2
    base, new = chromosome[at - 1], other_base(chromosome[at - 1])
    left, right = chromosome[: at - 1], chromosome[at:]
    flanks = left[len(left) - before :], right[: LENGTH - 1 - before]
    found = effect_of(
        model,
        genome,
        [
            ("chr1", at, ".", base, new),
            ("chr1", at, ".", base, base + "GATTA"),
            ("chr1", at, ".", base + right[:6], base),
        ],
    )
    expected = [np.diff(score([base.join(flanks), new.join(flanks)]))[0]]
    for ref, alt in (("", "GATTA"), (right[:6], "")):
        own_left, own_right = left + base, right[len(ref) :]
        k = (LENGTH - max(len(ref), len(alt))) // 2
        strings = []
        for allele in (ref, alt):
            rest = LENGTH - k - len(allele)
            strings += [own_left[-k:] + allele + own_right[:rest], own_left[-rest:] + allele + own_right[:k]]
        scores = score(strings)
        expected.append(scores[2:].mean() - scores[:2].mean())
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found).min() > 1e-4


def test_predictions_are_those_of_the_mean_scores(model: TrainedModel, genome: Path, chromosome: str) -> None:
    rows, _ = every_kind(chromosome)
    table = variant_effects(model, write_vcf(genome.parent / "v.vcf", rows), genome=genome)
    difference = logit(table["alt_positive"]) - logit(table["ref_positive"])
    np.testing.assert_allclose(difference, table["effect_positive"], atol=1e-5)


def test_quantiles_are_those_of_the_higher_score(model: TrainedModel, genome: Path, chromosome: str) -> None:
    table = variant_effects(model, write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0]), genome=genome)
    positives = logit(model.predict(planted(8, 8, seed=2).sequences.take(slice(0, 8))).astype(np.float64))
    strongest = logit(table[["ref_positive", "alt_positive"]].max(axis=1).to_numpy())
    expected = (positives <= strongest + 1e-6).mean(axis=0)
    np.testing.assert_array_equal(table["quantile_positive"], expected)
    assert len(set(expected)) > 2
    unknown = variant_effects(replace(model, positives=None), genome.parent / "v.vcf", genome=genome)
    assert unknown["quantile_positive"].isna().all()
    pd.testing.assert_frame_equal(unknown.drop(columns="quantile_positive"), table.drop(columns="quantile_positive"))


def test_a_deletion_undoes_an_insertion(model: TrainedModel, genome: Path, chromosome: str) -> None:
    base = chromosome[199]
    inserted = effect_of(model, genome, [("chr1", 200, ".", base, base + "GATTACA")])
    changed = chromosome[:200] + "GATTACA" + chromosome[200:]
    write_fasta(SequenceSet.from_strings([changed], ["chr1"]), genome.parent / "changed.fa")
    deleted = effect_of(model, genome.parent / "changed.fa", [("chr1", 200, ".", base + "GATTACA", base)])
    np.testing.assert_allclose(deleted, -inserted, atol=1e-5)
    assert np.abs(inserted).max() > 1e-3


def test_the_other_strand_has_the_same_effects(chromosome: str, genome: Path) -> None:
    from small_models import SPEC, model_of

    model = model_of(SPEC).for_length(LENGTH + 1)  # an odd length has a middle base
    at, n = 200, len(chromosome)
    changes = [
        (4, "GA"),
        (1, other_base(chromosome[at - 1])),
        (1, chromosome[at - 1] + "GTTC"),
        (5, chromosome[at - 1]),
    ]
    forward = [("chr1", at, ".", chromosome[at - 1 : at - 1 + size], alt) for size, alt in changes]
    write_fasta(SequenceSet.from_strings([complement(chromosome)], ["chr1"]), genome.parent / "other.fa")
    backward = [
        ("chr1", n - (at - 1) - len(ref) + 1, ".", complement(ref), complement(alt)) for _, _, _, ref, alt in forward
    ]
    found = effect_of(model, genome, forward)
    np.testing.assert_allclose(effect_of(model, genome.parent / "other.fa", backward), found, atol=1e-5)
    assert np.abs(found).min() > 1e-5


def test_swapped_alleles_have_opposite_effects(model: TrainedModel, genome: Path, chromosome: str) -> None:
    at = chromosome[149:152]
    rows: list[Row] = [
        ("chr1", 150, ".", at[0], other_base(at[0])),
        ("chr1", 150, ".", at, "".join(map(other_base, at))),
        ("chr1", 150, ".", at[0], at[0] + "GATTACA"),
    ]
    swapped = [(chrom, pos, name, alt, ref) for chrom, pos, name, ref, alt in rows]
    options = VariantSpec(allow_mismatch=True)
    np.testing.assert_allclose(
        effect_of(model, genome, swapped, options), -effect_of(model, genome, rows, options), atol=1e-5
    )


def test_bases_that_mismatched_alleles_share_are_those_of_the_file(
    model: TrainedModel, genome: Path, chromosome: str
) -> None:
    first, shared = (other_base(base) for base in chromosome[149:151])
    alt = other_base(first)
    row: Row = ("chr1", 150, ".", first + shared, alt + shared)
    sequence = chromosome[:149] + first + shared + chromosome[151:]
    write_fasta(SequenceSet.from_strings([sequence], ["chr1"]), genome.parent / "other.fa")
    expected = effect_of(model, genome.parent / "other.fa", [row])
    assert np.array_equal(effect_of(model, genome, [row], VariantSpec(allow_mismatch=True)), expected)


def test_every_kind_of_record_is_scored_or_counted(
    model: TrainedModel, genome: Path, chromosome: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "motifnet")
    rows, faults = every_kind(chromosome)
    vcf = write_vcf(genome.parent / "v.vcf", rows)
    options = VariantSpec(skipped=genome.parent / "skipped.tsv")
    table = variant_effects(model, vcf, genome=genome, options=options)
    skipped = read_table(genome.parent / "skipped.tsv")
    assert Counter(skipped["reason"]) == faults
    scored = [name for _, _, name, _, alt in rows for _ in alt.split(",")]
    scored = [name for name in scored if name not in set(skipped["id"])]
    assert sorted(table["id"]) == sorted([*scored, "star"])
    assert len(table) + len(skipped) == sum(alt.count(",") + 1 for *_, alt in rows)
    is_noop = table["id"] == "noop"
    assert (table["effect_positive"][is_noop] == 0).all()
    assert (table["effect_positive"][~is_noop] != 0).all()
    for reason, n in faults.items():
        assert f"{n} {reason}" in caplog.text


@pytest.mark.parametrize("kind", ["gzip", "bgzip", "bcf"])
def test_compressed_files_are_read(model: TrainedModel, genome: Path, chromosome: str, kind: str) -> None:
    import pysam

    rows = [row for row in every_kind(chromosome)[0] if row[0] == "chr1"]
    plain = write_vcf(genome.parent / "v.vcf", rows)
    packed = genome.parent / f"packed.{kind}"
    if kind == "gzip":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    elif kind == "bgzip":
        pysam.tabix_compress(str(plain), str(packed))
    else:
        import pysam.bcftools

        pysam.bcftools.view("-O", "b", "-o", str(packed), str(plain), catch_stdout=False)
    pd.testing.assert_frame_equal(
        variant_effects(model, packed, genome=genome), variant_effects(model, plain, genome=genome)
    )


def test_blocks_do_not_change_the_effects(
    model: TrainedModel, genome: Path, chromosome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vcf = write_vcf(genome.parent / "v.vcf", every_kind(chromosome)[0])
    whole = variant_effects(model, vcf, genome=genome)
    monkeypatch.setattr(effects, "BLOCK", 7)
    pd.testing.assert_frame_equal(variant_effects(model, vcf, genome=genome), whole, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("piece", [1, 130])
def test_order_of_records_and_pieces_of_the_genome_do_not_change_the_effects(
    model: TrainedModel, genome: Path, chromosome: str, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    rows = [row for row in every_kind(chromosome)[0] if row[2] != "unplaced"]
    whole = variant_effects(model, write_vcf(genome.parent / "v.vcf", rows), genome=genome)
    monkeypatch.setattr(genome_alleles, "_PIECE", piece)
    found = variant_effects(model, write_vcf(genome.parent / "w.vcf", rows[::-1]), genome=genome)
    keys = ["chrom", "pos", "alt"]
    pd.testing.assert_frame_equal(
        *(table.sort_values(keys, ignore_index=True) for table in (found, whole)), atol=1e-6, rtol=1e-5
    )


def test_peaks_keep_variants_inside(model: TrainedModel, genome: Path, chromosome: str) -> None:
    (genome.parent / "peaks.bed").write_text("chr1\t99\t100\nchr1\t104\t106\nchr1\t109\t300\nchr1\t112\t113\n")
    rows = [("chr1", pos, str(pos), chromosome[pos - 1], other_base(chromosome[pos - 1])) for pos in range(98, 113)]
    rows.append(("chr1", 97, "long", chromosome[96:101], chromosome[96]))
    options = VariantSpec(peaks=genome.parent / "peaks.bed", skipped=genome.parent / "skipped.tsv")
    table = variant_effects(model, write_vcf(genome.parent / "v.vcf", rows), genome=genome, options=options)
    assert table["id"].tolist() == ["100", "105", "106", "110", "111", "112", "long"]
    assert len(read_table(genome.parent / "skipped.tsv")) == len(rows) - len(table)


def test_a_file_without_variants_has_an_empty_table(model: TrainedModel, genome: Path) -> None:
    table = variant_effects(model, write_vcf(genome.parent / "v.vcf", []), genome=genome)
    assert table.columns.tolist() == [*VARIANT_COLUMNS, *(name.replace("<task>", "positive") for name in TASK_COLUMNS)]
    assert not len(table)


def test_files_of_another_genome_are_refused(model: TrainedModel, genome: Path, chromosome: str) -> None:
    rows = [("chr1", pos, ".", chromosome[pos - 1], other_base(chromosome[pos - 1])) for pos in range(100, 119)]
    wrong = [("chr1", pos, ".", other_base(chromosome[pos - 1]), chromosome[pos - 1]) for pos in (120, 121)]
    assert len(effect_of(model, genome, [*rows, wrong[0]])) == 19  # 1 of 20 is 5 %
    with pytest.raises(InputError):
        effect_of(model, genome, [*rows, *wrong])
    with pytest.raises(InputError):
        effect_of(model, genome, [(chrom[3:], *rest) for chrom, *rest in rows])  # type: ignore[misc]
    assert len(effect_of(model, genome, [*rows, *wrong], VariantSpec(allow_mismatch=True))) == 21


def test_damaged_files_are_refused(model: TrainedModel, genome: Path) -> None:
    bad = genome.parent / "bad.vcf"
    bad.write_text(vcf_text([]) + "chr1\tx\t.\tA\n")
    no_vcf = genome.parent / "no.vcf"
    no_vcf.write_text("chr1\t5\n")
    for path in (bad, no_vcf, genome.parent / "missing.vcf", genome.parent):
        with pytest.raises(FormatError) as caught:
            variant_effects(model, path, genome=genome)
        assert caught.value.path == str(path)


# --- pairs of sequences ---


def test_pairs_equal_variants_of_a_genome(model: TrainedModel, genome: Path, chromosome: str) -> None:
    rows, _ = every_kind(chromosome)
    rows = [row for row in rows if row[2] in ("snv100", "mnv", "insertion", "deletion", "complex")]
    expected = variant_effects(model, write_vcf(genome.parent / "v.vcf", rows), genome=genome)
    changed = [chromosome[: pos - 1] + alt + chromosome[pos - 1 + len(ref) :] for _, pos, _, ref, alt in rows]
    found = variant_effects(model, ref=[chromosome] * len(rows), alt=changed)
    np.testing.assert_allclose(found["effect_positive"], expected["effect_positive"], atol=1e-5)
    assert found["chrom"].tolist() == ["0", "1", "2", "3", "4"]
    for row, ref, alt in zip(found.itertuples(), [chromosome] * len(rows), changed, strict=True):
        assert ref[: row.pos - 1] + row.alt + ref[row.pos - 1 + len(row.ref) :] == alt
        assert ref[row.pos - 1 :].startswith(row.ref)


def test_short_pairs_are_set_into_the_same_shuffled_flanks(model: TrainedModel) -> None:
    ref = random_dna(6, LENGTH - 25, seed=3)
    alt = [own[:15] + other_base(own[15]) + own[16:] for own in ref[:3]]
    alt += [own[:10] + "GATTA" + own[10:] for own in ref[3:]]
    forward, backward = variant_effects(model, ref=ref, alt=alt), variant_effects(model, ref=alt, alt=ref)
    np.testing.assert_allclose(forward["effect_positive"], -backward["effect_positive"], atol=1e-5)
    again = variant_effects(model, ref=ref, alt=alt, options=VariantSpec(seed=0))
    pd.testing.assert_frame_equal(again, forward)
    other = variant_effects(model, ref=ref, alt=alt, options=VariantSpec(seed=1))
    assert (other["effect_positive"] != forward["effect_positive"]).all()
    assert variant_effects(model, ref=["A"], alt=["C"]).shape == (1, 9)


def test_sequences_that_are_no_pairs_are_refused(model: TrainedModel) -> None:
    with pytest.raises(InputError):
        variant_effects(model, ref=["ACGT"], alt=["ACGA", "ACGC"])
    long = random_dna(2, 4 * LENGTH, seed=1)
    with pytest.raises(InputError):
        variant_effects(model, ref=long[:1], alt=long[1:])


@pytest.mark.parametrize("given", [{}, {"vcf": "v.vcf"}, {"ref": ["A"]}, {"vcf": "v.vcf", "ref": ["A"], "alt": ["C"]}])
def test_incomplete_and_contradictory_inputs_are_refused(model: TrainedModel, given: dict[str, object]) -> None:
    with pytest.raises(InputError):
        variant_effects(model, **given)  # type: ignore[arg-type]


def test_messages_name_the_file_of_the_user(
    model: TrainedModel, genome: Path, chromosome: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "motifnet")
    plain = vcf_text(every_kind(chromosome)[0]).encode()
    packed, cut = genome.parent / "packed.vcf.gz", genome.parent / "cut.vcf.gz"
    packed.write_bytes(gzip.compress(plain))
    cut.write_bytes(gzip.compress(plain)[:-20])
    write_effects_vcf(model, packed, genome.parent / "out.vcf", genome=genome)
    assert f"{packed}: " in caplog.text
    with pytest.raises(FormatError) as caught:
        write_effects_vcf(model, cut, genome.parent / "cut.vcf", genome=genome)
    assert caught.value.path == str(cut)
    assert not (genome.parent / "cut.vcf").exists()
