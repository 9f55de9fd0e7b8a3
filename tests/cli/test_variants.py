"""``motifnet variants``: a table, and a VCF file that other programs read."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pysam
import pysam.bcftools
import pytest

from command import Command
from dna_strategies import random_dna
from motifnet.documents import read_table
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from variant_files import every_kind, vcf_text, write_vcf

pytestmark = pytest.mark.slow

KEYS = ("MN_REF_1", "MN_ALT_1", "MN_EFFECT_1", "MN_QUANTILE_1")


@pytest.fixture(scope="module")
def files(fixed: Path, place: Path) -> Path:
    """The folder with ``fixed``, a model, ``genome.fa`` and ``v.vcf``."""
    assert fixed.is_dir()
    chromosome = random_dna(1, 400, seed=7)[0]
    write_fasta(SequenceSet.from_strings([chromosome, chromosome], ["chr1", "chr2"]), place / "genome.fa")
    write_vcf(place / "v.vcf", every_kind(chromosome)[0])
    return place


COMMON = ("--genome", "genome.fa", "--threads", "1")


def test_table_and_vcf_have_the_same_effects(files: Path, here: Command) -> None:
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "v.tsv", "--skipped", "skipped.tsv")
    said = here("variants", "fixed", "v.vcf", *COMMON, "--output", "v.out.vcf.gz")
    assert "scored" in said.stderr
    table = read_table(files / "v.tsv")
    with pysam.VariantFile(str(files / "v.out.vcf.gz")) as found:
        assert [found.header.info[key].number for key in KEYS] == ["A"] * 4
        rows = [
            (record.id, allele, tuple(record.info[key][number] for key in KEYS))
            for record in found
            if KEYS[0] in record.info
            for number, allele in enumerate(record.alts)
            if record.info[KEYS[0]][number] is not None
        ]
    assert [(name, allele) for name, allele, _ in rows] == list(zip(table["id"], table["alt"], strict=True))
    for (_, _, values), row in zip(rows, table.itertuples(), strict=True):
        expected = row.ref_positive, row.alt_positive, row.effect_positive, row.quantile_positive
        assert values == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_vcf_output_keeps_all_of_the_input(files: Path, here: Command) -> None:
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "kept.vcf")
    given, found = ((files / name).read_text().splitlines() for name in ("v.vcf", "kept.vcf"))
    assert [line.split("\t")[:7] for line in found if line[0] != "#"] == [
        line.split("\t")[:7] for line in given if line[0] != "#"
    ]
    assert all(line.split("\t")[7].startswith("DP=7") for line in found if line[0] != "#")
    assert set(given[:5]) <= {line.replace(",length=400", "") for line in found}


def test_sorted_vcf_output_is_indexed(files: Path, here: Command) -> None:
    lines = [line for line in (files / "v.vcf").read_text().splitlines() if "mismatch" not in line]
    body = [line for line in lines if line[0] != "#"]
    for name, rows in (("sorted", body), ("unsorted", body[::-1])):
        (files / f"{name}.vcf").write_text(vcf_text([]) + "".join(f"{row}\n" for row in rows))
        here("variants", "fixed", f"{name}.vcf", *COMMON, "--output", f"{name}.out.vcf.gz")
    assert (files / "sorted.out.vcf.gz.tbi").is_file()
    assert not (files / "unsorted.out.vcf.gz.tbi").exists()
    with pysam.VariantFile(str(files / "sorted.out.vcf.gz")) as found:
        assert [record.id for record in found.fetch("chr1", 149, 150)] == ["multi"]


def test_bcftools_reads_the_output(files: Path, here: Command) -> None:
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "tools.vcf.gz")
    arguments = ("view", "-H", "-i", "INFO/MN_EFFECT_1!=0", "tools.vcf.gz")
    assert pysam.bcftools.view(*arguments[1:-1], str(files / "tools.vcf.gz")).count("MN_EFFECT_1") > 30
    program = shutil.which("bcftools")
    if program is None:
        missing = "bcftools is not installed (Debian: bcftools)"
        if os.environ.get("CI", "").lower() not in ("", "0", "false"):
            pytest.fail(f"with CI set, this test must run: {missing}")
        pytest.skip(missing)
    done = subprocess.run([program, *arguments], cwd=files, capture_output=True, text=True, check=True)
    assert done.stdout.count("MN_EFFECT_1") > 30
    assert done.stderr == ""


def test_standard_input_and_pairs(files: Path, here: Command) -> None:
    plain = here("variants", "fixed", "v.vcf", *COMMON).stdout
    packed = gzip.compress((files / "v.vcf").read_bytes())
    assert here("variants", "fixed", "-", *COMMON, stdin=packed).stdout == plain
    here("variants", "fixed", "-", *COMMON, "--output", "stdin.vcf", stdin=packed)
    assert (files / "stdin.vcf").read_text().count("MN_REF_1=") > 30
    (files / "a.fa").write_text(">x\nACGTACGGTATTGCA\n")
    (files / "b.fa").write_text(">x\nACGTACCGTATTGCA\n")
    lines = here("variants", "fixed", "--ref", "a.fa", "--alt", "b.fa", "--threads", "1").stdout.splitlines()
    assert lines[0].split("\t")[5:] == ["ref_positive", "alt_positive", "effect_positive", "quantile_positive"]
    assert lines[1].split("\t")[:5] == ["x", "7", ".", "G", "C"]
    for options in (["--peaks", "peaks.bed"], ["--skipped", "s.tsv"], ["--allow-mismatch"], ["--genome", "genome.fa"]):
        here.refuses("variants", "fixed", "--ref", "a.fa", "--alt", "b.fa", *options)


def test_no_input_or_output_is_replaced(files: Path, here: Command) -> None:
    before = (files / "v.vcf").read_bytes(), (files / "genome.fa").read_bytes()
    for options in (
        ["--output", "v.vcf"],
        ["--output", "both.tsv", "--html", "both.tsv"],
        ["--output", "e.tsv", "--skipped", "genome.fa"],
    ):
        here.refuses("variants", "fixed", "v.vcf", *COMMON, *options)
    here.refuses("scan", "ACGTACG", "genome.fa", "--part", "1/2", "--output", "genome.fa")
    assert before == ((files / "v.vcf").read_bytes(), (files / "genome.fa").read_bytes())


def test_peaks_select_the_records_of_the_vcf(files: Path, here: Command) -> None:
    (files / "peaks.bed").write_text("chr1\t99\t105\n")
    here("variants", "fixed", "v.vcf", *COMMON, "--peaks", "peaks.bed", "--output", "inside.vcf")
    found = [line for line in (files / "inside.vcf").read_text().splitlines() if line[0] != "#"]
    assert [line.split("\t")[1] for line in found] == ["100", "101", "102", "103", "104", "105"]


def test_p_values_and_motifs(files: Path, here: Command) -> None:
    rest = ("v.vcf", *COMMON, "--null", "2")
    here("variants", "fixed", *rest, "--motifs", "GGATTACA", "--output", "p.tsv")
    here("variants", "fixed", *rest, "--output", "p.vcf")
    table = read_table(files / "p.tsv")
    names = ["effect_positive", "p_value_positive", "q_value_positive", "quantile_positive", "motif"]
    assert table.columns[7:12].tolist() == names
    with pysam.VariantFile(str(files / "p.vcf")) as found:
        p_values = [p for record in found for p in record.info.get("MN_P_VALUE_1", ()) if p is not None]
    assert p_values == pytest.approx(table["p_value_positive"].tolist(), rel=1e-4)
    here.refuses("variants", "fixed", *rest, "--motifs", "GGATTACA", "--output", "no.vcf")


def test_the_mean_over_equal_models_is_that_of_one(files: Path, here: Command) -> None:
    assert (files / "fixed").is_dir()
    plain = here("variants", "fixed", "v.vcf", *COMMON).stdout.splitlines()
    mean = here("variants", "fixed", "v.vcf", *COMMON, "--members", "fixed", "fixed").stdout.splitlines()
    columns = slice(0, plain[0].split("\t").index("effect_positive") + 1)
    assert [line.split("\t")[columns] for line in mean] == [line.split("\t")[columns] for line in plain]


def test_refused_files_leave_no_output(files: Path, here: Command) -> None:
    renamed = (files / "v.vcf").read_text().replace("chr", "")
    (files / "renamed.vcf").write_text(renamed)
    for output in ("no.tsv", "no.vcf.gz"):
        here.refuses("variants", "fixed", "renamed.vcf", *COMMON, "--output", output)
        assert not (files / output).exists()
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "first.vcf")
    here.refuses("variants", "fixed", "first.vcf", *COMMON, "--output", "second.vcf")
    here.refuses("variants", "fixed", "v.vcf", *COMMON, "--output", "effects.bed")
    here.refuses("variants", "fixed", "--ref", "a.fa", "--alt", "b.fa", "--output", "pairs.vcf")


# --- pages and figures ---


def test_pages_have_the_largest_effects(files: Path, here: Command) -> None:
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "plain.tsv")
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "v.tsv", "--html", "v.html", "--show", "7")
    assert (files / "v.tsv").read_bytes() == (files / "plain.tsv").read_bytes()
    page, table = (files / "v.html").read_text(), read_table(files / "v.tsv")
    strongest = table.loc[table["effect_positive"].abs().sort_values(ascending=False, kind="stable").index[:7]]
    assert re.findall(r'<span class="like">(chr\S+) ', page) == [
        f"{row.chrom}:{row.pos}" for row in strongest.itertuples()
    ]
    options = ("--html", "motifs.html", "--motifs", "GGATTACA", "--method", "gradient", "--task", "positive")
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "with_page.vcf", *options)
    here("variants", "fixed", "v.vcf", *COMMON, "--output", "without.vcf")
    assert (files / "with_page.vcf").read_bytes() == (files / "without.vcf").read_bytes()
    assert "Majdandzic" in (files / "motifs.html").read_text()


def test_saturation_equals_the_same_variants(files: Path, here: Command) -> None:
    region = ("--genome", "genome.fa", "--threads", "1", "--saturate", "chr1:101-230")
    here("variants", "fixed", *region, "--output", "s.tsv", "--html", "s.html", "--heat-map", "s.svg")
    table = read_table(files / "s.tsv")
    assert len(table) == 3 * 130
    rows = table[["chrom", "pos", "id", "ref", "alt"]].itertuples(index=False, name=None)
    write_vcf(files / "s.vcf", rows)
    here("variants", "fixed", "s.vcf", *COMMON, "--output", "s_vcf.tsv")
    pd.testing.assert_frame_equal(table, read_table(files / "s_vcf.tsv"), atol=1e-5)
    assert (files / "s.html").read_text().count('class="heat logo"') == 1
    assert (files / "s.svg").read_text().lstrip().startswith("<?xml")
    here("variants", "fixed", *region, "--output", "again.tsv", "--heat-map", "again.svg")
    assert (files / "again.svg").read_bytes() == (files / "s.svg").read_bytes()


def test_a_page_without_scored_alleles(files: Path, here: Command) -> None:
    region = ("--saturate", "chr1:1-5", "--output", "none.tsv", "--skipped", "none_skipped.tsv")
    here("variants", "fixed", *COMMON, *region, "--html", "none.html")
    assert len(read_table(files / "none.tsv")) == 0
    assert len(read_table(files / "none_skipped.tsv")) == 15
    assert 'class="card"' not in (files / "none.html").read_text()
    here.refuses("variants", "fixed", *COMMON, *region, "--heat-map", "none.svg")


@pytest.mark.parametrize(
    "options",
    [
        ("v.vcf", "--heat-map", "no.svg"),
        ("v.vcf", "--saturate", "chr1:101-230"),
        ("--saturate", "chr1:101-401"),
        ("--saturate", "chr1:101-230", "--heat-map", "no.jpg"),
        ("--saturate", "chr1:101-230", "--output", "no.vcf"),
        ("v.vcf", "--html", "missing/no.html"),
        ("v.vcf", "--html", "no.html", "--task", "other"),
        ("v.vcf", "--show", "7"),
    ],
)
def test_options_that_do_not_fit_leave_no_output(files: Path, here: Command, options: tuple[str, ...]) -> None:
    here.refuses("variants", "fixed", *COMMON, *(() if "--output" in options else ("--output", "no.tsv")), *options)
    assert not list(files.glob("no.*"))
