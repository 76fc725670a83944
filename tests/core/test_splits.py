"""Splits: every event on exactly one side, in its old order, and what each split promises besides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.interactions import Interactions
from core.splits import Split, by_time, leave_last, random_split

N_USERS, N_ITEMS = 6, 5


@st.composite
def histories(draw):
    """Up to 40 events with equal times, repeats, and users without any. The weight numbers the rows."""
    n = draw(st.integers(2, 40))

    def column(top):
        return np.array(draw(st.lists(st.integers(0, top), min_size=n, max_size=n)))

    user, item, time = column(N_USERS - 1), column(N_ITEMS - 1), column(8)
    return Interactions(user, item, time, np.arange(n, dtype=float), N_USERS, N_ITEMS)


def check(split: Split, whole: Interactions) -> None:
    """Nothing lost, nothing twice, nothing reordered, nothing changed."""
    rows = np.concatenate((split.train.weight, split.test.weight)).astype(int)
    assert sorted(rows) == list(range(len(whole)))
    for side in (split.train, split.test):
        kept = side.weight.astype(int)
        assert (np.diff(kept) > 0).all()
        for name in ("user", "item", "time"):
            assert (getattr(side, name) == getattr(whole, name)[kept]).all()
        assert (side.n_users, side.n_items) == (N_USERS, N_ITEMS)


@given(histories(), st.floats(0.01, 0.99))
def test_by_time_never_trains_on_the_future(history, share):
    asked = max(1, int(share * len(history) + 1e-9))
    if np.sort(history.time)[-asked] == history.time.min():
        with pytest.raises(ValueError, match="cut at a time inside the history"):
            by_time(history, share=share)
        return
    split = by_time(history, share=share)
    check(split, history)
    assert split.train.time.max() < split.test.time.min()
    # At least the share asked for; beyond it only events of the very time at which it was cut.
    assert len(split.test) >= asked
    assert (split.test.time > split.test.time.min()).sum() < asked


@given(histories())
def test_leave_last_tests_one_latest_event_of_everyone_with_two(history):
    split = leave_last(history)
    check(split, history)
    count = np.bincount(history.user, minlength=N_USERS)
    assert sorted(split.test.user) == np.flatnonzero(count >= 2).tolist()
    for user, time, row in zip(split.test.user, split.test.time, split.test.weight, strict=True):
        own = history.user == user
        assert time == history.time[own].max()
        assert row == np.flatnonzero(own & (history.time == time)).max()


@given(histories(), st.floats(0.01, 0.99), st.integers(0, 5))
def test_random_split_takes_the_share_of_each_user(history, share, seed):
    split = random_split(history, share, np.random.default_rng(seed))
    check(split, history)
    count = np.bincount(history.user, minlength=N_USERS)
    tested = np.bincount(split.test.user, minlength=N_USERS)
    assert (tested == np.floor(share * count + 1e-9)).all()
    assert (random_split(history, share, np.random.default_rng(seed)).test.weight == split.test.weight).all()


def test_random_split_draws_each_event_equally_often():
    """One of 4 events, 4,000 times: each 1,000 times, give or take 4 standard errors."""
    history = Interactions.of(np.zeros(4, dtype=int), np.arange(4), 1, 4)
    rng = np.random.default_rng(0)
    drawn = np.bincount([random_split(history, 0.25, rng).test.item[0] for _ in range(4000)])
    assert drawn == pytest.approx([1000] * 4, abs=4 * np.sqrt(4000 * 0.25 * 0.75))


def test_share_is_not_lost_to_rounding():
    """0.29 * 100 is 28.999999999999996 in floating point."""
    history = Interactions.of(np.zeros(100, dtype=int), np.zeros(100, dtype=int), 1, 1)
    assert len(random_split(history, 0.29, np.random.default_rng(0)).test) == 29
    assert len(by_time(history, share=0.29).test) == 29


def test_by_time_at_a_moment_by_hand():
    """Before 10 is trained on; 10 itself is the first of the future."""
    history = Interactions(
        np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), np.array([12, 3, 9.5, 10]), np.ones(4), 2, 2
    )
    split = by_time(history, at=10)
    assert split.train.time.tolist() == [3, 9.5]
    assert split.test.time.tolist() == [12, 10]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "either share or at"),
        ({"share": 0.2, "at": 3.0}, "either share or at"),
        ({"share": 0.0}, "strictly between 0 and 1, got 0.0"),
        ({"share": 1.0}, "strictly between 0 and 1"),
        ({"at": 0.0}, "0 events to train and 3 to test"),
        ({"at": 99.0}, "3 events to train and 0 to test"),
        ({"at": float("nan")}, "cut at a time inside the history"),
    ],
)
def test_by_time_refuses(arguments, words):
    with pytest.raises(ValueError, match=words):
        by_time(Interactions.of(np.zeros(3, dtype=int), np.zeros(3, dtype=int), 1, 1), **arguments)


def test_no_events():
    none = Interactions.of(np.zeros(0, dtype=int), np.zeros(0, dtype=int), 2, 2)
    assert len(leave_last(none).test) == len(random_split(none, 0.5, np.random.default_rng(0)).test) == 0
    with pytest.raises(ValueError, match="0 events to train and 0 to test"):
        by_time(none, share=0.5)
