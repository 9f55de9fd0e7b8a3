"""Commands on the genome of yeast (shared data), for tests of parts and clusters."""

from __future__ import annotations

from pathlib import Path

from command import tree

#: Commands by their outputs; ``{}`` is the folder of the data.
ON_YEAST = {
    "scores.bw": ("predict", "results", "--genome", "{}/sacCer3.fa.gz", "--stride", "100", "--combine", "mean"),
    "explained": ("explain", "results", "--genome", "{}/sacCer3.fa.gz", "--stride", "500", "--method", "gradient"),
    "effects.tsv": (
        *("variants", "results", "{}/vcf/CEN.PK2-1Ca.vcf.gz", "--genome", "{}/sacCer3.fa.gz", "--null", "1"),
        *("--motifs", "CACGTG"),
    ),
    "hits.tsv": ("scan", "fungi", "{}/sacCer3.fa.gz", "--q-value", "0.5"),
}


def same_results(first: Path, second: Path) -> bool:
    """Whether two files, or all files of two folders but provenance.json, have the same bytes."""
    if first.is_file():
        return first.read_bytes() == second.read_bytes()
    both = tree(first), tree(second)
    names = both[0].keys() - {"provenance.json"}
    return both[0].keys() == both[1].keys() and all(both[0][name] == both[1][name] for name in names)
