"""Popularity and play rate by hand."""

import numpy as np
import pytest

from core.interactions import Interactions
from core.models.popularity import PlayRate, Popularity


def test_popularity_counts_users_not_plays():
    """Item 2 was had by users 0 and 1; item 0 three times, by one user."""
    user, item = np.array([0, 0, 0, 0, 1]), np.array([0, 0, 0, 2, 2])
    scorer = Popularity().fit(Interactions.of(user, item, 2, 3), np.random.default_rng(0))
    assert scorer.scores.tolist() == [1.0, 0.0, 2.0]
    assert scorer.top(np.array([0, 1]), 3).tolist() == [[2, 0, 1]] * 2


def test_play_rate_by_hand():
    """r0 = 10 / 100. (1 + 20 r0) / (20 + 20) = 0.075; (9 + 2) / (80 + 20) = 0.11; never shown: 2 / 20."""
    plays, impressions = np.array([1, 9, 0]), np.array([20, 80, 0])
    assert PlayRate(prior=20).rate(plays, impressions) == pytest.approx([0.075, 0.11, 0.1])
    scores = PlayRate(prior=20).fit(plays, impressions).scores
    assert scores == pytest.approx(np.log([0.75, 1.1, 1.0]), abs=1e-6)


def test_play_rate_before_the_first_play_knows_nothing():
    zero, shown = np.zeros(3, dtype=int), np.array([5, 0, 9])
    assert np.isnan(PlayRate().rate(zero, zero)).all()
    assert PlayRate().rate(zero, shown).tolist() == [0.0, 0.0, 0.0]
    for impressions in (zero, shown):
        assert PlayRate().fit(zero, impressions).scores.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("seed", range(5))
def test_the_shrunk_rate_errs_less_than_the_raw_one(seed):
    """Few impressions, and rates drawn from the prior that the formula assumes: Beta(20 r, 20 (1 - r))."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(2.0, 18.0, 2000)
    impressions = rng.integers(1, 40, 2000)
    plays = rng.binomial(impressions, truth)
    shrunk = np.mean((PlayRate(prior=20).rate(plays, impressions) - truth) ** 2)
    assert shrunk < 0.6 * np.mean((plays / impressions - truth) ** 2)


@pytest.mark.parametrize("seed", range(10))
def test_play_rate_lies_between_the_raw_rate_and_r0(seed):
    rng = np.random.default_rng(seed)
    impressions = rng.integers(1, 200, 50)
    plays = rng.binomial(impressions, 0.2)
    raw, overall = plays / impressions, plays.sum() / impressions.sum()
    rate = PlayRate().rate(plays, impressions)
    assert (rate >= np.minimum(raw, overall) - 1e-12).all()
    assert (rate <= np.maximum(raw, overall) + 1e-12).all()


@pytest.mark.parametrize(
    ("plays", "impressions", "words"),
    [
        ([5, 2], [3, 9], "are the two exchanged"),
        ([-1, 2], [3, 9], "0 <= plays"),
        ([np.nan, 2], [3, 9], "finite"),
        ([1, 2], [np.inf, 9], "finite"),
        ([1, 2], [3, 9, 4], r"got \(2,\) and \(3,\)"),
    ],
)
def test_impossible_counts_are_refused(plays, impressions, words):
    with pytest.raises(ValueError, match=words):
        PlayRate().rate(np.array(plays), np.array(impressions))
