"""Generalised linear models with an L2 penalty on many sparse features, by coordinate ascent on the dual problem.

The weights are ``w = sum_i a_i x_i``, and the dual variable of example i is ``a_i = c_i (y_i - mean(w x_i))`` at the
optimum of ``|w|^2 / 2 + sum_i c_i loss(y_i, w x_i)``. Examples are visited in random order, and the equation of each
is solved for its ``a_i`` (Yu, Huang & Lin 2011, Mach Learn 85:41, for logistic regression). A few passes over the
examples suffice, and features are read one example at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Mean of the labels, and its derivative, as a function of the score.
Link = Callable[[float], tuple[float, float]]

#: Passes stop when no residual changes by more than this. Labels have a scale of about 1.
_TOLERANCE, _MAX_PASSES = 0.05, 10
#: Largest exponent, against overflow.
_MOST = 50.0
_MAX_NEWTON_STEPS, _PRECISION = 30, 1e-3


class Examples(NamedTuple):
    """Sparse features: entry j of example i adds ``values[kinds[i], j]`` to the feature ``columns[i, j]``.

    Parameters
    ----------
    columns : int32 array of shape (N, W)
        From 0 to K; entries of column K are ignored.
    values : float64 array of shape (M, W)
    kinds : int array of shape (N,)
    n_columns : int
        K.
    """

    columns: NDArray[np.int32]
    values: Floats
    kinds: NDArray[np.integer]
    n_columns: int

    def take(self, rows: NDArray[np.integer]) -> Examples:
        """Some of the examples."""
        return self._replace(columns=self.columns[rows], kinds=self.kinds[rows])


def fit_linear(
    examples: Examples, labels: Floats, costs: Floats, *, outputs: str, offset: float, seed: int
) -> tuple[Floats, float]:
    """Weights ``(K,)`` of the features, and an intercept, which is penalised like a feature of value 1.

    Parameters
    ----------
    examples : Examples
    labels : float64 array of shape (N,)
        Classes, or values or counts in units of about 1.
    costs : float64 array of shape (N,)
        Weight of the loss of each example, relative to the penalty.
    outputs : {"classes", "values", "counts"}
        Logistic, squared or Poisson loss.
    offset : float
        Added to all scores.
    seed : int
        For the order of the examples.
    """
    columns, values, kinds = examples.columns, list(examples.values), examples.kinds.tolist()
    link, n, rng = _LINKS[outputs], len(columns), np.random.default_rng(seed)
    weights, bias = np.zeros(examples.n_columns + 1), 0.0
    duals, norms = np.zeros(n).tolist(), _norms(examples)
    for _ in range(_MAX_PASSES):
        largest = 0.0
        for i in rng.permutation(n).tolist():
            own, value, cost = columns[i], values[kinds[i]], float(costs[i])
            score = offset + bias + float(value @ weights.take(own))
            step = _step(link, float(labels[i]), cost, duals[i], score, norms[i])
            np.add.at(weights, own, step * value)
            weights[-1] = 0
            bias += step
            duals[i] += step
            largest = max(largest, abs(step) / cost)
        if largest < _TOLERANCE:
            break
    return weights[:-1], bias


def _norms(examples: Examples) -> list[float]:
    """Squared length of the features of each example, including a feature of value 1 for the intercept."""
    sums, norms = np.zeros(examples.n_columns + 1), []
    for own, kind in zip(examples.columns, examples.kinds, strict=True):
        value = examples.values[kind]
        np.add.at(sums, own, value)
        sums[-1] = 0
        norms.append(1.0 + float(value @ sums.take(own)))
        sums[own] = 0
    return norms


def _step(link: Link, label: float, cost: float, dual: float, score: float, norm: float) -> float:
    """Solve ``dual + step = cost * (label - mean(score + norm * step))`` by Newton steps between two bounds."""

    def excess(step: float) -> tuple[float, float]:
        mean, slope = link(score + norm * step)
        return dual + step - cost * (label - mean), 1 + cost * norm * slope

    value, slope = excess(0.0)
    low, high = min(0.0, -value), max(0.0, -value)  # the excess increases with the step
    step, last = 0.0, high - low
    for _ in range(_MAX_NEWTON_STEPS):
        new = step - value / slope
        if not low < new < high or abs(new - step) > last / 2:  # where the mean is saturated, Newton steps overshoot
            new = (low + high) / 2
        last = abs(new - step)
        step = new
        if last <= _PRECISION * abs(new):
            break
        value, slope = excess(step)
        low, high = (low, step) if value > 0 else (step, high)
    return step


def _logistic(score: float) -> tuple[float, float]:
    mean = 1 / (1 + math.exp(min(-score, _MOST)))
    return mean, mean * (1 - mean)


def _exponential(score: float) -> tuple[float, float]:
    mean = math.exp(min(score, _MOST))
    return mean, mean


_LINKS: dict[str, Link] = {
    "classes": _logistic,
    "values": lambda score: (score, 1.0),
    "counts": _exponential,
}
