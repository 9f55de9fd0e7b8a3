"""``motifnet variants`` on the variants of yeast strains: each allele is counted, effects are those of windows cut by
hand, and exchanged alleles have opposite effects."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
from scipy.special import logit

import motifnet as mn
from command import Command, ForkedCommand
from dna_strategies import random_dna
from motifnet.documents import read_table
from variant_files import Row, other_base, vcf_text
from warm_python import WarmPython

pytestmark = [pytest.mark.nightly, pytest.mark.shared]

STRAINS = ("BY4741", "BY4742", "CEN.PK2-1Ca")
LENGTH = 101


@pytest.fixture(scope="module")
def yeast(shared_data: Path) -> Path:
    return shared_data / "yeast_sacCer3"


@pytest.fixture(scope="module")
def genome(yeast: Path) -> Iterator[pysam.FastaFile]:
    with pysam.FastaFile(str(yeast / "sacCer3.fa.gz")) as handle:
        yield handle


@pytest.fixture(scope="module")
def reb1(ready: WarmPython, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command, in a folder with a model of Reb1."""
    command = ForkedCommand(tmp_path_factory.mktemp("reb1"), ready)
    positives, negatives = (shared_data / "tf" / "yeast_Reb1" / f"train.{kind}.fa.gz" for kind in ("pos", "neg"))
    command("train", str(positives), "--negatives", str(negatives), "--output", "model", "--threads", "1")
    return command


def effects(command: Command, yeast: Path, vcf: Path | str, *options: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of the scored and of the skipped alleles."""
    files = ("--output", "effects.tsv", "--skipped", "skipped.tsv", "--threads", "1")
    command("variants", "model", str(vcf), "--genome", str(yeast / "sacCer3.fa.gz"), *files, *options)
    return read_table(command.folder / "effects.tsv"), read_table(command.folder / "skipped.tsv")


def opened_plain(vcf: Path, folder: Path) -> pysam.VariantFile:
    """A VCF file in plain gzip, which pysam does not read."""
    plain = folder / "plain.vcf"
    plain.write_bytes(gzip.decompress(vcf.read_bytes()))
    return pysam.VariantFile(str(plain))


def by_hand(genome: pysam.FastaFile, row: Row) -> tuple[list[str], list[str]]:
    """Windows of REF and ALT; both begin with the same base, or are single bases."""
    chrom, pos, _, ref, alt = row
    is_snv = len(ref) == len(alt) == 1
    first = pos - 1 if is_snv else pos
    ref, alt = (ref, alt) if is_snv else (ref[1:], alt[1:])
    left = genome.fetch(chrom, max(first - LENGTH, 0), first).upper()
    right = genome.fetch(chrom, first + len(ref), first + len(ref) + LENGTH).upper()
    k = (LENGTH - max(len(ref), len(alt))) // 2
    windows = []
    for allele in (ref, alt):
        befores = (k,) if is_snv else (k, LENGTH - k - len(allele))
        windows.append([left[-before:] + allele + right[: LENGTH - before - len(allele)] for before in befores])
    return windows[0], windows[1]


def check_by_hand(command: Command, genome: pysam.FastaFile, table: pd.DataFrame) -> None:
    """Compare effects with log odds of `predict`, except near 1, where float32 probabilities are too coarse."""
    model = mn.load_model(command.folder / "model")
    n_compared = 0
    for row in table.itertuples():
        windows = by_hand(genome, (row.chrom, row.pos, row.id, row.ref, row.alt))
        ref, alt = (model.predict(own)[:, 0].astype(np.float64) for own in windows)
        if max(*ref, *alt) < 0.98:
            assert row.effect_positive == pytest.approx(logit(alt).mean() - logit(ref).mean(), abs=1e-5)
            n_compared += 1
    assert n_compared > 0.8 * len(table)


def random_rows(genome: pysam.FastaFile, n: int) -> list[Row]:
    """SNVs, insertions and deletions of up to 12 bp, with their kind as ID."""
    rng, rows = np.random.default_rng(0), list[Row]()
    for inserted in random_dna(n, 12, seed=0):
        chrom = genome.references[rng.integers(16)]
        pos, size = int(rng.integers(1000, genome.get_reference_length(chrom) - 1000)), int(rng.integers(1, 13))
        around = genome.fetch(chrom, pos - 1, pos + size).upper()
        rows += [(chrom, pos, "snv", around[0], other_base(around[0]))]
        rows += [(chrom, pos, "insertion", around[0], around[0] + inserted[:size])]
        rows += [(chrom, pos, "deletion", around, around[0])]
    return rows


@pytest.mark.parametrize("strain", STRAINS)
def test_each_allele_of_a_strain_is_scored_or_skipped(
    reb1: Command, yeast: Path, genome: pysam.FastaFile, strain: str
) -> None:
    vcf = yeast / "vcf" / f"{strain}.vcf.gz"
    table, skipped = effects(reb1, yeast, vcf)
    n_alleles, n_beyond = 0, 0
    with opened_plain(vcf, reb1.folder) as opened:
        for record in opened:
            assert {len(allele) for allele in record.alleles} == {1}
            n_alleles += len(record.alts)
            end = genome.get_reference_length(record.chrom)
            n_beyond += len(record.alts) * (not LENGTH // 2 < record.pos <= end - LENGTH // 2)
    assert len(table) + len(skipped) == n_alleles
    assert Counter(skipped["reason"]) == ({"window beyond the end of the chromosome": n_beyond} if n_beyond else {})
    check_by_hand(reb1, genome, table[:: max(1, len(table) // 100)])


def test_files_with_names_of_another_style_are_refused(reb1: Command, yeast: Path) -> None:
    vcf = str(yeast / "vcf" / "BY4741.orig.vcf.gz")
    reb1.refuses("variants", "model", vcf, "--genome", str(yeast / "sacCer3.fa.gz"), "--output", "no.tsv")
    assert not (reb1.folder / "no.tsv").exists()


def test_exchanged_alleles_of_a_strain_have_opposite_effects(reb1: Command, yeast: Path) -> None:
    vcf = yeast / "vcf" / "CEN.PK2-1Ca.vcf.gz"
    with opened_plain(vcf, reb1.folder) as opened:
        header = str(opened.header)
        lines = [str(record).split("\t") for record in opened if len(record.alts) == 1]
    for name, columns in (("given.vcf", (3, 4)), ("exchanged.vcf", (4, 3))):
        body = ["\t".join([*line[:3], line[columns[0]], line[columns[1]], *line[5:]]) for line in lines]
        (reb1.folder / name).write_text(header + "".join(body))
    given, _ = effects(reb1, yeast, "given.vcf")
    exchanged, _ = effects(reb1, yeast, "exchanged.vcf", "--allow-mismatch")
    assert given["alt"].tolist() == exchanged["ref"].tolist()
    np.testing.assert_allclose(exchanged["effect_positive"], -given["effect_positive"], atol=1e-5)
    reb1.refuses("variants", "model", "exchanged.vcf", "--genome", str(yeast / "sacCer3.fa.gz"), "--output", "no.tsv")


def test_effects_of_insertions_and_deletions_are_those_of_windows_cut_by_hand(
    reb1: Command, yeast: Path, genome: pysam.FastaFile
) -> None:
    rows = random_rows(genome, 40)
    contigs = "".join(f"##contig=<ID={name}>\n" for name in genome.references)
    text = vcf_text(rows).replace("##contig=<ID=chr1>\n##contig=<ID=chr2>\n", contigs)
    (reb1.folder / "random.vcf").write_text(text)
    table, skipped = effects(reb1, yeast, "random.vcf")
    assert Counter(table["id"]) == {"snv": 40, "insertion": 40, "deletion": 40}
    assert not len(skipped)
    check_by_hand(reb1, genome, table)
