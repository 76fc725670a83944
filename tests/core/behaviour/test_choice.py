"""How often a title that is looked at is taken."""

import numpy as np
import pytest

from core.behaviour.choice import Satisficing


def test_at_the_threshold_it_is_taken_with_1_minus_1_over_e():
    assert Satisficing().probability(3.2) == pytest.approx(1 - np.exp(-1))


def test_it_is_the_chance_that_gumbel_noise_lifts_it_over():
    """Frequency over 200,000 draws of −log(−log U), from rare to common."""
    choice = Satisficing(threshold=1.0, noise=0.8)
    noise = -0.8 * np.log(-np.log(np.random.default_rng(1).random(200_000)))
    for appeal in (-3.0, -1.0, 0.5, 2.0):
        p = float(choice.probability(appeal))
        assert (appeal + noise > 1.0).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 200_000))


def test_it_rises_with_appeal_and_keeps_its_digits_where_it_is_rare():
    choice = Satisficing()
    p = choice.probability(np.linspace(-20, 20, 400))
    assert (np.diff(p) >= 0).all() and p[0] > 0 and p[-1] == 1
    # Far below the threshold 1 − exp(−x) = x to within x²/2.
    assert choice.probability(-6.8) == pytest.approx(np.exp(-20), rel=1e-8)


def test_without_noise_it_is_a_step():
    choice = Satisficing(noise=0.01)
    np.testing.assert_allclose(choice.probability(np.array([3.1, 3.3])), [0.0, 1.0], atol=1e-4)
