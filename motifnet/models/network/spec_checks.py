"""What a value of a specification must be, said in one sentence when it is not."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from motifnet.errors import SpecError


def check(name: str, value: object, wanted: str, is_right: bool) -> None:
    if not is_right:
        raise SpecError(f"{name} must be {wanted}. Got {value!r} instead")


def check_integer(name: str, value: object, lowest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SpecError(f"{name} must be an integer. Got {value!r} instead")
    check(name, value, f"at least {lowest}", value >= lowest)


def check_companion(name: str, value: int | None, is_needed: bool, with_what: str) -> None:
    """A field that goes with the value of another one, and with no other."""
    wanted = f"at least 1 with {with_what}" if is_needed else f"None with {with_what}"
    check(name, value, wanted, value is not None and value >= 1 if is_needed else value is None)


def check_name(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1)
        raise SpecError(
            f"{name} must be one of {', '.join(known)}. Got {value!r} instead",
            hint=f"Did you mean {near[0]!r}?" if near else None,
        )
