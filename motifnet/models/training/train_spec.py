"""How a network is trained, as a frozen value that is stored as JSON. No Keras, no numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from motifnet.arguments import settle_numbers
from motifnet.models.network.fields import check, check_integer

#: Steps that few sequences get, however many passes over them these are.
ENOUGH_STEPS = 400


@dataclass(frozen=True)
class TrainSpec:
    """How a network is trained.

    Parameters
    ----------
    seed : int
        Decides initial weights, dropout, the order of the sequences, and the split that a command makes.
    max_steps : int
        Budget in optimiser steps (batches).
    max_epochs : int
        Budget in passes over the training sequences; at least 400 steps are taken all the same, if `max_steps` is not
        less, so that few sequences are seen as often as they need.
    batch_size : int
        Sequences a step.
    check_every : int
        Steps between two looks at the validation sequences.
    patience : int
        Looks without a better validation loss before training stops; the best weights are kept.
    learning_rate : float
        Peak rate of the Adam optimiser; it falls to zero over the budget along a cosine.
    shift : int
        Each time a sequence is seen it is moved at random by up to this many bp, but no more than a tenth of its length
        (N comes in at the end).
    kmer_init : bool
        The filters of the first block start as enriched words of the training sequences, instead of at random.
    kmers : bool
        A regression on the counts of 4-, 5- and 6-mers stands beside the network; predictions multiply the odds of both
        (of values and counts: a mean, weighted by what fits the validation sequences). Motifs are read from the network
        alone.
    """

    seed: int = 0
    max_steps: int = 1200
    max_epochs: int = 20
    batch_size: int = 64
    check_every: int = 50
    patience: int = 20
    learning_rate: float = 0.004
    shift: int = 8
    kmer_init: bool = True
    kmers: bool = True

    def __post_init__(self) -> None:
        settle_numbers(self)
        for name in ("max_steps", "max_epochs", "batch_size", "check_every", "patience"):
            check_integer(name, getattr(self, name), 1)
        for name in ("seed", "shift"):
            check_integer(name, getattr(self, name), 0)
        check("learning_rate", self.learning_rate, "above 0", 0 < self.learning_rate < math.inf)

    def steps(self, n: int) -> int:
        """The budget for `n` training sequences, in steps."""
        in_epochs = self.max_epochs * math.ceil(n / min(self.batch_size, max(n, 1)))
        return min(self.max_steps, max(in_epochs, ENOUGH_STEPS))
