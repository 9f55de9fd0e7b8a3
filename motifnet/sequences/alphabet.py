"""The DNA alphabet: characters, codes, one-hot arrays and the reverse complement.

Codes are uint8: 0-3 are A, C, G, T and 4 is N. One-hot arrays are ``(N, 4, L)`` (rows are bases, columns are
positions); N is a column of zeros. The reverse complement of any array whose last two axes are (base, position) is
``x[..., ::-1, ::-1]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import tuple_of
from motifnet.errors import InputError, SequenceError, quoted

Codes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Layout = Literal["N4L", "NL4"]

LETTERS = "ACGTN"
N = 4
#: IUPAC codes other than N, which are read as N.
_AMBIGUOUS = "RYSWKMBDHV"
_INVALID = 255
_HINT = "Allowed are A, C, G, T, U and N; other IUPAC codes are read as N."

_CODE_OF_BYTE = np.full(256, _INVALID, dtype=np.uint8)
for _letter, _code in [*zip(LETTERS, range(5), strict=True), ("U", 3), *((letter, N) for letter in _AMBIGUOUS)]:
    _CODE_OF_BYTE[[ord(_letter), ord(_letter.lower())]] = _code
_CODES = _CODE_OF_BYTE.tobytes()
_AMBIGUOUS_BYTES = (_AMBIGUOUS + _AMBIGUOUS.lower()).encode()
_BYTE_OF_CODE = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, N], dtype=np.uint8)
_ONE_HOT_OF_CODE = np.eye(5, 4, dtype=np.float32)


class HasCodes(Protocol):
    """Any object with codes, such as a `SequenceSet`."""

    @property
    def codes(self) -> Codes: ...


def encode_letters(letters: bytes) -> tuple[Codes, int]:
    """Encode ASCII characters of DNA or RNA, in either case: codes, and the number of IUPAC codes that became N.

    Raises SequenceError for the first invalid character, with its 0-based ``position`` and an empty ``record``.
    """
    codes = letters.translate(_CODES)
    position = codes.find(_INVALID)
    if position >= 0:
        what = f"invalid letter {quoted(chr(letters[position]))} at position {position}"
        raise SequenceError(what, record="", position=position, hint=_HINT)
    n_ambiguous = len(letters) - len(letters.translate(None, _AMBIGUOUS_BYTES))
    return np.frombuffer(bytearray(codes), dtype=np.uint8), n_ambiguous


def encode_strings(strings: Sequence[str]) -> tuple[list[Codes], int]:
    """Codes of each string, and the number of IUPAC codes that became N; raises SequenceError as in `one_hot`."""
    rows, n_ambiguous = [], 0
    for index, string in enumerate(strings):
        try:
            codes, n_own = encode_letters(string.encode("ascii", "replace"))
        except SequenceError as error:
            what = f"invalid letter {quoted(string[error.position])} at position {error.position} of sequence {index}"
            raise SequenceError(what, record=str(index), position=error.position, hint=_HINT) from None
        rows.append(codes)
        n_ambiguous += n_own
    return rows, n_ambiguous


def decode_codes(codes: Codes) -> str:
    """Decode codes of shape (L,) into upper-case characters."""
    return _BYTE_OF_CODE[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """Reverse complement of codes along their last axis; N stays N.

    >>> decode_codes(reverse_complement(encode_letters(b"AACGN")[0]))
    'NCGTT'
    """
    return _COMPLEMENT[codes[..., ::-1]]


def flush_left(codes: Codes) -> Codes:
    """Move the Ns at the start of each sequence to its end: codes ``(n, L)``.

    >>> decode_codes(flush_left(encode_letters(b"NNACNG")[0][np.newaxis])[0])
    'ACNGNN'
    """
    first = (codes != N).argmax(axis=1)  # 0 for sequences of N only
    rows = np.flatnonzero(first)
    if not len(rows):
        return codes
    flushed = codes.copy()
    columns = (np.arange(codes.shape[1]) + first[rows, np.newaxis]) % codes.shape[1]
    flushed[rows] = np.take_along_axis(codes[rows], columns, axis=1)
    return flushed


def one_hot_codes(codes: Codes) -> NDArray[np.float32]:
    """One-hot of codes: ``(..., L)`` becomes float32 ``(..., 4, L)``."""
    return np.moveaxis(_ONE_HOT_OF_CODE[codes], -1, -2)


def codes_of(sequences: Sequence[str] | HasCodes) -> Codes:
    """Codes ``(N, L)`` of strings of equal length, or of an object with codes; errors as in `one_hot`."""
    if not isinstance(sequences, str) and hasattr(sequences, "codes"):
        codes: Codes = sequences.codes
        return codes
    strings = (sequences,) if isinstance(sequences, str) else tuple_of("sequences", sequences, str)
    lengths = {len(s) for s in strings}
    if len(lengths) > 1:
        raise InputError(
            f"sequences must have equal lengths. Got {min(lengths)} to {max(lengths)} bp instead",
            hint="read_fasta(path, length=N) pads and crops sequences to one length.",
        )
    rows = encode_strings(strings)[0]
    return np.stack(rows) if rows else np.empty((0, 0), dtype=np.uint8)


def one_hot(sequences: Sequence[str] | HasCodes, layout: Layout = "N4L") -> NDArray[np.float32]:
    """One-hot encode DNA.

    Parameters
    ----------
    sequences : sequence of str, or SequenceSet
        Of equal length: A, C, G, T (or U) in either case; N and other IUPAC codes become columns of zeros.
    layout : {"N4L", "NL4"}
        "N4L": rows are bases, as in all arrays of motifnet; "NL4": rows are positions, as for ``Conv1D`` of Keras.

    Returns
    -------
    float32 array of shape (N, 4, L) or (N, L, 4)

    Raises
    ------
    InputError
        If the sequences differ in length (`SequenceError`: or have an invalid character), or the layout is unknown.

    Examples
    --------
    >>> one_hot(["ACGT"])[0].astype(int).tolist()
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    >>> one_hot(["ANT"], layout="NL4")[0].astype(int).tolist()
    [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    """
    encoded = _ONE_HOT_OF_CODE[codes_of(sequences)]
    return encoded if _is_positions_first(layout) else np.moveaxis(encoded, -1, -2)


def decode(encoded: NDArray[Any], layout: Layout = "N4L") -> list[str]:
    """Decode one-hot arrays into strings; a column of zeros is N.

    Parameters
    ----------
    encoded : array of shape (N, 4, L), or (N, L, 4) with ``layout="NL4"``
    layout : {"N4L", "NL4"}

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If the array has another shape, or a column that is neither one-hot nor zeros.

    Examples
    --------
    >>> decode(one_hot(["acgu", "NNRT"]))
    ['ACGT', 'NNNT']
    """
    encoded = np.asarray(encoded)
    base_axis = -1 if _is_positions_first(layout) else -2
    if encoded.ndim != 3 or encoded.shape[base_axis] != 4:
        raise InputError(f"encoded must be an array in layout {layout}. Got shape {encoded.shape} instead")
    bases_last = np.moveaxis(encoded, base_axis, -1)
    if not (np.isin(bases_last, (0, 1)).all() and (bases_last.sum(axis=-1) <= 1).all()):
        raise InputError("encoded has a column that is neither one-hot nor all zeros")
    codes = np.where(bases_last.any(axis=-1), bases_last.argmax(axis=-1), N).astype(np.uint8)
    return [decode_codes(row) for row in codes]


def _is_positions_first(layout: str) -> bool:
    if layout not in ("N4L", "NL4"):
        raise InputError(f"layout must be 'N4L' or 'NL4'. Got {quoted(layout)} instead")
    return layout == "NL4"
