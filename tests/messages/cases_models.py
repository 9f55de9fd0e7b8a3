"""Messages of motifnet.models."""

from __future__ import annotations

from collections.abc import Callable

CASES: dict[str, Callable[[], object]] = {}
