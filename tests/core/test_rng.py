"""A draw belongs to its event: not to the batch it was asked in, nor to what else was asked before."""

import numpy as np
import pytest
from scipy.stats import kstest

from core import rng as purposes
from core.rng import SESSIONS_PER_DAY, event_key, keyed_uniform, keyed_words, stream

PURPOSES = "BIRTH ITEM VISIT BROWSE APPEAL DWELL DRIFT ASSIGN EXPLORE SURVEY MOOD LEAVE".split()
KEY = event_key(5, "test")


def test_purposes_are_fixed_for_good():
    """A purpose is a word of the counter: renumbering one would change every world ever reported."""
    assert [getattr(purposes, name) for name in PURPOSES] == list(range(12))
    assert SESSIONS_PER_DAY == 64


def test_a_stream_is_equal_for_equal_names_and_another_for_others():
    same = stream(3, "fit", 2).random(8)
    np.testing.assert_array_equal(same, stream(3, "fit", np.int64(2)).random(8))
    for other in (stream(4, "fit", 2), stream(3, "fat", 2), stream(3, "fit", 3), stream(3, "fit")):
        assert not np.isin(other.random(8), same).any()


def test_an_event_key_is_two_words_that_depend_on_all_names():
    keys = {event_key(1), event_key(2), event_key(1, "a"), event_key(1, "b"), event_key(1, "a", 1)}
    assert len(keys) == 5
    assert all(0 <= word < 2**32 for key in keys for word in key)


def test_an_order_of_calls_leaves_no_trace():
    """Another generator's draws in between move nothing, and nothing is drawn from NumPy's global state."""
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = keyed_uniform(KEY, 3, 7, 0, np.arange(50), 2)
    stream(1, "other").random(1000)
    np.testing.assert_array_equal(keyed_uniform(KEY, 3, 7, 0, np.arange(50), 2), first)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("seed", range(5))
def test_a_draw_does_not_depend_on_its_batch(seed):
    rng = np.random.default_rng(seed)
    user, session, slot = rng.integers(0, 10**6, 300), rng.integers(0, 64, 300), rng.integers(0, 2**20, 300)
    whole = keyed_uniform(KEY, 4, 12, session, user, slot)
    order = rng.permutation(300)
    np.testing.assert_array_equal(
        keyed_uniform(KEY, 4, 12, session[order], user[order], slot[order]), whole[order]
    )
    one = [keyed_uniform(KEY, 4, 12, session[i], user[i], slot[i]) for i in range(20)]
    np.testing.assert_array_equal(np.array(one), whole[:20])


def test_shapes_broadcast_and_agree_with_single_draws():
    user, slot = np.array([[4], [9], [2]]), np.arange(6)
    made = keyed_uniform(KEY, 1, 0, 0, user, slot)
    assert made.shape == (3, 6)
    assert keyed_words(KEY, 1, 0, np.zeros(1, int), user, slot).shape == (3, 6, 4)
    assert made[2, 5] == keyed_uniform(KEY, 1, 0, 0, 2, 5)
    assert keyed_uniform(KEY, 1, 0, 0, np.arange(0), 0).shape == (0,)
    assert np.ndim(keyed_uniform(KEY, 1, 0, 0, 2, 5)) == 0


@pytest.mark.parametrize("what", ["key", "purpose", "day", "session", "user", "slot"])
def test_every_part_of_an_event_counts(what):
    """No two of 200 draws agree in 32 bits: chance of one such pair among 200 is 40,000 / 2^32 < 1e-5."""
    event = {"key": KEY, "purpose": 2, "day": 3, "session": 4, "user": np.arange(200), "slot": 6}
    other = event | {what: (KEY[0] + 1, KEY[1])} if what == "key" else event | {what: event[what] + 1}
    if what == "user":
        other["user"] = np.arange(200) + 1000
    assert not (keyed_uniform(**event) == keyed_uniform(**other)).any()


def test_days_and_sessions_do_not_collide():
    """Session 63 of a day and session 0 of the next are neighbours in the counter and are not the same."""
    last = keyed_words(KEY, 2, 0, np.array([63]), np.array([1]), np.array([0]))
    following = keyed_words(KEY, 2, 1, np.array([0]), np.array([1]), np.array([0]))
    assert (last != following).all()


@pytest.mark.parametrize("purpose", range(12), ids=PURPOSES)
def test_draws_of_every_purpose_are_uniform(purpose):
    """Kolmogorov–Smirnov over 20,000 draws: p below 1e-4 would come once in 10,000 fixed seeds."""
    over_users = keyed_uniform(KEY, purpose, 5, 0, np.arange(20_000), 0)
    over_slots = keyed_uniform(KEY, purpose, 5, 0, 17, np.arange(20_000))
    over_days = np.concatenate([keyed_uniform(KEY, purpose, d, 0, np.arange(100), 0) for d in range(200)])
    for draws in (over_users, over_slots, over_days):
        assert (draws > 0).all() and (draws < 1).all()
        assert kstest(draws, "uniform").pvalue > 1e-4


def test_purposes_do_not_echo_each_other():
    """The correlation of independent draws has standard error 1 / √n; 66 pairs, so five of them."""
    n = 20_000
    draws = np.stack([keyed_uniform(KEY, p, 5, 0, np.arange(n), 0) for p in range(12)])
    off = np.corrcoef(draws)[np.triu_indices(12, 1)]
    assert np.abs(off).max() < 5 / np.sqrt(n)
