"""Messages about sequences, intervals, genomes and labels."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec
from motifnet.sequences.io import label_table
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.io.genome import open_genome
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.io.reader import as_sequences, read_intervals
from motifnet.sequences.io.regions import read_regions
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import SequenceSet

FASTA = ">s0 kind=a\nACGTACGTAC\n>s1 kind=a\nTTGACCATGA\n"
NARROW = "chr1\t10\t60\tp\t0\t.\t1\t1\t1\t{}\n"
GFF = "chr1\tx\tgene\t1\t9\t.\t+\t.\tID=a\n"
MACS = "chr\tstart\tend\tlength\tabs_summit\tfold_enrichment\n"
GENOME = f">chr1\n{'ACGTTGCATC' * 20}\n>chr2\n{'ACGTTGCATC' * 20}\n"


def given(call: Callable[[], object], **files: str | bytes) -> Callable[[], object]:
    """A case that writes files first; ``__`` in their names is a dot."""

    def case() -> object:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            Path(name.replace("__", ".")).write_bytes(data)
        return call()

    return case


def fasta(content: str | bytes) -> Callable[[], object]:
    return given(lambda: read_fasta("peaks.fa"), peaks__fa=content)


def bed(content: str) -> Callable[[], object]:
    return given(lambda: read_regions("peaks.bed"), peaks__bed=content)


def intervals(content: str, genome: str = GENOME, **options: Any) -> Callable[[], object]:
    def read() -> object:
        return read_intervals("peaks.bed", IntervalSpec(Path("g.fa"), **options), length=20)

    return given(read, peaks__bed=content, g__fa=genome)


def data(**options: Any) -> Callable[[], object]:
    return given(lambda: read_data("s.fa", **options), s__fa=FASTA)


def table(*rows: str, tasks: tuple[str, ...] = ()) -> Callable[[], object]:
    text = "\n".join(rows) + "\n"
    return given(lambda: read_data("s.fa", labels="labels.tsv", tasks=tasks), s__fa=FASTA, labels__tsv=text)


def slow_pattern() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label_table, "_SECONDS", 1.0)
        return read_data("s.fa", labels=LabelSpec(label_pattern="(a+)+$"))


CASES: dict[str, Callable[[], object]] = {
    # Text files
    "missing file": lambda: read_fasta("peaks.fa"),
    "missing file with a similar name": given(lambda: read_fasta("peaks.fa"), peaks__fasta=FASTA),
    "missing folder": lambda: read_fasta("data/peaks.fa"),
    "folder": lambda: read_fasta("."),
    "empty file": fasta("\n"),
    "binary file": fasta(bytes(range(256))),
    "bzip2 file": fasta(b"BZh91AY&SY"),
    "truncated gzip": fasta(gzip.compress(FASTA.encode())[:-9]),
    "damaged gzip": fasta(gzip.compress(b">a\nACGT\n", mtime=0)[:-8] + bytes(8)),
    # FASTA
    "invalid letter": fasta(">a\nACGT\n>b\nAC-T\n"),
    "record without a sequence": fasta(">a\nACGT\n>b\n"),
    "FASTQ": fasta("@r\nACGT\n+\nIIII\n"),
    "SAM": fasta("@HD\tVN:1.6\n"),
    "MEME": fasta("MEME version 4\n"),
    "web page": fasta("<html>"),
    "BED without a genome": fasta("chr1\t1\t2\n"),
    "sequences without headers": fasta("ACGT\n"),
    "unknown format": fasta("name,sequence\n"),
    "unequal lengths": fasta(">a\nACGT\n>b\nAC\n"),
    "name with a line break": lambda: write_fasta(SequenceSet.from_strings(["A"], ["a\nb"]), "out.fa"),
    "string that is not DNA": lambda: as_sequences(["ACGT", "ACXT"], length=4),
    # BED
    "BED with two columns": bed("chr1\t1\n"),
    "BED with a number of R": bed("chr1\t1e+05\t100200\n"),
    "BED without chromosome": bed("\t1\t2\n"),
    "BED with a negative start": bed("chr1\t-1\t2\n"),
    "BED with an empty interval": bed("chr1\t9\t9\n"),
    "BED without intervals": bed("# none\n"),
    "narrowPeak with a summit outside": bed(NARROW.format(50)),
    "narrowPeak with another line": bed(NARROW.format(5) + "chr1\t1\t2\n"),
    "strand missing": intervals("chr1\t50\t60\n", stranded=True),
    "strand invalid": intervals("chr1\t50\t60\ta\t0\t1\n", stranded=True),
    "score not a number": intervals("chr1\t50\t60\ta\t1\nchr1\t90\t99\tb\thigh\n", top=1),
    "peaks without scores": intervals("chr1\t50\t60\nchr1\t90\t99\n", top=1),
    "no interval left": intervals("chr1\t1\t2\n"),
    "chromosomes without prefix": intervals("1\t50\t60\n2\t50\t60\n"),
    "chromosomes in Roman numerals": intervals(
        "chr1\t50\t60\n", genome=GENOME.replace("r1", "rI").replace("r2", "rII")
    ),
    "chromosomes of another genome": intervals("NC_001133.9\t50\t60\n"),
    # Other files of regions
    "VCF instead of regions": bed("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\n"),
    "VCF instead of sequences": fasta("chr1\t9\t.\tA\tG\t.\tPASS\t.\n"),
    "MACS table without its header": bed("# This file is generated by MACS version 2\nchr1\t9\t68\n"),
    "narrowPeak with a damaged number": bed(NARROW.format(5) * 3 + NARROW.format(5).replace("\t1\t", "\t1x\t")),
    "HOMER with a damaged strand": bed("p1\tchr1\t1\t9\t+\n" * 2 + "p1\tchr1\t1\t9\tx\n"),
    "GFF with joined lines": bed(GFF + GFF.strip() + GFF + GFF),
    "BED and a list in one file": bed("chr1\t1\t9\nchr1:1-9\n"),
    "PSL": bed("psLayout version 3\n\n"),
    "wiggle": bed("fixedStep chrom=chr1 start=1\n1\n"),
    "UCSC table with bins": bed("585\tchr1\t1\t9\tx\t0\t+\n"),
    "names of bedtools getfasta": bed("chr1:1-9(+)\n"),
    "FASTA instead of regions": bed(">chr1:1-9\nACGT\n"),
    "GFF without a genome": fasta("##gff-version 3\n" + GFF),
    "list without a genome": fasta("chr1:1-9\n"),
    "list with a start of 0": bed("chr1:0-9\n"),
    "list with a damaged line": bed("chr1:1-9\nchr1:30\n"),
    "MACS table without a genome": fasta(MACS + "chr1\t11\t60\t50\t30\t5.1\n"),
    "MACS summit outside": bed(MACS + "chr1\t11\t60\t50\t70\t5.1\n"),
    "MACS summit not a number": bed(MACS + "chr1\t11\t60\t50\tx\t5.1\n"),
    "width that differs": bed(MACS + "chr1\t11\t60\t50\t30\t5.1\nchr1\t11\t60\t50\t30\t5.1\nchr1\t2\t9\t9\t3\t5\n"),
    "summits of a table": bed("chr\tstart\tend\tsummit\nchr1\t1\t9\t99\n"),
    "position of 5,000 digits": bed("chr1\t" + "7" * 5000 + "\t9\n"),
    "position with two signs": bed("chr1\t--5\t9\n"),
    "position beyond 64 bits": bed(f"chr1\t5\t{2**60 + 1}\n"),
    # Genomes
    "chromosome missing": given(lambda: open_genome("g.fa").fetch("chr3", [0], 5), g__fa=GENOME),
    "window beyond the chromosome": given(lambda: open_genome("g.fa").fetch("chr1", [190], 20), g__fa=GENOME),
    "invalid letter in a genome": given(
        lambda: open_genome("g.fa").fetch("chr1", [0], 5), g__fa=GENOME.replace("ACGTT", "AC*TT", 1)
    ),
    "two chromosomes of one name": given(
        lambda: open_genome("g.fa").fetch("chr1", [0], 5), g__fa=">chr1\nAC\n\nGT\n>chr1\nAC\n"
    ),
    "intervals without a genome": given(lambda: read_intervals("p.bed", IntervalSpec()), p__bed="chr1\t1\t2\n"),
    # Positives and negatives
    "classes of two lengths": given(lambda: read_data("s.fa", "n.fa"), s__fa=FASTA, n__fa=">n\nACGT\n"),
    "sequences of only N": given(lambda: read_data("n.fa"), n__fa=">n\nNNNN\n"),
    "too repetitive to shuffle": given(lambda: read_data("n.fa"), n__fa=">n\nAAAA\n"),
    "negatives from a genome without a genome": data(negatives=NegativeSpec(negatives_from="genome")),
    "labels and negatives": data(negatives="n.fa", labels="labels.tsv"),
    "several tasks without labels": data(tasks=["a", "b"]),
    # Labels
    "no name matches": table("id\tup", "x\t1"),
    "labels in words that differ": table("id\tup", "s0\tbound", "s1\t1"),
    "labels with decimal commas": table("id;up", "s0;1,5"),
    "label too large": table("id\tup", "s0\t1e40"),
    "task with the name of a column": table("id\tname", "s0\t1"),
    "task with the name of a column of labels": table("id\tup\tlabel_up", "s0\t1\t1"),
    "task with a line break": table('id,"a', 'b"', "s0,1"),
    "task without a name": lambda: Dataset.from_labels(SequenceSet.from_strings(["A"]), [1], [" "]),
    "line too long": given(lambda: list(TextSource("l.tsv").lines()), l__tsv="A" * ((1 << 24) + 1)),
    "slow pattern": given(slow_pattern, s__fa=f">s0 {'a' * 40}!\nACGT\n"),
    "gaps in FASTA": fasta(">a\nACG-T*\n"),
    "stop within a record": given(lambda: read_fasta("peaks.fa", ungap=True), peaks__fa=">a\nAC*GT\n"),
    "UTF-16": fasta(">a\nACGT\n".encode("utf-16")),
    "label not a number": table("id\tup", "s0\thigh"),
    "name repeated": table("id\tup", "s0\t1", "s0\t2"),
    "invalid part of a split": table("id\tsplit\tup", "s0\t2\t1"),
    "one column": table("id", "s0"),
    "row too long": table("id\tup", "s0\t1\t2"),
    "no column names": table("s0\t1", "s1\t2"),
    "column name repeated": table("id\tup\tup", "s0\t1\t2"),
    "column without a name": table("id\tup\t", "s0\t1\t2"),
    "no column of labels": table("id\tsplit", "s0\ttest"),
    "task missing": table("id\tup", "s0\t1", tasks=("down",)),
    "all labels unknown": table("id\tup", "s0\tNA"),
    "no header matches": data(labels=LabelSpec(label_pattern=r"score=(\S+)")),
    "one class only": data(labels=LabelSpec(label_pattern=r"kind=(\w)")),
    "class files of one name": data(labels=LabelSpec(class_files=("s.fa",))),
    # Specs
    "pattern without a group": lambda: LabelSpec(label_pattern="kind"),
    "pattern invalid": lambda: LabelSpec(label_pattern="("),
    "two sources of labels": lambda: LabelSpec(labels=Path("l.tsv"), label_pattern="(x)"),
    "tasks without labels": lambda: LabelSpec(tasks=("up",)),
    "tasks repeated": lambda: LabelSpec(labels=Path("l.tsv"), tasks=("up", "up")),
    "top below 1": lambda: IntervalSpec(Path("g.fa"), top=0),
    "filter without a genome": lambda: IntervalSpec(top=5),
    "ratio below 1": lambda: NegativeSpec(ratio=0),
    "k-mer length": lambda: NegativeSpec(kmer=4),
    "margin below 0": lambda: NegativeSpec(margin=-1),
}
