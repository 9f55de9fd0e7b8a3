"""``--part`` and ``motifnet merge``: the bytes of one run, from parts that were computed in any order."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import pytest

import motifnet as mn
from command import Command, ForkedCommand, tree
from dna_strategies import random_dna
from motifnet.sequences.alphabet import one_hot
from yeast import ON_YEAST, same_results

pytestmark = pytest.mark.slow


def in_parts(here: Command, place: Path, name: str, *arguments: str, total: int = 3) -> bytes:
    """Compute parts, the last one first, and merge them."""
    files = [f"{name}.part{number}" for number in range(total, 0, -1)]
    for number, file in zip(range(total, 0, -1), files, strict=True):
        here(*arguments, "--part", f"{number}/{total}", "--output", file, "--threads", "1")
    here("merge", *files, "--output", f"merged.{name}")
    return (place / f"merged.{name}").read_bytes()


def test_merged_parts_are_the_output_of_one_run(results: Path, here: Command, place: Path) -> None:
    many = "".join(f">s{i}\n{s}\n" for i, s in enumerate(mn.read_fasta(place / "pos.fa"))) * 60
    (place / "many.fa").write_text(many)
    (place / "genome.fa").write_text(
        f">chr1\n{random_dna(1, 9000, seed=5)[0]}\n>chr2\n{random_dna(1, 500, seed=6)[0]}\n"
    )
    table = ("predict", "results", "many.fa")
    here(*table, "--output", "one.tsv.gz", "--threads", "1")
    assert in_parts(here, place, "tsv.gz", *table) == (place / "one.tsv.gz").read_bytes()
    for name, options in {"bw": ("--combine", "mean"), "bedgraph": ()}.items():
        track = ("predict", "results", "--genome", "genome.fa", "--stride", "1", *options)
        here(*track, "--output", f"one.{name}", "--threads", "1")
        assert in_parts(here, place, name, *track) == (place / f"one.{name}").read_bytes()


def test_merged_contributions_are_the_folder_of_one_run(results: Path, here: Command, place: Path) -> None:
    strings = list(mn.read_fasta(place / "pos.fa")) * 60
    length = len(strings[0])
    starts = [i * length // 2 for i in range(len(strings))]  # windows that overlap across parts
    records = "".join(f">chr1:{a}-{a + length}\n{s}\n" for a, s in zip(starts, strings, strict=True))
    (place / "windows.fa").write_text(records)
    explain = (
        "explain",
        "results",
        "windows.fa",
        "--method",
        "integrated-gradients",
        "--show",
        "5",
        "--tracks",
        "bigwig",
        "--seqlets",
    )
    here(*explain, "--output", "one", "--threads", "1")
    files = ["explain1", "explain2"]
    for number, file in enumerate(files, start=1):
        here(*explain, "--part", f"{number}/2", "--output", file, "--threads", "1")
    here("merge", *files, "--output", "merged")
    whole, merged = tree(place / "one"), tree(place / "merged")
    assert "contributions.bw" in whole
    assert whole.keys() == merged.keys()
    assert [name for name in whole if whole[name] != merged[name]] == ["provenance.json"]


def test_effects_of_parts_are_those_of_one_run(results: Path, here: Command, place: Path) -> None:
    (genome,) = random_dna(1, 4000, seed=5)
    (place / "genome.fa").write_text(f">chr1\n{genome}\n")
    changes = [(p, genome[p], other) for p in range(100, 3900, 3) for other in "ACGT" if other != genome[p]]
    rows = [(p, genome[p : p + 3], genome[p]) for p in range(150, 3850, 50)]  # deletions
    header = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    records = "".join(f"chr1\t{p + 1}\t.\t{ref}\t{alt}\t.\t.\t.\n" for p, ref, alt in sorted([*changes, *rows]))
    (place / "own.vcf").write_text(header + records)
    for name, options in {
        "tsv": ("--null", "2", "--motifs", "GATTACA"), "vcf": (), "saturated.tsv": ("--saturate", "chr1:501-900"),
    }.items():  # fmt: skip
        vcf = () if "--saturate" in options else ("own.vcf",)
        variants = ("variants", "results", *vcf, "--genome", "genome.fa", *options)
        here(*variants, "--output", f"one.{name}", "--threads", "1")
        assert in_parts(here, place, name, *variants) == (place / f"one.{name}").read_bytes()


def test_hits_of_parts_have_the_q_values_of_one_run(here: Command, place: Path) -> None:
    # More than one segment of windows; records that are cut by segments.
    records = [*random_dna(2, 400_000, seed=5), *random_dna(1, 30, seed=6), *random_dna(1, 200_000, seed=7)]
    (place / "long.fa").write_text("".join(f">chr{i}\n{s}\n" for i, s in enumerate(records)))
    words = ("TTACCCG", "CACGTG", "GATTACATTGACG")
    motifs = [mn.Motif(word, one_hot([word])[0] * 20.0 + 1) for word in words]
    mn.write_motifs(mn.MotifSet(motifs), place / "known.meme")
    for name, options in {
        "tsv": ("--p-value", "1e-3"), "bed": ("--q-value", "1"), "counts.tsv": ("--matrix", "counts"),
        "best.tsv": ("--matrix", "best"), "background.tsv": ("--background", "sequences"),
    }.items():  # fmt: skip
        scan = ("scan", "known.meme", "long.fa", *options)
        here(*scan, "--output", f"one.{name}", "--threads", "1")
        assert (whole := (place / f"one.{name}").read_bytes())
        assert in_parts(here, place, name, *scan) == whole


def test_parts_that_do_not_fit_are_refused(results: Path, here: Command, place: Path) -> None:
    def part(name: str, *arguments: str) -> None:
        here("predict", "results", *arguments, "--output", name, "--threads", "1")

    (place / "short.fa").write_text(f">chr1\n{random_dna(1, 900, seed=5)[0]}\n")
    part("a1", "--genome", "short.fa", "--part", "1/2")
    part("a2", "--genome", "short.fa", "--part", "2/2")
    part("b2", "--genome", "short.fa", "--stride", "10", "--part", "2/2")
    here.refuses("merge", "a1", "--output", "x.bw")
    here.refuses("merge", "a1", "b2", "--output", "x.bw")
    here.refuses("merge", "a1", "pos.fa", "--output", "x.bw")
    here.refuses("merge", "a1", "a2", "--output", "x.tsv")
    here.refuses("predict", "results", "pos.fa", "--part", "3/2", "--output", "x")
    here.refuses("predict", "results", "-", "--part", "1/2", "--output", "x")
    here.refuses("predict", "results", "pos.fa", "--part", "1/2")
    (place / "short.fa").write_text(f">chr1\n{random_dna(1, 900, seed=6)[0]}\n")
    here.refuses("merge", "a1", "a2", "--output", "x.bw")
    assert not list(place.glob("x*"))


def kill_when_it_writes(here: ForkedCommand, arguments: tuple[str, ...], output: Path) -> None:
    """Start a command, and kill it with SIGKILL when it has opened its output."""
    with TemporaryFile() as file:
        process = here.start(*arguments, "--output", output.name, files=(file.fileno(),) * 3)
        while process.poll() is None and not list(output.with_name(f"{output.name}.partial").glob("results*")):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
        process.kill()
        assert process.wait() == -9


@pytest.mark.nightly
@pytest.mark.parametrize("name", ON_YEAST)
def test_parts_of_a_genome_with_one_killed_are_one_run(
    name: str, results: Path, here: ForkedCommand, place: Path, shared_data: Path
) -> None:
    command = (*(text.format(shared_data / "yeast_sacCer3") for text in ON_YEAST[name]), "--threads", "1")
    here(*command, "--output", name)
    parts = [f"{name}.part{number}" for number in (1, 2, 3)]
    second = (*command, "--part", "2/3")
    kill_when_it_writes(here, second, place / parts[1])
    here(*command, "--part", "1/3", "--output", parts[0])
    here(*command, "--part", "3/3", "--output", parts[2])
    here.refuses("merge", *parts, "--output", f"merged.{name}")
    here(*second, "--output", parts[1])
    here("merge", *parts, "--output", f"merged.{name}")
    assert same_results(place / name, place / f"merged.{name}")
