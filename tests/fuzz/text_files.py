"""Valid files of sequences, regions, labels and motifs, drawn from the grammar of each format."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .mutations import Rng

#: Chromosomes of `GENOME`, and their lengths in bp.
SIZES = {"chr1": 3000, "chr2": 1500, "chrM": 400}


def dna(rng: Rng, length: int, letters: str = "ACGT") -> str:
    """Random letters."""
    return "".join(rng.choices(letters, k=length))


def joined(rows: Sequence[Sequence[object]], separator: str = "\t") -> bytes:
    """Lines of cells."""
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode()


# --- sequences ---


def fasta(rng: Rng, n: int = 6, length: int | None = None) -> bytes:
    """Records with names seq0, seq1, ..., wrapped or not, in any of the letters that are accepted."""
    letters = rng.choice(("ACGT", "ACGT", "acgtACGT", "ACGUN", "ACGTRYKMSWBDHVN"))
    wrap = rng.choice((10**6, 10, 60))
    records = []
    for i in range(n):
        sequence = dna(rng, length or rng.randint(1, 90), letters)
        lines = [sequence[k : k + wrap] for k in range(0, len(sequence), wrap)]
        title = rng.choice((f"seq{i}", f"seq{i} label={i % 2} x", f"seq{i}\tdescription"))
        title = f"seq{i} label={i}" if i < 2 else title
        records.append("\n".join([f">{title}", *lines, *rng.choice(([], [], [""]))]) + "\n")
    return "".join(records).encode()


def genome(rng: Rng) -> bytes:
    """The chromosomes of `SIZES`, in lines of one length."""
    wrap = rng.choice((50, 60, 10**6))
    texts = {chrom: dna(rng, size, "ACGTacgtN") for chrom, size in SIZES.items()}
    return "".join(
        f">{chrom}\n" + "".join(text[k : k + wrap] + "\n" for k in range(0, len(text), wrap))
        for chrom, text in texts.items()
    ).encode()


# --- regions ---

Region = tuple[str, int, int]


def _regions(rng: Rng) -> list[Region]:
    found = []
    for _ in range(rng.randint(1, 12)):
        chrom = rng.choice(list(SIZES))
        start = rng.randrange(SIZES[chrom] - 60)
        found.append((chrom, start, start + rng.choice((60, rng.randint(1, 60)))))
    return found


def _bed(n_columns: int) -> Callable[[Rng], bytes]:
    def make(rng: Rng) -> bytes:
        head = rng.choice((b"", b"", b"# comment\n", b'track name="x"\n', b"browser position chr1\n\n"))
        rows = [
            [*region, f"r{i}", rng.randint(0, 1000), rng.choice("+-."), region[1], region[2], "0,0,0", 1, "20,", "0,"]
            for i, region in enumerate(_regions(rng))
        ]
        return head + joined(
            [row[:n_columns] for row in rows], rng.choice(("\t", "\t", " ")) if n_columns < 7 else "\t"
        )

    return make


def _peak_row(rng: Rng, i: int, region: Region) -> list[object]:
    values = [f"{rng.uniform(1, 50):.3f}" for _ in range(3)]
    return [*region, rng.choice((f"peak{i}", ".")), rng.randint(0, 1000), rng.choice("+-."), *values]


def _narrow_peak(rng: Rng) -> bytes:
    regions = _regions(rng)
    return joined([[*_peak_row(rng, i, r), rng.randrange(r[2] - r[1])] for i, r in enumerate(regions)])


def _broad_peak(rng: Rng) -> bytes:
    return joined([_peak_row(rng, i, region) for i, region in enumerate(_regions(rng))])


def _gapped_peak(rng: Rng) -> bytes:
    rows = []
    for i, region in enumerate(_regions(rng)):
        peak = _peak_row(rng, i, region)
        size = region[2] - region[1]
        rows.append([*peak[:6], region[1], region[2], "0", 1, f"{size}", "0", *peak[6:]])
    return joined(rows)


def _idr(rng: Rng) -> bytes:
    rows = []
    for i, (chrom, start, end) in enumerate(_regions(rng)):
        summit = rng.randrange(end - start)
        row = [*_peak_row(rng, i, (chrom, start, end)), summit, "1.2", "0.8"]
        for _ in range(2):
            row += [start, end, f"{rng.uniform(1, 50):.5f}", rng.randrange(end - start)]
        rows.append(row)
    return joined(rows)


def _homer_peaks(rng: Rng) -> bytes:
    head = "# HOMER Peaks\n# peak finding\n#PeakID\tchr\tstart\tend\tstrand\tNormalized Tag Count\tfocus ratio\n"
    rows = [
        [f"{chrom}-{i}", chrom, start + 1, end, rng.choice("+-"), f"{rng.uniform(1, 90):.1f}", "0.9"]
        for i, (chrom, start, end) in enumerate(_regions(rng))
    ]
    return head.encode() + joined(rows)


def _gff(rng: Rng) -> bytes:
    kind = rng.choice(("gff3", "gtf"))
    head = b"##gff-version 3\n" if kind == "gff3" else b""
    attributes = "ID=x{}" if kind == "gff3" else 'gene_id "x{}";'
    rows = [
        [
            chrom,
            "source",
            "exon",
            start + 1,
            end,
            rng.choice((".", "12.5")),
            rng.choice("+-."),
            ".",
            attributes.format(i),
        ]
        for i, (chrom, start, end) in enumerate(_regions(rng))
    ]
    return head + joined(rows)


def _coordinates(rng: Rng) -> bytes:
    return joined([[f"{chrom}:{start + 1}-{end}"] for chrom, start, end in _regions(rng)])


def _vcf(rng: Rng) -> bytes:
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    rows = [
        [
            chrom,
            start + 1,
            rng.choice((".", "rs1")),
            dna(rng, rng.choice((1, 1, 3))),
            rng.choice("ACGT"),
            ".",
            "PASS",
            ".",
        ]
        for chrom, start, _ in _regions(rng)
    ]
    return head.encode() + joined(rows)


def _macs(rng: Rng) -> bytes:
    head = "# This file is generated by MACS version 2.2.7.1\n# effective genome size = 1.2e7\n\n"
    columns = ["chr", "start", "end", "length", "abs_summit", "pileup", "-log10(pvalue)", "fold_enrichment"]
    columns += ["-log10(qvalue)", "name"]
    rows = [
        [
            chrom,
            start + 1,
            end,
            end - start,
            rng.randint(start + 1, end),
            "9.00",
            "5.1",
            f"{rng.random():.4f}",
            "2.1",
            f"p_{i}",
        ]
        for i, (chrom, start, end) in enumerate(_regions(rng))
    ]
    return head.encode() + joined([columns, *rows])


def _bedgraph(rng: Rng) -> bytes:
    head = rng.choice((b"", b"track type=bedGraph\n", b'track type=bedGraph name="a b"\n', b"# comment\n"))
    is_named = head.startswith(b"track")  # else only fractions distinguish the values from names
    rows = [[*region, rng.randint(0, 99) if is_named else f"{rng.gauss(0, 9):.4f}"] for region in _regions(rng)]
    return head + joined(rows, rng.choice(("\t", " ")))


def _interval_list(rng: Rng) -> bytes:
    head = "@HD\tVN:1.6\tSO:coordinate\n" + "".join(f"@SQ\tSN:{chrom}\tLN:{n}\n" for chrom, n in SIZES.items())
    rows = [[chrom, start + 1, end, rng.choice("+-"), f"i{k}"] for k, (chrom, start, end) in enumerate(_regions(rng))]
    return head.encode() + joined(rows)


REGIONS: dict[str, Callable[[Rng], bytes]] = {
    **{f"bed{n}": _bed(n) for n in (3, 4, 5, 6, 8, 9, 12)},
    "narrowPeak": _narrow_peak,
    "broadPeak": _broad_peak,
    "gappedPeak": _gapped_peak,
    "idr": _idr,
    "homer_peaks": _homer_peaks,
    "gff": _gff,
    "coordinates": _coordinates,
    "vcf": _vcf,
    "macs": _macs,
    "bedgraph": _bedgraph,
    "interval_list": _interval_list,
}

# --- labels ---


def label_table(rng: Rng, names: Sequence[str]) -> bytes:
    """Tasks with 0 and 1, or numbers; sometimes a column of the split."""
    columns = rng.sample(["bound", "open", "score", "x y", "Task-1"], rng.randint(1, 3))
    binary = rng.choice((["0", "1"], ["0", "1"], ["FALSE", "TRUE"], []))
    header = ["name", *columns, *(["split"] if (has_split := rng.random() < 0.3) else [])]
    rows = []
    for name in names:
        values = [rng.choice(binary) if binary else f"{rng.gauss(0, 1):.3g}" for _ in columns]
        values = [rng.choice(("", "NA")) if rng.random() < 0.05 else value for value in values]
        rows.append([name, *values, *([rng.choice(("train", "valid", "test"))] if has_split else [])])
    rng.shuffle(rows)
    return joined([header, *rows], rng.choice(("\t", "\t", ",", ";")))


# --- motifs ---


def _counts(rng: Rng) -> list[list[int]]:
    """Rows are positions; every one has the same sum, so that they are counts of sites."""
    n, width = rng.randint(10, 500), rng.randint(5, 14)
    rows = []
    for _ in range(width):
        cuts = sorted(rng.randint(0, n) for _ in range(3))
        rows.append([b - a for a, b in zip([0, *cuts], [*cuts, n], strict=True)])
    return rows


def _probabilities(rows: list[list[int]], digits: int) -> list[list[str]]:
    return [[f"{value / sum(row):.{digits}f}" for value in row] for row in rows]


def _motifs(rng: Rng) -> list[tuple[str, str, list[list[int]]]]:
    return [(f"M{i:04d}.1", rng.choice(("", "CTCF", "Arid3a")), _counts(rng)) for i in range(rng.randint(1, 5))]


def meme(rng: Rng) -> bytes:
    """Minimal MEME format."""
    parts = ["MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"]
    parts.append("Background letter frequencies\nA 0.3 C 0.2 G 0.2 T 0.3\n\n" if rng.random() < 0.7 else "")
    for name, alt, rows in _motifs(rng):
        parts.append(f"MOTIF {name} {alt}\n".replace(" \n", "\n"))
        parts.append(f"letter-probability matrix: alength= 4 w= {len(rows)} nsites= {sum(rows[0])} E= 1.2e-031\n")
        parts += [" ".join(["", *row]) + "\n" for row in _probabilities(rows, 6)]
        parts.append(rng.choice(("\n", "\nURL http://example.org\n\n")))
    return "".join(parts).encode()


def jaspar(rng: Rng) -> bytes:
    """JASPAR, with or without bases and brackets."""
    has_letters = rng.random() < 0.7
    parts = []
    for name, alt, rows in _motifs(rng):
        parts.append(f">{name}\t{alt}".rstrip() + "\n")
        for base, counts in zip("ACGT", zip(*rows, strict=True), strict=True):
            numbers = " ".join(f"{count:>4}" for count in counts)
            parts.append(f"{base}  [ {numbers} ]\n" if has_letters else f"{numbers.strip()}\n")
    return "".join(parts).encode()


def transfac(rng: Rng) -> bytes:
    """TRANSFAC."""
    parts = [rng.choice(("", "VV  TRANSFAC MATRIX TABLE\nXX\n//\n"))]
    for name, alt, rows in _motifs(rng):
        parts.append(f"AC  {name}\nXX\nID  {name}\nXX\n" + (f"NA  {alt}\nXX\n" if alt else ""))
        parts.append("P0      A      C      G      T\n")
        for position, row in enumerate(rows, start=1):
            letter = "ACGT"[row.index(max(row))]
            parts.append(f"{position:02d} {row[0]:>6} {row[1]:>6} {row[2]:>6} {row[3]:>6}      {letter}\n")
        parts.append("XX\n//\n")
    return "".join(parts).encode()


def homer(rng: Rng) -> bytes:
    """HOMER."""
    parts = []
    for name, alt, rows in _motifs(rng):
        header = [
            "ACGT",
            " ".join(filter(None, (name, alt))),
            f"{rng.uniform(3, 9):.4f}",
            "-12.3",
            "0",
            "T:50.0(9%),B:1(1%)",
        ]
        parts.append(">" + "\t".join(header[: rng.choice((3, 6))]) + "\n")
        parts += ["\t".join(row) + "\n" for row in _probabilities(rows, 3)]
    return "".join(parts).encode()


def positions(rng: Rng) -> bytes:
    """Matrices below a ``>`` line whose rows are positions, as of Cluster-Buster and HOCOMOCO."""
    return b"".join(f">{name}\n".encode() + joined(rows) for name, _, rows in _motifs(rng))


def cisbp(rng: Rng) -> bytes:
    """A CIS-BP table, with or without facts about the factor."""
    parts = []
    for name, alt, rows in _motifs(rng):
        parts.append(f"TF\tT1_1.02\nTF Name\t{alt or 'x'}\nMotif\t{name}\nPos\tA\tC\tG\tT\n")
        probabilities = enumerate(_probabilities(rows, 4), start=1)
        parts += ["\t".join([str(position), *row]) + "\n" for position, row in probabilities]
        parts.append("\n")
    return "".join(parts).encode()


def uniprobe(rng: Rng) -> bytes:
    """UniPROBE matrices."""
    parts = []
    for name, _, rows in _motifs(rng):
        parts.append(f"Protein: {name}\tSeed k-mer: GCGTGGGC\tEnrichment Score: 0.49\n")
        columns = zip(*_probabilities(rows, 5), strict=True)
        parts += ["\t".join([f"{base}:", *column]) + "\n" for base, column in zip("ACGT", columns, strict=True)]
        parts.append("\n")
    return "".join(parts).encode()


def matrix(rng: Rng) -> bytes:
    """Matrices without a title, with rows for bases or for positions."""
    is_turned = rng.random() < 0.5
    matrices = [rows if is_turned else list(zip(*rows, strict=True)) for _, _, rows in _motifs(rng)]
    return b"\n".join(joined(rows, rng.choice(("\t", " "))) for rows in matrices)


def consensus(rng: Rng) -> bytes:
    """Consensus sequences, with or without names."""
    rows = [(dna(rng, rng.randint(5, 12), "ACGTACGTRYN"), f"c{i}") for i in range(rng.randint(1, 5))]
    return joined([row[: rng.choice((1, 2))] for row in rows])


MOTIFS: dict[str, Callable[[Rng], bytes]] = {
    "meme": meme,
    "jaspar": jaspar,
    "transfac": transfac,
    "homer": homer,
    "positions": positions,
    "cisbp": cisbp,
    "uniprobe": uniprobe,
    "matrix": matrix,
    "consensus": consensus,
}
