"""A daily hazard beside the lifetimes and the monthly rate it promises."""

import numpy as np
import pytest

from core.behaviour.retention import MONTH, Churn


@pytest.mark.parametrize("monthly", [0.01, 0.035, 0.3])
def test_the_monthly_rate_comes_back(monthly):
    """(1 − h)^30.4 stay a month, at neutral trust."""
    h = float(Churn(monthly=monthly).hazard(0.0))
    assert 1 - (1 - h) ** MONTH == pytest.approx(monthly)


@pytest.mark.parametrize("above", [-0.8, 0.0, 0.6])
def test_with_slope_0_lifetimes_are_geometric(above):
    """Mean 1 / h days, sd √(1 − h) / h, whatever the trust; and a share (1 − h)^100 outlives 100 days."""
    h = float(Churn(monthly=0.5, slope=0.0).hazard(above))
    n = 4_000
    left = np.random.default_rng(2).random((n, 1_500)) < h
    assert left.any(axis=1).all()
    days = left.argmax(axis=1) + 1
    assert days.mean() == pytest.approx(1 / h, abs=4 * np.sqrt(1 - h) / h / np.sqrt(n))
    p = (1 - h) ** 100
    assert (days > 100).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n))


def test_an_exogenous_share_of_1_is_not_moved_by_trust():
    h = Churn(exogenous=1.0).hazard(np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_allclose(h, Churn().hazard(0.0), rtol=1e-12)


def test_less_trust_more_leave():
    """By hand at T − level = −.5: .4 + .6 · exp(.75) of the neutral hazard."""
    churn = Churn()
    assert (np.diff(churn.hazard(np.linspace(-1, 1, 20))) < 0).all()
    assert churn.hazard(-0.5) / churn.hazard(0.0) == pytest.approx(0.4 + 0.6 * np.exp(0.75))


def test_monthly_0_is_off_and_a_hazard_stays_a_probability():
    assert Churn(monthly=0.0).hazard(-1.0) == 0.0
    assert Churn(monthly=0.9, slope=10.0).hazard(-1.0) == 1.0
