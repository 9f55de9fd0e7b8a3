"""Write the JASPAR databases that are part of motifnet, from the PyPI package pyjaspar.

Run in this folder, in a separate environment with motifnet (pyjaspar has 136 MB):

    pip install pyjaspar==4.0.0 && python take_jaspar.py

Each file of ``motifnet/motifs/known/jaspar/`` has the newest version of each CORE matrix of one taxonomic group, sorted
by identifier; ``factors.tsv.gz`` has the structural family and class of each. The output is reproducible, with the same
version of zlib byte by byte.
"""

from __future__ import annotations

import numpy as np
import pyjaspar
from Bio.motifs.jaspar import Motif as Record

import motifnet as mn
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.known.databases import FACTORS, FOLDER, RELEASE
from motifnet.outputs import write_text


def main() -> None:
    """Write one MEME file per taxonomic group, and the table of families and classes."""
    source = pyjaspar.jaspardb(release=RELEASE)
    rows = {}
    for group in DATABASES:
        records = source.fetch_motifs(collection="CORE", tax_group=[group], all_versions=False)
        records.sort(key=lambda record: record.matrix_id)
        motifs = mn.MotifSet([motif_of(record) for record in records])
        mn.write_motifs(motifs, FOLDER / f"{group}.meme.gz")
        rows.update({record.matrix_id: factor_of(record) for record in records})
    with write_text(FOLDER / FACTORS) as handle:
        handle.write("id\tname\tfamily\tclass\n")
        handle.writelines(f"{identifier}\t{rows[identifier]}\n" for identifier in sorted(rows))


def motif_of(record: Record) -> mn.Motif:
    """Motif named by its identifier; ``nsites`` is the mean of the column sums, which may differ."""
    counts = np.array([record.counts[base] for base in "ACGT"])
    nsites = max(1, round(counts.sum(axis=0).mean()))
    return mn.Motif(record.matrix_id, counts, nsites=nsites, alt_name=record.name)


def factor_of(record: Record) -> str:
    """Name, family and class, tab-separated; those of a dimer are joined by ``::``, as in its name."""
    families, classes = ("::".join(dict.fromkeys(parts or ())) for parts in (record.tf_family, record.tf_class))
    return "\t".join(" ".join(text.split()) for text in (record.name, families, classes))


if __name__ == "__main__":
    main()
