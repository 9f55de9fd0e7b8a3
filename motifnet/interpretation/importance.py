"""How much a network needs some of its filters: held-out figures with and without their maps.

What a group of filters says about a sequence is replaced by what it says about another one, a random negative (a
"donor"), while all other filters still see the sequence itself. Other than zeros or a mean, such maps are a state that
the rest of the network has met. This is the permutation importance of Fisher, Rudin & Dominici 2019 (J Mach Learn Res
20:177) on inner features, with the negatives as what is drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.interpretation.resampling import bootstrap_weights, interval, weighted_auroc, weighted_pearson
from motifnet.models.evaluation import warn_if_seen
from motifnet.models.inference import BATCH, one_hot_tensor, over_strands, strands_of
from motifnet.models.metrics import check_labels
from motifnet.models.network.builder import KNOWN_LENGTH
from motifnet.models.network.layers import block_ends
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.models.trained import TrainedModel
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import release

Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]

#: Random groups for each size that occurs among the groups asked about.
RANDOM_GROUPS = 10
RESAMPLES = 1000
#: A float32 probability cannot be told from 0 or 1 beyond this.
_SMALLEST = 2.0**-24


@dataclass(frozen=True, eq=False)
class Importance:
    """How much worse the predictions are without each of G groups of filters, for each of T tasks.

    Parameters
    ----------
    loss, loss_low, loss_high : float64 arrays of shape (G, T)
        Rise of the log loss, in nats, the mean over the draws, and its 95 % bootstrap interval over groups of
        sequences. Positive: worse without the filters. NaN for a task without known labels. Of values it is the
        squared error that rises, of counts the Poisson deviance.
    auroc, auroc_low, auroc_high : float64 arrays of shape (G, T)
        Fall of the auROC, likewise. NaN where a task lacks a class. Of values and counts: of Pearson's correlation.
    random_loss, random_loss_high : float64 arrays of shape (G, T)
        Mean and 95th percentile of the same rise over `RANDOM_GROUPS` random groups of as many filters, each in one of
        the draws.
    random_auroc, random_auroc_high : float64 arrays of shape (G, T)
    """

    loss: Floats
    loss_low: Floats
    loss_high: Floats
    auroc: Floats
    auroc_low: Floats
    auroc_high: Floats
    random_loss: Floats
    random_loss_high: Floats
    random_auroc: Floats
    random_auroc_high: Floats


def importance(
    model: TrainedModel,
    data: Dataset,
    groups: Sequence[Sequence[int]],
    *,
    donors: SequenceSet,
    layer: int = 0,
    draws: int = 5,
    seed: int = 0,
) -> Importance:
    """Measure how much log loss and auROC worsen when groups of filters see other sequences.

    Parameters
    ----------
    model : TrainedModel
    data : Dataset
        Held-out sequences with the tasks of the model; unknown labels (NaN) are left out.
    groups : sequence of G sequences of int
        The filters of each group, by their index in the layer.
    donors : SequenceSet
        Negatives as long as the sequences. Each sequence gets one at random in each draw, the same for all groups and
        for both its strands.
    layer : int
        Which convolution the filters are of, counted from 0.
    draws : int
        How often donors are drawn; figures are means over the draws.
    seed : int
        Decides donors, random groups and resamples.

    Returns
    -------
    Importance

    Raises
    ------
    InputError
        If tasks or lengths differ, there are no sequences or donors, or a group is empty or names a filter that the
        layer does not have.
    ModelError
        If there is no such layer, or the model cannot take sequences of this length.
    """
    check_type("model", model, TrainedModel)
    check_type("data", data, Dataset)
    check_type("donors", donors, SequenceSet)
    n_filters = len(model.layer(layer).names)
    _check(model, data, donors, draws)
    asked = _masks(groups, n_filters)
    rng = np.random.default_rng(seed)
    sizes = np.unique(asked.sum(axis=1))
    drawn = [rng.choice(n_filters, size, replace=False) for size in sizes for _ in range(RANDOM_GROUPS)]
    rows = rng.integers(len(donors), size=(draws, len(data)))
    network = _CutNetwork.of(model.for_length(data.sequences.length), layer)
    whole_and_asked = np.concatenate([np.zeros((1, n_filters), np.bool_), asked])
    masks = whole_and_asked, _masks(drawn, n_filters)
    asked_after, random_after = _ablate(network, data.sequences.codes, donors.codes, rows, masks)
    kind = _KINDS[model.spec.outputs]
    figures = [
        _measure((asked_after[..., task], random_after[..., task]), data.labels[:, task], data.groups, kind, seed)
        for task in range(len(data.tasks))
    ]
    first_of_size = len(asked) + RANDOM_GROUPS * np.searchsorted(sizes, asked.sum(axis=1))
    return _collect(figures, len(asked), first_of_size[:, np.newaxis] + np.arange(RANDOM_GROUPS))


def _check(model: TrainedModel, data: Dataset, donors: SequenceSet, draws: int) -> None:
    if data.tasks != model.spec.tasks:
        raise InputError(f"the model has the tasks {', '.join(model.spec.tasks)}, the data {', '.join(data.tasks)}")
    for count, what in ((len(data), "sequences to measure importance on"), (len(donors), "donors to replace maps by")):
        if not count:
            raise InputError(f"there are no {what}", hint="Give held-out sequences; negatives are donors.")
    if donors.length != data.sequences.length:
        raise InputError(
            f"the donors are {donors.length} bp long, the sequences {data.sequences.length} bp",
            hint="Read both with the same length.",
        )
    if draws < 1:
        raise InputError(f"draws must be at least 1. Got {draws} instead")
    check_labels(data, model.spec.outputs)
    warn_if_seen(model, data)


def _masks(groups: Sequence[Sequence[int] | NDArray[np.int64]], n_filters: int) -> Masks:
    """Which filters each group holds: bool ``(G, F)``."""
    masks = np.zeros((len(groups), n_filters), dtype=np.bool_)
    for number, (mask, group) in enumerate(zip(masks, groups, strict=True)):
        wrong = next((f for f in group if not 0 <= f < n_filters), None)
        if wrong is not None or not len(group):
            what = "no filters" if wrong is None else f"filter {wrong}"
            raise InputError(f"group {number} holds {what}; the layer has the filters 0 to {n_filters - 1}")
        mask[list(group)] = True
    return masks


class _CutNetwork(NamedTuple):
    """A network in two halves: up to the end of a block, and from there to the probabilities."""

    maps: Callable[[Any], Any]
    mixed: Callable[[Any, Any, Any], Any]
    spec: ModelSpec

    @classmethod
    def of(cls, model: TrainedModel, layer: int) -> _CutNetwork:
        # Dropout and pools treat each map alone, so that mixing behind them is the same, and cheaper.
        network, is_length_fixed = model.network, model.spec.is_length_fixed
        cut = [network.get_layer(block_ends(model.spec)[layer]).output]
        # What the head leaves out is told by the sequence itself.
        cut += [] if is_length_fixed else [network.get_layer(KNOWN_LENGTH).output]
        front, rest = keras.Model(network.input, cut), keras.Model(cut, network.output)
        codes, maps = (
            tf.TensorSpec((None, model.spec.length), tf.uint8),
            [tf.TensorSpec(x.shape, tf.float32) for x in cut],
        )
        mask = tf.TensorSpec(cut[0].shape[-1:], tf.bool)

        @tf.function(input_signature=[codes], jit_compile=False, autograph=False)
        def maps_of(codes: Any) -> Any:
            return tf.nest.flatten(front(one_hot_tensor(codes), training=False))

        @tf.function(input_signature=[maps, maps, mask], jit_compile=False, autograph=False)
        def mixed(own: Any, donated: Any, is_donated: Any) -> Any:
            return rest([tf.where(is_donated, donated[0], own[0]), *own[1:]], training=False)

        return cls(maps_of, mixed, model.spec)

    def both_maps(self, codes: Codes) -> Any:
        """Maps of the sequences, and behind them those of their other strands if these count."""
        return self.maps(np.concatenate(strands_of(codes, self.spec)))

    def predict(self, own: Any, donated: Any, is_donated: Masks) -> NDArray[np.float32]:
        """Probabilities ``(n, T)`` with the maps of some filters from the donors."""
        probabilities = self.mixed(own, donated, tf.constant(is_donated)).numpy()
        if not self.spec.is_double_stranded:
            return probabilities
        forward, backward = np.split(probabilities, 2)
        return over_strands(forward, backward, self.spec.strands)


def _ablate(
    network: _CutNetwork,
    codes: Codes,
    donors: Codes,
    donor_rows: NDArray[np.int64],
    masks: tuple[Masks, Masks],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities for masks ``(M, F)`` with the donors in rows ``(draws, N)``, those of random groups apart.

    Shapes ``(M, draws, N, T)`` and, since random groups take the draws in turn (their mean is over many of them
    anyway), ``(R, 1, N, T)``.
    """
    asked, random = masks
    draws, starts = len(donor_rows), range(0, len(codes), BATCH)
    by_draw: list[list[NDArray[np.float32]]] = [[] for _ in range(draws)]
    for done, start in enumerate(starts):
        batch = slice(start, start + BATCH)
        own = network.both_maps(codes[batch])
        release(codes)
        for draw, chosen in enumerate(donor_rows[:, batch]):
            donor_maps = network.both_maps(donors[chosen])
            release(donors)
            turn = np.concatenate([asked, random[draw::draws]])
            by_draw[draw].append(np.stack([network.predict(own, donor_maps, mask) for mask in turn]))
            report("importance", done * draws + draw + 1, len(starts) * draws)
    whole = [np.concatenate(parts, axis=1) for parts in by_draw]
    of_random = np.empty((len(random), 1, *whole[0].shape[1:]), dtype=np.float32)
    for draw, probabilities in enumerate(whole):
        of_random[draw::draws, 0] = probabilities[len(asked) :]
    return np.stack([probabilities[: len(asked)] for probabilities in whole], axis=1), of_random


class _Figures(NamedTuple):
    """Of one task: what each of M masks costs, ``(M,)``, and the bounds of that for the first ones, ``(2, G)``."""

    loss: Floats
    auroc: Floats
    loss_bounds: Floats
    auroc_bounds: Floats


class _Kind(NamedTuple):
    """What is measured of one kind of output, from labels ``(N,)`` and predictions.

    `losses` of predictions ``(..., N)`` are those of each sequence; the `score` of predictions ``(N,)`` is told for
    each weighting ``(N, R)``.
    """

    losses: Callable[[NDArray[np.float32], NDArray[np.float32]], Floats]
    score: Callable[[NDArray[np.float32], NDArray[np.float32], Floats], Floats]


def _log_losses(labels: NDArray[np.float32], probabilities: NDArray[np.float32]) -> Floats:
    """In nats."""
    right = np.where(labels == 1, probabilities, 1 - probabilities.astype(np.float64))
    losses: Floats = -np.log(np.clip(right, _SMALLEST, 1))
    return losses


def _squared_errors(labels: NDArray[np.float32], values: NDArray[np.float32]) -> Floats:
    return (values.astype(np.float64) - labels) ** 2


def _deviances(labels: NDArray[np.float32], expected: NDArray[np.float32]) -> Floats:
    rate = np.maximum(expected.astype(np.float64), _SMALLEST)
    deviances: Floats = 2 * (special.xlogy(labels, labels / rate) - labels + rate)
    return deviances


def _auroc(labels: NDArray[np.float32], probabilities: NDArray[np.float32], weights: Floats) -> Floats:
    return weighted_auroc(labels == 1, probabilities, weights)


_KINDS = {
    "classes": _Kind(_log_losses, _auroc),
    "values": _Kind(_squared_errors, weighted_pearson),
    "counts": _Kind(_deviances, weighted_pearson),
}


def _measure(
    predictions: tuple[NDArray[np.float32], NDArray[np.float32]],
    labels: NDArray[np.float32],
    groups: NDArray[np.int64],
    kind: _Kind,
    seed: int,
) -> _Figures:
    """How much worse predictions ``(1 + G, draws, N)`` and ``(R, 1, N)`` are than the first, the whole network's."""
    asked, random = predictions
    known = ~np.isnan(labels)
    n_known, n_asked, n_masks = int(known.sum()), len(asked) - 1, len(asked) - 1 + len(random)
    if not n_known:
        return _Figures(*(np.full(shape, np.nan) for shape in ((n_masks,), (n_masks,), (2, n_asked), (2, n_asked))))
    labels, asked, random = labels[known], asked[:, :, known], random[:, :, known]
    # Nothing is donated under the first mask: all its draws are one.
    whole, asked, once = asked[0, 0], asked[1:], np.ones((n_known, 1))
    rises = _rises(kind, labels, whole, asked)
    loss = np.concatenate([rises, _rises(kind, labels, whole, random)]).mean(axis=1)
    auroc = np.concatenate([_falls(kind, labels, whole, scores, once)[:, 0] for scores in (asked, random)])
    loss_samples, auroc_samples = [], []
    for weights in bootstrap_weights(groups[known], resamples=RESAMPLES, seed=seed):
        loss_samples.append(rises @ weights / weights.sum(axis=0))
        auroc_samples.append(_falls(kind, labels, whole, asked, weights))
    loss_bounds, auroc_bounds = (interval(np.concatenate(s, axis=1)) for s in (loss_samples, auroc_samples))
    return _Figures(loss, auroc, loss_bounds, auroc_bounds)


def _rises(kind: _Kind, labels: NDArray[np.float32], whole: NDArray[np.float32], scores: NDArray[np.float32]) -> Floats:
    """How far the losses of masks ``(M, draws, N)`` are above the whole network's, draws averaged: ``(M, N)``."""
    before = kind.losses(labels, whole)
    rises = np.empty((len(scores), len(whole)))
    for row, by_draw in zip(rises, scores, strict=True):
        row[:] = (kind.losses(labels, by_draw) - before).mean(axis=0)
    return rises


def _falls(
    kind: _Kind,
    labels: NDArray[np.float32],
    whole: NDArray[np.float32],
    scores: NDArray[np.float32],
    weights: Floats,
) -> Floats:
    """How far scores of masks are below the whole network's, draws averaged, under each weighting: ``(M, R)``."""
    before = kind.score(labels, whole, weights)
    falls = np.empty((len(scores), len(before)))
    for row, by_draw in zip(falls, scores, strict=True):
        row[:] = np.mean([before - kind.score(labels, draw, weights) for draw in by_draw], axis=0)
    return falls


def _collect(figures: Sequence[_Figures], n_asked: int, random_masks: NDArray[np.int64]) -> Importance:
    """Tasks side by side; `random_masks` ``(G, RANDOM_GROUPS)`` are those of the size of each group."""
    loss, auroc, loss_bounds, auroc_bounds = (np.stack(values, axis=-1) for values in zip(*figures, strict=True))
    random_loss, random_auroc = loss[random_masks], auroc[random_masks]
    return Importance(
        loss=loss[:n_asked],
        loss_low=loss_bounds[0],
        loss_high=loss_bounds[1],
        auroc=auroc[:n_asked],
        auroc_low=auroc_bounds[0],
        auroc_high=auroc_bounds[1],
        random_loss=random_loss.mean(axis=1),
        random_loss_high=np.percentile(random_loss, 95, axis=1),
        random_auroc=random_auroc.mean(axis=1),
        random_auroc_high=np.percentile(random_auroc, 95, axis=1),
    )
