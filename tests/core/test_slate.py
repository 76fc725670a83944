"""What passes through a request is shaped alike, read-only, and never the caller's to write into."""

import numpy as np
import pytest

from core.slate import Candidates, Requests, Slate


def page(n: int = 2, k: int = 6, n_cols: int = 3) -> Slate:
    return Slate.page(np.arange(n * k).reshape(n, k), np.zeros((n, k), dtype=np.float32), n_cols)


def test_a_page_is_in_reading_order():
    made = page()
    assert made.row.tolist() == [[0, 0, 0, 1, 1, 1]] * 2
    assert made.col.tolist() == [[0, 1, 2, 0, 1, 2]] * 2
    assert made.grid().tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert (made.propensity == 1).all() and not made.explored.any() and (made.source == 0).all()


def test_no_requests_are_a_page_too():
    empty = Slate.page(np.zeros((0, 6), dtype=int), np.zeros((0, 6)), 3)
    assert empty.grid().shape[0] == 0


@pytest.mark.parametrize("field", ["item", "row", "col", "score", "source", "propensity", "explored"])
def test_a_slate_is_locked(field):
    with pytest.raises(ValueError, match="read-only"):
        getattr(page(), field)[0, 0] = 1
    with pytest.raises(AttributeError):
        setattr(page(), field, None)


@pytest.mark.parametrize("field", ["row", "score", "explored"])
def test_a_slate_of_two_shapes_is_refused(field):
    good = page()
    fields = {name: getattr(good, name) for name in Slate.__dataclass_fields__}
    with pytest.raises(ValueError, match=r"every field must have one shape \(B, K\)"):
        Slate(**(fields | {field: fields[field][:, :2]}))


def test_a_flat_slate_is_refused():
    good = page()
    with pytest.raises(ValueError, match="one shape"):
        Slate(*(getattr(good, name)[0] for name in Slate.__dataclass_fields__))


def test_candidates_are_of_one_shape_and_locked():
    made = Candidates(np.array([[1, 2]]), np.zeros((1, 2), dtype=np.int8))
    with pytest.raises(ValueError, match="read-only"):
        made.item[0, 0] = 3
    with pytest.raises(ValueError, match=r"must both be \(B, C\), got \(1, 2\) and \(1, 3\)"):
        Candidates(np.zeros((1, 2), dtype=int), np.zeros((1, 3), dtype=int))
    with pytest.raises(ValueError, match=r"\(B, C\)"):
        Candidates(np.zeros(2, dtype=int), np.zeros(2, dtype=int))


def test_requests_are_taken_by_mask_index_or_slice():
    every = Requests(
        3, np.array([7, 8, 9]), np.array([1, 2, 3]), np.zeros(3, int), {"hour": np.array([20, 21, 22])}
    )
    assert len(every) == 3
    for keep in (np.array([True, False, True]), np.array([0, 2]), slice(0, 3, 2)):
        some = every.take(keep)
        assert some.day == 3
        assert some.request.tolist() == [7, 9]
        assert some.user.tolist() == [1, 3]
        assert some.context["hour"].tolist() == [20, 22]
        with pytest.raises(ValueError, match="read-only"):
            some.context["hour"][0] = 1
