"""Numbers and lists as text. A missing value or one that is not finite is a dash."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

MISSING = "–"
#: Narrow no-break space.
_SPACE = "\u202f"


def finite(value: Any) -> float | None:
    """The number if it is finite, otherwise None."""
    try:
        parsed = float(value)
    except (TypeError, ValueError):
        return None
    return parsed if math.isfinite(parsed) else None


def fraction(part: Any, whole: Any) -> float | None:
    """`part` divided by `whole`; None where the whole is zero or missing."""
    numerator, denominator = finite(part), finite(whole)
    return None if numerator is None or not denominator else numerator / denominator


def number(value: Any, digits: int = 3) -> str:
    """A number with `digits` significant digits."""
    known = finite(value)
    if known is None:
        return MISSING
    if known and not 1e-3 <= abs(known) < 1e6:
        return _power(known)
    text = f"{known:.{digits}g}"
    return (f"{known:.0f}" if "e" in text else text).replace("-", "−")


def fixed(value: Any, decimals: int = 3) -> str:
    """A number with a fixed number of decimals."""
    known = finite(value)
    return MISSING if known is None else f"{known:.{decimals}f}".replace("-", "−")


def e_value(value: Any) -> str:
    """An E-value as papers print it.

    Examples
    --------
    >>> e_value(0.02), e_value(3.49e-17).replace(_SPACE, " ")
    ('0.02', '3.5 × 10⁻¹⁷')
    """
    known = finite(value)
    if known is None:
        return MISSING
    return f"{known:.2g}" if 0.01 <= known < 1000 else _power(known)


def _power(value: float) -> str:
    """A number as a power of ten."""
    if not value:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    superscript = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}{_SPACE}×{_SPACE}10{superscript}".replace("-", "−")


def count(value: Any) -> str:
    """An integer with thousands separated."""
    known = finite(value)
    return MISSING if known is None else f"{known:,.0f}".replace(",", _SPACE).replace("-", "−")


def percent(part: Any, whole: Any) -> str:
    """A fraction in percent."""
    known = fraction(part, whole)
    return MISSING if known is None else f"{100 * known:.0f}{_SPACE}%"


def sort_key(value: Any) -> str:
    """A sort key for the script of the page; empty for a missing value."""
    known = finite(value)
    return "" if known is None else repr(known)


def duration(value: Any) -> str:
    """A duration in seconds, minutes or hours."""
    seconds = finite(value)
    if seconds is None:
        return MISSING
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def file_size(value: Any) -> str:
    """A size in bytes, kB, MB or GB."""
    size = finite(value)
    if size is None:
        return MISSING
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 1000:
            return f"{size:.3g} {unit}"
    return f"{size / 1000:.3g} GB"


def listed(texts: Sequence[str], *, most: int = 3) -> str:
    """``a, b and c``; after `most` items, the number of the others."""
    shown = [*texts[:most], *([f"{len(texts) - most} more"] if len(texts) > most else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
