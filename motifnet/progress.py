"""How far long work is: told by whoever does it, shown by whoever listens to the logger ``motifnet.progress``."""

from __future__ import annotations

import logging

#: Silent unless its level is DEBUG; the arguments of its records are those of `report`.
logger = logging.getLogger("motifnet.progress")


def report(what: str, done: int, total: int) -> None:
    """Tell how far a piece of work is.

    Parameters
    ----------
    what : str
        The same words from the first step to the last.
    done, total : int
        Steps, or bytes; with the last one the work is over.
    """
    logger.debug("%s: %d of %d", what, done, total)
