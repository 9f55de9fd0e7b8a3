"""Messages of discover and of wrong types in the API."""

from __future__ import annotations

from collections.abc import Callable

CASES: dict[str, Callable[[], object]] = {}
