"""Ranking metrics by hand, against scikit-learn, and under properties a wrong denominator breaks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from core.metrics import ndcg, precision, recall, visible_recall


def test_ndcg_by_hand():
    """Hits at ranks 1 and 3 of the 3 relevant: (1 + 1/2) / (1 + 1/log2 3 + 1/2)."""
    got = ndcg(np.array([[4, 8, 5]]), np.array([[5, 4, 6]]), k=3)
    assert got == pytest.approx([1.5 / (1.5 + 1 / np.log2(3))])


def test_ndcg_of_the_convention_example():
    """Hits at ranks 2 and 5, two relevant, k = 10: (1/log2 3 + 1/log2 6) / (1 + 1/log2 3) = .624."""
    got = ndcg(np.arange(10)[None, :], np.array([[1, 4]]), k=10)
    assert got == pytest.approx([0.624], abs=5e-4)


def test_recall_and_precision_by_hand():
    """Two of three relevant items stand in the first four ranks; rank 5 does not count."""
    ranked, relevant = np.array([[9, 1, 2, 8, 3]]), np.array([[3, 2, 1, -1]])
    assert recall(ranked, relevant, k=4) == pytest.approx([2 / 3])
    assert precision(ranked, relevant, k=4) == pytest.approx([2 / 4])
    assert recall(ranked, relevant, k=5) == pytest.approx([1.0])


def test_visible_recall_by_hand():
    """Of 1, 3, 5, 7 the page shows 1 and 5 without a swipe; 1 stands in both rows and counts once."""
    page = np.array([[[1, 2, 3], [5, 1, 7]]])
    relevant = np.array([[1, 3, 5, 7, -1]])
    assert visible_recall(page, relevant, visible=2) == pytest.approx([2 / 4])
    assert visible_recall(page, relevant, visible=3) == pytest.approx([1.0])


@pytest.mark.parametrize("metric", [recall, precision, ndcg])
def test_nothing_to_find_is_nan_and_an_empty_list_is_zero(metric):
    ranked, relevant = np.array([[1, 2], [-1, -1], [3, -1]]), np.array([[-1, -1], [5, -1], [-1, -1]])
    assert np.array_equal(metric(ranked, relevant, k=2), [np.nan, 0.0, np.nan], equal_nan=True)
    assert np.isnan(metric(ranked, np.empty((3, 0), dtype=int), k=2)).all()


def test_visible_recall_without_anything_to_find_is_nan():
    page = np.array([[[1, -1]], [[-1, -1]]])
    assert np.array_equal(visible_recall(page, np.array([[-1], [4]]), 1), [np.nan, 0.0], equal_nan=True)


@pytest.mark.parametrize("metric", [recall, precision, ndcg])
def test_bad_input_is_refused(metric):
    ranked, relevant = np.array([[1, 2, 3]]), np.array([[2]])
    for k in (0, 4):
        with pytest.raises(ValueError, match="k must be between 1 and the list length 3"):
            metric(ranked, relevant, k)
    with pytest.raises(ValueError, match="ranked repeats an item"):
        metric(np.array([[1, 2, 1]]), relevant, 2)
    with pytest.raises(ValueError, match="relevant repeats an item"):
        metric(ranked, np.array([[2, 2]]), 2)
    with pytest.raises(ValueError, match="same users, got 1 and 2 rows"):
        metric(ranked, np.array([[2], [3]]), 2)
    with pytest.raises(ValueError, match=r"must be \(B, K\), \(B, R\)"):
        metric(ranked, relevant[0], 2)


def test_bad_page_is_refused():
    page, relevant = np.array([[[1, 2], [3, 4]]]), np.array([[2]])
    with pytest.raises(ValueError, match="visible must be between 1 and the row length 2"):
        visible_recall(page, relevant, 3)
    with pytest.raises(ValueError, match="shape"):
        visible_recall(page[0], relevant, 1)
    with pytest.raises(ValueError, match="relevant repeats"):
        visible_recall(page, np.array([[2, 2]]), 1)


@pytest.mark.parametrize("seed", range(25))
def test_ndcg_is_bounded_and_rewards_moving_a_hit_up(seed):
    rng = np.random.default_rng(seed)
    ranked = rng.permutation(40)[None, :20]
    relevant = rng.choice(40, size=(1, 5), replace=False)
    before = ndcg(ranked, relevant, k=10)
    assert 0.0 <= before[0] <= 1.0

    hits = np.flatnonzero(np.isin(ranked[0], relevant))
    if hits.size and hits[0] > 0:
        swapped = ranked.copy()
        swapped[0, [hits[0] - 1, hits[0]]] = swapped[0, [hits[0], hits[0] - 1]]
        assert ndcg(swapped, relevant, k=10)[0] >= before[0]


def _lists(seed: int, n_rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Lists with empty slots and 0 to 12 relevant items a row, padded anywhere."""
    rng = np.random.default_rng(seed)
    ranked = np.stack([rng.permutation(50)[:15] for _ in range(n_rows)])
    ranked[rng.random(ranked.shape) < 0.1] = -1
    relevant = np.stack([rng.permutation(50)[:12] for _ in range(n_rows)])
    relevant[rng.random(relevant.shape) < rng.random((n_rows, 1))] = -1
    return ranked, relevant


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("k", [1, 7, 15])
def test_equals_the_definition_written_out(seed, k):
    """The slow formula, one user at a time, with Python sets."""
    ranked, relevant = _lists(seed)
    for row in range(len(ranked)):
        wanted = set(relevant[row].tolist()) - {-1}
        hit = [item in wanted for item in ranked[row, :k].tolist()]
        got = [metric(ranked, relevant, k)[row] for metric in (recall, precision, ndcg)]
        if not wanted:
            assert np.isnan(got).all()
            continue
        ideal = sum(1 / np.log2(r + 2) for r in range(min(k, len(wanted))))
        gain = sum(h / np.log2(r + 2) for r, h in enumerate(hit))
        assert got == pytest.approx([sum(hit) / len(wanted), sum(hit) / k, gain / ideal])


@pytest.mark.parametrize("seed", range(5))
def test_ndcg_equals_scikit_learn(seed):
    """Theirs takes the relevance of every item and a score: ours by rank, unranked items last."""
    rng = np.random.default_rng(seed)
    ranked = np.stack([rng.permutation(30) for _ in range(20)])       # (B, 30), everything is ranked
    relevant = np.stack([rng.permutation(30)[:6] for _ in range(20)])
    truth, score = np.zeros((20, 30)), np.zeros((20, 30))
    np.put_along_axis(truth, relevant, 1.0, axis=1)
    np.put_along_axis(score, ranked, -np.arange(30.0)[None, :], axis=1)
    for k in (1, 5, 30):
        theirs = [ndcg_score(truth[[i]], score[[i]], k=k) for i in range(20)]
        assert ndcg(ranked, relevant, k) == pytest.approx(theirs)


@pytest.mark.parametrize("metric", [recall, precision, ndcg])
def test_batch_equals_one_by_one_and_ignores_padding_and_order(metric):
    ranked, relevant = _lists(3, n_rows=200)
    batch = metric(ranked, relevant, 10)
    single = np.concatenate([metric(ranked[[i]], relevant[[i]], 10) for i in range(200)])
    # BLAS adds one row in another order than a batch: the last bit of NDCG may differ.
    np.testing.assert_allclose(batch, single, rtol=1e-12)
    padded = np.concatenate((np.full((200, 40), -1), relevant[:, ::-1]), axis=1)
    np.testing.assert_array_equal(metric(ranked.astype(np.int32), padded, 10), batch)


def test_more_rows_than_are_compared_at_once():
    """5,000 users cross the boundary between chunks; one of them has far more relevant items."""
    rng = np.random.default_rng(0)
    ranked = np.argsort(rng.random((5000, 30)), axis=1)[:, :10]
    relevant = np.full((5000, 25), -1)
    relevant[:, 3] = 7
    relevant[4321] = np.arange(25)
    got = recall(ranked, relevant, 10)
    expected = (ranked == 7).any(axis=1).astype(float)
    expected[4321] = (ranked[4321] < 25).sum() / 25
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("seed", range(10))
def test_visible_recall_is_recall_of_the_visible_tiles_and_grows_with_them(seed):
    rng = np.random.default_rng(seed)
    page = np.stack([rng.permutation(60)[:24].reshape(4, 6) for _ in range(30)])
    relevant = np.stack([rng.permutation(60)[:5] for _ in range(30)])
    seen = [visible_recall(page, relevant, v) for v in range(1, 7)]
    assert all((b >= a).all() for a, b in itertools.pairwise(seen))
    np.testing.assert_allclose(seen[2], recall(page[:, :, :3].reshape(30, 12), relevant, 12))


def test_arguments_are_not_written_to():
    ranked, relevant = _lists(1)
    ranked.setflags(write=False)
    relevant.setflags(write=False)
    for metric in (recall, precision, ndcg):
        metric(ranked, relevant, 5)
    visible_recall(ranked.reshape(60, 3, 5), relevant, 2)
