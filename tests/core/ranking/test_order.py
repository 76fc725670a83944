"""One tie rule: the lower candidate first, whatever the sign of its zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.ranking.order import best_first

ANY = st.floats(allow_nan=False, allow_infinity=True, width=32)


def reference(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")


@given(arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 30)), elements=ANY))
def test_the_order_is_that_of_a_stable_sort(scores):
    order, usable = best_first(scores)
    np.testing.assert_array_equal(order, reference(scores))
    np.testing.assert_array_equal(usable, (scores > -np.inf).sum(axis=1))


@pytest.mark.parametrize("seed", range(10))
def test_ties_go_to_the_lower_position(seed):
    scores = np.random.default_rng(seed).integers(-2, 3, (5, 200)).astype(np.float32)
    np.testing.assert_array_equal(best_first(scores)[0], reference(scores))


def test_minus_zero_ties_with_zero_and_minus_infinity_comes_last():
    scores = np.array([[-0.0, 0.0, -np.inf, 1e-45, -1e-45, np.inf, -0.0]], dtype=np.float32)
    order, usable = best_first(scores)
    assert order.tolist() == [[5, 3, 0, 1, 6, 4, 2]]
    assert usable.tolist() == [6]


def test_doubles_are_ordered_as_float32():
    """Scores are float32 by contract; two doubles that round to one float tie."""
    order, _ = best_first(np.array([[1.0, 1.0 + 1e-12, 2.0]]))
    assert order.tolist() == [[2, 0, 1]]


def test_the_scores_are_left_alone_and_none_are_no_trouble():
    scores = np.array([[-0.0, 1.0]], dtype=np.float32)
    before = scores.tobytes()
    best_first(scores)
    assert scores.tobytes() == before
    order, usable = best_first(np.zeros((0, 5), dtype=np.float32))
    assert order.shape == (0, 5) and usable.shape == (0,)
