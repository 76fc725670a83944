"""The fitted forms by hand, the order of unusual scores, and what `load` refuses."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from core.models.scorers import ItemScores, ItemWeights, load


def test_item_weights_by_hand():
    """Having 0 and 2: (0 + 5, 1 + 6, 2 + 7) over the three columns."""
    weights = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 4.0], [5.0, 6.0, 7.0]])
    scorer = ItemWeights(csr_matrix([[1.0, 0, 1], [0, 1, 0]]), weights)
    assert scorer.score(np.array([0, 1]), np.array([[0, 1, 2], [2, -1, 0]])).tolist() == [
        [5.0, 7.0, 9.0],
        [4.0, -np.inf, 3.0],
    ]
    assert scorer.top(np.array([0]), 2).tolist() == [[2, 1]]
    assert scorer.fold_in(csr_matrix([[0, 9.0, 0]])).rows(np.array([0])).tolist() == [[3.0, 0.0, 4.0]]


def test_item_weights_do_not_follow_the_matrix_they_were_given():
    history = csr_matrix([[1.0, 0.0]])
    scorer = ItemWeights(history, np.eye(2))
    history.data[0] = 0.0
    assert scorer.rows(np.array([0])).tolist() == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="read-only"):
        scorer.weights[0, 0] = 1.0


@pytest.mark.parametrize("users", [[-1], [2]])
def test_unknown_users_are_refused_not_wrapped(users):
    scorer = ItemWeights(csr_matrix((2, 3)), np.eye(3))
    with pytest.raises(ValueError, match=r"users must lie in 0\.\.1"):
        scorer.rows(np.array(users))


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"must be square, got shape \(2, 3\)"):
        ItemWeights(csr_matrix((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"ItemWeights\.history must have 3 columns"):
        ItemWeights(csr_matrix((2, 4)), np.eye(3))
    with pytest.raises(ValueError, match="without NaN"):
        ItemScores(np.array([0.0, np.nan]))


def test_order_of_signs_zeros_and_infinities():
    """Both zeros tie, so 2 stands before 4; tiny and huge numbers keep their order; -inf is never shown."""
    scores = np.array([-1.0, -np.inf, 0.0, 1e-45, -0.0, np.inf, 3e38, -1e-45, -2.0], dtype=np.float32)
    assert ItemScores(scores).top(np.array([0]), 9).tolist() == [[5, 6, 3, 2, 4, 7, 0, 8, -1]]


@pytest.mark.parametrize("seed", range(20))
def test_order_equals_a_stable_sort(seed):
    """Few distinct scores, so nearly everything ties."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-3, 3, 200).astype(np.float32) * rng.choice([1e-30, 1.0, 1e30])
    exclude = csr_matrix(rng.random((1, 200)) < 0.3, dtype=np.float32)
    left = np.where(exclude.toarray()[0] > 0, -np.inf, scores)
    expected = np.argsort(-left, kind="stable")
    expected[np.isneginf(left[expected])] = -1
    for k in (1, 7, 150, 200):
        assert ItemScores(scores).top(np.array([5]), k, exclude)[0].tolist() == expected[:k].tolist()


def test_an_explicit_zero_excludes_nothing():
    exclude = csr_matrix((np.array([0.0, 1.0]), (np.array([0, 0]), np.array([0, 1]))), shape=(1, 3))
    assert ItemScores(np.array([3.0, 2.0, 1.0])).top(np.array([0]), 3, exclude).tolist() == [[0, 2, -1]]


def test_a_foreign_file_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(ValueError, match="got no kind"):
        load(tmp_path / "other.npz")
    np.savez(tmp_path / "objects.npz", kind=np.array({"run": "me"}, dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load(tmp_path / "objects.npz")
