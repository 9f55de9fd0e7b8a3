"""Where the best site of each motif lies in each sequence, and the words in frames that may hang over the ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.motifs.motif import Floats, MotifSet
from motifnet.sequences.alphabet import Codes, N, one_hot_codes, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks, release

_BATCH = 256
#: Stands for minus infinity (a base never seen, no pseudocount): times zero that would be NaN.
_FORBIDDEN = np.float32(-1e30)
#: PWMs are rounded to parts of a bit that float32 adds without rounding: equal words score equally, wherever they lie.
_STEPS_A_BIT = 2**14


class Placements(NamedTuple):
    """Best site of each of M motifs in each of N sequences: arrays ``(N, M)``; score in bits, `-inf` without a site."""

    score: NDArray[np.float32]
    start: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]

    def of(self, motif: int) -> Placements:
        """Those of one motif, as copies: ``(N, 1)``."""
        return Placements(self.score[:, [motif]], self.start[:, [motif]], self.is_reverse[:, [motif]])


def place(motifs: MotifSet, sequences: SequenceSet, *, pseudocount: float = 1.0) -> Placements:
    """The best site of each motif in each sequence: the leftmost of equals, ``+`` where both strands are equal.

    Parameters
    ----------
    motifs : MotifSet of M motifs
        Both strands are looked at if its ``strands`` says so.
    sequences : SequenceSet of N sequences
    pseudocount : float
        See `Motif.pwm`.

    Returns
    -------
    Placements
        Windows with N are skipped.
    """
    shape = len(sequences), len(motifs)
    found = Placements(np.full(shape, -np.inf, np.float32), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
    widths = np.array([motif.width for motif in motifs], dtype=np.int64)
    if not len(motifs) or widths.min() > sequences.length:
        return found
    matrices = _padded_matrices(motifs, int(widths.max()), pseudocount)
    for first, codes in blocks(sequences.codes, rows=_BATCH):
        scores = _window_scores(matrices, widths, codes).reshape(-1, len(motifs), len(codes), codes.shape[1])
        best = scores.max(axis=0)
        start = best.argmax(axis=2)[..., np.newaxis]
        rows = slice(first, first + len(codes))
        found.start[rows] = start[..., 0].T
        found.score[rows] = np.take_along_axis(best, start, 2)[..., 0].T
        if len(scores) == 2:
            forward = np.take_along_axis(scores[0], start, 2)[..., 0].T
            found.is_reverse[rows] = found.score[rows] > forward
    found.score[found.score < _FORBIDDEN / 2] = -np.inf
    return found


def _padded_matrices(motifs: MotifSet, width: int, pseudocount: float) -> NDArray[np.float32]:
    """PWMs with zeros behind them up to one width, those of the reverse strand (if it counts) after the others."""
    matrices = [motif.pwm(pseudocount) for motif in motifs]
    if motifs.strands == "both":
        matrices += [matrix[::-1, ::-1] for matrix in matrices]
    padded = np.zeros((len(matrices), 4, width), dtype=np.float32)
    for row, matrix in zip(padded, matrices, strict=True):
        row[:, : matrix.shape[1]] = np.maximum(np.round(matrix * _STEPS_A_BIT) / _STEPS_A_BIT, _FORBIDDEN)
    return padded


def _window_scores(matrices: NDArray[np.float32], widths: NDArray[np.int64], codes: Codes) -> NDArray[np.float32]:
    """Scores of all matrices at all starts of codes ``(n, L)``: ``(matrices, n, L)``, -inf over N and past the end."""
    n, length = codes.shape
    width = matrices.shape[2]
    # One window matrix for all widths: the letters behind a narrower motif meet zeros.
    padded = np.pad(codes, ((0, 0), (0, width - 1)), constant_values=N)
    windows = sliding_window_view(one_hot_codes(padded), width, axis=2).transpose(1, 3, 0, 2).reshape(4 * width, -1)
    scores = (matrices.reshape(len(matrices), -1) @ windows).reshape(len(matrices), n, length)
    by_strand = scores.reshape(-1, len(widths), n, length)
    has_unknown = bool((codes == N).any())
    for own in np.unique(widths):
        chosen = np.flatnonzero(widths == own)
        if has_unknown:
            unknown = sliding_window_view(padded[:, : length + own - 1] == N, own, axis=1).any(axis=2)
            by_strand[:, chosen] = np.where(unknown, np.float32(-np.inf), by_strand[:, chosen])
        else:
            by_strand[:, chosen, :, max(length - own + 1, 0) :] = -np.inf
    return scores


def framed_words(
    sequences: SequenceSet,
    sequence: NDArray[np.int64],
    start: NDArray[np.int64],
    is_reverse: NDArray[np.bool_],
    width: int,
) -> Codes:
    """The words in frames of `width` bp, read on their strands: uint8 ``(n, width)``, N where a frame hangs over."""
    words = np.empty((len(start), width), dtype=np.uint8)
    for first, block in blocks(words):
        rows = slice(first, first + len(block))
        columns = start[rows, np.newaxis] + np.arange(width)
        inside = (columns >= 0) & (columns < sequences.length)
        block[:] = np.where(inside, sequences.codes[sequence[rows, np.newaxis], np.where(inside, columns, 0)], N)
        release(sequences.codes)
    words[is_reverse] = reverse_complement(words[is_reverse])
    return words


def count_letters(words: Codes) -> Floats:
    """PFM of words ``(n, w)``: float64 ``(4, w)``; N is not counted."""
    return np.stack([(words == base).sum(axis=0) for base in range(4)]).astype(np.float64)
