"""Linear models fitted by dual ascent: equal to those of scikit-learn, in the limit of many passes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from motifnet.models import dual_ascent
from motifnet.models.dual_ascent import Examples, fit_linear


def examples(n: int = 30, *, seed: int = 0) -> tuple[Examples, np.ndarray]:
    """Sparse examples with repeated and ignored columns, and the same as a dense matrix with a column of ones."""
    rng = np.random.default_rng(seed)
    n_columns, width = 15, 9
    columns = rng.integers(0, n_columns + 1, (n, width)).astype(np.int32)
    values, kinds = rng.uniform(0.2, 1, (3, width)), rng.integers(0, 3, n)
    dense = np.zeros((n, n_columns + 1))
    for row, own, kind in zip(dense, columns, kinds, strict=True):
        np.add.at(row, own, values[kind])
    dense[:, -1] = 1
    return Examples(columns, values, kinds, n_columns), dense


@pytest.mark.parametrize("cost", [0.1, 2.0])
@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_the_minimum_of_the_penalised_loss(outputs: str, cost: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dual_ascent, "_TOLERANCE", 1e-7)
    monkeypatch.setattr(dual_ascent, "_PRECISION", 1e-9)
    monkeypatch.setattr(dual_ascent, "_MAX_PASSES", 1000)
    sparse, dense = examples()
    rng = np.random.default_rng(1)
    signal = dense @ rng.normal(0, 0.3, dense.shape[1])
    labels = {
        "classes": (signal + rng.logistic(size=len(signal)) > 0).astype(float),
        "values": signal + rng.normal(size=len(signal)),
        "counts": rng.poisson(np.exp(signal.clip(-3, 2))).astype(float),
    }[outputs]
    costs = cost * rng.uniform(0.5, 2, len(labels))

    def loss(weights: np.ndarray) -> float:
        scores = dense @ weights + 0.3
        losses = {
            "classes": lambda: np.logaddexp(0, scores) - labels * scores,
            "values": lambda: (labels - scores) ** 2 / 2,
            "counts": lambda: np.exp(scores) - labels * scores,
        }[outputs]()
        return float(weights @ weights / 2 + costs @ losses)

    weights, intercept = fit_linear(sparse, labels, costs, outputs=outputs, offset=0.3, seed=0)
    found = np.append(weights, intercept)
    expected = minimize(loss, np.zeros(dense.shape[1]), options={"gtol": 1e-8, "maxiter": 5000})
    assert loss(found) <= expected.fun + 1e-6 * abs(expected.fun)
    np.testing.assert_allclose(found, expected.x, atol=1e-3)


def test_the_same_seed_gives_the_same_weights() -> None:
    sparse, dense = examples()
    labels = (dense[:, 0] > 0).astype(float)
    options = {"outputs": "classes", "offset": 0.0}
    first, second = (fit_linear(sparse, labels, np.ones(30), **options, seed=1)[0] for _ in range(2))
    assert np.array_equal(first, second)
