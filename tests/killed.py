"""Processes that are killed (SIGKILL) at their n-th file operation: `killed_at`, for use in forks and new processes."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

#: Operations that change what is on the disk, or the lock; writing into an open file is not among them.
OPERATIONS = {os: ("open", "mkdir", "replace", "rename", "unlink", "rmdir", "fsync"), fcntl: ("flock",)}


@contextmanager
def killed_at(number: int, *, can_exchange: bool = True) -> Iterator[Callable[[], int]]:
    """Kill this process before its operation `number` (from 0); yields a function that returns their number so far."""
    from motifnet import partial_folder

    done = 0

    def counted(operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal done
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return operation(*arguments, **options)

        return call

    operations = [(module, name) for module, names in OPERATIONS.items() for name in names]
    patches = [patch.object(module, name, counted(getattr(module, name))) for module, name in operations]
    exchanging = partial_folder.exchange if can_exchange else (lambda *_: False)
    patches.append(patch.object(partial_folder, "exchange", counted(exchanging)))
    for each in patches:
        each.start()
    try:
        yield lambda: done
    finally:
        for each in patches:
            each.stop()
