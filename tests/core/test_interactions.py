"""Interactions: what is refused, the matrix, and that nothing handed over is written to."""

import numpy as np
import pytest

from core.interactions import Interactions


def made(**changes) -> Interactions:
    columns = dict(
        user=np.array([0, 2, 0]),
        item=np.array([1, 0, 1]),
        time=np.array([5, 6, 7]),
        weight=np.array([1.0, 2.5, 3.0]),
        n_users=3,
        n_items=2,
    )
    return Interactions(**{**columns, **changes})


def test_matrix_sums_repeats_and_keeps_empty_users():
    """User 0 had item 1 twice, 1 + 3; user 1 had nothing."""
    matrix = made().matrix()
    assert matrix.toarray().tolist() == [[0.0, 4.0], [0.0, 0.0], [2.5, 0.0]]
    assert matrix.dtype == np.float32
    assert matrix.has_sorted_indices


def test_of_gives_weight_one_and_the_order_given():
    events = Interactions.of(np.array([1, 0]), np.array([0, 0]), n_users=2, n_items=1)
    assert events.weight.tolist() == [1.0, 1.0]
    assert events.time.tolist() == [0, 1]
    assert len(events) == 2


@pytest.mark.parametrize("keep", [np.array([True, False, True]), np.array([0, 2])])
def test_where_takes_a_mask_or_an_index_and_keeps_the_ids(keep):
    some = made().where(keep)
    assert (some.user.tolist(), some.item.tolist(), some.weight.tolist()) == ([0, 0], [1, 1], [1.0, 3.0])
    assert (some.n_users, some.n_items) == (3, 2)


def test_no_events_is_fine():
    none = made().where(np.zeros(3, dtype=bool))
    assert len(none) == 0
    assert none.matrix().shape == (3, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": np.array([0, 3, 0])}, r"Interactions\.user must lie in 0\.\.2, got 0\.\.3"),
        ({"item": np.array([0, -1, 0])}, r"Interactions\.item must lie in 0\.\.1, got -1\.\.0"),
        ({"weight": np.array([1.0, np.nan, 1.0])}, "weight must be finite"),
        ({"weight": np.array([1.0, np.inf, 1.0])}, "weight must be finite"),
        ({"time": np.array([1, 2])}, r"equally long, got lengths \[2, 3\]"),
    ],
)
def test_wrong_columns_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        made(**changes)


@pytest.mark.parametrize("name", ["user", "item", "time", "weight"])
def test_columns_are_locked(name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(made(), name)[0] = 1
