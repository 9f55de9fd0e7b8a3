"""Write the JASPAR motifs that ship with motifnet, from the PyPI package pyjaspar.

pyjaspar takes 136 MB, so give it an environment of its own, with motifnet in it, and run in this folder:

    pip install pyjaspar==4.0.0 && python take_jaspar.py

Each file of ``motifnet/motifs/known/jaspar/`` holds the newest version of every CORE matrix of one taxonomic group,
in order of their identifiers; ``factors.tsv.gz`` has the structural family and class of each. The text is the same
every time; so are the bytes, with the same zlib.
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
    """Write one MEME file a group, and the table of all."""
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
    """Named by its identifier; ``nsites`` is the mean column sum, as columns may differ."""
    counts = np.array([record.counts[base] for base in "ACGT"])
    nsites = max(1, round(counts.sum(axis=0).mean()))
    return mn.Motif(record.matrix_id, counts, nsites=nsites, alt_name=record.name)


def factor_of(record: Record) -> str:
    """Name, family and class; the parts of a dimer are joined by ``::``, as in its name."""
    families, classes = ("::".join(dict.fromkeys(parts or ())) for parts in (record.tf_family, record.tf_class))
    return "\t".join(" ".join(text.split()) for text in (record.name, families, classes))


if __name__ == "__main__":
    main()
