"""What motifs lose when they are written in a format."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from motifnet.motifs.io.files import format_named
from motifnet.motifs.motif import Motif, MotifSet

#: Shares are told apart by the digits that formats give them: 6 of a probability, 5 of a background.
_PPM_DIGITS = 1e-5
_BACKGROUND_DIGITS = 2e-5


def lost_in(motifs: MotifSet, *, format: str) -> tuple[str, ...]:
    """What a file of a format does not keep of these motifs: found by writing them and reading them back.

    Parameters
    ----------
    motifs : MotifSet
    format : str
        One of ``FORMATS``.

    Returns
    -------
    tuple of str
        In words, e.g. ``"the E-values of 12"``; empty if everything comes back.

    Raises
    ------
    InputError
        If the format does not exist or a name does not fit it.
    """
    module = format_named(format)
    text = io.StringIO()
    module.write(motifs, text)
    if not len(motifs):
        return ()
    text.seek(0)
    back = module.read(text)
    lost = []
    for words, is_equal in _FIELDS.items():
        n = sum(not is_equal(ours, theirs) for ours, theirs in zip(motifs, back, strict=True))
        lost += [f"{words} of {n}"] * (n > 0)
    if not np.allclose(motifs.background, back.background, rtol=0, atol=_BACKGROUND_DIGITS):
        lost.append("the background")
    if motifs.strands != back.strands:
        lost.append(f"strands: {motifs.strands}")
    return (*lost, *_unknown_nsites(motifs, back))


def _equal_nsites(ours: Motif, theirs: Motif) -> bool:
    return ours.nsites is None or ours.nsites == theirs.nsites


def _equal_counts(ours: Motif, theirs: Motif) -> bool:
    return np.allclose(ours.counts, theirs.counts, rtol=0, atol=_PPM_DIGITS * ours.counts.sum(axis=0).max())


def _equal_evalues(ours: Motif, theirs: Motif) -> bool:
    if ours.e_value is None or theirs.e_value is None:
        return ours.e_value is theirs.e_value
    return bool(np.isclose(ours.e_value, theirs.e_value, rtol=0.1, atol=0))


_FIELDS: dict[str, Callable[[Motif, Motif], bool]] = {
    "the alternate names": lambda ours, theirs: ours.alt_name == theirs.alt_name,
    "the E-values": _equal_evalues,
    "nsites": _equal_nsites,
    "the counts (not their shares)": _equal_counts,
}


def _unknown_nsites(ours: MotifSet, theirs: MotifSet) -> list[str]:
    told = [b.nsites for a, b in zip(ours, theirs, strict=True) if a.nsites is None and b.nsites is not None]
    if not told:
        return []
    values = f"{min(told)}" if len(set(told)) == 1 else f"{min(told)} to {max(told)}"
    return [f"that nsites of {len(told)} is unknown (written as {values})"]
