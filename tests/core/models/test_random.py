"""Random: uniform, the user's own, and a function of the seed."""

import numpy as np
import pytest

from core.interactions import Interactions
from core.models.random import Random

NONE = Interactions.of(np.zeros(0, dtype=int), np.zeros(0, dtype=int), 400, 50)


def test_every_item_is_as_often_on_top():
    """400 users, 5 of 50 items each: an item is on a list with probability 0.1."""
    top = Random().fit(NONE, np.random.default_rng(0)).top(np.arange(400), 5)
    shown = np.bincount(top.ravel(), minlength=50)
    assert shown == pytest.approx([40] * 50, abs=4 * np.sqrt(400 * 0.1 * 0.9))


def test_scores_are_uniform():
    """Mean 1/2 and variance 1/12 over 20,000 draws; the standard errors are 0.002 and about 0.0005."""
    scores = Random().fit(NONE, np.random.default_rng(1)).rows(np.arange(400))
    assert scores.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / scores.size))
    assert scores.var() == pytest.approx(1 / 12, abs=4 * np.sqrt(1 / 180 / scores.size))


def test_another_seed_another_order():
    one, two = (Random().fit(NONE, np.random.default_rng(seed)).top(np.arange(400), 1) for seed in (0, 1))
    assert (one == two).mean() == pytest.approx(0.02, abs=4 * np.sqrt(0.02 * 0.98 / 400))
