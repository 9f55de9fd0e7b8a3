"""The HOMER motif format: ``read(text)`` and ``write(motifs, handle)``.

::

    >CACGTG	MAX	3.801	0	0	T:812
    0.001	0.997	0.001	0.001
    ...

The tab-separated fields of the header are consensus, name, log-odds detection threshold, natural logarithm of the
p-value, 0, and ``T:`` number of target sequences with the motif (then B: background sequences, P: p-value).

HOMER's scores are sums over positions of ``ln(p / 0.25)``, so ``Motif.threshold`` in bits is HOMER's threshold divided
by ln 2. Scores of motifnet have one pseudosite per column, and HOMER's none: they differ by less than ``log2(1 + 1/n)``
per column for the n sites of a base that is frequent, and more for bases that are rare.

A round trip keeps: the order of the motifs, their names and alternate names (after the first space of the name),
``ppm`` to 4e-6 (no probability is written as 0, since HOMER takes logarithms), ``nsites``, and ``threshold`` to 1e-6
(if the background is uniform, as HOMER's). It does not keep: ``counts`` (read as ``ppm * nsites``), ``e_value``
(HOMER's p-value is not an E-value, and is not read), the background, and ``strands`` (``both`` on reading). A set
without motifs is an empty file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TextIO

import numpy as np

from motifnet.errors import quoted
from motifnet.motifs.io.common import (
    CUT_HINT,
    NUMBER_START,
    Line,
    MotifText,
    check_contiguous,
    check_identifiers,
    is_number,
    logger,
    motif_of_rows,
    read_count,
    read_probabilities,
    round_to_one,
    split_records,
    split_title,
)
from motifnet.motifs.motif import Motif, MotifSet

LINE = re.compile(rf"[>#]|\s*+{NUMBER_START}")
_TARGETS = re.compile(r"(?:^|[\t,])T:([^\s,(]*+)")
_LN_2 = math.log(2)


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a HOMER motif begins at a line: ``>``, and a number in the third field."""
    fields = lines[index].text.split("\t")
    return lines[index].text.startswith(">") and len(fields) > 2 and is_number(fields[2].strip())


def default_threshold(motif: Motif) -> float:
    """HOMER's detection threshold of a motif that has none: half of its highest log-odds score.

    The thresholds of HOMER's known motifs, chosen by their enrichment, are around half of the maximum (Heinz et al.
    2010, Mol Cell 38:576).
    """
    return 0.5 * float(np.log(motif.ppm.max(axis=0) / 0.25).sum())


def has_default_threshold(motif: Motif) -> bool:
    """Whether the threshold of a motif is `default_threshold`, with the digits of a HOMER file."""
    return motif.threshold is not None and math.isclose(
        motif.threshold * _LN_2, default_threshold(motif), rel_tol=0, abs_tol=1e-5 * motif.width
    )


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in HOMER format; names must not contain white space."""
    check_identifiers(motifs, "HOMER")
    is_uniform = bool(np.allclose(motifs.background, 0.25, rtol=0, atol=1e-6))
    for motif in motifs:
        name = " ".join([motif.name, *motif.alt_name.split()])
        has_own = motif.threshold is not None and is_uniform
        threshold = motif.threshold * _LN_2 if has_own else default_threshold(motif)  # type: ignore[operator]
        header = [f">{motif.consensus}", name, f"{threshold:.6f}"]
        # The first 0 is ln 1, since no p-value is known. Without nsites the optional fields are left out.
        header += [] if motif.nsites is None else ["0", "0", f"T:{motif.nsites}"]
        handle.write("\t".join(header) + "\n")
        for column in motif.ppm.T:
            handle.write("\t".join(round_to_one(column, digits=6, smallest=1)) + "\n")


def read(text: MotifText) -> MotifSet:
    """Read motifs in HOMER format: known motifs, and output of ``findMotifs`` and ``homer2 denovo``.

    ``counts`` are ``ppm * nsites``; ``nsites`` is ``T:``, the number of target sequences with the motif. Without it,
    nsites is None and the counts are those of 20 sites. P-values are not kept, which is logged.
    """
    records = split_records(text.without_comments())
    motifs = text.collect(records, lambda record, _: _read_motif(record))
    n = sum(_has_p_value(record[0]) for record in records)
    if n:
        logger.info("%s: HOMER's p-values are not kept (motifs: %d)", text.path, n)
    return MotifSet(motifs)


def _has_p_value(header: Line) -> bool:
    fields = [field.strip() for field in header.text.split("\t")]
    return len(fields) > 3 and is_number(fields[3]) and float(fields[3]) != 0


def _read_motif(record: Sequence[Line]) -> Motif:
    header, *rows = record
    fields = [field.strip() for field in header.text[1:].split("\t")]
    if len(fields) < 3 or not (fields[0] or fields[1]):
        hint = "Expected: >consensus, name, log-odds threshold, separated by tabs."
        raise header.error(f"no name or no threshold in the header {quoted(header.text)}", hint)
    name, alt_name = split_title(fields[1] or fields[0])
    threshold = float(fields[2]) if is_number(fields[2]) else math.inf
    if not abs(threshold) < 1e6:  # far above any score
        raise header.error(f"motif {quoted(name)}: the threshold must be a number below 1e6. Got {quoted(fields[2])}")
    if not rows:
        raise header.error(f"motif {quoted(name)}: no row of four probabilities after its header", CUT_HINT)
    targets = _TARGETS.search("\t".join(fields[3:]))
    nsites = round(read_count(targets[1], "T: (number of target sequences)", header)) if targets else 0
    check_contiguous(rows, name)
    probabilities = read_probabilities(rows, name)
    return motif_of_rows(name, probabilities, nsites or None, alt_name=alt_name, threshold=threshold / _LN_2)
