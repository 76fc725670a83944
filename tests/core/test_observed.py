"""A policy sees yesterday, never today: every view beside a filter over all rows."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.catalog import Catalog
from core.log import rows
from core.observed import Noise, Observed
from core.rng import keyed_uniform
from core.slate import Requests
from tests.core.test_log import N_ITEMS, N_USERS, brute_force, diary, evening, written

CATALOG = Catalog(pd.DataFrame({"title": [f"t{i}" for i in range(N_ITEMS)]}))
START = 35


@pytest.fixture(scope="module")
def past():
    """Ten days from day 35 on, impressions kept for four."""
    return written(4, 10, seed=2, start=START)


@pytest.mark.parametrize("day", range(START, START + 11))
def test_today_and_later_are_never_shown(past, day):
    log, given = past
    seen = Observed(CATALOG, log, day)
    totals, plays = brute_force(given[: day - START])
    known = seen.interactions()
    assert len(known) == sum(map(len, plays))
    assert len(known) == 0 or known.time.max() < day
    assert (np.diff(known.time) >= 0).all()
    expected = np.zeros((N_USERS, N_ITEMS))
    for today in plays:
        for user, item in today:
            expected[user, item] = 1.0
    np.testing.assert_array_equal(seen.history.toarray(), expected)
    for name, total in totals.items():
        np.testing.assert_array_equal(seen.counts(name), total)
    for table in (seen.impressions(4), seen.requests(100)):
        assert not table or table["day"].max() < day


@pytest.mark.parametrize("before", [START - 3, START, START + 4, START + 8, START + 9, START + 30])
def test_before_takes_a_look_from_further_back(past, before):
    """A morning in the future is no way round: it shows what is known today."""
    log, given = past
    seen = Observed(CATALOG, log, START + 8)
    n = int(np.clip(before - START, 0, 8))
    totals, plays = brute_force(given[:n])
    assert len(seen.interactions(before=before)) == sum(map(len, plays))
    assert seen.history_before(before).sum() == len({pair for today in plays for pair in today})
    np.testing.assert_array_equal(seen.counts("play", before=before), totals["play"])


def test_nothing_is_known_before_the_log_begins(past):
    seen = Observed(CATALOG, past[0], START - 3)
    assert len(seen.interactions()) == 0
    assert not seen.impressions(28) and not seen.requests(28)
    assert seen.counts("play").sum() == 0


def test_a_day_without_requests_does_not_let_tomorrow_in():
    log, given = written(28, 3)
    log.append(3, [], diary(3))
    requests, slate, outcomes = evening(4, np.random.default_rng(4))
    log.append(4, [rows(0, requests, slate, outcomes)], diary(4))
    _, plays = brute_force(given)
    assert len(Observed(CATALOG, log, 4).interactions()) == sum(map(len, plays))
    assert len(Observed(CATALOG, log, 5).interactions()) > sum(map(len, plays))


def test_impressions_are_of_the_last_days_that_are_kept(past):
    log, given = past
    seen = Observed(CATALOG, log, START + 10)
    for days, kept in ((2, 2), (4, 4), (9, 4)):
        table = seen.impressions(days)
        assert len(table["item"]) == sum(int(o.entered.sum()) for _, _, o in given[10 - kept :])
        assert table["day"].min() == START + 10 - kept


def test_a_column_of_the_request_joins_its_tiles(past):
    log, given = past
    seen = Observed(CATALOG, log, START + 10)
    tiles = seen.impressions(4)
    hour = {
        r: h
        for requests, _, _ in given
        for r, h in zip(requests.request, requests.context["hour"], strict=True)
    }
    expected = [hour[r] for r in tiles["request"]]
    np.testing.assert_array_equal(seen.of_request("hour", tiles["request"], 4), expected)


def test_views_are_made_once_and_locked(past):
    seen = Observed(CATALOG, past[0], START + 6)
    assert seen.history is seen.history
    assert seen.interactions() is seen.interactions()
    for array in (seen.interactions().user, seen.counts("play"), seen.counts("nothing of the kind")):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 1
    made = []
    assert seen.cached("x", lambda: made.append(1) or 5) == seen.cached("x", lambda: made.append(1) or 6) == 5
    assert made == [1]


def test_there_is_no_way_from_here_to_a_world():
    """Nothing that `Observed` and `Noise` hold is a world, its traits or its state."""
    source = Path(importlib.util.find_spec("core.observed").origin).read_text(encoding="utf-8")
    assert "core.world" not in source and "core.behaviour" not in source


def test_noise_is_keyed_by_the_request():
    """Any subset, in any order, with other slots beside them, draws what each request draws alone."""
    requests = Requests(3, np.arange(9), np.arange(9) * 7, np.zeros(9, dtype=int))
    noise = Noise((11, 12))
    whole = noise.uniform(requests, 5, 8)
    assert whole.shape == (9, 5)
    np.testing.assert_array_equal(noise.uniform(requests.take(np.array([4, 1])), 5, 8), whole[[4, 1]])
    np.testing.assert_array_equal(noise.uniform(requests, np.array([3, 0]), 8), whole[:, [3, 0]])
    assert whole[2, 4] == keyed_uniform((11, 12), 8, 3, 0, 14, 4)
    assert not np.isin(noise.uniform(requests, 5, 9), whole).any()
