"""Motifs of Biopython (`Bio.motifs.Motif`): their values as those of `Motif`, and back.

Biopython is imported only by `biopython_motif`; a value can be one of its motifs only if it has been imported already.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from motifnet.errors import InputError, quoted

_BASES = "ACGT"


def is_biopython(value: object) -> bool:
    """Whether a value is a `Bio.motifs.Motif`."""
    library = sys.modules.get("Bio.motifs")
    return library is not None and isinstance(value, library.Motif)


def motif_fields(motif: Any, index: int) -> dict[str, Any]:
    """Arguments of `Motif` for a motif of Biopython.

    The name is the identifier of its matrix, else its name, else ``motif_1`` and so on by its `index`. Matrices in RNA
    letters are read as DNA.

    Raises InputError if it has no counts, or the alphabet is another one.
    """
    fields: Mapping[str, Any] = motif if isinstance(motif, Mapping) else {}  # of TRANSFAC
    texts = (getattr(motif, "matrix_id", None), *(fields.get(key) for key in ("AC", "ID")), motif.name)
    names = [str(text) for text in texts if text] or [f"motif_{index + 1}"]
    others = [str(text) for text in (getattr(motif, "alt_id", None), fields.get("NA"), names[-1]) if text]
    letters = [base if base in motif.alphabet else "U" for base in _BASES]
    if motif.counts is None or set(letters) != set(motif.alphabet):
        problem = "no counts" if motif.counts is None else f"the alphabet {quoted(motif.alphabet)}, not ACGT"
        raise InputError(f"the Biopython motif {quoted(names[0])} has {problem}")
    n_sites = getattr(motif, "num_occurrences", None) or (len(motif.alignment) if motif.alignment is not None else None)
    return {
        "name": names[0],
        "counts": [list(motif.counts[letter]) for letter in letters],
        "nsites": n_sites,
        "background": [motif.background[letter] for letter in letters],
        "alt_name": next((text for text in others if text != names[0]), ""),
        "e_value": getattr(motif, "evalue", None),
    }


def biopython_motif(
    names: tuple[str, str], counts: Sequence[Sequence[float]], background: Sequence[float], *, pseudocount: float
) -> Any:
    """A `Bio.motifs.jaspar.Motif` with these values; `names` are the name and the alternate name."""
    from Bio.motifs.jaspar import Motif

    name, alt_name = names
    motif = Motif(name, alt_name or name, counts=dict(zip(_BASES, counts, strict=True)))
    motif.background = dict(zip(_BASES, background, strict=True))
    motif.pseudocounts = {base: pseudocount * frequency for base, frequency in motif.background.items()}
    return motif
