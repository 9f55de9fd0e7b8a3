"""Forward selection of motifs, on scores of which it is known what each adds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from motifnet.motifs.statistics.selection import MAX_SELECTED, added_aurocs, select_motifs

N = 6000
CLASSES = np.repeat([1.0, 0.0], N // 2)
#: Fraction of the positives with a site of each planted motif.
SHARES = (0.8, 0.15, 0.05)


def planted_scores(seed: int = 0, noise: int = 6) -> np.ndarray:
    """Best scores of motifs with sites in a part of the positives, and of some without."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(N, len(SHARES) + noise))
    for column, share in enumerate(SHARES):
        scores[: N // 2, column] += 5 * (rng.random(N // 2) < share)
    return scores


def different(scores: np.ndarray) -> np.ndarray:
    """Similarity of motifs that have nothing in common."""
    return np.eye(scores.shape[1])


@pytest.mark.parametrize("seed", range(5))
def test_planted_motifs_are_selected_by_what_they_add(seed: int) -> None:
    scores = planted_scores(seed)
    in_order = select_motifs(scores, CLASSES, different(scores), 0)
    assert in_order[:3] == [0, 1, 2]
    assert len(in_order) <= 4
    # Whatever the order of the columns.
    order = np.random.default_rng(seed).permutation(scores.shape[1])
    found = select_motifs(scores[:, order], CLASSES, different(scores), int(np.flatnonzero(order == 0)[0]))
    assert order[found].tolist() == in_order


def test_a_motif_enriched_in_negatives_is_selected_too() -> None:
    scores = planted_scores()
    scores[:, 1] *= -1
    assert select_motifs(scores, CLASSES, different(scores), 0) == [0, 1, 2]


def test_what_the_first_motif_explains_adds_nothing() -> None:
    # The second column separates the classes better than the third one, but only as a copy of the first with noise.
    scores = planted_scores()
    copy = scores[:, 0] + 0.5 * np.random.default_rng(1).normal(size=N)
    scores = np.column_stack([scores, copy, 2 * scores[:, 0] + 3])
    assert roc_auc_score(CLASSES, copy) > roc_auc_score(CLASSES, scores[:, 1])
    assert select_motifs(scores, CLASSES, different(scores), 0) == [0, 1, 2]


def test_a_near_copy_is_not_selected() -> None:
    scores = planted_scores()
    second = scores[:, 1] + 5 * (np.arange(N) % 7 == 0) * CLASSES  # as a better version of the second motif
    scores = np.column_stack([scores, second])
    similarity = different(scores)
    assert {1, scores.shape[1] - 1} <= set(select_motifs(scores, CLASSES, similarity, 0))
    similarity[1, -1] = similarity[-1, 1] = 0.95
    found = select_motifs(scores, CLASSES, similarity, 0)
    assert scores.shape[1] - 1 in found
    assert 1 not in found


def test_chance_selects_few_motifs() -> None:
    runs = [
        select_motifs(np.random.default_rng(seed).normal(size=(N, 20)), CLASSES, np.eye(20), 0) for seed in range(60)
    ]
    assert sum(len(found) > 1 for found in runs) <= 0.05 * 60 + 2 * np.sqrt(60 * 0.05 * 0.95)


def test_at_most_so_many_motifs_are_selected() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(N, MAX_SELECTED + 5)) + 0.4 * CLASSES[:, np.newaxis]
    found = select_motifs(scores, CLASSES, different(scores), 3)
    assert found[0] == 3
    assert len(set(found)) == len(found) == MAX_SELECTED


@pytest.mark.parametrize("scores", [np.zeros((N, 3)), np.ones((N, 1))])
def test_constant_scores(scores: np.ndarray) -> None:
    assert select_motifs(scores, CLASSES, different(scores), 0) == [0]
    np.testing.assert_allclose(added_aurocs(scores, CLASSES, [0], is_train=np.arange(N) % 2 == 0), 0)


def test_what_motifs_add_sums_up_to_the_regression_on_all() -> None:
    scores, is_train = planted_scores().astype(np.float32), np.arange(N) % 4 > 0
    added = added_aurocs(scores, CLASSES, [0, 2, 1], is_train=is_train)

    def auroc_on(columns: list[int]) -> float:
        x = (scores - scores[is_train].mean(axis=0)) / scores[is_train].std(axis=0)
        fitted = LogisticRegression().fit(x[is_train][:, columns], CLASSES[is_train])
        return float(roc_auc_score(CLASSES[~is_train], fitted.decision_function(x[~is_train][:, columns])))

    assert added[0] == pytest.approx(roc_auc_score(CLASSES[~is_train], scores[~is_train, 0]) - 0.5, abs=1e-6)
    assert added[[0, 2, 1]].sum() == pytest.approx(auroc_on([0, 1, 2]) - 0.5, abs=1e-4)
    assert added[3] == pytest.approx(auroc_on([0, 1, 2, 3]) - auroc_on([0, 1, 2]), abs=1e-4)
    assert (np.abs(added[3:]) < 0.01).all()


def test_without_both_classes_nothing_is_measured() -> None:
    scores = planted_scores()
    for is_train in (np.ones(N, dtype=np.bool_), np.zeros(N, dtype=np.bool_), CLASSES == 1):
        assert np.isnan(added_aurocs(scores, CLASSES, [0], is_train=is_train)).all()
