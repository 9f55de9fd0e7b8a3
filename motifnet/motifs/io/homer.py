"""The HOMER motif format: ``read(handle)`` and ``write(motifs, handle)``.

::

    >CACGTG	MAX	3.801	0	0	T:812
    0.001	0.997	0.001	0.001
    ...

The tab-separated fields of the header are consensus, name, log-odds detection threshold, natural logarithm of the
p-value, 0, and ``T:`` number of target sequences with the motif (then B: background sequences, P: p-value).

A round trip keeps: the order of the motifs, their names and alternate names (after the first space of the name),
``ppm`` to 4e-6 (no probability is written as 0, since HOMER takes logarithms), and ``nsites``. It does not keep:
``counts`` (read as ``ppm * nsites``), ``e_value`` (HOMER's p-value is not an E-value, and is not read), the background
(HOMER's is uniform), and ``strands`` (``both`` on reading). A set without motifs is an empty file. The threshold of a
file is not read, since a `Motif` has none; `threshold` computes the one that is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from motifnet.errors import quoted
from motifnet.motifs.io.common import (
    CUT_HINT,
    Line,
    check_identifiers,
    check_unique,
    motif_of_rows,
    read_lines,
    read_probabilities,
    round_to_one,
    split_records,
    split_title,
)
from motifnet.motifs.motif import Motif, MotifSet


def threshold(motif: Motif) -> float:
    """HOMER's detection threshold: half of the highest log-odds score of the motif.

    HOMER's scores are sums over positions of ``ln(p / 0.25)``. The thresholds of HOMER's known motifs, chosen by their
    enrichment, are around half of the maximum (Heinz et al. 2010, Mol Cell 38:576).
    """
    return 0.5 * float(np.log(motif.ppm.max(axis=0) / 0.25).sum())


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in HOMER format; names must not contain white space."""
    check_identifiers(motifs, "HOMER")
    for motif in motifs:
        name = " ".join([motif.name, *motif.alt_name.split()])
        header = [f">{motif.consensus}", name, f"{threshold(motif):.6f}"]
        # The first 0 is ln 1, since no p-value is known. Without nsites the optional fields are left out.
        header += [] if motif.nsites is None else ["0", "0", f"T:{motif.nsites}"]
        handle.write("\t".join(header) + "\n")
        for column in motif.ppm.T:
            handle.write("\t".join(round_to_one(column, digits=6, smallest=1)) + "\n")


def read(handle: TextIO, *, path: str | Path | None = None) -> MotifSet:
    """Read motifs in HOMER format: known motifs, and output of ``findMotifs`` and ``homer2 denovo``.

    ``counts`` are ``ppm * nsites``; ``nsites`` is ``T:``, the number of target sequences with the motif. Without it,
    nsites is None and the counts are those of 20 sites.
    """
    records = split_records(read_lines(handle, path, "homer"))
    motifs = [_read_motif(record) for record in records]
    check_unique((record[0] for record in records), motifs)
    return MotifSet(motifs)


def _read_motif(record: Sequence[Line]) -> Motif:
    header, *body = record
    fields = [field.strip() for field in header.text[1:].split("\t")]
    if len(fields) < 2 or not (fields[0] or fields[1]):
        hint = "Expected: >consensus, name, log-odds threshold, separated by tabs."
        raise header.error(f"no name in the header {quoted(header.text)}", hint)
    name, alt_name = split_title(fields[1] or fields[0])
    rows = read_probabilities(body, name)
    if len(rows) != len(body) or not body:
        wrong = body[len(rows)] if body else header
        found = f", but got {quoted(wrong.text.strip())}" if body else " after its header"
        raise wrong.error(f"motif {quoted(name)}: expected a row of four probabilities{found}", CUT_HINT)
    targets = re.search(r"\bT:([0-9]+(?:\.[0-9]*)?)", "\t".join(fields[3:]))
    nsites = round(float(targets[1])) or None if targets else None
    return motif_of_rows(name, rows, nsites, alt_name=alt_name)
