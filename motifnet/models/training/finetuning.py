"""Training that starts from a trained model: its weights taken over, its first blocks frozen, its splits remembered."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.builder import output_weights
from motifnet.models.network.spec import ModelSpec
from motifnet.models.split_table import SplitTable
from motifnet.models.storage import Origin
from motifnet.models.trained import TrainedModel
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

#: What may differ between the blocks of a model and those of a network that starts from it: it has no weights.
_WITHOUT_WEIGHTS: dict[str, Any] = {"dropout": 0.0, "l1": 0.0, "l2": 0.0}


class Start(NamedTuple):
    """Where training starts.

    Parameters
    ----------
    model : TrainedModel
        Its blocks must be those of the network to train. Its head is taken over too if it has the same tasks and
        outputs, and the same shapes; else the network begins with a new one.
    freeze : int
        Blocks, from the first on, that stay as they are: weights and the statistics of batch normalisation.
    """

    model: TrainedModel
    freeze: int = 0

    def check(self, spec: ModelSpec) -> None:
        """A network can start from here.

        Raises
        ------
        SpecError
            If its blocks are others, or there are not so many to freeze.
        """
        theirs, ours = self.model.spec.blocks, spec.blocks
        if len(theirs) != len(ours):
            raise SpecError(f"the network has {len(ours)} blocks, the model to start from {len(theirs)}", hint=_HINT)
        for number, (own, other) in enumerate(zip(ours, theirs, strict=True), start=1):
            if replace(own, **_WITHOUT_WEIGHTS) != replace(other, **_WITHOUT_WEIGHTS):
                raise SpecError(
                    f"block {number} is not that of the model to start from: {_difference(own, other)}", hint=_HINT
                )
        if not 0 <= self.freeze <= len(ours):
            raise SpecError(f"freeze must be a number of blocks, 0 to {len(ours)}. Got {self.freeze} instead")

    def apply(self, network: Any, spec: ModelSpec) -> bool:
        """Give a network the weights; whether it got those of its output layer too."""
        parent = self.model.network
        has_head = _has_same_head(network, parent) and (self.model.spec.tasks, self.model.spec.outputs) == (
            spec.tasks,
            spec.outputs,
        )
        for layer in network.layers:
            if layer.weights and (has_head or _is_of_block(layer.name, len(spec.blocks))):
                layer.set_weights(parent.get_layer(layer.name).get_weights())
        if not has_head:
            logger.info("the network starts with the blocks of the model, and with a new head")
        return has_head

    def freeze_in(self, network: Any) -> None:
        """Make the frozen blocks of a network untrainable."""
        for layer in network.layers:
            layer.trainable = not _is_of_block(layer.name, self.freeze)

    @property
    def origin(self) -> Origin:
        """What the new model remembers of the one that it started from."""
        digest = hashlib.sha256()
        for array in self.model.network.get_weights():
            digest.update(np.ascontiguousarray(array).tobytes())
        return Origin(digest.hexdigest(), self.freeze)

    def splits_with(self, splits: SplitTable, valid: SequenceSet) -> SplitTable:
        """Splits of the new model: what the first one was trained on stays "train"."""
        n_known = self.model.split_of(valid).count("train")
        if n_known:
            logger.warning(
                "%d of %d validation sequences trained the model that this one starts from: its validation loss "
                "flatters, and it may stop late",
                n_known,
                len(valid),
            )
        return splits.joined(SplitTable.from_mapping(self.model.splits))


_HINT = "Leave the blocks as they are there; strands, dropout, penalties, tasks and head may change."


def _difference(own: Block, other: Block) -> str:
    names = [name for name in vars(own) if name not in _WITHOUT_WEIGHTS and vars(own)[name] != vars(other)[name]]
    return ", ".join(f"{name} is {vars(own)[name]!r}, not {vars(other)[name]!r}" for name in names)


def _is_of_block(name: str, count: int) -> bool:
    """Whether a layer belongs to one of the first blocks: ``conv_1``, ``conv_1_w9``, ``norm_1``."""
    parts = name.split("_")
    return parts[0] in ("conv", "norm", "compress") and parts[1].isdigit() and int(parts[1]) <= count


def _has_same_head(network: Any, parent: Any) -> bool:
    """Whether all arrays have the same shapes."""
    return [w.shape for w in network.weights] == [w.shape for w in parent.weights]


def begin(network: Any, spec: ModelSpec, objective: Any, start: Start | None) -> None:
    """The weights that training starts from: fresh ones, or those of a model."""
    output = output_weights(network)
    if start is not None and start.apply(network, spec):
        objective.unfold(output)
    else:
        objective.begin(output)
