"""Messages of motifnet.interpretation."""

from __future__ import annotations

from collections.abc import Callable

CASES: dict[str, Callable[[], object]] = {}
