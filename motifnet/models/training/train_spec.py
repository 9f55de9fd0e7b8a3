"""How a network is trained, as a frozen value that is stored as JSON. Imports neither numpy nor Keras."""

from __future__ import annotations

import math
from dataclasses import dataclass

from motifnet.arguments import convert_numbers
from motifnet.models.network.block import check_flags, check_integer, check_number

#: Steps that a small data set gets even if they are more than `TrainSpec.max_epochs` epochs.
ENOUGH_STEPS = 400


@dataclass(frozen=True)
class TrainSpec:
    """How a network is trained.

    Parameters
    ----------
    seed : int
        Random seed of the initial weights, dropout, the order of the sequences, and the split that a command makes.
    max_steps : int
        Maximum number of optimizer steps (batches).
    max_epochs : int
        Maximum number of passes over the training sequences. Small data sets get at least 400 steps all the same, up to
        the maximum number of steps.
    batch_size : int
        Number of sequences per step.
    check_every : int
        Number of steps between two validations.
    patience : int
        Stop after this many validations without a lower validation loss. The weights with the lowest loss are kept.
    learning_rate : float
        Peak learning rate of the Adam optimizer; it decays to almost zero along a cosine.
    shift : int
        Shift each sequence at random by up to this many bp each time it is used, at most a tenth of its length; N fills
        the end.
    kmer_init : bool
        Initialize the filters of the first layer with k-mers enriched in the training sequences, instead of at random.
    kmers : bool
        Combine the network with a regression on the counts of 4- to 6-mers and gapped 7-mers. The odds of both are
        multiplied, those of the regression with an exponent that is fitted to the validation sequences; for values and
        counts, a weighted mean is fitted to them. Motifs come from the network alone.

    Raises
    ------
    SpecError
        If a value is out of range.
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
        convert_numbers(self)
        for name in ("max_steps", "max_epochs", "batch_size", "check_every", "patience"):
            check_integer(name, getattr(self, name), 1)
        for name in ("seed", "shift"):
            check_integer(name, getattr(self, name), 0, 10**18)
        check_number("learning_rate", self.learning_rate, "above 0", lambda rate: 0 < rate < math.inf)
        check_flags(self, "kmer_init", "kmers")

    def steps(self, n: int) -> int:
        """Maximum number of steps for `n` training sequences."""
        in_epochs = self.max_epochs * math.ceil(n / min(self.batch_size, max(n, 1)))
        return min(self.max_steps, max(in_epochs, ENOUGH_STEPS))
