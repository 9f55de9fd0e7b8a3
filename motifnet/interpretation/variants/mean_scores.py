"""Mean score of several models of the same tasks, such as networks trained with different seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import ModelError, listed
from motifnet.interpretation.variants.score_calls import ScoreCalls
from motifnet.models.network.keras_spec import KerasSpec
from motifnet.models.network.spec import ModelSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.trained import load_model
from motifnet.sequences.sequence_set import SequenceSet


@dataclass(frozen=True, eq=False)
class MeanScores:
    """Scores of alleles: those of one model, or their mean over several.

    Parameters
    ----------
    models : tuple of SequenceModel
        For windows of the same length.
    calls : ScoreCalls
        Computes or reads the scores of blocks of alleles.
    """

    models: tuple[SequenceModel, ...]
    calls: ScoreCalls

    @property
    def spec(self) -> ModelSpec | KerasSpec:
        """That of the first model."""
        return self.models[0].spec

    def scores(self, sequences: SequenceSet) -> NDArray[np.float64]:
        """Mean scores, ``(N, T)``."""
        return np.mean([model.scores(sequences) for model in self.models], axis=0)

    @classmethod
    def of(
        cls, model: SequenceModel, members: Sequence[str | Path] = (), *, window: int | None = None,
        calls: ScoreCalls | None = None,
    ) -> MeanScores:  # fmt: skip
        """Load the models of the folders, for windows of this length (default: the length of the first model).

        Raises
        ------
        ModelError
            If a folder has no model, or a model has other tasks or does not accept windows of this length.
        """
        model = model if window is None else model.for_length(window)
        models = [model]
        for folder in members:
            other = load_model(folder)
            if (other.spec.tasks, other.spec.outputs) != (model.spec.tasks, model.spec.outputs):
                what = f"{folder}: the tasks of this model are {listed(other.spec.tasks)} ({other.spec.outputs}); "
                what += f"those of the first model are {listed(model.spec.tasks)} ({model.spec.outputs})"
                raise ModelError(what, hint="Give models of the same tasks.")
            models.append(other if model.spec.length is None else other.for_length(model.spec.length))
        return cls(tuple(models), calls or ScoreCalls())
