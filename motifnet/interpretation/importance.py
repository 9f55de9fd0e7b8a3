"""Importance of filters: how much worse held-out predictions are if the maps of a group of filters are replaced.

The maps of the group are replaced by those of a random negative sequence (the donor); the other filters still see the
sequence itself. Unlike zeros or means, such maps are in the distribution that the rest of the network was trained on.
This is the permutation importance of Fisher, Rudin & Dominici 2019 (J Mach Learn Res 20:177) for inner features, with
permutations among the negatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from motifnet.errors import InputError
from motifnet.interpretation.resampling import bootstrap_weights, interval, weighted_auroc, weighted_pearson
from motifnet.interpretation.tables.columns import IMPORTANCE_COLUMNS
from motifnet.models.inference import BATCH, one_hot_tensor, over_strands, strands_of
from motifnet.models.kmer_regression import inverse_link
from motifnet.models.metrics import check_labels
from motifnet.models.runtime import tf
from motifnet.models.sequence_model import SequenceModel
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import release

Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]
Predictions = NDArray[np.float32]

#: Random groups of filters for each size of the given groups.
RANDOM_GROUPS = 10
RESAMPLES = 1000
#: Distance from 0 and 1 below which float32 probabilities are not resolved.
_SMALLEST = 2.0**-24


def importance(
    model: SequenceModel,
    data: Dataset,
    groups: Sequence[Sequence[int]],
    *,
    donors: SequenceSet,
    layer: int = 0,
    draws: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how much worse predictions are without groups of filters.

    Parameters
    ----------
    model : SequenceModel
    data : Dataset
        Held-out sequences with the tasks of the model; unknown labels (NaN) are ignored.
    groups : sequence of G sequences of int
        Indices of the filters of each group.
    donors : SequenceSet
        Negatives of the length of the sequences. In each draw, each sequence has one random donor for all groups and
        both strands.
    layer : int
        Convolution of the filters, counted from 0.
    draws : int
        Number of draws of donors, over which results are averaged.
    seed : int
        Of donors, random groups and resamples.

    Returns
    -------
    DataFrame
        A row for each group and task: ``group`` (index), and the columns `IMPORTANCE_COLUMNS` except ``motif``.
        Positive values mean worse predictions without the filters. NaN for the loss of a task without known labels, and
        for the auROC of a task that lacks a class.

    Raises
    ------
    InputError
        If tasks or lengths differ, there are no sequences or donors, or a group is empty or has a filter that is not in
        the layer.
    SpecError
        If there is no such layer.
    ModelError
        If the model does not accept sequences of this length.
    """
    n_filters = len(model.layer(layer).names)
    _check(model, data, donors, draws)
    masks = _masks(groups, n_filters)
    rng = np.random.default_rng(seed)
    sizes = np.unique(masks.sum(axis=1))
    random = _masks([rng.choice(n_filters, k, replace=False) for k in sizes for _ in range(RANDOM_GROUPS)], n_filters)
    rows = rng.integers(len(donors), size=(draws, len(data)))
    network = _CutNetwork(model.for_length(data.sequences.length), layer)
    with_whole = np.concatenate([np.zeros((1, n_filters), dtype=np.bool_), masks])
    after, after_random = _ablate(network, data.sequences.codes, donors.codes, rows, with_whole, random)
    size = np.searchsorted(sizes, masks.sum(axis=1))
    random_of_group = RANDOM_GROUPS * size[:, np.newaxis] + np.arange(RANDOM_GROUPS)
    tables = []
    for task, name in enumerate(data.tasks):
        ours = after[..., task], after_random[..., task]
        measured = measure(ours, random_of_group, data.labels[:, task], data.groups, model.spec.outputs, seed)
        tables.append(pd.DataFrame({"group": np.arange(len(masks)), "task": name, **measured}))
    return pd.concat(tables).sort_values("group", kind="stable", ignore_index=True)


def _check(model: SequenceModel, data: Dataset, donors: SequenceSet, draws: int) -> None:
    if data.tasks != model.spec.tasks:
        ours, theirs = ", ".join(data.tasks), ", ".join(model.spec.tasks)
        raise InputError(f"the tasks of the data ({ours}) are not those of the model ({theirs})")
    if not len(data):
        raise InputError("no sequences to measure importance on", hint="Use held-out sequences.")
    if not len(donors):
        raise InputError("no donors of maps", hint="Use negative sequences as donors.")
    if donors.length != data.sequences.length:
        raise InputError(
            f"donors of {donors.length} bp cannot replace sequences of {data.sequences.length} bp",
            hint="Read both with the same length.",
        )
    if draws < 1:
        raise InputError(f"draws must be at least 1. Got {draws} instead")
    check_labels(data, model.spec.outputs)


def _masks(groups: Sequence[Sequence[int] | NDArray[np.int64]], n_filters: int) -> Masks:
    """Which filters are in each group: bool ``(G, F)``."""
    masks = np.zeros((len(groups), n_filters), dtype=np.bool_)
    for number, (mask, group) in enumerate(zip(masks, groups, strict=True)):
        if not len(group):
            raise InputError(f"group {number} is empty", hint="Give the indices of its filters.")
        wrong = next((index for index in group if not 0 <= index < n_filters), None)
        if wrong is not None:
            raise InputError(f"group {number} has filter {wrong}; the layer has filters 0 to {n_filters - 1}")
        mask[list(group)] = True
    return masks


class _CutNetwork:
    """A network in two parts: up to the end of a block, and from there to the logits."""

    def __init__(self, model: SequenceModel, layer: int) -> None:
        self.spec = model.spec
        front, rest = model.cut(layer)
        codes = tf.TensorSpec((None, model.spec.length), tf.uint8)
        maps = [tf.TensorSpec(x.shape, tf.float32) for x in front.outputs]
        mask = tf.TensorSpec(front.outputs[0].shape[-1:], tf.bool)

        @tf.function(input_signature=[codes], jit_compile=False, autograph=False)
        def maps_of(codes: Any) -> Any:
            return tf.nest.flatten(front(model.network_input(one_hot_tensor(codes)), training=False))

        @tf.function(input_signature=[maps, maps, mask], jit_compile=False, autograph=False)
        def mixed(own: Any, donated: Any, is_donated: Any) -> Any:
            return rest([tf.where(is_donated, donated[0], own[0]), *own[1:]], training=False)

        self._maps_of, self._mixed = maps_of, mixed

    def maps(self, codes: Codes) -> Any:
        """Maps of the sequences, followed by those of their other strands if the network reads both."""
        return self._maps_of(np.concatenate(strands_of(codes, self.spec)))

    def predict(self, own: Any, donated: Any, is_donated: NDArray[np.bool_]) -> Predictions:
        """Predictions ``(n, T)`` of the network with the maps of some filters from the donors."""
        logits = self._mixed(own, donated, tf.constant(is_donated)).numpy()
        by_strand = np.stack(np.split(logits, 1 + self.spec.is_double_stranded), axis=1)
        scores = over_strands(by_strand, self.spec.strands)
        return inverse_link(scores, self.spec.outputs).astype(np.float32)


def _ablate(
    network: _CutNetwork, codes: Codes, donors: Codes, donor_rows: NDArray[np.int64], masks: Masks, random: Masks
) -> tuple[Predictions, Predictions]:
    """Predictions for masks ``(M, F)`` and for random masks, with the donors in rows ``(draws, N)``.

    Shapes ``(M, draws, N, T)`` and, since each random mask is used in one draw, ``(R, 1, N, T)``.
    """
    draws, starts = len(donor_rows), range(0, len(codes), BATCH)
    by_draw: list[list[Predictions]] = [[] for _ in range(draws)]
    for done, start in enumerate(starts):
        batch = slice(start, start + BATCH)
        own = network.maps(codes[batch])
        release(codes)
        for draw, chosen in enumerate(donor_rows[:, batch]):
            donated = network.maps(donors[chosen])
            release(donors)
            used = np.concatenate([masks, random[draw::draws]])
            by_draw[draw].append(np.stack([network.predict(own, donated, mask) for mask in used]))
            report("importance", done * draws + draw + 1, len(starts) * draws)
    whole = [np.concatenate(parts, axis=1) for parts in by_draw]
    of_random = np.empty((len(random), 1, *whole[0].shape[1:]), dtype=np.float32)
    for draw, predictions in enumerate(whole):
        of_random[draw::draws, 0] = predictions[len(masks) :]
    return np.stack([predictions[: len(masks)] for predictions in whole], axis=1), of_random


def _log_losses(labels: NDArray[np.float32], probabilities: Predictions) -> Floats:
    """In nats."""
    correct = np.where(labels == 1, probabilities, 1 - probabilities.astype(np.float64))
    losses: Floats = -np.log(np.clip(correct, _SMALLEST, 1))
    return losses


def _squared_errors(labels: NDArray[np.float32], values: Predictions) -> Floats:
    return (values.astype(np.float64) - labels) ** 2


def _deviances(labels: NDArray[np.float32], expected: Predictions) -> Floats:
    rate = np.maximum(expected.astype(np.float64), _SMALLEST)
    deviances: Floats = 2 * (special.xlogy(labels, labels / rate) - labels + rate)
    return deviances


def _auroc(labels: NDArray[np.float32], probabilities: Predictions, weights: Floats) -> Floats:
    return weighted_auroc(labels == 1, probabilities, weights)


#: For each kind of outputs: loss of each sequence from labels ``(N,)`` and predictions ``(..., N)``; and a score for
#: each weighting ``(N, R)``.
_MEASURES: dict[str, tuple[Callable[..., Floats], Callable[..., Floats]]] = {
    "classes": (_log_losses, _auroc),
    "values": (_squared_errors, weighted_pearson),
    "counts": (_deviances, weighted_pearson),
}


def measure(
    predictions: tuple[Predictions, Predictions],
    random_of_group: NDArray[np.int64],
    labels: NDArray[np.float32],
    groups: NDArray[np.int64],
    outputs: str,
    seed: int,
) -> dict[str, Floats]:
    """The columns of one task, each ``(G,)``, from predictions ``(1 + G, draws, N)`` and ``(R, 1, N)``.

    The first predictions are those of the whole network; `random_of_group` ``(G, RANDOM_GROUPS)`` are the random masks
    of the size of each group.
    """
    losses, score = _MEASURES[outputs]
    known = ~np.isnan(labels)
    if not known.any():
        missing = np.full(len(random_of_group), np.nan)
        return {name: missing for name in IMPORTANCE_COLUMNS if name not in ("motif", "task")}
    after, random = (own[:, :, known] for own in predictions)
    # Nothing is replaced under the first mask: all its draws are equal.
    labels, whole, after = labels[known], after[0, 0], after[1:]
    losses_before = losses(labels, whole)

    def increases(own: Predictions) -> Floats:
        """Of the losses of masks ``(M, draws, N)``, averaged over draws: ``(M, N)``."""
        rises = [(losses(labels, by_draw) - losses_before).mean(axis=0) for by_draw in own]
        return np.array(rises).reshape(len(own), len(labels))

    def decreases(own: Predictions, weights: Floats) -> Floats:
        """Of the scores of masks ``(M, draws, N)``, averaged over draws, under each weighting: ``(M, R)``."""
        before = score(labels, whole, weights)
        falls = [np.mean([before - score(labels, draw, weights) for draw in by_draw], axis=0) for by_draw in own]
        return np.array(falls).reshape(len(own), len(before))

    rises, once = increases(after), np.ones((len(labels), 1))
    loss_samples, score_samples = [], []
    for weights in bootstrap_weights(groups[known], resamples=RESAMPLES, seed=seed):
        loss_samples.append(rises @ weights / weights.sum(axis=0))
        score_samples.append(decreases(after, weights))
    loss_low, loss_high = interval(np.concatenate(loss_samples, axis=1))
    auroc_low, auroc_high = interval(np.concatenate(score_samples, axis=1))
    random_loss = increases(random).mean(axis=1)[random_of_group]
    random_auroc = decreases(random, once)[:, 0][random_of_group]
    return {
        "loss": rises.mean(axis=1),
        "loss_low": loss_low,
        "loss_high": loss_high,
        "auroc": decreases(after, once)[:, 0],
        "auroc_low": auroc_low,
        "auroc_high": auroc_high,
        "random_loss": random_loss.mean(axis=1),
        "random_loss_high": np.percentile(random_loss, 95, axis=1),
        "random_auroc": random_auroc.mean(axis=1),
        "random_auroc_high": np.percentile(random_auroc, 95, axis=1),
    }
