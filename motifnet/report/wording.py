"""Numbers, names and lists as text for the report."""

from __future__ import annotations

import math
from typing import Any

NOTHING = "–"
#: Narrow no-break space.
_NARROW = "\u202f"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figure(value: Any, digits: int = 3) -> str:
    """A number with `digits` significant digits; a dash for a missing value."""
    number = number_of(value)
    if number is None:
        return NOTHING
    if number and not 1e-3 <= abs(number) < 1e6:
        return power(number)
    text = f"{number:.{digits}g}"
    return (f"{number:.0f}" if "e" in text else text).replace("-", "−")


def fixed(value: Any, decimals: int = 3) -> str:
    """A number with a fixed number of decimals."""
    number = number_of(value)
    return NOTHING if number is None else f"{number:.{decimals}f}".replace("-", "−")


def e_value(value: Any) -> str:
    """An E-value as papers print it."""
    number = number_of(value)
    if number is None:
        return NOTHING
    return f"{number:.2g}" if 0.01 <= number < 1000 else power(number)


def power(number: float) -> str:
    """A number as a power of ten.

    Examples
    --------
    >>> power(3.49e-17).replace(_NARROW, " ")
    '3.5 × 10⁻¹⁷'
    """
    if not number:
        return "0"
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa}{_NARROW}×{_NARROW}10{str(int(exponent)).translate(_SUPERSCRIPTS)}".replace("-", "−")


def count(value: Any) -> str:
    """An integer with thousands separated."""
    number = number_of(value)
    return NOTHING if number is None else f"{number:,.0f}".replace(",", _NARROW).replace("-", "−")


def percent(part: Any, whole: Any) -> str:
    """A fraction in percent."""
    share = share_of(part, whole)
    return NOTHING if share is None else f"{100 * share:.0f}{_NARROW}%"


def share_of(part: Any, whole: Any) -> float | None:
    """A fraction; None where the whole is zero or missing."""
    number, of = number_of(part), number_of(whole)
    return None if number is None or not of else number / of


def number_of(value: Any) -> float | None:
    """The number if it is finite, otherwise None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def key(value: Any) -> str:
    """A sort key for the page's script; empty for a missing value."""
    number = number_of(value)
    return "" if number is None else repr(number)


def seconds(value: Any) -> str:
    """A duration."""
    number = number_of(value)
    if number is None:
        return NOTHING
    if number < 100:
        return f"{number:.1f} s" if number < 10 else f"{number:.0f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(value: Any) -> str:
    """A file size."""
    number = number_of(value)
    if number is None:
        return NOTHING
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def cut(value: Any, length: int = 60) -> str:
    """A name cut to `length` characters."""
    text = "" if value is None else str(value)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def listed(texts: list[str], *, most: int = 3) -> str:
    """``a, b and c``; after `most` items, the number of the others."""
    shown = texts[:most] + ([f"{len(texts) - most} more"] if len(texts) > most else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
